//! Durations on the command line: `30s`, `1h30m`, or ISO 8601.

use anyhow::anyhow;
use prefab_core::duration::{format_duration, parse_duration, parse_short_duration};

/// Returns a duration in ISO 8601. A text in ISO 8601 is not changed.
pub(super) fn to_iso(text: &str) -> anyhow::Result<String> {
    let text = text.trim();
    if parse_duration(text).is_ok() {
        return Ok(text.to_owned());
    }
    let duration = parse_short_duration(text)
        .map_err(|_| anyhow!("invalid value \"{text}\": expected a duration such as 30s, 1h30m or PT30S"))?;
    Ok(format_duration(duration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_iso_8601() {
        for (text, iso) in [
            ("30s", "PT30S"),
            ("1h30m", "PT1H30M"),
            ("2d", "P2D"),
            ("1d2h3m4.5s", "P1DT2H3M4.5S"),
            ("1500ms", "PT1.5S"),
            ("90s", "PT1M30S"),
            ("PT30S", "PT30S"),
            ("P1DT2H", "P1DT2H"),
        ] {
            assert_eq!(to_iso(text).unwrap(), iso, "{text}");
        }
        for text in ["", "30", "s", "30 parsecs", "30s1h", "1h1h", "-5s", "1ms2s"] {
            let error = to_iso(text).unwrap_err().to_string();
            assert!(error.contains("expected a duration such as 30s"), "{text}: {error}");
        }
    }
}

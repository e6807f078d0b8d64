//! Lifetimes of overrides and log levels.

use std::time::Duration;

use crate::api::error::ApiError;
use prefab_core::duration::parse_short_duration;
use prefab_management_api::Lifetime;

/// The maximum lifetime: 366 days.
const MAX_LIFETIME: Duration = Duration::from_secs(366 * 24 * 3_600);

/// Returns the end of a lifetime, in milliseconds since 1970. `None` if it is permanent.
pub(super) fn end(
    now: i64,
    at_millis: Option<i64>,
    lifetime: Option<&Lifetime>,
) -> Result<Option<i64>, ApiError> {
    let longest = i64::try_from(MAX_LIFETIME.as_millis()).unwrap_or(i64::MAX);
    match (at_millis, lifetime) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => {
            Err(ApiError::invalid("`expiresAt`: expected `expiresAt` or `expiresIn`, not both"))
        }
        (Some(at), None) if at <= now || at > now + longest => {
            Err(ApiError::invalid("`expiresAt`: expected a time within the next 366 days"))
        }
        (Some(at), None) => Ok(Some(at)),
        (None, Some(lifetime)) => {
            let length = length(lifetime).filter(|length| !length.is_zero() && *length <= MAX_LIFETIME);
            let length = length.ok_or_else(|| {
                ApiError::invalid(
                    "`expiresIn`: expected seconds, or a string such as \"30m\", up to 366 days",
                )
            })?;
            Ok(Some(now + i64::try_from(length.as_millis()).unwrap_or(longest)))
        }
    }
}

fn length(lifetime: &Lifetime) -> Option<Duration> {
    let text = match lifetime {
        Lifetime::Seconds(seconds) => return Some(Duration::from_secs(*seconds)),
        Lifetime::Text(text) => text.trim(),
    };
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    // Parts may be separated: `2d 1s`.
    parse_short_duration(&text.split_whitespace().collect::<String>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_in_many_ways() {
        let check = |text: &str, seconds: Option<u64>| {
            assert_eq!(length(&Lifetime::Text(text.to_owned())), seconds.map(Duration::from_secs), "{text}");
        };
        check("30m", Some(1_800));
        check("1h30m", Some(5_400));
        check("2d 1s", Some(172_801));
        check("90", Some(90));
        check("PT30M", Some(1_800));
        check("", None);
        check("30", Some(30));
        check("30x", None);
        check("m", None);
        check("99999999999999999999d", None);
        check("30\u{e4}", None);
    }
}

//! Formats numbers with about three digits.

/// Formats a number with about three digits, with `k` for thousands and `M` for millions.
pub(crate) fn short(value: f64) -> String {
    match value {
        value if value < 99.95 => format!("{value:.1}"),
        value if value < 9_999.5 => format!("{value:.0}"),
        value if value < 999_500.0 => format!("{:.0}k", value / 1e3),
        value => format!("{:.1}M", value / 1e6),
    }
}

/// Formats a ratio.
pub(crate) fn times(value: f64) -> String {
    match value {
        value if value < 0.1 => format!("{value:.2}"),
        value if value < 9.95 => format!("{value:.1}"),
        value => short(value.round()).trim_end_matches(".0").to_owned(),
    }
}

/// Formats a count, which may be an average.
pub(crate) fn count(value: f64) -> String {
    if value < 0.005 {
        "0".to_owned()
    } else {
        short(value.max(1.0).round()).trim_end_matches(".0").to_owned()
    }
}

/// Formats bytes as megabytes.
pub(crate) fn megabytes(bytes: f64) -> String {
    format!("{:.1}", bytes / 1e6)
}

/// Returns the geometric mean.
pub(crate) fn geometric_mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) =
        values.into_iter().fold((0.0, 0.0), |(sum, count), value| (sum + f64::ln(value), count + 1.0));
    f64::exp(sum / f64::max(count, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let shown = [1.234, 99.9, 100.4, 9_999.0, 12_345.0, 42_512_345.0].map(short);
        assert_eq!(shown, ["1.2", "99.9", "100", "9999", "12k", "42.5M"]);
        assert_eq!([0.04, 0.96, 1.0, 12.4, 1_234.5].map(times), ["0.04", "1.0", "1.0", "12", "1234"]);
        assert_eq!([0.0, 0.01, 3.2, 25_000.0].map(count), ["0", "1", "3", "25k"]);
    }

    #[test]
    fn ratios_are_averaged_as_ratios() {
        assert!((geometric_mean([2.0, 8.0]) - 4.0).abs() < 1e-9);
    }
}

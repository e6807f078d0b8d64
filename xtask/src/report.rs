//! How the commands read their arguments and report what they found.

use anyhow::{Result, bail};

/// Refuses words that a command does not know.
pub(crate) fn no_arguments(command: &str, rest: &[String]) -> Result<()> {
    match rest.first() {
        Some(word) => bail!("`{command}` takes no `{word}`"),
        None => Ok(()),
    }
}

/// Prints what a check found, and fails if that is anything.
pub(crate) fn report(check: &str, findings: &[String]) -> Result<()> {
    for finding in findings {
        eprintln!("{check}: {finding}");
    }
    match findings.len() {
        0 => {
            println!("{check}: nothing to complain about");
            Ok(())
        }
        1 => bail!("{check}: 1 finding"),
        count => bail!("{check}: {count} findings"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_make_a_check_fail() {
        assert!(report("tidy", &[]).is_ok());
        let one = ["a".to_owned()];
        assert_eq!(report("tidy", &one).unwrap_err().to_string(), "tidy: 1 finding");
    }
}

//! Arguments and findings of the commands.

use anyhow::{Result, bail};

/// Returns an error if there is an argument.
pub(crate) fn no_arguments(command: &str, rest: &[String]) -> Result<()> {
    match rest.first() {
        Some(word) => bail!("`{command}` does not accept `{word}`"),
        None => Ok(()),
    }
}

/// Prints the findings of a check, and fails if there are any.
pub(crate) fn report(check: &str, findings: &[String]) -> Result<()> {
    for finding in findings {
        eprintln!("{check}: {finding}");
    }
    match findings.len() {
        0 => {
            println!("{check}: no findings");
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
    fn findings_fail_a_check() {
        assert!(report("tidy", &[]).is_ok());
        let one = ["a".to_owned()];
        assert_eq!(report("tidy", &one).unwrap_err().to_string(), "tidy: 1 finding");
    }
}

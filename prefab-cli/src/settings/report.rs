//! The effective settings, as `--check-config` prints them.

use prefab_server::PostgresUrl;
use serde_json::{Value as Json, json};

/// A setting with its value and source.
pub(crate) struct Setting {
    pub(crate) name: String,
    /// Without passwords. Empty if the setting has no value.
    pub(crate) value: String,
    /// An option, a variable, a file with a line, or `default`.
    pub(crate) source: String,
}

impl Setting {
    pub(super) fn new(name: &str, values: Vec<String>, source: String, is_secret: bool) -> Self {
        let values = values.into_iter().map(|value| if is_secret { without_password(&value) } else { value });
        Self { name: name.to_owned(), value: values.collect::<Vec<_>>().join(","), source }
    }

    pub(crate) fn to_json(&self) -> Json {
        json!({"name": self.name, "value": self.value, "source": self.source})
    }
}

/// Returns the host and the name of a database. A file has no password.
fn without_password(value: &str) -> String {
    if !PostgresUrl::is_url(value) {
        return value.to_owned();
    }
    value.parse::<PostgresUrl>().map_or_else(|_| "postgres://…".to_owned(), |url| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let setting = Setting::new("database", vec![value.to_owned()], "default".to_owned(), true);
        assert_eq!(setting.value, expected);
        assert!(!setting.to_json().to_string().contains("s3cret"));
    }

    #[test]
    fn a_password_is_not_shown() {
        check("postgres://ann:s3cret@db.acme.test/prefab", "postgres://db.acme.test:5432/prefab");
        check("postgres://ann:s3cret@db:x/prefab", "postgres://…");
        check("postgres://ann@db.acme.test/prefab?password=s3cret", "postgres://db.acme.test:5432/prefab");
        check("/var/lib/prefab/prefab.db", "/var/lib/prefab/prefab.db");
    }
}

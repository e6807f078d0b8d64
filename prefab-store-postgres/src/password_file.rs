//! The file of passwords that other PostgreSQL programs read: lines of `host:port:database:user:password`.

use std::{env, fs};

use tokio_postgres::{Config, config::Host};

/// The variable with the path of the file.
const VARIABLE: &str = "PGPASSFILE";

/// Returns the password for a configuration from the file that the environment names.
pub(crate) fn find(config: &Config) -> Option<String> {
    let text = fs::read_to_string(env::var_os(VARIABLE)?).ok()?;
    let user = config.get_user()?;
    // Like other programs, the name of the user is the default database.
    let database = config.get_dbname().unwrap_or(user);
    let ports = config.get_ports();
    config.get_hosts().iter().enumerate().find_map(|(at, host)| {
        let port = ports.get(at).or_else(|| ports.first()).copied().unwrap_or(5432);
        let host = match host {
            Host::Tcp(host) => host,
            // A socket.
            #[cfg(unix)]
            Host::Unix(_) => "localhost",
        };
        in_text(&text, [host, &port.to_string(), database, user])
    })
}

/// Returns the password of the first line that matches.
fn in_text(text: &str, wanted: [&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut fields = fields(line).into_iter();
        let matches =
            wanted.iter().all(|wanted| fields.next().is_some_and(|field| field == "*" || field == *wanted));
        if matches { fields.next() } else { None }
    })
}

/// Splits a line at colons. A backslash precedes a colon or a backslash that belongs to a field.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field) = (Vec::new(), String::new());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ':' if fields.len() < 4 => fields.push(std::mem::take(&mut field)),
            '\\' => field.extend(letters.next()),
            letter => field.push(letter),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_matches_has_the_password() {
        let text = "# a comment\nother:5432:*:ann:no\ndb:5432:prefab:ann:a\\:b\\\\c:d\n*:*:*:ann:all\n";
        let check = |wanted: [&str; 4], expected: Option<&str>| {
            assert_eq!(in_text(text, wanted).as_deref(), expected, "{wanted:?}");
        };
        check(["db", "5432", "prefab", "ann"], Some("a:b\\c:d"));
        check(["db", "5433", "prefab", "ann"], Some("all"));
        check(["other", "5432", "x", "ann"], Some("no"));
        check(["db", "5432", "prefab", "bob"], None);
    }
}

//! `prefab secret`, and the flags of other verbs that encrypt.
//!
//! Encryption happens here, with a key from the environment of whoever runs the command. The server gets
//! cipher texts alone.

use std::{fs, io, path::PathBuf};

use anyhow::{Context as _, bail};
use prefab_eval::encrypt;
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::{
    Failure,
    output::{self, STRONG},
    server::{Connection, Server, part, suggest_key},
};

/// Encrypting on the way to the server.
#[derive(clap::Args)]
pub(crate) struct Encrypt {
    /// Encrypt the value here, before it is sent
    #[arg(long)]
    secret: bool,

    /// The config that says in which environment variable the key is
    #[arg(long, value_name = "KEY", default_value = DEFAULT_KEY)]
    secret_key_name: String,
}

const DEFAULT_KEY: &str = "prefab.secrets.encryption.key";

/// A value that does not stand on the command line, where others of the machine and the shell's history see it.
#[derive(clap::Args)]
pub(crate) struct FromFile {
    /// Read the value from a file, or with - from standard input, without the line's end
    #[arg(long, value_name = "FILE", conflicts_with = "value")]
    value_from: Option<PathBuf>,
}

impl FromFile {
    /// Reads the value; nothing where no file is named.
    pub(crate) fn read(&self) -> Result<Option<String>, Failure> {
        let Some(file) = &self.value_from else { return Ok(None) };
        let text = if file.as_os_str() == "-" {
            io::read_to_string(io::stdin()).context("reading the value from standard input")
        } else {
            fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
        };
        Ok(Some(without_end(text?)))
    }
}

fn without_end(text: String) -> String {
    text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned()).unwrap_or(text)
}

impl Encrypt {
    pub(crate) fn is_wanted(&self) -> bool {
        self.secret
    }

    pub(crate) fn encrypted(&self, server: &Server, text: &str) -> Result<Json, Failure> {
        let key = material(server, &self.secret_key_name)?;
        Ok(json!({
            "type": "string",
            "value": cipher(text, &key)?,
            "confidential": true,
            "decryptWith": self.secret_key_name,
        }))
    }
}

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Prints a new key: 32 random bytes in hexadecimal digits
    #[command(alias = "generate-new-hex-key")]
    GenerateKey,
    /// Prints a text encrypted, as it stands in configs
    Encrypt {
        /// The text; what `set --secret` sends [default: standard input]
        text: Option<String>,
        #[arg(long, value_name = "KEY", default_value = DEFAULT_KEY)]
        secret_key_name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Encrypts every secret anew, under another key, all at once or none
    Rotate {
        /// The config that names the old key
        #[arg(long, value_name = "KEY", default_value = DEFAULT_KEY)]
        from: String,
        /// The config that names the new key
        #[arg(long, value_name = "KEY")]
        to: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::GenerateKey => generate_key(),
        Verb::Encrypt { text, secret_key_name, connection } => {
            let server = connection.server()?;
            let key = material(&server, secret_key_name)?;
            let text = match text {
                Some(text) => text.clone(),
                None => without_end(io::read_to_string(io::stdin()).context("reading the text")?),
            };
            Ok(output::line(&cipher(&text, &key)?)?)
        }
        Verb::Rotate { from, to, connection } => rotate(connection, from, to),
    }
}

pub(crate) fn generate_key() -> Result<(), Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    Ok(output::line(&hex::encode(bytes))?)
}

/// Finds a key: the config names a variable, and the variable holds it.
fn material(server: &Server, name: &str) -> Result<String, Failure> {
    let item = server
        .get(&format!("/items/{}", part(name)))
        .map_err(|failure| suggest_key(server, name, failure))?;
    let value = &item["default"]["rules"][0]["value"];
    let variable = value["value"]["lookup"].as_str().filter(|_| value["type"] == "provided");
    let variable = variable.with_context(|| {
        format!("`{name}` does not say where the key is; make it with: prefab create {name} --type string --env-var NAME")
    })?;
    let key = std::env::var(variable).ok().filter(|key| !key.is_empty());
    Ok(key
        .with_context(|| format!("the environment variable {variable}, which `{name}` names, is not set"))?)
}

fn cipher(text: &str, key: &str) -> anyhow::Result<String> {
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce).context("the system gives no random bytes")?;
    encrypt(text, key, nonce).map_err(|cause| anyhow::anyhow!("encrypting: {cause}"))
}

fn rotate(connection: &Connection, from: &str, to: &str) -> Result<(), Failure> {
    let server = connection.server()?;
    let (old, new) = (material(&server, from)?, material(&server, to)?);
    let mut secrets = server.get(&format!("/secrets?decryptWith={}", part(from)))?;
    let mut count = 0;
    for secret in secrets.as_array_mut().into_iter().flatten() {
        let key = secret["key"].as_str().unwrap_or_default().to_owned();
        for value in secret["values"].as_array_mut().into_iter().flatten() {
            let stored = value["cipherText"].as_str().unwrap_or_default();
            let plain = decrypted(stored, &old).with_context(|| format!("`{key}`"))?;
            value["cipherText"] = cipher(&plain, &new)?.into();
            value["decryptWith"] = to.into();
            count += 1;
        }
    }
    if count == 0 {
        return Ok(output::line(&format!("nothing is encrypted with `{from}`"))?);
    }
    if !connection.agrees(&format!("Encrypt {count} values with `{to}` in place of `{from}`?"))? {
        return Err(Failure::NoValue);
    }
    let body = json!({"secrets": secrets, "comment": connection.comment});
    let answer = server.send(Method::POST, "/secrets", &body)?;
    let said = format!("{count} values are encrypted with {STRONG}{to}{STRONG:#} now; the old key can go");
    Ok(output::line(&if connection.json { answer.to_string() } else { said })?)
}

/// Decrypts as clients do: by the engine, from a config that says what the text is encrypted with.
fn decrypted(stored: &str, key: &str) -> anyhow::Result<String> {
    use prefab_core::{Config, ConfigValue, Entry, Layer, Provenance};
    use prefab_eval::{Contexts, EvaluatedValue, FixedHost, Options, Ruleset};

    let provenance = std::sync::Arc::new(Provenance::new(Layer::Remote, "rotation"));
    let secret = ConfigValue { decrypt_with: Some("key".to_owned()), ..ConfigValue::from(stored) };
    let configs = [Config::constant("secret", secret), Config::constant("key", key)];
    let entries = configs.map(|config| Entry::new(config, provenance.clone()));
    let rules = Ruleset::build(entries, Options::default());
    let answer = rules.evaluate("secret", &Contexts::default(), &FixedHost::default())?;
    match &answer.value {
        EvaluatedValue::String(plain) => Ok(plain.clone().into_owned()),
        _ => bail!("what is encrypted is no text"),
    }
}

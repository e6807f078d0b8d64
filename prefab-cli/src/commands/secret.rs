//! `prefab secret`, and the options of other commands that encrypt values.
//!
//! The command encrypts values itself, with a key from its environment. The server receives only encrypted values.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use prefab_eval::encrypt;
use prefab_management_api::{
    FlatValue, Item, ItemSecrets, RotateSecretsRequest, RotateSecretsResponse, SecretsQuery, ValueKind,
};
use reqwest::Method;

use crate::{
    Failure,
    output::{self, STRONG},
    server::{Connection, Reply, Server, item_path, suggest_key},
    text,
};

/// The options that encrypt a value.
#[derive(clap::Args)]
pub(crate) struct Encrypt {
    /// Encrypt the value before it is sent to the server
    #[arg(long)]
    secret: bool,

    /// The config that names the environment variable with the encryption key
    #[arg(long, value_name = "KEY", default_value = DEFAULT_KEY)]
    secret_key_name: String,
}

const DEFAULT_KEY: &str = "prefab.secrets.encryption.key";

/// The option that reads a value from a file. Other users of the machine and the shell history see the command line.
#[derive(clap::Args)]
pub(crate) struct FromFile {
    /// Read the value from a file, or from standard input with -. The last line break is removed
    #[arg(long, value_name = "FILE", conflicts_with = "value")]
    value_from: Option<PathBuf>,
}

impl FromFile {
    /// Reads the value. Returns `None` without a file.
    pub(crate) fn read(&self) -> Result<Option<String>, Failure> {
        let Some(file) = &self.value_from else { return Ok(None) };
        Ok(Some(text::read_value(file)?))
    }
}

impl Encrypt {
    pub(crate) fn is_requested(&self) -> bool {
        self.secret
    }

    pub(crate) fn encrypted(&self, server: &Server, text: &str) -> Result<FlatValue, Failure> {
        let key = encryption_key(server, &self.secret_key_name)?;
        Ok(FlatValue {
            confidential: true,
            decrypt_with: Some(self.secret_key_name.clone()),
            ..FlatValue::new(ValueKind::String, encrypt_text(text, &key)?)
        })
    }
}

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Print a new encryption key: 32 random bytes in hexadecimal digits
    #[command(alias = "generate-new-hex-key")]
    GenerateKey,
    /// Encrypt a text and print the result
    Encrypt {
        /// The text [default: standard input]
        #[arg(allow_negative_numbers = true)]
        text: Option<String>,
        #[arg(long, value_name = "KEY", default_value = DEFAULT_KEY)]
        secret_key_name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Encrypt all secrets with another key, in one change
    Rotate {
        /// The config that names the current encryption key
        #[arg(long, value_name = "KEY", default_value = DEFAULT_KEY)]
        from: String,
        /// The config that names the new encryption key
        #[arg(long, value_name = "KEY")]
        to: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::GenerateKey => generate_key(),
        Verb::Encrypt { text: given, secret_key_name, connection } => {
            let server = connection.server()?;
            let key = encryption_key(&server, secret_key_name)?;
            let text = match given {
                Some(text) => text.clone(),
                None => text::without_line_break(text::read_stdin()?),
            };
            Ok(output::line(&encrypt_text(&text, &key)?)?)
        }
        Verb::Rotate { from, to, connection } => rotate(connection, from, to),
    }
}

pub(crate) fn generate_key() -> Result<(), Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("cannot read random bytes from the system")?;
    Ok(output::line(&hex::encode(bytes))?)
}

/// Returns an encryption key: the config names an environment variable, and the variable contains the key.
fn encryption_key(server: &Server, name: &str) -> Result<String, Failure> {
    let item: Reply<Item> =
        server.get(&item_path(name)).map_err(|failure| suggest_key(server, name, failure))?;
    let value = item.default.rules.first().map(|rule| &rule.value);
    let value = value.filter(|value| value.kind == ValueKind::Provided);
    let variable = value.and_then(|value| value.value["lookup"].as_str()).with_context(|| {
        format!(
            "`{name}` does not name an environment variable; create it with: prefab create {name} --type string \
             --env-var NAME"
        )
    })?;
    let key = std::env::var(variable).ok().filter(|key| !key.is_empty());
    Ok(key.with_context(|| format!("the environment variable {variable} of `{name}` is not set"))?)
}

fn encrypt_text(text: &str, key: &str) -> anyhow::Result<String> {
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce).context("cannot read random bytes from the system")?;
    encrypt(text, key, nonce).map_err(|cause| anyhow::anyhow!("cannot encrypt the value: {cause}"))
}

fn rotate(connection: &Connection, from: &str, to: &str) -> Result<(), Failure> {
    let server = connection.server()?;
    let (old, new) = (encryption_key(&server, from)?, encryption_key(&server, to)?);
    let query = SecretsQuery { decrypt_with: Some(from.to_owned()) };
    let mut secrets = server.find::<Vec<ItemSecrets>>("/secrets", &query)?.body;
    let mut count = 0;
    for ItemSecrets { key, values, id: _ } in &mut secrets {
        for value in values {
            let plain = decrypted(&value.cipher_text, &old).with_context(|| format!("`{key}`"))?;
            value.cipher_text = encrypt_text(&plain, &new)?;
            to.clone_into(&mut value.decrypt_with);
            count += 1;
        }
    }
    if count == 0 {
        return Ok(output::line(&format!("no value is encrypted with `{from}`"))?);
    }
    if !connection.confirm(&format!("Encrypt {count} values with `{to}` instead of `{from}`?"))? {
        return Err(Failure::NoValue);
    }
    let request = RotateSecretsRequest { secrets, comment: connection.comment.clone() };
    let reply: Reply<RotateSecretsResponse> = server.send(Method::POST, "/secrets", &request)?;
    let text =
        format!("Encrypted {count} values with {STRONG}{to}{STRONG:#}; the old key is not used any more");
    reply.print(connection.json, &text)
}

/// Decrypts a value with the engine, as a client does.
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
        _ => bail!("the decrypted value is not a string"),
    }
}

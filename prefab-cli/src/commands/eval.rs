//! `prefab eval --datafile F`: evaluates JSON lines.

mod post;

use std::{
    io::{self, BufRead as _, BufWriter, Write as _},
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use prefab_client::ContextSet;
use prefab_core::{LayeredStore, Update, datafile};
use prefab_eval::{Contexts, EvalError, EvaluatedValue, Evaluation, Host, Options, Ruleset};
use serde_json::{Map, Value as Json, json};

use crate::{Failure, contexts, output, text};

/// Evaluate requests from standard input, one JSON object per line
///
/// Only "key" is required in a request:
///   {"id": 1, "function": "get", "key": "max-jobs", "contexts": {"local": {"user": {"key": "1"}}},
///    "default": 30, "env": {"HOST": "a"}, "namespace": "a.b"}
///
/// The functions are get (the default), get_or_raise, enabled and post.
/// The levels of contexts are local (for the call), block (for a scope) and global.
///
/// Each response is one line, with a value or an error:
///   {"id": 1, "value": 30}
///   {"id": 1, "error": "missing_default"}
///
/// The function post returns the telemetry that a client would send, or null if it would send none:
///   {"id": 1, "function": "post", "aggregator": "evaluation_summary", "data": {"keys": ["max-jobs"]}}
///   {"id": 1, "aggregate": […]}
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::doc_markdown, clippy::doc_link_with_quotes)] // The help shows these lines unformatted.
pub(crate) struct Args {
    /// The datafile
    #[arg(long, value_name = "FILE", env = "PREFAB_DATAFILE")]
    datafile: PathBuf,

    /// The number of the environment [default: that of the datafile]
    #[arg(long, value_name = "ID")]
    env: Option<i64>,

    /// A property of the default contexts of every request: user.key=ann; or contexts as JSON. Can be repeated
    #[arg(long, value_name = "PROPERTY=VALUE", value_parser = contexts::parse)]
    context: Vec<ContextSet>,

    /// Accepted, but without effect: responses are always JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let path = args.datafile.display();
    let text = text::read_file(&args.datafile).with_context(|| format!("datafile `{path}`"))?;
    let mut parsed = datafile::parse(&text).with_context(|| format!("datafile `{path}`"))?;
    for finding in &parsed.findings {
        output::warning(&finding.to_string());
    }
    if let Some(env) = args.env {
        parsed.set.pointer.get_or_insert_default().project_env_id = env;
    }
    let mut answerer = Answerer::new(parsed.set, contexts::combine(&args.context));
    let mut out = BufWriter::new(io::stdout().lock());
    for (number, line) in (1..).zip(io::stdin().lock().split(b'\n')) {
        let line = text::decode(line.context("cannot read standard input")?);
        let line = line.with_context(|| format!("line {number} of standard input"))?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = answerer.answer(&line);
        writeln!(out, "{answer}")?;
    }
    out.flush()?;
    Ok(())
}

struct Answerer {
    store: LayeredStore,
    /// The ruleset for the namespace of the last request. Requests with one namespace usually follow each other.
    namespace: Option<String>,
    rules: Ruleset,
    global: ContextSet,
}

impl Answerer {
    fn new(set: prefab_core::ConfigSet, global: ContextSet) -> Self {
        let mut store = LayeredStore::default();
        store.apply(Update::Snapshot { set: set.into(), source: "datafile".into() });
        let rules = Ruleset::from_store(&store, &Options::default());
        Self { store, namespace: None, rules, global }
    }

    fn answer(&mut self, line: &str) -> Json {
        let question: Json = match prefab_core::json::parse(line) {
            Ok(question) => question,
            Err(error) => return json!({"id": null, "error": format!("the request is not JSON: {error}")}),
        };
        let mut answer = Map::from_iter([("id".to_owned(), question["id"].clone())]);
        let (name, content) = match not_done(&question) {
            Some(why) => ("skip", why.into()),
            None => match self.outcome(&question) {
                Ok(value) if question["function"] == "post" => ("aggregate", value),
                Ok(value) => ("value", value),
                Err(error) => ("error", error.into()),
            },
        };
        answer.insert(name.to_owned(), content);
        answer.into()
    }

    fn outcome(&mut self, question: &Json) -> Result<Json, String> {
        let text = |field: &str| question[field].as_str();
        let function = text("function").unwrap_or("get");
        let level = |name: &str| match &question["contexts"][name] {
            Json::Null => Ok(ContextSet::new()),
            json => ContextSet::from_json(json).map_err(|error| error.to_string()),
        };
        check_levels(&question["contexts"])?;
        let (call, scope, global) =
            (level("local")?, level("block")?, self.global.overlay(&level("global")?));
        // Contexts that name a namespace speak for themselves, as for clients without that option.
        let named = [&call, &scope, &global].into_iter().any(names_namespace);
        self.use_namespace(text("namespace").filter(|_| !named));
        let contexts = Contexts { scope: &scope, global: &global, ..Contexts::of(&call) };
        let host = QuestionHost { env: question["env"].as_object() };
        if function == "post" {
            return post::answer(question, &self.rules, &contexts, &host);
        }
        let key = text("key").ok_or("the question has no key")?;
        let answer = self.rules.evaluate(key, &contexts, &host);
        match function {
            "enabled" => enabled(answer),
            _ => get(answer, question, function == "get_or_raise"),
        }
    }

    fn use_namespace(&mut self, namespace: Option<&str>) {
        if self.namespace.as_deref() != namespace {
            self.namespace = namespace.map(ToOwned::to_owned);
            let options = Options { namespace: self.namespace.clone(), ..Options::default() };
            self.rules = Ruleset::from_store(&self.store, &options);
        }
    }
}

/// Returns the reason to skip a request that a single datafile cannot answer.
fn not_done(question: &Json) -> Option<String> {
    let function = question["function"].as_str().unwrap_or("get");
    if !["get", "get_or_raise", "enabled", "post"].contains(&function) {
        return Some(format!("the function `{function}` is not answered here"));
    }
    let needs = question["needs"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let missing: Vec<&str> = needs.filter(|need| *need != "namespace").collect();
    (!missing.is_empty()).then(|| format!("needs {}", missing.join(", ")))
}

/// Rejects contexts without a level, which would otherwise be ignored.
fn check_levels(contexts: &Json) -> Result<(), String> {
    let levels = match contexts {
        Json::Null => return Ok(()),
        Json::Object(levels) => levels,
        _ => {
            return Err(
                "contexts: expected an object such as {\"local\": {\"user\": {\"key\": \"1\"}}}".to_owned()
            );
        }
    };
    match levels.keys().find(|level| !["local", "block", "global"].contains(&level.as_str())) {
        Some(level) => Err(format!(
            "contexts: unknown level `{level}`; expected local, block or global, for example {{\"local\": \
             {{\"user\": {{\"key\": \"1\"}}}}}}"
        )),
        None => Ok(()),
    }
}

fn names_namespace(contexts: &ContextSet) -> bool {
    contexts.property("", "NAMESPACE").is_some() || contexts.property("prefab", "namespace").is_some()
}

fn enabled(answer: Result<Evaluation<'_>, EvalError>) -> Result<Json, String> {
    match answer {
        Ok(answer) => Ok((answer.value == EvaluatedValue::Bool(true)).into()),
        Err(error) if error.is_missing_value() => Ok(false.into()),
        Err(error) => Err(error.code().to_owned()),
    }
}

fn get(answer: Result<Evaluation<'_>, EvalError>, question: &Json, raise: bool) -> Result<Json, String> {
    let none = question["client_overrides"]["on_no_default"] == "return_null" && !raise;
    match answer {
        Ok(answer) => answer.value.to_json().ok_or_else(|| "unsupported_value_type".to_owned()),
        Err(error) if error.is_missing_value() => match question.get("default") {
            Some(default) => Ok(default.clone()),
            None if none => Ok(Json::Null),
            None => Err(error.code().to_owned()),
        },
        Err(error) => Err(error.code().to_owned()),
    }
}

/// The real world, but for the variables that a question sets.
struct QuestionHost<'a> {
    env: Option<&'a Map<String, Json>>,
}

impl Host for QuestionHost<'_> {
    fn now_millis(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn env_var(&self, name: &str) -> Option<String> {
        match self.env.and_then(|env| env.get(name)) {
            Some(value) => value.as_str().map(ToOwned::to_owned),
            None => std::env::var(name).ok(),
        }
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }
}

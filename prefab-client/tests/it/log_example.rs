//! The lines that the example `log_levels` prints.
#![allow(clippy::unwrap_used, reason = "a test and its helpers")]

#[path = "../../examples/log_levels/shop.rs"]
mod shop;

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use axum::{body::Body, http::Request};
use prefab_client::{Client, LogLevel};
use tower::ServiceExt as _;
use tracing_subscriber::{Layer as _, fmt::MakeWriter, layer::SubscriberExt as _};

/// Captures printed lines.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn note(&self, text: &str) {
        self.0.lock().unwrap().extend_from_slice(format!("# {text}\n").as_bytes());
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Printed {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

async fn ask(printed: &Printed, user: &str, id: u64) {
    printed.note(&format!("{user} requests order {id}"));
    let request = Request::builder().uri(format!("/orders/{id}")).header("x-user", user);
    let response = shop::router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert!(response.status().is_success());
}

#[tokio::test]
async fn one_user_is_at_debug_until_the_rule_is_removed() {
    let levels = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/log_levels/levels.json");
    let client = Client::builder().datafile(levels).watch(false).build().unwrap();
    let printed = Printed::default();
    let lines = tracing_subscriber::fmt::layer().without_time().with_ansi(false).with_writer(printed.clone());
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(client.log_filter()));
    let _default = tracing::subscriber::set_default(subscriber);

    ask(&printed, "ada", 1).await;
    ask(&printed, "bob", 2).await;

    let rule = client.override_value("log-level.shop.db", LogLevel::Info);
    printed.note("the rule is removed");
    ask(&printed, "ada", 3).await;

    drop(rule);
    printed.note("the rule is restored");
    ask(&printed, "ada", 4).await;
    ask(&printed, "bob", 5).await;

    insta::assert_snapshot!(printed.text());
}

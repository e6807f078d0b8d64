//! Configs whose regular expressions are meant to exhaust the server.

use std::time::{Duration, Instant};

use crate::common::{TestServer, project::ask};
use reqwest::StatusCode;
use serde_json::{Value as Json, json};

/// A flag with a rule for each pattern; `#` is the number of the rule.
fn flag(key: &str, pattern: &str, count: usize) -> Json {
    let criterion = |at: usize| {
        json!({"propertyName": "user.key", "operator": "PROP_MATCHES",
        "valueToMatch": {"type": "string", "value": pattern.replace('#', &at.to_string())}})
    };
    let rule = |at| json!({"criteria": [criterion(at)], "value": {"type": "bool", "value": true}});
    let rules: Vec<Json> =
        (0..count).map(rule).chain([json!({"value": {"type": "bool", "value": false}})]).collect();
    json!({"item": {"key": key, "type": "feature_flag", "default": {"rules": rules}}})
}

/// Creates an item, and returns the answer with the messages of its errors.
async fn create(server: &TestServer, item: Json) -> (StatusCode, Vec<String>, Duration) {
    let start = Instant::now();
    let (status, answer) = ask(server, "POST", "/items", item).await;
    let errors = answer["_embedded"]["errors"].as_array().cloned().unwrap_or_default();
    let messages = errors.iter().map(|error| error["message"].as_str().unwrap_or_default().to_owned());
    (status, messages.collect(), start.elapsed())
}

#[tokio::test]
async fn large_patterns_are_rejected_quickly_with_few_problems() {
    let server = TestServer::new().await;
    for (pattern, count) in [(r"\pL{99}x#", 1_500), (r"\pL{24}x#", 800), ("(x#", 1_500)] {
        let (status, problems, took) = create(&server, flag("flag", pattern, count)).await;
        assert_eq!(status, 400, "{pattern}");
        assert!((1..=20).contains(&problems.len()), "{pattern}: {problems:?}");
        assert!(took < Duration::from_secs(4), "{pattern}: {took:?}");
    }
    let (status, problems, _) = create(&server, flag("flag", "^x#$", 1_001)).await;
    assert_eq!(status, 400);
    assert!(problems[0].contains("more than 1000 patterns"), "{problems:?}");
    let (status, problems, took) = create(&server, flag("flag", "^x#$", 1_000)).await;
    assert_eq!(status, 200, "{problems:?}");
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn configs_share_the_limits_of_a_ruleset() {
    let server = TestServer::new().await;
    let mut refused = None;
    for at in 0..6 {
        let pattern = format!(r"\pL{{20}}x#y{at}");
        let (status, problems, _) = create(&server, flag(&format!("flag{at}"), &pattern, 16)).await;
        if status != 200 {
            refused = Some((at, problems));
            break;
        }
    }
    let (at, problems) = refused.unwrap();
    assert!((3..6).contains(&at), "{at}: {problems:?}");
    assert!(problems[0].contains("the compiled patterns of the configs"), "{problems:?}");
}

#[tokio::test]
async fn tags_beyond_their_number_are_not_compared() {
    let server = TestServer::new().await;
    let mut item = flag("flag", "x", 1);
    item["item"]["tags"] = (0..20_000).map(|at| json!(format!("t{at}"))).collect();
    let (status, problems, took) = create(&server, item).await;
    assert_eq!(status, 400);
    assert!(problems[0].contains("at most 20"), "{problems:?}");
    assert!(took < Duration::from_secs(4), "{took:?}");
}

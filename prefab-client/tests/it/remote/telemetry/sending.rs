//! When and where reports are sent.

use super::*;

#[test]
fn discarded_reports_are_counted_and_free_their_memory() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    server.refuse_reports(Some(StatusCode::SERVICE_UNAVAILABLE));
    let client = talkative(&server).build().unwrap();
    let ask = |times| (0..times).for_each(|_| assert_eq!(client.get_or("max-jobs", 0), 30));
    ask(1);
    within(5 * SECOND, "the first report", || !server.posts().is_empty());
    // Only the same message is sent again, and new evaluations are counted in place.
    within(5 * SECOND, "six posts", || {
        ask(1_000);
        server.posts().len() > 5
    });
    let posts = server.posts();
    assert!(posts[1..5].iter().all(|post| post.body == posts[0].body), "the same message five times");
    assert_ne!(posts[5].body, posts[0].body, "given up");
    assert!(posts[5].body.len() < posts[0].body.len() + 32, "{} bytes", posts[5].body.len());

    server.refuse_reports(None);
    within(5 * SECOND, "an accepted report", || received(&server).dropped > 0);
    client.close();
    let received = received(&server);
    // The first message had one counter and nothing else.
    assert_eq!(received.dropped, 1);
    assert_eq!(received.times("max-jobs") % 1_000, 0, "all but the first: {received:?}");
}

#[test]
fn a_permanent_rejection_is_not_retried() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    server.refuse_reports(Some(StatusCode::NOT_FOUND));
    let client = talkative(&server).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    within(5 * SECOND, "two reports", || server.posts().len() > 1);
    let posts = server.posts();
    assert_ne!(posts[0].body, posts[1].body);
    let second = wire::TelemetryEvents::decode(posts[1].body.clone()).unwrap();
    let [wire::TelemetryEvent { payload: Some(Payload::ClientStats(stats)) }] = &second.events[..] else {
        panic!("{second:?}")
    };
    assert_eq!(stats.dropped_event_count, 1);
}

#[test]
fn the_last_report_is_sent_on_close_and_on_drop() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let client = of(&server).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    client.close();
    assert_eq!(received(&server).times("max-jobs"), 1);
    client.close();

    let client = of(&server).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    drop(client);
    within(SECOND, "the report of the dropped client", || received(&server).times("max-jobs") == 2);
}

#[test]
fn a_close_waits_at_most_two_seconds_for_a_hanging_server() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let client = of(&server).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    server.delay(20 * SECOND);
    let started = Instant::now();
    client.close();
    let took = started.elapsed();
    assert!(took >= SECOND && took < 3 * SECOND, "{took:?}");
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
}

#[test]
fn nothing_is_reported_without_a_server_or_when_disabled() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let silent = |client: Client| {
        let _ = client.with(&user("u-1")).get_or("max-jobs", 0);
        throughout(SECOND / 10, "nothing is reported", || server.posts().is_empty());
        client.close();
        assert!(server.posts().is_empty());
    };
    let reporting = |builder: ClientBuilder| {
        builder
            .api_key(KEY)
            .telemetry_url(server.url())
            .collect_sync_interval(Duration::from_millis(20))
            .value("max-jobs", 1)
    };
    silent(reporting(Client::in_memory()).build().unwrap());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"configs": []}"#).unwrap();
    silent(reporting(Client::builder().datafile(file.path())).build().unwrap());
    let local = Client::builder().datasources(Datasources::LocalOnly).without_override_dir();
    silent(reporting(local).build().unwrap());
    let unwanted = talkative(&server)
        .collect_evaluation_summaries(false)
        .context_upload_mode(ContextUploadMode::None)
        .collect_loggers(false);
    silent(unwanted.build().unwrap());
    // A client without evaluations sends no report.
    let unasked = talkative(&server).build().unwrap();
    throughout(SECOND / 10, "nothing is reported", || server.posts().is_empty());
    unasked.close();
    assert!(server.posts().is_empty());
}

#[test]
fn reports_go_to_the_telemetry_url_with_only_what_is_enabled() {
    let (server, other) = (Upstream::start(), Upstream::start());
    server.set("max-jobs", 30);
    let client = talkative(&server)
        .telemetry_url(other.url())
        .collect_evaluation_summaries(false)
        .context_upload_mode(ContextUploadMode::ShapeOnly)
        .build()
        .unwrap();
    assert_eq!(client.with(&user("u-1")).get_or("max-jobs", 0), 30);
    client.close();
    assert!(server.posts().is_empty());
    let received = received(&other);
    assert_eq!((received.shapes.len(), received.examples.len(), received.answers.len()), (1, 0, 0));
    let wrong = of(&server).telemetry_url("nowhere").build().unwrap_err();
    assert!(wrong.to_string().starts_with("telemetry: `nowhere` is not a URL"), "{wrong}");
}

#[test]
fn a_report_beyond_the_message_limit_is_split() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let client = of(&server).build().unwrap();
    // Twice the limit of the server for one message, which is 2 MB.
    let about = "the properties of a user, ".repeat(400);
    for nth in 0..400 {
        let user = Context::new("user").with("key", format!("u-{nth}")).with("about", about.clone());
        assert_eq!(client.with(&user.into()).get_or("max-jobs", 0), 30);
    }
    client.close();
    let received = received(&server);
    assert!(server.posts().len() > 2 && server.posts().iter().all(|post| post.body.len() < 2_000_000));
    assert_eq!((received.examples.len(), received.times("max-jobs"), received.dropped), (400, 400, 0));
    assert!(received.instances.iter().all(|instance| *instance == received.instances[0]));
}

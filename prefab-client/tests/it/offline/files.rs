//! Files: precedence, errors, edits.

use super::*;

#[test]
fn overrides_take_precedence_over_environments_and_those_over_defaults() {
    let (classpath, overrides) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    write(classpath.path(), "default", "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\n");
    write(classpath.path(), "staging", "b: 2\nc: 2\nd: 2\ne: 2\n");
    write(classpath.path(), "local", "c: 3\nd: 3\ne: 3\n");
    write(overrides.path(), "default", "d: 4\ne: 4\n");
    write(overrides.path(), "staging", "e: 5\n");
    let client = Client::builder()
        .classpath_dir(classpath.path())
        .override_dir(overrides.path())
        .envs(["staging", "local"])
        .value("a", 0)
        .value("z", 0)
        .build()
        .unwrap();
    let values = ["a", "b", "c", "d", "e", "z"].map(|key| client.get_or(key, -1));
    assert_eq!(values, [1, 2, 3, 4, 5, 0]);
    assert_eq!(client.keys(), ["a", "b", "c", "d", "e", "z"]);
    let details = client.details("e");
    assert_eq!(details.reason, Reason::Static);
    assert_eq!(details.matched.as_deref(), Some("default"));
    assert!(details.source.unwrap().ends_with(".prefab.staging.config.yaml"));
}

#[test]
fn an_invalid_file_is_skipped_and_listed_with_its_position() {
    let (classpath, overrides) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    write(classpath.path(), "default", "a: 1\nlog-level.db: loud\n");
    write(overrides.path(), "default", "b: [1\n");
    let client = Client::builder()
        .classpath_dir(classpath.path())
        .override_dir(overrides.path())
        .watch(false)
        .build()
        .unwrap();
    assert_eq!(client.get_or("a", 0), 1);
    let problems = client.problems().join("\n");
    assert!(
        problems.contains(".prefab.default.config.yaml:2:1: key `log-level.db`: unknown log level `loud`")
    );
    assert!(problems.contains(&overrides.path().display().to_string()), "{problems}");
}

#[test]
fn a_missing_directory_is_a_problem_until_it_is_created() {
    let dir = TempDir::new().unwrap();
    let conf = dir.path().join("conf");
    let client = Client::builder().classpath_dir(&conf).without_override_dir().build().unwrap();
    let advice = "directory not found; set PREFAB_CONFIG_CLASSPATH_DIR or `classpath_dir` to the directory of `.prefab.default.config.yaml`";
    assert_eq!(client.problems(), [format!("{}: {advice}", conf.display())]);
    fs::create_dir(&conf).unwrap();
    write(&conf, "default", "a: 1\n");
    within_a_second("the file", || client.get_or("a", 0) == 1);
}

#[test]
fn a_saved_edit_is_applied_within_a_second_and_an_invalid_one_is_ignored() {
    let (dir, builder) = files("max-jobs: 30\n");
    let client = builder.file_quiet_time(Duration::from_millis(200)).build().unwrap();
    let live = client.live::<i64>("max-jobs").unwrap();
    let changes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&changes);
    let _listening = client.on_change(move |change| {
        assert!(change.keys.contains("max-jobs"));
        counted.fetch_add(1, Ordering::SeqCst);
    });

    write(dir.path(), "default", "max-jobs: 50\n");
    within_a_second("the edit", || live.get() == 50);
    assert_eq!(client.get::<i64>("max-jobs"), Ok(50));

    write(dir.path(), "default", "max-jobs: [\n");
    within_a_second("the report of the broken edit", || !client.problems().is_empty());
    assert_eq!(live.get(), 50);
    let problems = client.problems().join("\n");
    assert!(problems.contains(".prefab.default.config.yaml:"), "{problems}");

    write(dir.path(), "default", "max-jobs: 60\n");
    within_a_second("the repaired edit", || live.get() == 60);
    assert!(client.problems().is_empty());
    assert_eq!(changes.load(Ordering::SeqCst), 2);

    client.close();
    write(dir.path(), "default", "max-jobs: 70\n");
    throughout(Duration::from_millis(700), "a closed client keeps its values", || live.get() == 60);
}

#[test]
fn a_datafile_replaces_all_sources_and_must_exist() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), "default", "a: 1\n");
    let path = dir.path().join("data.json");
    fs::write(
        &path,
        r#"{"configs": [{"id": "5", "key": "b", "rows": [
            {"values": [{"value": {"string": "any"}}]},
            {"projectEnvId": "9", "values": [{"value": {"string": "nine"}}]}]}],
            "configServicePointer": {"projectId": "1", "projectEnvId": "9"}}"#,
    )
    .unwrap();
    let client = Client::builder().classpath_dir(dir.path()).datafile(&path).build().unwrap();
    assert_eq!(client.keys(), ["b"]);
    let details = client.details("b");
    assert_eq!((details.display.as_str(), details.matched.as_deref()), ("nine", Some("env:9")));
    assert_eq!(details.source.as_deref(), Some("datafile"));

    let missing = Client::builder().datafile(dir.path().join("none.json")).build().unwrap_err();
    assert!(missing.to_string().contains("none.json"), "{missing}");
    fs::write(&path, "{").unwrap();
    let broken = Client::builder().datafile(&path).build().unwrap_err().to_string();
    assert!(broken.contains("data.json:1:1"), "{broken}");
}

use prefab_core::{Config, ConfigSet};

use super::*;

const KEY: &str = "123-Development-P202-E308-SDK-abcdef";
const PLACE: &str = "https://belt.example";

fn state() -> Vec<u8> {
    let config = Config { id: 7, ..Config::constant("max-jobs", 50) };
    prefab_proto::convert::encode(&ConfigSet { configs: vec![config], ..ConfigSet::default() })
}

fn cache(dir: &Path, key: &str) -> Cache {
    Cache::new(dir, &ApiKey::new(key), PLACE.to_owned())
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_written_cache_is_read_by_the_next_process() {
    let dir = tempfile::tempdir().unwrap();
    let below = dir.path().join("a/b");
    let now = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
    assert!(cache(&below, KEY).read().await.unwrap().is_none());
    cache(&below, KEY).write(Vec::new(), UNIX_EPOCH).await.unwrap();
    cache(&below, KEY).write(state(), now).await.unwrap();

    let cached = cache(&below, KEY).read().await.unwrap().unwrap();
    assert_eq!((cached.saved_at, cached.configs.set.configs[0].key()), (now, "max-jobs"));
    let [name] = names(&below).try_into().unwrap();
    assert!(name.starts_with("prefab.cache.123.") && !name.contains("abcdef"), "{name}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_cache() {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir().unwrap();
    let below = dir.path().join("made");
    let mut cache = cache(&below, KEY);
    cache.write(state(), UNIX_EPOCH).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&below), mode(&cache.file.path)), (0o700, 0o600));
}

#[test]
fn keys_and_servers_have_separate_files() {
    let path = |key: &str, place: &str| {
        Cache::new(Path::new("d"), &ApiKey::new(key), place.to_owned()).file.path.clone()
    };
    assert_eq!(path(KEY, PLACE), path(KEY, PLACE));
    assert_ne!(path(KEY, PLACE), path(KEY, "https://other.example"));
    assert_ne!(path(KEY, PLACE), path("123-Production-P202-E309-SDK-abcdef", PLACE));
    let odd = path("../..\u{e9}/x-1", PLACE);
    assert_eq!(odd.parent(), Some(Path::new("d")));
}

#[tokio::test]
async fn any_damage_is_detected() {
    let dir = tempfile::tempdir().unwrap();
    let mut cache = cache(dir.path(), KEY);
    cache.write(state(), UNIX_EPOCH).await.unwrap();
    let path = cache.file.path.clone();
    let sound = fs::read(&path).unwrap();
    let refused = async |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let why = cache.read().await.unwrap_err();
        assert!(why.starts_with(&format!("ignored the cache file `{}`: ", path.display())), "{why}");
        why.rsplit(": ").next().unwrap().to_owned()
    };
    for at in 0..sound.len() {
        let mut damaged = sound.clone();
        damaged[at] ^= 1;
        refused(&damaged).await;
        refused(&sound[..at]).await;
    }
    assert_eq!(refused(&[&sound[..], b"x"].concat()).await, "wrong checksum");
    assert_eq!(refused(b"").await, "not a cache of this version");
    assert_eq!(refused(&sound[..20]).await, "truncated");
}

#[tokio::test]
async fn a_cache_of_another_key_is_rejected() {
    let dir = tempfile::tempdir().unwrap();
    let (mut mine, other) = (cache(dir.path(), KEY), cache(dir.path(), "123-x"));
    mine.write(state(), UNIX_EPOCH).await.unwrap();
    fs::rename(&mine.file.path, &other.file.path).unwrap();
    assert!(other.read().await.unwrap_err().ends_with("wrong checksum"));
}

#[tokio::test]
async fn a_failed_write_is_reported_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let mut cache = cache(&file, KEY);
    assert!(cache.write(state(), UNIX_EPOCH).await.unwrap_err().starts_with("cannot write the cache file"));
    assert_eq!(cache.write(state(), UNIX_EPOCH).await, Ok(()));
    fs::remove_file(&file).unwrap();
    assert_eq!(cache.write(state(), UNIX_EPOCH).await, Ok(()));
    assert!(cache.read().await.unwrap().is_some());
}

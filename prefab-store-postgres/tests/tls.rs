//! TLS of the connection to the database.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::{error::Error as _, fs};

use prefab_store::Store as _;
use prefab_store_postgres::{PostgresOptions, PostgresStore};
use prefab_testing::postgres::Postgres;

fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_verifies_what_it_promises() {
    let Some(mut server) = Postgres::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let port = server.port();
    let open = async |host: &str, parameters: &str| {
        let url = format!("postgres://postgres@{host}:{port}/postgres?{parameters}");
        let store = PostgresStore::open(PostgresOptions::new(url.parse().unwrap())).await;
        match store {
            Ok(store) => {
                store.ping().await.unwrap();
                Ok(())
            }
            Err(error) => Err(format!("{error}: {:?}", error.source())),
        }
    };
    open("127.0.0.1", "sslmode=prefer").await.unwrap();
    let error = open("127.0.0.1", "sslmode=require").await.unwrap_err();
    assert!(error.contains("TLS"), "{error}");

    let (certificate, key) = certificate();
    let (other, _) = self::certificate();
    server.enable_tls(&certificate, &key);
    let (roots, wrong) = (dir.path().join("roots.pem"), dir.path().join("wrong.pem"));
    fs::write(&roots, &certificate).unwrap();
    fs::write(&wrong, &other).unwrap();
    let (roots, wrong) = (roots.display(), wrong.display());
    for accepted in ["sslmode=disable", "sslmode=prefer", "sslmode=require"] {
        open("127.0.0.1", accepted).await.unwrap();
    }
    open("localhost", &format!("sslmode=verify-full&sslrootcert={roots}")).await.unwrap();
    open("localhost", &format!("sslmode=require&sslrootcert={roots}")).await.unwrap();
    for (host, refused) in [
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={roots}")),
        ("localhost", format!("sslmode=verify-full&sslrootcert={wrong}")),
        ("localhost", format!("sslmode=require&sslrootcert={wrong}")),
        ("localhost", "sslmode=verify-full".to_owned()),
        ("localhost", "sslmode=verify-full&sslrootcert=/nowhere".to_owned()),
    ] {
        assert!(open(host, &refused).await.is_err(), "{host}: {refused}");
    }
}

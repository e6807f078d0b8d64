//! Standbys, which follow a primary and can replace it.

use std::{fs, path::PathBuf, process::Stdio};

use super::{Postgres, folder, free_port, program};
use crate::eventually;

impl Postgres {
    /// Starts a standby, which copies the database and follows it.
    #[must_use]
    pub fn standby(&self) -> Self {
        let (folder, port) = (folder(), free_port());
        let mut standby = Self { bin: self.bin.clone(), folder, port, server: None, is_durable: false };
        standby.copy_of(self);
        standby
    }

    /// Starts this server again as a standby of the server that replaced it. What only this server contains is lost.
    pub fn become_standby(&mut self, primary: &Self) {
        self.kill();
        fs::remove_dir_all(self.data()).unwrap();
        self.copy_of(primary);
    }

    fn copy_of(&mut self, primary: &Self) {
        let mut copy = program(&self.bin, "pg_basebackup");
        let source = format!("host=127.0.0.1 port={} user=postgres", primary.port);
        copy.args([
            "--checkpoint=fast",
            "--no-sync",
            "--write-recovery-conf",
            "--wal-method=stream",
            "--dbname",
        ]);
        copy.arg(source).arg("--pgdata").arg(self.data()).current_dir("/").stderr(Stdio::piped());
        let copied = copy.output().unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
        self.restart();
        eventually("the standby follows", || {
            primary.sql("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") != "0"
        });
    }

    /// Lets commits wait until a standby has received them, or not.
    pub fn set_synchronous(&self, is_synchronous: bool) {
        let names = if is_synchronous { "*" } else { "" };
        self.sql(&format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'"));
        self.sql("SELECT pg_reload_conf()");
        let state = if is_synchronous { "sync" } else { "async" };
        eventually("the standby has its mode", || {
            self.sql("SELECT string_agg(sync_state, ' ') FROM pg_stat_replication") == state
        });
    }

    /// Waits until a standby has everything that this server contains.
    pub fn wait_for_standby(&self) {
        let sql =
            "SELECT coalesce(bool_and(replay_lsn >= pg_current_wal_lsn()), false) FROM pg_stat_replication";
        eventually("the standby has everything", || self.sql(sql) == "t");
    }

    /// Cuts the connection of a standby to its primary. The standby receives nothing more.
    pub fn disconnect(&self) {
        let conninfo = self.sql("SHOW primary_conninfo");
        fs::write(self.conninfo_file(), conninfo).unwrap();
        self.set_conninfo("");
        eventually("the standby is cut off", || self.sql("SELECT count(*) FROM pg_stat_wal_receiver") == "0");
    }

    /// Connects a standby again after [`disconnect`](Self::disconnect).
    pub fn reconnect(&self) {
        self.set_conninfo(&fs::read_to_string(self.conninfo_file()).unwrap());
    }

    fn set_conninfo(&self, conninfo: &str) {
        self.sql(&format!("ALTER SYSTEM SET primary_conninfo = '{}'", conninfo.replace('\'', "''")));
        self.sql("SELECT pg_reload_conf()");
    }

    fn conninfo_file(&self) -> PathBuf {
        self.folder().join("primary_conninfo")
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        assert_eq!(self.sql("SELECT pg_promote()"), "t");
    }

    /// Returns the URL of this server and a second one, of which the one that accepts writes is used.
    pub fn url_with(&self, other: &Self) -> String {
        let hosts = format!("127.0.0.1:{},127.0.0.1:{}", self.port, other.port);
        format!("postgres://postgres@{hosts}/postgres?target_session_attrs=read-write")
    }

    /// Returns the folder of the database.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

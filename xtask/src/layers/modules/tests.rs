use anyhow::Context as _;

use super::*;

/// Reads a crate whose files are given as text.
fn graph(files: &[(&str, &str)]) -> FileGraph {
    let read = |path: &str| {
        let found = files.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| (*text).to_owned()).context("no such file")
    };
    let mut graph = FileGraph::default();
    graph.add(&read::tree("src/lib.rs", read).unwrap());
    graph
}

#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let graph = graph(files);
    let edges: Vec<String> = graph
        .edges
        .iter()
        .map(|((from, to), names)| {
            let short =
                |file: usize| graph.files[file].path.trim_start_matches("src/").trim_end_matches(".rs");
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("{} → {}: {}", short(*from), short(*to), names.join(" "))
        })
        .collect();
    assert_eq!(edges, expected);
}

#[test]
fn an_import_is_an_edge_to_the_file_that_defines_the_item() {
    check(
        &[
            ("src/lib.rs", "mod a; mod b; pub use b::B;"),
            ("src/a.rs", "use crate::{B, b::{self, C, deep::D}}; use std::fmt; fn f() { b::g() }"),
            ("src/b.rs", "pub mod deep; pub struct B; pub struct C; pub fn g() {}"),
            ("src/b/deep.rs", "pub struct D; use super::B; use super::super::b::C; use self::D as E;"),
        ],
        &["a → b: B C g", "a → b/deep: D", "b/deep → b: B C"],
    );
}

#[test]
fn paths_count_in_every_place() {
    check(
        &[
            ("src/lib.rs", "mod a; mod b; mod c; mod d; mod e;"),
            ("src/a.rs", r#"fn f() -> crate::b::B { println!("{}", super::c::C); use crate::d::g; g() }"#),
            ("src/b.rs", "pub struct B;"),
            (
                "src/c.rs",
                "pub const C: u8 = 1; macro_rules! m { () => { $crate::e::E } } struct M; impl M {}",
            ),
            ("src/d.rs", "pub fn g() {} use super::e::*; fn h(_: E) {}"),
            ("src/e.rs", "pub struct E;"),
        ],
        &["a → b: B", "a → c: C", "a → d: g", "c → e: E", "d → e: E"],
    );
}

#[test]
fn a_parent_uses_its_child_only_where_it_does_more_than_export_it() {
    let child = ("src/a/child.rs", "pub struct Child; use super::Parent;");
    let listed = "mod child; pub use child::Child; pub struct Parent;";
    check(&[("src/lib.rs", "mod a;"), ("src/a.rs", listed), child], &["a/child → a: Parent"]);
    let used = "mod child; pub use child::Child; pub struct Parent(Child);";
    check(
        &[("src/lib.rs", "mod a;"), ("src/a.rs", used), child],
        &["a → a/child: Child", "a/child → a: Parent"],
    );
}

#[test]
fn module_files_are_found_by_every_rule() {
    check(
        &[
            ("src/lib.rs", r#"mod a; mod inline { mod b; } #[path = "other/c.rs"] mod c;"#),
            ("src/a/mod.rs", "use crate::c::C;"),
            ("src/inline/b.rs", "use crate::c::inner::I;"),
            ("src/other/c.rs", "pub struct C; pub mod inner;"),
            ("src/other/inner.rs", "pub struct I;"),
        ],
        &["a/mod → other/c: C", "inline/b → other/inner: I"],
    );
}

#[test]
fn tests_may_look_anywhere() {
    check(
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "#[cfg(test)] mod tests { use crate::b::B; } #[cfg(not(test))] use crate::b::C;"),
            ("src/b.rs", "pub struct B; pub struct C; #[cfg(test)] mod missing;"),
        ],
        &["a → b: C"],
    );
}

const CIRCLE: &[(&str, &str)] = &[
    ("src/lib.rs", "mod a; mod b; mod c; mod d;"),
    ("src/a.rs", "use crate::b::B; pub struct A;"),
    ("src/b.rs", "use crate::c::C; pub struct B;"),
    ("src/c.rs", "use crate::{a::A, b::B}; pub struct C;"),
    ("src/d.rs", "use crate::a::A;"),
];

#[test]
fn a_circle_is_reported_with_its_shortest_way_around() {
    let circles = graph(CIRCLE).circles();
    assert_eq!(
        circles,
        [Circle {
            files: vec!["src/a.rs".into(), "src/b.rs".into(), "src/c.rs".into()],
            example: "src/b.rs → src/c.rs (`C`) → src/b.rs (`B`)".into(),
        }]
    );
}

#[test]
fn a_child_may_use_its_parent_but_not_its_parents_neighbour() {
    let files = |child| {
        graph(&[
            ("src/lib.rs", "mod a; mod b; pub struct Root;"),
            ("src/a.rs", "mod child; use child::Child; pub struct A;"),
            ("src/a/child.rs", child),
            ("src/b.rs", "use crate::a::A; pub struct B;"),
        ])
    };
    assert_eq!(files("use super::A; use crate::Root; pub struct Child;").circles(), []);
    let circles = files("use crate::b::B; pub struct Child;").circles();
    assert_eq!(circles[0].files, ["src/a.rs", "src/a/child.rs", "src/b.rs"]);
}

#[test]
fn an_allowance_covers_a_folder_and_is_removed_when_it_covers_nothing() {
    let allow = |folder| [AllowedCircle { package: "p", folder, reason: "" }];
    let found = |package, allowed: &[AllowedCircle]| findings(package, &graph(CIRCLE), allowed).len();
    assert_eq!(found("p", &[]), 1);
    assert_eq!(found("p", &allow("src/")), 0);
    assert_eq!(found("other", &allow("src/")), 1);
    // The circle, and the allowance without one.
    assert_eq!(found("p", &allow("src/a")), 2);
}

use super::*;

fn entries() -> Vec<Entry> {
    let of = |key: &str, kind, is_flag| Entry { key: key.to_owned(), kind, is_flag };
    vec![
        of("3d.enabled", Kind::Bool, false),
        of("http.timeout", Kind::Duration, false),
        of("max-jobs", Kind::Int, false),
        of("max_jobs", Kind::Double, false),
        of("newCheckout", Kind::Bool, true),
        of("type", Kind::StringList, false),
        of("it's \"odd\"", Kind::Json, false),
    ]
}

#[test]
fn each_language_has_a_name_and_a_type_for_each_key() {
    for (name, target) in [
        ("rust", Target::Rust),
        ("node", Target::NodeTs),
        ("react", Target::ReactTs),
        ("python", Target::PythonPydantic),
        ("ruby", Target::Ruby),
    ] {
        insta::assert_snapshot!(name, target.write(&entries()));
    }
}

//! The limits of regular expressions, for rulesets that try to exceed them.
#![allow(clippy::disallowed_methods, reason = "tests that measure time and memory")]
#![allow(clippy::unwrap_used, reason = "a helper that fails ends its test")]

use std::{sync::Arc, time::Instant};

use crate::support::{build, build_for, config, criterion, format_result};
use prefab_core::{
    ConditionalValue, Config, ConfigSet, Context, ContextSet, LayeredStore, Operator, Update, Value,
};
use prefab_eval::{
    Contexts, EvaluatedValue, FixedHost, Options, PatternCache, RegexLimits, Ruleset, SearchBudget,
    SearchLimit,
};
use proptest::prelude::*;

fn user(key: &str) -> ContextSet {
    Context::new("user").with("key", key).into()
}

fn rule(pattern: &str, operator: Operator, value: impl Into<Value>) -> ConditionalValue {
    let value: Value = value.into();
    ConditionalValue::when(vec![criterion("user.key", operator, pattern)], value)
}

/// A flag with one rule per pattern. Its value is the index of the rule that matches, or -1.
fn flag(key: &str, patterns: &[String]) -> Config {
    let rules = (0_i64..).zip(patterns).map(|(at, pattern)| rule(pattern, Operator::PropMatches, at));
    config(key, rules.chain([ConditionalValue::always(-1)]).collect())
}

fn numbered(pattern: &str, count: usize) -> Vec<String> {
    (0..count).map(|at| pattern.replace('#', &at.to_string())).collect()
}

fn answer(ruleset: &Ruleset, key: &str, text: &str) -> i64 {
    let contexts = user(text);
    match ruleset.evaluate(key, &Contexts::of(&contexts), &FixedHost::default()).unwrap().value {
        EvaluatedValue::Int(int) => int,
        other => panic!("{other:?}"),
    }
}

fn own_cache() -> Options {
    Options { patterns: PatternCache::new(), ..Options::default() }
}

#[cfg(target_os = "linux")]
fn peak_mebibytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() >> 10
}

#[test]
#[cfg(target_os = "linux")]
fn large_patterns_have_a_budget_that_environments_share() {
    let flag = flag("flag", &numbered(r"\pL{24}x#", 800));
    let start = Instant::now();
    let environments: Vec<Ruleset> = (1..=3)
        .map(|project_env_id| build_for(vec![flag.clone()], Options { project_env_id, ..Options::default() }))
        .collect();
    assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
    for ruleset in &environments {
        let findings = ruleset.findings();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].cause.contains("16777216 bytes"), "{findings:?}");
        assert_eq!(answer(ruleset, "flag", &format!("{}x3", "é".repeat(24))), 3);
        assert_eq!(answer(ruleset, "flag", &format!("{}x799", "é".repeat(24))), 7, "x7 is within x799");
        assert_eq!(answer(ruleset, "flag", "other"), -1);
    }
    assert!(peak_mebibytes() <= 100, "{} MiB", peak_mebibytes());
}

#[test]
fn refused_patterns_cost_little_and_a_config_has_few_findings() {
    let flags = (0..10).map(|at| flag(&format!("flag{at}"), &numbered(r"\pL{99}x#", 1_500))).collect();
    let start = Instant::now();
    let ruleset = build_for(flags, own_cache());
    assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
    assert_eq!(ruleset.findings().len(), 200);
    assert_eq!(answer(&ruleset, "flag3", "x"), -1);
}

#[test]
fn a_config_has_a_limit_of_patterns() {
    let limits = RegexLimits { patterns_per_config: 3, ..RegexLimits::default() };
    let patterns = ["^a$", "^b$", "^a$", "^c$", "^d$", "^b$|x"].map(str::to_owned);
    let options = Options { regex_limits: limits, ..own_cache() };
    let ruleset = build_for(vec![flag("flag", &patterns), flag("other", &patterns[3..5])], options);
    for (text, rule) in [("a", 0), ("b", 1), ("c", 3), ("d", -1), ("x", -1)] {
        assert_eq!(answer(&ruleset, "flag", text), rule, "{text}");
    }
    assert_eq!(answer(&ruleset, "other", "d"), 1);
    let findings: Vec<String> = ruleset.findings().iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        ["config `flag`: `rows[0].values[4].criteria[0]`: the config has more than 3 patterns: \
          this criterion and later ones with other patterns do not match"]
    );
}

#[test]
fn negated_patterns_beyond_a_limit_do_not_match_either() {
    let limits = RegexLimits { patterns_per_config: 1, ..RegexLimits::default() };
    let rules = vec![
        rule("^a$", Operator::PropDoesNotMatch, 0),
        rule("^b$", Operator::PropDoesNotMatch, 1),
        ConditionalValue::always(-1),
    ];
    let ruleset = build_for(vec![config("flag", rules)], Options { regex_limits: limits, ..own_cache() });
    assert_eq!(answer(&ruleset, "flag", "a"), -1);
}

/// Takes exponentially many steps for texts of many "a".
const HUNGRY: &str = "^(?:(?=a)a|a(?=a)|a)+b#";

#[test]
fn all_backtracking_searches_of_an_evaluation_share_their_steps() {
    let flag = flag("flag", &[numbered(HUNGRY, 999), vec!["(?=b)b".to_owned()]].concat());
    let ruleset = build_for(vec![flag], own_cache());
    let start = Instant::now();
    assert_eq!(answer(&ruleset, "flag", &"a".repeat(60)), -1);
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    assert_eq!(answer(&ruleset, "flag", "b"), 999, "each evaluation has its own budget");
    let findings = ruleset.search_findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].place, "rows[0].values[0].criteria[0]");
    assert!(ruleset.findings().is_empty());
}

#[test]
fn an_explanation_contains_the_limit_that_a_search_reached() {
    let ruleset = build_for(vec![flag("flag", &numbered(HUNGRY, 100))], own_cache());
    let contexts = user(&"a".repeat(60));
    let explained = ruleset.explain("flag", &Contexts::of(&contexts), &FixedHost::default());
    assert_eq!(explained.limit, Some(SearchLimit::Steps));
    let text = explained.to_string();
    assert!(text.contains("the search took too many backtracking steps"), "{text}");
    assert!(
        text.contains("the searches of this evaluation took too many backtracking steps together"),
        "{text}"
    );
    let evaluated = ruleset.evaluate("flag", &Contexts::of(&contexts), &FixedHost::default());
    assert_eq!(format_result(&explained.outcome), format_result(&evaluated));
}

#[test]
fn a_search_that_reaches_a_limit_does_not_match_negated_or_not() {
    for (text, limit) in [("a".repeat(60), SearchLimit::Steps), ("c".repeat(4_000), SearchLimit::TextLength)]
    {
        for operator in [Operator::PropMatches, Operator::PropDoesNotMatch] {
            let rules = vec![rule(&HUNGRY.replace('#', ""), operator, 1), ConditionalValue::always(-1)];
            let ruleset = build_for(vec![config("flag", rules)], own_cache());
            assert_eq!(answer(&ruleset, "flag", &text), -1, "{limit:?}");
            let contexts = user(&text);
            let explained = ruleset.explain("flag", &Contexts::of(&contexts), &FixedHost::default());
            assert_eq!(explained.limit, Some(limit));
        }
    }
}

#[test]
fn evaluations_of_one_request_can_share_a_budget() {
    let flags = (0..20).map(|at| flag(&format!("flag{at}"), &numbered(HUNGRY, 50))).collect();
    let ruleset = build_for(flags, own_cache());
    let contexts = user(&"a".repeat(60));
    let mut budget = SearchBudget::default();
    let start = Instant::now();
    for at in 0..20 {
        let key = format!("flag{at}");
        let evaluated =
            ruleset.evaluate_with_budget(&key, &Contexts::of(&contexts), &FixedHost::default(), &mut budget);
        assert_eq!(evaluated.unwrap().value, EvaluatedValue::Int(-1));
    }
    assert!(budget.is_exhausted());
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn provided_patterns_are_compiled_within_the_budget() {
    let provided =
        prefab_core::Provided { source: prefab_core::ProvidedSource::EnvVar, lookup: "PATTERN".to_owned() };
    let value: Value = provided.into();
    let never =
        || ConditionalValue::when(vec![criterion("user.key", Operator::PropMatches, value.clone())], 1);
    let rules = (0..2_000).map(|_| never()).chain([ConditionalValue::always(-1)]).collect();
    let ruleset = build(vec![config("flag", rules)]);
    let host = FixedHost::default().with_env_var("PATTERN", r"^(\w+\s?){1,20}$");
    let contexts = user("!");
    let start = Instant::now();
    let evaluated = ruleset.evaluate("flag", &Contexts::of(&contexts), &host).unwrap();
    assert_eq!(evaluated.value, EvaluatedValue::Int(-1));
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn the_size_of_a_pattern_includes_the_groups_that_it_calls() {
    for pattern in [r"(?=a)(\pL{40})\g<1>", r"(?<a>a{99})(?<b>\g<a>{99})\g<b>{99}", r"(?=a)(\pL{60}){2}"] {
        let ruleset = build_for(vec![flag("flag", &[pattern.to_owned()])], own_cache());
        let findings = ruleset.findings();
        assert!(findings.len() == 1 && findings[0].cause.contains("larger"), "{pattern}: {findings:?}");
    }
    let ruleset = build_for(vec![flag("flag", &[r"^(\((?:[^()]|\g<1>)*\))$".to_owned()])], own_cache());
    assert_eq!(answer(&ruleset, "flag", "(a(b))"), 0, "{:?}", ruleset.findings());
}

#[test]
fn large_segments_count_as_several() {
    let within = |key: &str| ConditionalValue::when(vec![criterion("", Operator::InSeg, key)], 1);
    let rules = (0..9_000).map(|_| within("big")).chain([ConditionalValue::always(-1)]).collect();
    let least =
        |at: i64| ConditionalValue::when(vec![criterion("user.age", Operator::PropGreaterThan, at)], true);
    let ruleset = build(vec![config("flag", rules), config("big", (0..6_000).map(least).collect())]);
    let start = Instant::now();
    assert_eq!(answer(&ruleset, "flag", "x"), -1);
    assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
}

const FEW: RegexLimits = RegexLimits {
    table_bytes: 16 << 10,
    compiled_bytes: 16 << 10,
    patterns_per_ruleset: 6,
    ..RegexLimits::DEFAULT
};

fn store(configs: &[Config]) -> LayeredStore {
    let mut store = LayeredStore::default();
    apply(&mut store, configs);
    store
}

fn apply(store: &mut LayeredStore, configs: &[Config]) -> Vec<Arc<str>> {
    let set = ConfigSet { configs: configs.to_vec(), ..ConfigSet::default() };
    store.apply(Update::Merge { set: set.into(), source: "test".into() })
}

const PATTERNS: [&str; 12] = [
    "^a",
    "b$",
    r"\pL+x",
    r"(?i)k[é-ü]{3}",
    "(?=a)ab",
    r"(a|b)\1",
    "(",
    r"\pL{99}",
    "(a|b)*a(a|b){9}",
    "^.{3}$",
    r"\bcat\b",
    "^(?!a).*b",
];

fn all_answers(ruleset: &Ruleset, texts: &[String]) -> Vec<String> {
    let mut keys = ruleset.keys();
    keys.sort_unstable();
    let all = keys.into_iter().flat_map(|key| texts.iter().map(move |text| (key, user(text))));
    all.map(|(key, contexts)| {
        format_result(&ruleset.evaluate(key, &Contexts::of(&contexts), &FixedHost::default()))
    })
    .collect()
}

proptest! {
    #[test]
    fn sharing_and_the_order_of_changes_do_not_change_results(
        flags in prop::collection::vec((0..5_usize, prop::collection::vec(0..PATTERNS.len(), 0..6)), 1..10),
        texts in prop::collection::vec("[abkxé]{0,6}", 1..4),
        limits in prop::sample::select(vec![RegexLimits::DEFAULT, FEW]),
    ) {
        let flags: Vec<Config> = (1..).zip(&flags).map(|(id, (key, patterns))| {
            let patterns: Vec<String> = patterns.iter().map(|at| PATTERNS[*at].to_owned()).collect();
            Config { id, ..flag(&format!("flag{key}"), &patterns) }
        }).collect();
        let options = |patterns: PatternCache| Options { regex_limits: limits, patterns, ..Options::default() };
        let mut stepwise = Ruleset::from_store(&LayeredStore::default(), &options(PatternCache::new()));
        let mut changing = store(&[]);
        for flag in &flags {
            let changed = apply(&mut changing, std::slice::from_ref(flag));
            stepwise = stepwise.with_changes(&changing, &changed);
        }
        let alone = Ruleset::from_store(&changing, &options(PatternCache::new()));
        let shared = Ruleset::from_store(&changing, &options(PatternCache::default()));
        let expected = all_answers(&alone, &texts);
        prop_assert_eq!(&all_answers(&stepwise, &texts), &expected);
        prop_assert_eq!(&all_answers(&shared, &texts), &expected);
        // In the second evaluation, large patterns are compiled already.
        prop_assert_eq!(&all_answers(&alone, &texts), &expected);
        prop_assert_eq!(stepwise.findings(), alone.findings());
        prop_assert_eq!(shared.findings(), alone.findings());
    }
}

//! The levels that a logger can have, over all contexts.
//!
//! A log statement caches whether it is enabled, so the filter must know in advance whether a level can depend on
//! contexts. The result may include levels that never occur. It never lacks a level that does.

use prefab_core::{ContextSet, LevelSet, LogLevel, ValueType};

use crate::{
    Contexts, FixedHost, Ruleset,
    compiled::CompiledConfig,
    compiled_value::{CompiledValue, ValueKind},
    contexts::Stack,
    keys::normalized,
    log_level::logger_keys,
    operators::Test,
    property::Property,
    rule::{Check, Condition},
};

impl Ruleset {
    /// Returns every level that [`log_level`](Self::log_level) can return for `path`, over all contexts and times.
    ///
    /// `NotSet` in the set means that it can return `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{LevelSet, LogLevel, Ruleset};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "1", "key": "log-level", "rows": [{"values": [{"value": {"logLevel": "WARN"}}]}]},
    ///     {"id": "2", "key": "log-level.my_app.db", "rows": [{"values": [
    ///         {"criteria": [{"propertyName": "user.key", "operator": "PROP_IS_ONE_OF",
    ///                        "valueToMatch": {"stringList": {"values": ["u-1"]}}}],
    ///          "value": {"logLevel": "DEBUG"}}]}]}
    /// ]}"#)?;
    /// assert_eq!(ruleset.possible_log_levels("my_app").single(), Some(LogLevel::Warn));
    /// assert_eq!(
    ///     ruleset.possible_log_levels("my_app.db"),
    ///     LevelSet::from_iter([LogLevel::Debug, LogLevel::Warn]),
    /// );
    /// # Ok::<(), prefab_eval::datafile::DatafileError>(())
    /// ```
    pub fn possible_log_levels(&self, path: &str) -> LevelSet {
        self.possible_log_levels_among(logger_keys(&normalized(path)))
    }

    /// Returns every level that [`log_level_among`](Self::log_level_among) can return for these loggers.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{LogLevel, Ruleset};
    /// let levels = Ruleset::default().possible_log_levels_among(["my_app", ""]);
    /// assert_eq!(levels.single(), Some(LogLevel::NotSet));
    /// ```
    pub fn possible_log_levels_among<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> LevelSet {
        let mut levels = LevelSet::EMPTY;
        for path in paths {
            let Some(config) = self.logger_slot(path).and_then(|slot| self.config(slot)) else { continue };
            let levels_here = possible_levels(config, &ContextSet::new());
            levels = levels.union(levels_here.without(LogLevel::NotSet));
            if !levels_here.contains(LogLevel::NotSet) {
                return levels;
            }
        }
        levels.union(LevelSet::of(LogLevel::NotSet))
    }

    /// Returns every level that any logger can have, including loggers without a config.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{LogLevel, Ruleset};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "1", "key": "log-level.my_app", "rows": [{"values": [{"value": {"logLevel": "DEBUG"}}]}]}
    /// ]}"#)?;
    /// assert_eq!(ruleset.all_possible_log_levels().most_verbose(), Some(LogLevel::Debug));
    /// # Ok::<(), prefab_eval::datafile::DatafileError>(())
    /// ```
    pub fn all_possible_log_levels(&self) -> LevelSet {
        let configs = self.keys.loggers().filter_map(|slot| self.config(slot));
        let levels =
            configs.map(|config| possible_levels(config, &ContextSet::new()).without(LogLevel::NotSet));
        levels.fold(self.possible_log_levels(""), LevelSet::union)
    }

    /// Returns every level that the config `key` can have in calls with the contexts `known` and any others.
    ///
    /// `NotSet` in the set means that the config can have no level, or a value of another type.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{ContextSet, LogLevel, Ruleset};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "1", "key": "level", "rows": [{"values": [{"value": {"logLevel": "WARN"}}]}]}
    /// ]}"#)?;
    /// assert_eq!(ruleset.possible_levels("level", &ContextSet::new()).single(), Some(LogLevel::Warn));
    /// # Ok::<(), prefab_eval::datafile::DatafileError>(())
    /// ```
    pub fn possible_levels(&self, key: &str, known: &ContextSet) -> LevelSet {
        let config = self.keys.slot(key).and_then(|slot| self.config(slot));
        config.map_or(LevelSet::of(LogLevel::NotSet), |config| possible_levels(config, known))
    }
}

fn possible_levels(config: &CompiledConfig, known: &ContextSet) -> LevelSet {
    let mut levels = LevelSet::EMPTY;
    for rule in &config.rules {
        let mut certain = true;
        let mut possible = true;
        for condition in rule.conditions() {
            match constant_outcome(condition, known) {
                Some(true) => {}
                Some(false) => possible = false,
                None => certain = false,
            }
        }
        if possible {
            levels = levels.union(levels_of(&rule.compiled));
            if certain {
                return levels;
            }
        }
    }
    levels.union(LevelSet::of(LogLevel::NotSet))
}

/// Returns whether a condition matches, if the result is the same in every evaluation.
fn constant_outcome(condition: &Condition, known: &ContextSet) -> Option<bool> {
    let Condition { property, check } = condition;
    let test = match check {
        Check::Test(Test::Always) => return Some(true),
        Check::Test(Test::Never) => return Some(false),
        Check::Test(test) => test,
        Check::Search(_) | Check::Segment { .. } | Check::Provided(_) => return None,
    };
    match property {
        Property::Named(name) if known.get(name.context()).is_none() => return None,
        Property::CurrentTime => return None,
        Property::Named(_) | Property::Namespace(_) => {}
    }
    let nothing = ContextSet::new();
    // A property reads only the time from the host, which was ruled out above.
    property.with(&Stack::new(&Contexts::of(known), &nothing), &FixedHost::default(), |value| {
        Some(test.matches(value))
    })
}

fn levels_of(compiled: &CompiledValue) -> LevelSet {
    match &compiled.kind {
        ValueKind::LogLevel(level) => LevelSet::of(*level),
        ValueKind::Weighted(weighted) => {
            weighted.values.iter().map(levels_of).fold(LevelSet::EMPTY, LevelSet::union)
        }
        // The environment variable can contain any level, or none.
        ValueKind::Provided { expected: ValueType::LogLevel, .. } => LevelSet::ALL,
        _ => LevelSet::of(LogLevel::NotSet),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prefab_core::Context;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    fn config(key: &str, values: &Json) -> Json {
        json!({"id": "1", "key": key, "configType": "LOG_LEVEL", "valueType": "LOG_LEVEL", "rows": [{"values": values}]})
    }

    fn ruleset(configs: &[Json]) -> Ruleset {
        Ruleset::from_datafile(&json!({ "configs": configs }).to_string()).unwrap()
    }

    fn level(name: &str) -> Json {
        json!({"value": {"logLevel": name}})
    }

    fn level_if(name: &str, operator: &str, property: &str, right: &str) -> Json {
        json!({"criteria": [{"propertyName": property, "operator": operator,
            "valueToMatch": {"stringList": {"values": [right]}}}], "value": {"logLevel": name}})
    }

    #[test]
    fn a_level_depends_on_contexts_only_if_a_rule_reads_them() {
        use LogLevel::{Debug, Error, Info, NotSet};
        let check = |values: Json, expected: &[LogLevel]| {
            let rules = ruleset(&[config("log-level.a", &values)]);
            assert_eq!(rules.possible_log_levels("a.b"), expected.iter().copied().collect(), "{values}");
        };
        check(json!([level("INFO")]), &[Info]);
        check(json!([level_if("INFO", "ALWAYS_TRUE", "", "x")]), &[Info]);
        check(json!([level_if("DEBUG", "PROP_IS_ONE_OF", "user.key", "u"), level("INFO")]), &[Debug, Info]);
        check(json!([level_if("DEBUG", "PROP_IS_ONE_OF", "user.key", "u")]), &[Debug, NotSet]);
        check(json!([level("INFO"), level("DEBUG")]), &[Info]);
        check(json!([{"value": {"string": "debug"}}]), &[NotSet]);
        check(json!([{"value": {"provided": {"source": "ENV_VAR", "lookup": "L"}}}]), &LogLevel::ALL);
        check(
            json!([{"value": {"weightedValues": {"weightedValues": [
                {"weight": 1, "value": {"logLevel": "DEBUG"}}, {"weight": 1, "value": {"logLevel": "ERROR"}}]}}}]),
            &[Debug, Error],
        );
    }

    #[test]
    fn known_contexts_exclude_rules() {
        let rules = ruleset(&[config(
            "log-levels.default",
            &json!([
                level_if("DEBUG", "PROP_STARTS_WITH_ONE_OF", "logger.path", "a."),
                level_if("TRACE", "PROP_IS_ONE_OF", "user.key", "u"),
                level("INFO")
            ]),
        )]);
        let possible = |path: &str| {
            rules.possible_levels("log-levels.default", &Context::new("logger").with("path", path).into())
        };
        assert_eq!(possible("a.b"), LevelSet::of(LogLevel::Debug));
        assert_eq!(possible("b"), LevelSet::from_iter([LogLevel::Trace, LogLevel::Info]));
    }

    prop_compose! {
        fn rule()(
            name in prop::sample::select(vec!["NOT_SET_LOG_LEVEL", "TRACE", "DEBUG", "INFO", "ERROR"]),
            operator in prop::sample::select(vec![
                "NONE", "ALWAYS_TRUE", "PROP_IS_ONE_OF", "PROP_IS_NOT_ONE_OF", "PROP_ENDS_WITH_ONE_OF", "IN_SEG"]),
            property in prop::sample::select(vec!["user.key", "pod.name", "prefab.current-time"]),
            right in prop::sample::select(vec!["a", "b"]),
        ) -> Json {
            if operator == "NONE" { level(name) } else { level_if(name, operator, property, right) }
        }
    }

    proptest! {
        #[test]
        fn every_level_is_among_the_possible_ones(
            rules in prop::collection::vec((prop::sample::select(vec![
                "log-level", "log-level.a", "log-level.a.b", "log-level.a::b", "log-level.a.b.c"]),
                prop::collection::vec(rule(), 0..4)), 0..5),
            user in prop::option::of(prop::sample::select(vec!["a", "b", "c"])),
            pod in prop::option::of(prop::sample::select(vec!["a", "b"])),
            path in prop::sample::select(vec!["", "a", "a.b", "a::b", "a.b.c", "a::b::c::d", "a.b.c.d", "x.y"]),
        ) {
            let configs: Vec<Json> = rules.iter().map(|(key, values)| config(key, &json!(values))).collect();
            let rules = ruleset(&configs);
            let mut contexts = ContextSet::new();
            for (name, value) in [("user", user), ("pod", pod)] {
                if let Some(value) = value {
                    let property = if name == "user" { "key" } else { "name" };
                    contexts.set(Context::new(name.to_owned()).with(property, value));
                }
            }
            let compiled = rules.log_level(path, &Contexts::of(&contexts), &FixedHost::default());
            let level = compiled.unwrap_or(LogLevel::NotSet);
            let possible = rules.possible_log_levels(path);
            prop_assert!(possible.contains(level), "{level} is not in {possible:?}");
            prop_assert!(level == LogLevel::NotSet || rules.all_possible_log_levels().contains(level));
            if let Some(only) = possible.single() {
                prop_assert_eq!(level, only);
            }
        }
    }
}

//! Reading the fields of a config struct.

use std::fmt;

use prefab_core::Entry;
use prefab_eval::{Contexts, Host, Ruleset};

use super::ConfigStruct;
use crate::{
    Error, FromValue,
    error::{MissingReason, near},
    typed,
};

/// Reads the fields of a config struct and collects their errors. Code that `#[derive(Config)]` generates uses it.
pub struct FieldReader<'a> {
    rules: &'a Ruleset,
    contexts: &'a Contexts<'a>,
    host: &'a dyn Host,
    errors: Vec<Error>,
}

impl fmt::Debug for FieldReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldReader").field("errors", &self.errors).finish_non_exhaustive()
    }
}

impl<'a> FieldReader<'a> {
    pub(crate) fn new(rules: &'a Ruleset, contexts: &'a Contexts<'a>, host: &'a dyn Host) -> Self {
        Self { rules, contexts, host, errors: Vec::new() }
    }

    pub(crate) fn read<T: ConfigStruct>(mut self) -> Result<T, Error> {
        let value = T::read(&mut self);
        value.filter(|_| self.errors.is_empty()).ok_or(Error::Fields(self.errors))
    }

    /// Reads a field that must have a value.
    pub fn required<T: FromValue>(&mut self, key: &str) -> Option<T> {
        match self.value(key) {
            Ok(value) => Some(value),
            Err(error) => self.fail(error),
        }
    }

    /// Reads a field with a default for a config without a value.
    pub fn with_default<T: FromValue>(&mut self, key: &str, default: impl FnOnce() -> T) -> Option<T> {
        match self.value(key) {
            Ok(value) => Some(value),
            Err(Error::MissingDefault { .. }) => Some(default()),
            Err(error) => self.fail(error),
        }
    }

    /// Reads a field that is `None` for a config without a value.
    pub fn optional<T: FromValue>(&mut self, key: &str) -> Option<Option<T>> {
        match self.value(key) {
            Ok(value) => Some(Some(value)),
            Err(Error::MissingDefault { .. }) => Some(None),
            Err(error) => self.fail(error),
        }
    }

    /// Checks the value of a field.
    pub fn check_field<T, E: fmt::Display>(
        &mut self,
        key: &str,
        value: Option<T>,
        check: impl FnOnce(&T) -> Result<(), E>,
    ) -> Option<T> {
        let value = value?;
        self.check_struct(key, check(&value))?;
        Some(value)
    }

    /// Records the result of a check of the whole struct.
    pub fn check_struct<E: fmt::Display>(&mut self, name: &str, result: Result<(), E>) -> Option<()> {
        match result {
            Ok(()) => Some(()),
            Err(problem) => self.fail(Error::Check { key: name.to_owned(), problem: problem.to_string() }),
        }
    }

    fn fail<T>(&mut self, error: Error) -> Option<T> {
        self.errors.push(error);
        None
    }

    fn value<T: FromValue>(&self, key: &str) -> Result<T, Error> {
        let answer = self.rules.evaluate(key, self.contexts, self.host).map_err(|cause| {
            let key = key.to_owned();
            if cause.is_missing_value() {
                let reason = MissingReason::of(&cause, self.rules.len());
                let suggestion = if self.rules.contains(&key) {
                    None
                } else {
                    near(&key, self.rules.entries().map(Entry::key))
                };
                return Error::MissingDefault { key, reason, suggestion };
            }
            Error::Evaluation { key, cause }
        })?;
        typed::read(&answer).map_err(|mismatch| Error::TypeMismatch {
            key: key.to_owned(),
            expected: T::EXPECTED,
            found: mismatch.shown(&answer),
        })
    }
}

//! Figures as a Markdown table.

use std::fmt;

/// The figures of one attack on one binary, in order.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<(String, String)>);

impl Figures {
    pub(crate) fn add(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// Returns the figures with a text in front of their names.
    pub(crate) fn prefixed(self, text: &str) -> Self {
        Self(self.0.into_iter().map(|(name, value)| (format!("{text}{name}"), value)).collect())
    }

    pub(crate) fn extend(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// One row: attack, figure, and its value in the two columns.
#[derive(Debug)]
struct Row {
    attack: &'static str,
    figure: String,
    before: String,
    after: String,
}

#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Row>);

impl Table {
    pub(crate) fn add(&mut self, attack: &'static str, column: &str, figures: Figures) {
        for (figure, value) in figures.0 {
            let at = self.0.iter().position(|row| row.attack == attack && row.figure == figure);
            let at = at.unwrap_or_else(|| {
                let row = Row { attack, figure, before: String::new(), after: String::new() };
                self.0.push(row);
                self.0.len() - 1
            });
            let row = &mut self.0[at];
            if column == "before" {
                row.before = value;
            } else {
                row.after = value;
            }
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| attack | figure | before | after |\n| --- | --- | ---: | ---: |")?;
        for Row { attack, figure, before, after } in &self.0 {
            writeln!(f, "| {attack} | {figure} | {before} | {after} |")?;
        }
        Ok(())
    }
}

//! Writes RESULTS.md.

mod ours;

use std::{
    fmt::{self, Write as _},
    fs,
};

use anyhow::{Context as _, Result};
use prefab_bench::{Figure, Item, Outcome, outcome::Pace};

use crate::{
    cargo,
    numbers::{count, geometric_mean, megabytes, short, times},
    store::Store,
};

/// The contestant that the ratios refer to.
const MEASURE: &str = "prefab-client";

const COLUMNS: [&str; 7] =
    ["static", "ends-with", "one-of-20", "split-3", "segment-1000", "context", "static-of-10k"];

pub(crate) fn write(store: &Store) -> Result<()> {
    let rows = ordered(store.outcomes()?);
    let mut page = String::new();
    // Writing to a string does not fail.
    all(&mut page, store, &rows).context("formatting the tables")?;
    fs::write(cargo::folder().join("RESULTS.md"), &page).context("writing RESULTS.md")?;
    println!("{page}");
    Ok(())
}

/// Sorts the rows: Prefab, the baselines, then the others, each from the fastest to the slowest.
pub(crate) fn ordered(mut rows: Vec<Outcome>) -> Vec<Outcome> {
    let rank = |row: &Outcome| {
        let group = if is_ours(row) { 0 } else { 1 + u8::from(!is_floor(row)) };
        let items = Item::ALL.iter().filter_map(|item| row.items.get(item.name()));
        (group, geometric_mean(items.map(|figure| figure.nanos.low)))
    };
    rows.sort_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal));
    rows
}

pub(crate) fn is_ours(row: &Outcome) -> bool {
    row.name.starts_with("prefab-")
}

fn is_floor(row: &Outcome) -> bool {
    row.name.starts_with("floor")
}

fn all(page: &mut String, store: &Store, rows: &[Outcome]) -> fmt::Result {
    let machine = store.machine();
    writeln!(
        page,
        "# Side by side\n\n\
         Written by `cargo xtask bench` on {} at `{}`: {}, {} cores, {}. [README.md](README.md) describes the \
         items and how they are measured.\n\n\
         ![One evaluation, by engine](results.svg)\n",
        machine.date, machine.commit, machine.processor, machine.cores, machine.rustc
    )?;
    ratios(page, rows)?;
    nanos(page, rows)?;
    instructions(page, rows)?;
    load(page, rows)?;
    traffic(page, rows)?;
    ours::write(page, store, rows)?;
    notes(page, rows)
}

fn head(page: &mut String, columns: &[&str]) -> fmt::Result {
    writeln!(page, "| {} |", columns.join(" | "))?;
    writeln!(page, "| --- |{}", " ---: |".repeat(columns.len() - 1))
}

fn engine_columns() -> Vec<&'static str> {
    [&["engine"], COLUMNS.as_slice()].concat()
}

fn name(row: &Outcome) -> String {
    let name = if is_ours(row) { format!("**{}**", row.name) } else { row.name.clone() };
    if row.version.is_empty() { name } else { format!("{name} {}", row.version) }
}

fn cells(row: &Outcome, cell: impl Fn(&str, &Figure) -> String) -> String {
    let cell = |column: &&str| {
        row.items.get(*column).map_or_else(
            || "–".to_owned(),
            |figure| {
                let mark = if figure.instead.is_some() { "\\*" } else { "" };
                cell(column, figure) + mark
            },
        )
    };
    COLUMNS.iter().map(cell).collect::<Vec<_>>().join(" | ")
}

fn ratios(page: &mut String, rows: &[Outcome]) -> fmt::Result {
    let Some(measure) = rows.iter().find(|row| row.name == MEASURE) else { return Ok(()) };
    writeln!(
        page,
        "## Time relative to `{MEASURE}`\n\n\
         Below 1 is faster. `engine` is the evaluation code, called directly; `client` is what an application uses. \
         \\* the engine uses a substitute, see the notes; – the engine does not support the item.\n"
    )?;
    let mut columns = engine_columns();
    columns.insert(1, "part");
    head(page, &columns)?;
    for row in rows {
        let ratio = |column: &str, figure: &Figure| {
            let ours = measure.items.get(column).map_or(f64::NAN, |ours| ours.nanos.low);
            times(figure.nanos.low / ours)
        };
        writeln!(page, "| {} | {} | {} |", name(row), row.part, cells(row, ratio))?;
    }
    writeln!(page)
}

fn nanos(page: &mut String, rows: &[Outcome]) -> fmt::Result {
    writeln!(page, "## One call\n\nProcessor time in nanoseconds / allocations.\n")?;
    head(page, &engine_columns())?;
    for row in rows {
        let cell = |_: &str, figure: &Figure| {
            let allocations = figure.allocations.map_or_else(|| "?".to_owned(), count);
            format!("{} / {allocations}", short(figure.nanos.low))
        };
        writeln!(page, "| {} | {} |", name(row), cells(row, cell))?;
    }
    writeln!(page)
}

fn instructions(page: &mut String, rows: &[Outcome]) -> fmt::Result {
    let counted: Vec<&Outcome> =
        rows.iter().filter(|row| row.items.values().any(|figure| figure.instructions.is_some())).collect();
    if counted.is_empty() {
        return writeln!(page, "Instructions were not counted: valgrind is not installed.\n");
    }
    writeln!(
        page,
        "## Instructions of one call\n\nCounted by callgrind, including the loop around the calls.\n"
    )?;
    head(page, &engine_columns())?;
    for row in counted {
        let cell = |_: &str, figure: &Figure| figure.instructions.map_or_else(|| "–".to_owned(), short);
        writeln!(page, "| {} | {} |", name(row), cells(row, cell))?;
    }
    writeln!(page)
}

fn load(page: &mut String, rows: &[Outcome]) -> fmt::Result {
    writeln!(
        page,
        "## Loading 10,000 flags\n\n\
         Each engine loads its own format: Prefab loads protobuf, the official SDKs load a datafile. Processor time of \
         all threads in milliseconds; growth of the process's memory.\n"
    )?;
    head(page, &["engine", "document MB", "load ms", "resident MB"])?;
    for row in rows {
        let Some(load) = row.load else { continue };
        let resident = match load.resident_bytes {
            0 => "–".to_owned(),
            bytes => megabytes(bytes as f64),
        };
        let (document, millis) = (megabytes(load.document_bytes as f64), load.millis.low);
        writeln!(page, "| {} | {document} | {millis:.1} | {resident} |", name(row))?;
    }
    writeln!(page)
}

fn traffic(page: &mut String, rows: &[Outcome]) -> fmt::Result {
    writeln!(
        page,
        "## Several threads\n\n\
         Static, ends-with, one-of-20 and split-3 in turn, beside 1,000 flags. Millions of calls per second of a \
         reader's processor time, times the number of readers; in brackets, per second of wall-clock time. Swapping: a \
         third thread replaces all flags ten times per second. p99.9 is in wall-clock time. Waits is the number of times \
         that readers slept, in all three runs together.\n"
    )?;
    let columns = [
        "engine",
        "1 reader",
        "2 readers",
        "2 readers, swapping",
        "p99.9 ns",
        "p99.9 ns, swapping",
        "swap ms",
        "waits",
    ];
    head(page, &columns)?;
    for row in rows {
        let Some(traffic) = row.traffic else { continue };
        let (one, two, swapping) = (traffic.one, traffic.two, traffic.two_while_swapping);
        writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {:.1} | {} |",
            name(row),
            pace(&one),
            pace(&two),
            pace(&swapping),
            short(two.slowest_of_1000_nanos),
            short(swapping.slowest_of_1000_nanos),
            traffic.swap_millis,
            one.waits + two.waits + swapping.waits
        )?;
    }
    writeln!(page)
}

fn pace(pace: &Pace) -> String {
    let millions = |calls: f64| {
        let millions = calls / 1e6;
        if millions < 0.1 { format!("{millions:.4}") } else { format!("{millions:.2}") }
    };
    format!("{} ({})", millions(pace.calls_per_cpu_second), millions(pace.calls_per_second))
}

fn notes(page: &mut String, rows: &[Outcome]) -> fmt::Result {
    writeln!(page, "## Notes\n")?;
    for row in rows {
        let instead = row.items.iter().filter_map(|(item, figure)| Some((item, figure.instead.as_ref()?)));
        let instead: Vec<String> = instead.map(|(item, what)| format!("{item}\\*: {what}")).collect();
        let texts: Vec<&str> =
            std::iter::once(row.note.as_str()).chain(instead.iter().map(String::as_str)).collect();
        let texts = texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
        if !texts.is_empty() {
            writeln!(page, "- {}: {texts}.", row.name)?;
        }
    }
    Ok(())
}

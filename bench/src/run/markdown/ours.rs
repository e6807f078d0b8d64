//! The figures that only Prefab has.

use std::fmt::{self, Write as _};

use prefab_bench::{Item, Outcome, Own};

use super::{MEASURE, head, pace};
use crate::{
    numbers::{megabytes, short},
    store::Store,
};

const TELEMETRY: &str = "prefab-client-telemetry";

pub(super) fn write(page: &mut String, store: &Store, rows: &[Outcome]) -> fmt::Result {
    writeln!(page, "## Prefab only\n")?;
    telemetry(page, rows)?;
    if let Some(own) = store.own() {
        loading(page, &own)?;
        scaling(page, &own)?;
    }
    sizes(page, store)
}

fn telemetry(page: &mut String, rows: &[Outcome]) -> fmt::Result {
    let find = |name: &str| rows.iter().find(|row| row.name == name);
    let (Some(off), Some(on)) = (find(MEASURE), find(TELEMETRY)) else { return Ok(()) };
    writeln!(page, "The cost of telemetry, in calls lost in the same time.\n")?;
    head(page, &["item", "off ns", "on ns", "calls lost"])?;
    for item in Item::ALL {
        let nanos = |row: &Outcome| row.items.get(item.name()).map_or(f64::NAN, |figure| figure.nanos.low);
        let (off, on) = (nanos(off), nanos(on));
        let lost = (1.0 - off / on) * 100.0;
        writeln!(page, "| {} | {} | {} | {lost:.0} % |", item.name(), short(off), short(on))?;
    }
    writeln!(page)
}

fn loading(page: &mut String, own: &Own) -> fmt::Result {
    let configs = own.configs as f64;
    let (wire, heap) = (own.wire_bytes as f64, own.heap_bytes as f64);
    let (decode, ready) = (own.decode_millis.low, own.ready_millis.low);
    writeln!(
        page,
        "{} configs from protobuf ({} MB), and a change of one of them:\n",
        own.configs,
        megabytes(wire)
    )?;
    head(page, &["what", "figure"])?;
    writeln!(page, "| decoding with prost | {decode:.1} ms |")?;
    writeln!(page, "| from bytes to the first result | {ready:.1} ms, {:.1} × prost |", ready / decode)?;
    writeln!(
        page,
        "| one change: applied, compiled, published | {} µs (90th percentile {} µs) |",
        short(own.change_micros.median),
        short(own.change_micros.high)
    )?;
    writeln!(
        page,
        "| one change, from a source to a listener through the client's thread | {} µs of wall-clock time |",
        short(own.change_to_listener_micros.median)
    )?;
    writeln!(
        page,
        "| memory per config, store and compiled rules | {:.0} bytes, {:.1} × its {:.0} encoded bytes |\n",
        heap / configs,
        heap / wire,
        wire / configs
    )
}

fn scaling(page: &mut String, own: &Own) -> fmt::Result {
    let traffic = own.traffic;
    let (one, two, swapping) = (traffic.one, traffic.two, traffic.two_while_swapping);
    let factor = |calls: f64| calls / one.calls_per_cpu_second;
    writeln!(
        page,
        "Threads, beside {} flags, all of which are replaced ten times per second:\n",
        traffic.beside
    )?;
    head(page, &["what", "millions of calls (wall-clock)", "relative to one reader", "p99.9 ns", "waits"])?;
    for (what, pace_of) in [("1 reader", one), ("2 readers", two), ("2 readers, swapping", swapping)] {
        writeln!(
            page,
            "| {what} | {} | {:.2} | {} | {} |",
            pace(&pace_of),
            factor(pace_of.calls_per_cpu_second),
            short(pace_of.slowest_of_1000_nanos),
            pace_of.waits
        )?;
    }
    writeln!(page, "\nA swap took {:.1} ms, and there were {}.\n", traffic.swap_millis, traffic.swaps)
}

fn sizes(page: &mut String, store: &Store) -> fmt::Result {
    let sizes = store.sizes();
    if sizes.is_empty() {
        return Ok(());
    }
    writeln!(page, "Programs with Prefab, stripped, compiled from scratch in release:\n")?;
    head(page, &["program with", "size MB", "crates", "compile time s", "processor time s"])?;
    for size in sizes {
        writeln!(
            page,
            "| {} | {} | {} | {:.0} | {:.0} |",
            size.name,
            megabytes(size.bytes as f64),
            size.crates,
            size.wall_seconds,
            size.cpu_seconds
        )?;
    }
    writeln!(page)
}

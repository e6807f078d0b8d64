//! The chart: a row per engine and a dot per item. Further left is faster.

use std::{fmt::Write as _, fs};

use anyhow::{Context as _, Result};
use prefab_bench::{Item, Outcome};

use crate::{cargo, markdown, store::Store};

const COLORS: [&str; 5] = ["#0969da", "#1a7f37", "#bf8700", "#cf222e", "#8250df"];
const WIDTH: f64 = 900.0;
const LEFT: f64 = 210.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 78.0;
const ROW: f64 = 22.0;
/// The powers of ten at both ends.
const FROM: f64 = 0.0;
const TO: f64 = 6.0;

pub(crate) fn write(store: &Store) -> Result<()> {
    let rows = markdown::ordered(store.outcomes()?);
    fs::write(cargo::folder().join("results.svg"), draw(&rows)).context("writing results.svg")
}

fn draw(rows: &[Outcome]) -> String {
    let bottom = TOP + ROW * rows.len() as f64;
    let height = bottom + 30.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\" font-weight=\"600\" fill=\"#1f2328\">\
         Nanoseconds for one evaluation (logarithmic; left is faster)</text>\n"
    );
    legend(&mut svg);
    for power in 0..=6 {
        let x = place(10f64.powi(power));
        line(&mut svg, x, TOP - 6.0, bottom, "#d1d9e0");
        let label = ["1", "10", "100", "1k", "10k", "100k", "1M"][usize::try_from(power).unwrap_or_default()];
        text(&mut svg, x, bottom + 18.0, "middle", "#59636e", "400", label);
    }
    for (at, row) in rows.iter().enumerate() {
        let y = TOP + ROW * (at as f64 + 0.5);
        draw_row(&mut svg, row, y);
    }
    svg.push_str("</svg>\n");
    svg
}

fn legend(svg: &mut String) {
    for (at, (item, color)) in Item::ALL.iter().zip(COLORS).enumerate() {
        let x = LEFT + 130.0 * at as f64;
        dot(svg, x + 5.0, 46.0, color, item.name());
        text(svg, x + 15.0, 50.0, "start", "#1f2328", "400", item.name());
    }
}

fn draw_row(svg: &mut String, row: &Outcome, y: f64) {
    let ours = markdown::is_ours(row);
    let (color, weight) = if ours { ("#0969da", "600") } else { ("#1f2328", "400") };
    text(svg, LEFT - 12.0, y + 4.0, "end", color, weight, &row.name);
    let nanos = |item: &Item| row.items.get(item.name()).map(|figure| figure.nanos.low);
    let places: Vec<f64> = Item::ALL.iter().filter_map(nanos).map(place).collect();
    let (low, high) = places.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
    if low < high {
        let _ = writeln!(
            svg,
            "<line x1=\"{low:.1}\" y1=\"{y}\" x2=\"{high:.1}\" y2=\"{y}\" stroke=\"#d1d9e0\" stroke-width=\"3\"/>"
        );
    }
    for (item, color) in Item::ALL.iter().zip(COLORS) {
        if let Some(nanos) = nanos(item) {
            dot(svg, place(nanos), y, color, &format!("{}, {}: {nanos:.1} ns", row.name, item.name()));
        }
    }
}

fn place(nanos: f64) -> f64 {
    let share = (nanos.max(1.0).log10().clamp(FROM, TO) - FROM) / (TO - FROM);
    LEFT + share * (WIDTH - LEFT - RIGHT)
}

fn line(svg: &mut String, x: f64, from: f64, to: f64, color: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(svg, "<line x1=\"{x:.1}\" y1=\"{from}\" x2=\"{x:.1}\" y2=\"{to}\" stroke=\"{color}\"/>");
}

fn dot(svg: &mut String, x: f64, y: f64, color: &str, title: &str) {
    let _ = writeln!(
        svg,
        "<circle cx=\"{x:.1}\" cy=\"{y}\" r=\"5\" fill=\"{color}\"><title>{title}</title></circle>"
    );
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, color: &str, weight: &str, words: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{color}\" font-weight=\"{weight}\">{words}</text>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decade_is_as_wide_as_another() {
        let width = place(100.0) - place(10.0);
        assert!((place(10.0) - place(1.0) - width).abs() < 1e-9);
        assert!((place(1e6) - (WIDTH - RIGHT)).abs() < 1e-9);
    }

    #[test]
    fn a_row_has_a_dot_for_each_item_measured() {
        let mut row = Outcome { name: "someone".to_owned(), ..Outcome::default() };
        row.items.insert("static".to_owned(), prefab_bench::Figure::default());
        let picture = draw(&[row]);
        assert_eq!(picture.matches("<circle").count(), Item::ALL.len() + 1);
    }
}

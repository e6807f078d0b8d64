//! Estimates the compiled size of a pattern before it is compiled.
//!
//! Compiling a large pattern takes tens of milliseconds. Estimating its size takes a fraction of a millisecond.

use fancy_regex::{AstNode, Expr};
use regex_syntax::{
    hir::{Class, ClassUnicode, Hir, HirKind},
    utf8::Utf8Sequences,
};

/// The size of a state, in bytes.
const STATE: usize = 24;

/// The size of a byte range within a Unicode class, in bytes. Classes share states between ranges.
const RANGE: usize = 6;

/// Estimates the size of a pattern that needs no backtracking, in bytes.
pub(super) fn of_hir(hir: &Hir) -> usize {
    let sum = |parts: &[Hir]| parts.iter().fold(STATE, |sum, part| sum.saturating_add(of_hir(part)));
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => STATE,
        HirKind::Literal(literal) => STATE * literal.0.len(),
        HirKind::Class(Class::Bytes(class)) => STATE + 8 * class.ranges().len(),
        HirKind::Class(Class::Unicode(class)) => of_class(class),
        HirKind::Repetition(repetition) => {
            let copies = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            repeated(of_hir(&repetition.sub), copies as usize)
        }
        HirKind::Capture(capture) => of_hir(&capture.sub).saturating_add(2 * STATE),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => sum(parts),
    }
}

/// Maximum number of group calls in a pattern. With more, the size is not estimated, because it may be unbounded.
const CALLS: usize = 8;

/// Estimates the size of a pattern that needs backtracking, in bytes.
pub(super) fn of_tree(expr: &Expr) -> usize {
    let calls = calls(expr);
    if calls > CALLS {
        return usize::MAX;
    }
    // A call is as large as the group that it calls, which may contain calls.
    (0..calls).fold(of_expr(expr, 2 * STATE), |size, _| of_expr(expr, size))
}

fn calls(expr: &Expr) -> usize {
    match expr {
        Expr::SubroutineCall(_) | Expr::AstNode(AstNode::SubroutineCall(_), _) => 1,
        Expr::AstNode(AstNode::AstGroup { inner, .. }, _) => calls(inner),
        _ => expr.children_iter().map(calls).sum(),
    }
}

fn of_expr(expr: &Expr, call: usize) -> usize {
    let of = |part: &Expr| of_expr(part, call);
    let sum = |parts: &[Expr]| parts.iter().fold(STATE, |sum, part| sum.saturating_add(of(part)));
    match expr {
        Expr::SubroutineCall(_) | Expr::AstNode(AstNode::SubroutineCall(_), _) => call,
        Expr::AstNode(AstNode::AstGroup { inner, .. }, _) => of(inner).saturating_add(2 * STATE),
        Expr::Literal { val, casei } => STATE * val.len() * if *casei { 4 } else { 1 },
        Expr::LiteralBytes { bytes } => STATE * bytes.len(),
        Expr::Any { .. } | Expr::GeneralNewline { .. } => 10 * STATE,
        Expr::Delegate { inner, .. } => {
            regex_syntax::parse(inner).map_or(STATE, |hir| of_hir(&hir)).saturating_add(STATE)
        }
        Expr::Concat(parts) | Expr::Alt(parts) => sum(parts),
        Expr::Repeat { child, lo, hi, .. } => {
            let copies = if *hi == usize::MAX { lo.saturating_add(1) } else { *hi };
            repeated(of(child), copies.max(1))
        }
        _ if expr.is_leaf_node() => 2 * STATE,
        _ => expr.children_iter().fold(2 * STATE, |sum, part| sum.saturating_add(of(part))),
    }
}

fn of_class(class: &ClassUnicode) -> usize {
    let ranges = class.iter().flat_map(|range| Utf8Sequences::new(range.start(), range.end()));
    STATE + STATE / 2 + RANGE * ranges.map(|sequence| sequence.len()).sum::<usize>()
}

fn repeated(one: usize, copies: usize) -> usize {
    one.saturating_add(STATE).saturating_mul(copies)
}

//! Segments that refer to segments.

use super::*;

/// A graph of segments: the rules of each, and for each rule the segments and whether they are negated.
type Graph = Vec<Vec<Vec<(usize, bool)>>>;

fn graph(nodes: usize, rules: usize, criteria: usize) -> impl Strategy<Value = Graph> {
    let rule = prop::collection::vec((0..nodes, prop::bool::weighted(0.3)), 0..criteria);
    prop::collection::vec(prop::collection::vec(rule, 0..rules), nodes)
}

fn graph_ruleset(graph: &Graph) -> Ruleset {
    let criterion = |(target, negated): &(usize, bool)| {
        let operator = if *negated { Operator::NotInSeg } else { Operator::InSeg };
        criterion("", operator, format!("s{target}"))
    };
    let node = |(at, rules): (usize, &Vec<Vec<(usize, bool)>>)| {
        let rule = |targets: &Vec<(usize, bool)>| {
            ConditionalValue::when(targets.iter().map(criterion).collect(), true)
        };
        config(format!("s{at}"), rules.iter().map(rule).collect())
    };
    build(graph.iter().enumerate().map(node).collect())
}

fn naive_segment(graph: &Graph, at: usize, visiting: &mut Vec<usize>) -> bool {
    graph[at].iter().any(|rule| {
        rule.iter().all(|(target, negated)| {
            let inside = !visiting.contains(target) && {
                visiting.push(*target);
                let inside = naive_segment(graph, *target, visiting);
                visiting.pop();
                inside
            };
            inside != *negated
        })
    })
}

proptest! {
    #[test]
    fn segments_in_cycles_agree_with_a_direct_implementation(graph in graph(5, 3, 3)) {
        let ruleset = graph_ruleset(&graph);
        for at in 0..graph.len() {
            let matched = ruleset.evaluate(&format!("s{at}"), &Contexts::default(), &host()).is_ok();
            prop_assert_eq!(matched, naive_segment(&graph, at, &mut Vec::new()), "s{}", at);
        }
    }

}

/// Every segment refers to every other one, so the number of paths is exponential.
#[test]
fn a_dense_cycle_of_segments_terminates() {
    let others = |at: usize| (0..40).filter(|to| *to != at).map(|to| vec![(to, false)]).collect();
    let ruleset = graph_ruleset(&(0..40).map(others).collect());
    assert!(!ruleset.findings().is_empty());
    let mut entered = Entered(0);
    let answer = ruleset.evaluate_with("s0", &Contexts::default(), &host(), &mut entered);
    assert_eq!(answer.map(|answer| format_result(&Ok(answer))), Err(EvalError::NoMatch));
    // Each entered segment tests the 39 others.
    assert!((10_000..=10_001 * 39).contains(&entered.0), "{}", entered.0);
}

struct Entered(u32);

impl Trace for Entered {
    fn enter_segment(&mut self, _: &str) {
        self.0 += 1;
    }
}

#[test]
fn segments_that_share_segments_terminate() {
    let twice = |at: u32| vec![criterion("", Operator::InSeg, format!("s{}", at + 1)); 2];
    let mut configs: Vec<Config> = (0..60).map(|at| segment(format!("s{at}"), twice(at))).collect();
    configs.push(segment("s60", vec![]));
    let ruleset = build(configs);
    let explained = ruleset.explain("s0", &Contexts::default(), &host());
    assert!(explained.outcome.is_err());
    assert!(explained.to_string().contains("the evaluation entered too many segments"));
    // A few levels of shared segments still match.
    let last = ruleset.evaluate("s50", &Contexts::default(), &host()).expect("1,024 ways are not too many");
    assert_eq!(last.value, EvaluatedValue::Bool(true));
}

#[test]
fn a_chain_of_ten_thousand_segments_does_not_match_and_does_not_overflow() {
    let link =
        |at: u32| segment(format!("s{at}"), vec![criterion("", Operator::InSeg, format!("s{}", at + 1))]);
    let mut configs: Vec<Config> = (0..10_000).map(link).collect();
    configs.push(segment("s10000", vec![]));
    let ruleset = build(configs);
    assert!(ruleset.findings().is_empty());
    let explained = ruleset.explain("s0", &Contexts::default(), &host());
    assert!(explained.outcome.is_err());
    assert!(explained.to_string().contains("segments are nested too deeply"));
    assert!(ruleset.evaluate("s9950", &Contexts::default(), &host()).is_ok());
}

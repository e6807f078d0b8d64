//! Processor time, which other programs on the machine hardly affect.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or_default());
    seconds + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or_default())
}

/// Returns the processor time that this thread has used.
pub fn of_thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// Returns the processor time of all threads of this process.
pub(crate) fn of_process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// Percentiles of samples. Other programs can only add to a time, so the tables show `low`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Spread {
    /// The 10th percentile.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The 90th percentile.
    pub high: f64,
}

impl Spread {
    /// Computes the percentiles of samples.
    pub fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let at = |tenths: usize| samples.get(samples.len() * tenths / 10).copied().unwrap_or_default();
        Self { low: at(1), median: at(5), high: at(9) }
    }
}

const WARM_UP: Duration = Duration::from_millis(150);
const SAMPLE: Duration = Duration::from_millis(10);
const SAMPLES: u32 = 30;
/// Minimum number of samples, for slow calls.
const FEWEST_SAMPLES: u32 = 11;
const MOST_TIME: Duration = Duration::from_secs(2);

/// Returns the nanoseconds of one call. `run` makes the given number of calls and returns their time.
pub(crate) fn per_call(mut run: impl FnMut(u32) -> Duration) -> Spread {
    let mut calls = 1;
    let mut warmed = Duration::ZERO;
    let one_sample = loop {
        let took = run(calls);
        warmed += took;
        if took >= SAMPLE && warmed >= WARM_UP {
            break took;
        }
        if took < SAMPLE {
            calls = calls.saturating_mul(2);
        }
    };
    let affordable = MOST_TIME.as_nanos() / one_sample.as_nanos().max(1);
    let samples = u32::try_from(affordable).unwrap_or(SAMPLES).clamp(FEWEST_SAMPLES, SAMPLES);
    Spread::of((0..samples).map(|_| nanos(run(calls)) / f64::from(calls)).collect())
}

/// Returns a duration in nanoseconds.
pub(crate) fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

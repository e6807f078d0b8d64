//! The processor's time, so that other programs on the machine disturb little.

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

/// Returns the processor time that the threads of this process have used together.
pub(crate) fn of_process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// What many samples say. Other programs can only add to a time, so the fastest tenth is told.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Spread {
    /// One in ten is below.
    pub low: f64,
    /// Half are below.
    pub median: f64,
    /// One in ten is above.
    pub high: f64,
}

impl Spread {
    /// Sorts samples and looks at them.
    pub fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let at = |tenths: usize| samples.get(samples.len() * tenths / 10).copied().unwrap_or_default();
        Self { low: at(1), median: at(5), high: at(9) }
    }
}

const WARM_UP: Duration = Duration::from_millis(150);
const SAMPLE: Duration = Duration::from_millis(10);
const SAMPLES: u32 = 30;
/// What is slow has fewer samples, but never fewer than these.
const FEWEST_SAMPLES: u32 = 11;
const MOST_TIME: Duration = Duration::from_secs(2);

/// Returns the nanoseconds of one call. `run` makes the number of calls it is given and returns what they took.
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

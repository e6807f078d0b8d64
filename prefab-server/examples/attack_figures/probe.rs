//! Requests `/healthz` every 20 ms on a thread of its own, as a load balancer does.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::table::Figures;

const EVERY: Duration = Duration::from_millis(20);
/// A response that takes longer counts as this long.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Probe {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(Vec<Duration>, usize)>,
}

impl Probe {
    pub(crate) fn start(address: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        Self { stop, thread: std::thread::spawn(move || sample(address, &stopped)) }
    }

    /// Returns the percentiles since the start.
    pub(crate) fn stop(self) -> Figures {
        self.stop.store(true, Ordering::Relaxed);
        let (mut samples, failed) = self.thread.join().unwrap_or_default();
        samples.sort_unstable();
        let at = |share: usize| samples.get(samples.len().saturating_sub(1) * share / 1_000);
        let shown = |share| at(share).map_or("none".to_owned(), |time| millis(*time));
        let figures = Figures::default();
        figures
            .add(
                "`/healthz` p50 / p99 / max",
                format!("{} / {} / {} ms", shown(500), shown(990), shown(1_000)),
            )
            .add("`/healthz` without a response", format!("{failed} of {}", samples.len()))
    }
}

fn sample(address: SocketAddr, stop: &AtomicBool) -> (Vec<Duration>, usize) {
    let (mut samples, mut failed) = (Vec::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let responded = healthz(address);
        let elapsed = if responded { began.elapsed() } else { PATIENCE };
        failed += usize::from(!responded);
        samples.push(elapsed);
        // The requests that were due while this one waited would have waited for the rest of that time.
        let mut late = began.elapsed();
        while late > EVERY * 2 {
            late -= EVERY;
            failed += usize::from(!responded);
            samples.push(if responded { late } else { PATIENCE });
        }
        std::thread::sleep(EVERY.saturating_sub(began.elapsed()));
    }
    (samples, failed)
}

fn healthz(address: SocketAddr) -> bool {
    let request = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(start.ends_with(b"200"))
    };
    request().unwrap_or(false)
}

pub(crate) fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1_000.0)
}

//! Runs the rows of a group and collects what is wrong.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, future::join_all, stream};
use reqwest::Response;
use rusqlite::Connection as Database;

use crate::{
    attack::{Attack, Caller, Request, State, Step},
    connections::{self, Connection},
    world::{Setup, World},
};

const HEALTHZ: Duration = Duration::from_millis(200);
const PUBLISH: Duration = Duration::from_millis(500);
/// The machine also runs other tests, so one slow response is not yet a failure.
const TRIES: usize = 3;
/// The rest of a group is not run on a server that no longer responds.
const NO_RESPONSE: &str = "afterwards no response";

/// Runs the rows one after the other, each on what the rows before it left.
pub(crate) async fn run(setup: Setup, attacks: Vec<Attack>) {
    let world = World::start(&setup).await;
    let mut problems = Vec::new();
    for attack in attacks {
        if problems.iter().any(|problem: &String| problem.contains(NO_RESPONSE)) {
            problems.push(format!("{}: not run", attack.name));
            continue;
        }
        let began = Instant::now();
        let mut row = Row::new(&world);
        for step in attack.steps {
            row.step(step).await;
        }
        row.alive().await;
        println!("{}: {:.1?}", attack.name, began.elapsed());
        problems.extend(row.problems.into_iter().map(|problem| format!("{}: {problem}", attack.name)));
    }
    problems.extend(world.stop().err());
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// One row as it runs.
struct Row<'w> {
    world: &'w World,
    memory: u64,
    connections: Vec<Connection>,
    streams: Vec<Response>,
    /// The names of the headers of the last responses.
    headers: Vec<String>,
    problems: Vec<String>,
}

impl<'w> Row<'w> {
    fn new(world: &'w World) -> Self {
        Self {
            world,
            memory: world.memory(),
            connections: Vec::new(),
            streams: Vec::new(),
            headers: Vec::new(),
            problems: Vec::new(),
        }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Send { who, requests, concurrency, statuses } => {
                self.send(who, &requests, concurrency, statuses).await;
            }
            Step::Load { who, request, concurrency } => self.load(who, &request, concurrency).await,
            Step::Subscribe { who, path, count, open } => self.subscribe(who, path, count, open).await,
            Step::Connect { count, sends } => {
                for _ in 0..count {
                    self.connections.extend(connections::open(self.world, &sends).await);
                }
            }
            Step::Close => {
                self.connections.clear();
                self.streams.clear();
            }
            Step::Sql(sql) => Database::open(self.world.database()).unwrap().execute_batch(sql).unwrap(),
            Step::Expect(state) => self.expect(state).await,
        }
    }

    async fn send(&mut self, who: Caller, requests: &[Request], concurrency: usize, statuses: &[u16]) {
        let world = self.world;
        let responses = stream::iter(requests).map(|request| async move {
            let response = world.request(who, request).send().await.ok()?;
            let status = response.status().as_u16();
            let headers = response.headers().keys().map(ToString::to_string).collect::<Vec<_>>();
            let text = response.text().await.ok()?;
            Some((status, headers, text))
        });
        let responses: Vec<_> = responses.buffered(concurrency).collect().await;
        self.headers.clear();
        for (request, response) in requests.iter().zip(responses) {
            let (status, headers, text) = response.unwrap_or_default();
            self.headers.extend(headers);
            if !statuses.contains(&status) {
                let text: String = text.chars().take(200).collect();
                let Request { method, path, .. } = request;
                self.problems
                    .push(format!("{method} {path:.80} as {who:?}: {status}, not {statuses:?}: {text}"));
            }
        }
    }

    async fn load(&mut self, who: Caller, request: &Request, concurrency: usize) {
        const DURATION: Duration = Duration::from_secs(1);
        let world = self.world;
        let until = Instant::now() + DURATION;
        let repeat = || async {
            while Instant::now() < until {
                if let Ok(response) = world.request(who, request).send().await {
                    let _ = response.bytes().await;
                }
            }
        };
        let publish = publish();
        let writes = async {
            let mut problem = None;
            while Instant::now() < until {
                problem = problem.or(self.in_time(Caller::Neighbor, &publish, PUBLISH).await.err());
            }
            problem
        };
        let ((), problem) =
            tokio::join!(async { drop(join_all((0..concurrency).map(|_| repeat())).await) }, writes);
        self.problems.extend(problem.map(|problem| format!("a concurrent publish: {problem}")));
    }

    async fn subscribe(&mut self, who: Caller, path: &str, count: usize, open: usize) {
        for at in 0..count {
            let response = self.world.request(who, &Request::get(path)).send().await;
            let status = response.as_ref().map_or(0, |response| response.status().as_u16());
            let expected = if at < open { 200 } else { 429 };
            if status != expected {
                self.problems.push(format!("stream {} of {path}: {status}, not {expected}", at + 1));
                return;
            }
            self.streams.extend(response);
        }
    }

    async fn expect(&mut self, state: State) {
        let problem = match state {
            State::Response { who, request, status, check } => {
                self.response(who, &request, status, check).await
            }
            State::Rows { sql, at_most, after } => {
                tokio::time::sleep(after).await;
                let database = Database::open(self.world.database()).unwrap();
                let rows: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap();
                (rows > at_most).then(|| format!("{rows} rows, more than {at_most}: {sql}"))
            }
            State::Metric { name, at_most, within } => self.metric(name, at_most, within).await,
            State::MemoryGrewAtMost { mebibytes } => {
                let grew = self.world.memory().saturating_sub(self.memory);
                (grew > mebibytes).then(|| format!("the memory grew by {grew} MiB, more than {mebibytes}"))
            }
            State::CpuAtMost { percent } => {
                let before = self.world.processor_time();
                tokio::time::sleep(Duration::from_secs(1)).await;
                let used = self.world.processor_time() - before;
                (used > percent).then(|| format!("{used} % of a core, more than {percent}"))
            }
            State::NoHeader(name) => {
                self.headers.iter().any(|header| header == name).then(|| format!("there is a header {name}"))
            }
        };
        self.problems.extend(problem);
    }

    async fn response(
        &self,
        who: Caller,
        request: &Request,
        wanted: u16,
        check: fn(&str) -> bool,
    ) -> Option<String> {
        let response = self.world.request(who, request).send().await;
        let status = response.as_ref().map_or(0, |response| response.status().as_u16());
        let text = match response {
            Ok(response) => response.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        let is_good = status == wanted && check(&text);
        let shown: String = text.chars().take(300).collect();
        (!is_good).then(|| format!("{} {}: {status}: {shown}", request.method, request.path))
    }

    async fn metric(&self, name: &str, at_most: f64, within: Duration) -> Option<String> {
        let began = Instant::now();
        loop {
            let found = self.read_metric(name).await;
            if found.is_some_and(|value| value <= at_most) {
                return None;
            }
            if began.elapsed() > within {
                return Some(format!("{name} is {found:?} after {within:?}, more than {at_most}"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn read_metric(&self, name: &str) -> Option<f64> {
        let request = self.world.request(Caller::Anonymous, &Request::get("/metrics"));
        let text = request.timeout(Duration::from_secs(2)).send().await.ok()?.text().await.ok()?;
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }

    /// Checks that the server is well, with the row's connections still open.
    async fn alive(&mut self) {
        let healthz = Request::get("/healthz");
        for (who, request, limit) in
            [(Caller::Anonymous, healthz, HEALTHZ), (Caller::Neighbor, publish(), PUBLISH)]
        {
            let problem = self.in_time(who, &request, limit).await.err();
            self.problems.extend(problem.map(|problem| format!("afterwards {problem}: {}", request.path)));
        }
    }

    async fn in_time(&self, who: Caller, request: &Request, limit: Duration) -> Result<(), String> {
        let mut problem = String::new();
        for _ in 0..TRIES {
            let began = Instant::now();
            // Longer than the limit, so that the message has the time.
            let sent = self.world.request(who, request).timeout(limit * 4).send().await;
            let elapsed = began.elapsed();
            match sent {
                Ok(response) if response.status() == 200 && elapsed <= limit => return Ok(()),
                Ok(response) => problem = format!("{} after {elapsed:?}", response.status()),
                Err(error) => problem = format!("no response after {elapsed:?}: {error:?}"),
            }
        }
        Err(problem)
    }
}

/// A change in the other project.
fn publish() -> Request {
    let value = r#"{"value": {"type": "string", "value": "b"}}"#;
    Request::new("PUT", "/api/manage/v1/projects/2/items/probe/value", value)
}

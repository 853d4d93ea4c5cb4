//! A node: its program is started, crashes, and is started again; its roster, its reader and its ways out.

use std::sync::Arc;

use async_trait::async_trait;
use niyam_engine::engine::{Config, Data, Engine};
use niyam_engine::outbox::{Channel, Channels, Sent, Unsent};
use niyam_engine::people::People;
use niyam_engine::store::OutgoingRow;
use niyam_engine::time::SeededEntropy;
use niyam_kernel::id::PersonId;
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;

use crate::intake::Lines;
use crate::node_store::NodeStore;
use crate::world::{Life, Node, World};

/// Adds a node. It runs until the world ends.
pub fn add(world: &Arc<World>) {
    let node = Node { skew_ms: Arc::default(), life: Life::new(), engine: None };
    let number = {
        let mut nodes = world.nodes();
        nodes.push(node);
        nodes.len() - 1
    };
    tokio::spawn(keep_running(Arc::clone(world), number));
}

/// Starts the program again whenever it has crashed.
async fn keep_running(world: Arc<World>, number: usize) {
    for start in 0_u64.. {
        let life = Life::new();
        world.nodes()[number].life = Arc::clone(&life);
        tokio::select! {
            biased;
            () = life.died() => {}
            () = run(&world, number, start, &life) => {}
        }
        world.nodes()[number].engine = None;
        let rest = world
            .throw(|dice| if dice.permille(800) { dice.between(100, 10_000) } else { dice.between(10_000, 150_000) });
        let rest = i64::try_from(rest).unwrap_or(0);
        world.broken_for(rest);
        world.sleep(rest).await;
    }
}

/// One run of the program.
async fn run(world: &Arc<World>, number: usize, start: u64, life: &Arc<Life>) {
    let mut tries = 0;
    let engine = loop {
        tries += 1;
        match open(world, number, start * 1_000 + tries, life).await {
            Ok(engine) => break engine,
            Err(error) => {
                world.tell(format_args!("node {number} does not start: {error}"));
                world.sleep(1_000).await;
            }
        }
    };
    world.tell(format_args!("node {number} runs"));
    world.nodes()[number].engine = Some(Arc::clone(&engine));
    engine.run(std::future::pending()).await;
}

async fn open(
    world: &Arc<World>,
    number: usize,
    start: u64,
    life: &Arc<Life>,
) -> Result<Arc<Engine>, niyam_engine::error::OpenError> {
    let store = NodeStore { world: Arc::clone(world), node: number, life: Arc::clone(life) };
    let shared = world.shared.over(Arc::new(store)).await?;
    let clock = world.clock(&world.nodes()[number].skew_ms);
    let seed = world.seed.wrapping_mul(1_000_003).wrapping_add(u64::try_from(number).unwrap_or(0) << 40);
    let config = Config {
        data: Data::Shared(shared),
        clock: Arc::new(clock),
        entropy: Arc::new(SeededEntropy::new(seed.wrapping_add(start))),
        library: niyam_rules::bundle::Library::new(),
        people: Arc::new(Roster { world: Arc::clone(world) }),
        intake: Arc::new(Lines),
        channels: Channels(vec![Arc::new(Line { world: Arc::clone(world), life: Arc::clone(life) })]),
        max_pages: None,
        schedules: niyam_engine::schedule::Schedules::default(),
        limits: niyam_engine::engine::Limits { cache_bytes: 64 << 10, ..niyam_engine::engine::Limits::default() },
    };
    Engine::open(config).await
}

/// Who sits where: always the same person for a seat, unless the seat is empty.
pub struct Roster {
    world: Arc<World>,
}

/// The person of a seat.
pub fn person(role: &str, unit: &str) -> PersonId {
    let mut dice = crate::dice::Dice::new(0);
    for byte in role.bytes().chain(unit.bytes()) {
        dice = crate::dice::Dice::new(dice.roll() ^ u64::from(byte));
    }
    PersonId(uuid::Uuid::from_u128(u128::from(dice.roll())))
}

impl People for Roster {
    fn unit_name(&self, unit: &str) -> Option<Text> {
        Some(Text { en: unit.to_owned(), hi: unit.to_owned() })
    }

    fn above(&self, unit: &str, _kinds: &[String]) -> Option<String> {
        Some(unit.to_owned())
    }

    fn seat(&self, role: &str, unit: &str, _at: Timestamp) -> Option<PersonId> {
        let now = self.world.now_ms();
        let empty = self.world.faults().empty.get(role).is_some_and(|until| *until > now);
        (!empty).then(|| person(role, unit))
    }

    fn person_name(&self, _person: PersonId) -> Option<Text> {
        Some(Text { en: "Namuna".to_owned(), hi: "नमूना".to_owned() })
    }
}

/// A way out that breaks.
struct Line {
    world: Arc<World>,
    life: Arc<Life>,
}

impl Line {
    fn reaches(&self, message: &OutgoingRow) {
        self.world.tell(format_args!("a message reaches its receiver: {}", message.id));
        let mut seen = self.world.seen();
        *seen.received.entry(message.id).or_default().entry(message.text.en.clone()).or_default() += 1;
    }
}

#[async_trait]
impl Channel for Line {
    fn name(&self) -> &'static str {
        "line"
    }

    fn carries(&self, _message: &OutgoingRow) -> bool {
        true
    }

    async fn send(&self, message: &OutgoingRow) -> Result<Sent, Unsent> {
        self.world.rest(&self.life).await;
        let (on, chance) = {
            let faults = self.world.faults();
            (faults.on, faults.channel)
        };
        let unsent = || Unsent { reason: "the simulated line is down".to_owned() };
        let sent = || Sent { channel: "line".to_owned(), note: String::new() };
        if !on || !self.world.throw(|dice| dice.permille(chance)) {
            self.reaches(message);
            return Ok(sent());
        }
        let fate = self.world.throw(|dice| dice.below(4));
        if fate == 1 || fate == 2 {
            let hangs = i64::try_from(self.world.throw(|dice| dice.between(1_000, 40_000))).unwrap_or(0);
            self.world.broken_for(hangs);
            self.world.sleep(hangs).await;
            self.world.rest(&self.life).await;
        }
        // 0: fails; 1: hangs and fails; 2: hangs and goes; 3: goes and the answer is lost
        if fate >= 2 {
            self.reaches(message);
        }
        if fate == 2 { Ok(sent()) } else { Err(unsent()) }
    }
}

//! The dispatcher under channels that fail, hang, and come back.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use niyam_engine::engine::{Data, Engine, Shared};
use niyam_engine::outbox::{Channel, Channels, FAILURES, Sent, Unsent};
use niyam_engine::people::People;
use niyam_engine::seal::DeploymentKey;
use niyam_engine::store::OutgoingRow;
use niyam_engine::store::memory::MemoryStore;
use niyam_engine::time::{ManualClock, SystemEntropy};
use niyam_engine::view::{EntryKind, ToldStatus};
use niyam_kernel::id::{CaseId, EffectId, PersonId};
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;

use crate::world::{NOON, OFFICER, Office, World, config, library, request};

/// A line that works or does not, for the messages of some cases.
#[derive(Default)]
struct Line {
    /// Only for these; for all when there is none.
    only: Mutex<Vec<CaseId>>,
    broken: AtomicBool,
    hangs: AtomicBool,
    asked: AtomicU32,
    sent: Mutex<Vec<EffectId>>,
}

#[async_trait]
impl Channel for Line {
    fn name(&self) -> &'static str {
        "line"
    }

    fn carries(&self, message: &OutgoingRow) -> bool {
        let only = self.only.lock().unwrap();
        only.is_empty() || only.contains(&message.id.case)
    }

    /// No patience at all with a line that hangs: no real time passes.
    fn timeout(&self) -> Duration {
        Duration::from_secs(if self.hangs.load(Ordering::SeqCst) { 0 } else { 20 })
    }

    async fn send(&self, message: &OutgoingRow) -> Result<Sent, Unsent> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.broken.load(Ordering::SeqCst) {
            return Err(Unsent { reason: "the line is down".to_owned() });
        }
        self.sent.lock().unwrap().push(message.id);
        Ok(Sent { channel: "line".to_owned(), note: "sent".to_owned() })
    }
}

impl Line {
    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    fn sent(&self) -> usize {
        self.sent.lock().unwrap().len()
    }
}

async fn world(lines: &[&Arc<Line>]) -> World {
    let channels = lines.iter().map(|line| Arc::<Line>::clone(line) as Arc<dyn Channel>).collect();
    World::open_at(Data::Memory, NOON, |config| config.channels = Channels(channels)).await.unwrap()
}

/// A case of somebody, in which a message to the platform may be sent.
async fn case(world: &World, number: u32) -> CaseId {
    let case = world.receive(&format!("name: Kalpit {number}\nphones: +9155555502{number:02}")).await.cases[0].case;
    world.engine.settle().await.unwrap();
    world.act(case, "take").await.unwrap();
    case
}

async fn answer(world: &World, case: CaseId) {
    world.engine.act(case, request(world.engine.new_id(), "answer")).await.unwrap();
}

#[tokio::test]
async fn a_line_that_hangs_holds_up_no_other_and_is_tried_again() {
    let (stuck, free) = (Arc::<Line>::default(), Arc::<Line>::default());
    let world = world(&[&stuck, &free]).await;
    let (first, second) = (case(&world, 1).await, case(&world, 2).await);
    stuck.only.lock().unwrap().push(first);
    stuck.hangs.store(true, Ordering::SeqCst);
    answer(&world, first).await;
    answer(&world, second).await;
    world.engine.settle().await.unwrap();
    assert_eq!((stuck.asked(), stuck.sent(), free.sent()), (1, 0, 1));
    let last = world.engine.timeline(first).await.unwrap().entries.pop().unwrap();
    assert_eq!(last.told[0].status, ToldStatus::Waiting);
    assert_eq!(last.told[0].note.as_ref().unwrap().en, "no answer within 0 s");
    stuck.hangs.store(false, Ordering::SeqCst);
    world.advance("10s");
    world.engine.settle().await.unwrap();
    assert_eq!((stuck.asked(), stuck.sent()), (2, 1));
}

#[tokio::test]
async fn a_broken_line_is_left_alone_and_uses_up_no_tries() {
    let line = Arc::<Line>::default();
    let world = world(&[&line]).await;
    let mut cases = Vec::new();
    for number in 0..9 {
        cases.push(case(&world, number).await);
    }
    line.broken.store(true, Ordering::SeqCst);
    for case in &cases {
        answer(&world, *case).await;
    }
    world.engine.settle().await.unwrap();
    assert!((FAILURES..=8).contains(&line.asked()), "those already on their way, no more: {}", line.asked());
    // a whole day: the channel is tried now and then, and nothing is given up
    let mut asked = line.asked();
    for _ in 0..20 {
        world.advance("6m");
        world.engine.settle().await.unwrap();
        assert!(line.asked() <= asked + 1, "one at a time");
        asked = line.asked();
    }
    let told: Vec<String> = desk(&world, "channel").await;
    assert_eq!(told, ["Messages through line have not gone out for ten minutes. They wait; see to the line."]);
    line.broken.store(false, Ordering::SeqCst);
    for _ in 0..40 {
        world.advance("2m");
        world.engine.settle().await.unwrap();
    }
    let given_up = world.engine.dead_letters().await.unwrap().len();
    assert_eq!(line.sent() + given_up, 9, "every message went once, or a person has it");
    assert!(given_up <= 3, "only probes use up tries: {given_up}");
    assert_eq!(desk(&world, "channel").await.len(), 2, "and that it works again");
}

async fn desk(world: &World, kind: &str) -> Vec<String> {
    let notices = world.engine.desk_notices().await.unwrap();
    notices.into_iter().filter(|notice| notice.kind == kind).map(|notice| notice.text.en).collect()
}

#[tokio::test]
async fn a_message_that_waits_for_hours_is_given_to_a_person() {
    let line = Arc::<Line>::default();
    let world = world(&[&line]).await;
    let mut cases = Vec::new();
    for number in 0..9 {
        cases.push(case(&world, number).await);
    }
    line.broken.store(true, Ordering::SeqCst);
    for case in &cases {
        answer(&world, *case).await;
    }
    for _ in 0..90 {
        world.advance("5m");
        world.engine.settle().await.unwrap();
    }
    assert_eq!(world.engine.dead_letters().await.unwrap().len(), 9);
    for case in cases {
        let entries = world.engine.timeline(case).await.unwrap().entries;
        assert!(entries.iter().any(|entry| entry.title.en.starts_with("Could not be delivered")), "{entries:?}");
    }
}

#[tokio::test]
async fn messages_to_one_person_keep_their_order() {
    let line = Arc::<Line>::default();
    let world = world(&[&line]).await;
    let case = case(&world, 1).await;
    line.broken.store(true, Ordering::SeqCst);
    answer(&world, case).await;
    world.engine.settle().await.unwrap();
    line.broken.store(false, Ordering::SeqCst);
    // the second comes while the first waits for its next try, and is due at once
    answer(&world, case).await;
    answer(&world, case).await;
    world.engine.settle().await.unwrap();
    assert_eq!(line.sent(), 0, "the first comes first");
    for _ in 0..4 {
        world.advance("10s");
        world.engine.settle().await.unwrap();
    }
    let sent = line.sent.lock().unwrap().clone();
    assert_eq!(sent.len(), 3);
    assert!(sent.is_sorted(), "{sent:?}");
}

/// Nobody sits anywhere but at the desk.
struct DeskOnly;

impl People for DeskOnly {
    fn unit_name(&self, unit: &str) -> Option<Text> {
        Office.unit_name(unit)
    }

    fn above(&self, _unit: &str, _kinds: &[String]) -> Option<String> {
        None
    }

    fn seat(&self, role: &str, _unit: &str, _at: Timestamp) -> Option<PersonId> {
        (role == "desk").then_some(OFFICER)
    }

    fn person_name(&self, _person: PersonId) -> Option<Text> {
        None
    }
}

#[tokio::test]
async fn a_notice_to_an_empty_seat_of_a_closed_case_goes_to_the_supervisor() {
    let world = World::open_at(Data::Memory, NOON, |config| config.people = Arc::new(DeskOnly)).await.unwrap();
    let case = world.case().await;
    world.advance("11m");
    // the clock has run out and somebody is to be told; before that happens the case is closed
    world.engine.fire_due(world.engine.now()).await.unwrap();
    world.engine.act(case, request(world.engine.new_id(), "take")).await.unwrap();
    world.engine.act(case, request(world.engine.new_id(), "finish")).await.unwrap();
    world.engine.settle().await.unwrap();
    let entries = world.engine.timeline(case).await.unwrap().entries;
    let clock = entries.iter().find(|entry| entry.kind == EntryKind::Clock).unwrap();
    let told: Vec<(&str, &str)> =
        clock.told.iter().map(|told| (told.to.en.as_str(), told.message.en.as_str())).collect();
    let late = ("Chief, Help desk", "Case RJ-2026-000001 is late");
    assert_eq!(told, [late, late], "to the seat, and once more to whoever is most senior");
    world.engine.verify_chain(case).await.unwrap();
}

/// The chief comes at last.
#[derive(Default)]
struct LateChief {
    is_there: AtomicBool,
}

impl People for LateChief {
    fn unit_name(&self, _unit: &str) -> Option<Text> {
        None
    }

    fn above(&self, _unit: &str, _kinds: &[String]) -> Option<String> {
        None
    }

    fn seat(&self, role: &str, _unit: &str, _at: Timestamp) -> Option<PersonId> {
        let is_there = role == "desk" || (role == "chief" && self.is_there.load(Ordering::SeqCst));
        is_there.then_some(OFFICER)
    }

    fn person_name(&self, _person: PersonId) -> Option<Text> {
        None
    }
}

#[tokio::test]
async fn a_chart_that_calls_one_empty_seat_after_the_other_calls_on_slowly_until_somebody_comes() {
    let people = Arc::new(LateChief::default());
    let here: Arc<dyn People> = Arc::<LateChief>::clone(&people);
    let world = World::open_at(Data::Memory, NOON, |config| config.people = here).await.unwrap();
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    // nobody counsels; the chief who is told of that is not there, nor when told of that
    world.act(case, "counsel").await.unwrap();
    let empty = async || {
        let entries = world.engine.timeline(case).await.unwrap().entries;
        entries.iter().filter(|entry| entry.title.en.starts_with("Nobody serves as")).count()
    };
    world.engine.settle().await.unwrap();
    assert_eq!(empty().await, 3, "at once, and then no more");
    for more in 1..=5 {
        world.advance("59s");
        world.engine.settle().await.unwrap();
        assert_eq!(empty().await, 3 + more - 1, "not before its time");
        world.advance("1s");
        world.engine.settle().await.unwrap();
        assert_eq!(empty().await, 3 + more, "it calls on");
    }
    people.is_there.store(true, Ordering::SeqCst);
    world.advance("1m");
    world.engine.settle().await.unwrap();
    assert_eq!(empty().await, 8, "nothing is empty any more");
    let last = world.engine.timeline(case).await.unwrap().entries.pop().unwrap();
    assert_eq!(last.told[0].status, ToldStatus::Done, "the chief was told");
    world.engine.verify_chain(case).await.unwrap();
}

/// Lets its claim run out while it sends, and another node take over.
struct Overtaken {
    database: Arc<ManualClock>,
    other: Mutex<Option<Arc<Engine>>>,
}

#[async_trait]
impl Channel for Overtaken {
    fn name(&self) -> &'static str {
        "overtaken"
    }

    fn carries(&self, _message: &OutgoingRow) -> bool {
        true
    }

    async fn send(&self, _message: &OutgoingRow) -> Result<Sent, Unsent> {
        let other = self.other.lock().unwrap().clone().unwrap();
        self.database.advance("61s".parse().unwrap());
        assert_eq!(other.dispatch_once().await.unwrap(), 1);
        Err(Unsent { reason: "too late".to_owned() })
    }
}

#[tokio::test]
async fn whoever_lost_its_claim_records_nothing() {
    let database = Arc::new(ManualClock::at(NOON));
    let store = Arc::new(MemoryStore::new(Arc::<ManualClock>::clone(&database)));
    let key = DeploymentKey::generate(&SystemEntropy);
    let shared = Shared::new(store, key, library("Desk")).await.unwrap();
    let slow = Arc::new(Overtaken { database, other: Mutex::default() });
    let line = Arc::<Line>::default();
    let open = async |channel: Arc<dyn Channel>| {
        let (mut config, clock) = config(Data::Shared(shared.clone()), NOON);
        config.channels = Channels(vec![channel]);
        World { engine: Engine::open(config).await.unwrap(), clock }
    };
    let (first, second) = (open(Arc::<Overtaken>::clone(&slow)).await, open(Arc::<Line>::clone(&line)).await);
    *slow.other.lock().unwrap() = Some(Arc::clone(&second.engine));
    let case = first.case().await;
    first.act(case, "take").await.unwrap();
    answer(&first, case).await;
    first.engine.dispatch_once().await.unwrap();
    assert_eq!(line.sent(), 1);
    let last = first.engine.timeline(case).await.unwrap().entries.pop().unwrap();
    assert_eq!((last.told[0].status, last.told[0].note.as_ref().unwrap().en.as_str()), (ToldStatus::Done, "sent"));
    for world in [&first, &second] {
        world.advance("1h");
        assert_eq!(world.engine.dispatch_once().await.unwrap(), 0, "nothing is left");
    }
}

//! What is done by itself at set times.

use std::sync::{Arc, Mutex};

use niyam_engine::engine::{Data, Engine, Shared};
use niyam_engine::people::People;
use niyam_engine::schedule::{ScheduleView, Schedules};
use niyam_engine::seal::DeploymentKey;
use niyam_engine::store::memory::MemoryStore;
use niyam_engine::time::{ManualClock, SystemEntropy};
use niyam_engine::view::EntryKind;
use niyam_kernel::id::PersonId;
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;

use crate::durable::execute;
use crate::world::{NOON, OFFICER, Office, World, config, library, officer};

/// Of the evening shift.
const EVENING: PersonId = PersonId(uuid::Uuid::from_u128(77));

fn only(jobs: &str) -> Schedules {
    let text = format!("engine: 1\ndesk: [ {{ role: desk, unit: RJ-PHQ-SCRB }} ]\n{jobs}\n");
    Schedules::load(&text).unwrap()
}

async fn world(jobs: &str) -> World {
    World::open_at(Data::Memory, NOON, |config| config.schedules = only(jobs)).await.unwrap()
}

async fn view(world: &World) -> ScheduleView {
    world.engine.schedules().await.unwrap().remove(0)
}

async fn told(world: &World) -> Vec<String> {
    let notices = world.engine.desk_notices().await.unwrap();
    notices.into_iter().map(|notice| notice.text.en).collect()
}

#[tokio::test]
async fn a_job_is_done_at_its_time_and_once() {
    // noon in the tests is 14:00 in India
    let world = world("digest: { at: 0 15 * * * }").await;
    world.case().await;
    world.advance("59m");
    assert_eq!(world.engine.run_schedules().await.unwrap(), 0);
    world.advance("1m");
    assert_eq!(world.engine.run_schedules().await.unwrap(), 1);
    assert_eq!(world.engine.run_schedules().await.unwrap(), 0);
    let digest = "1 open, 1 of them overdue, 0 without an owner; 0 closed in 24 hours";
    let open = "1 open, 0 of them overdue, 0 without an owner; 0 closed in 24 hours";
    assert_eq!(told(&world).await, [open], "clocks were not looked at yet");
    let view = view(&world).await;
    assert_eq!((view.when.en.as_str(), view.late_ms), ("daily at 15:00", Some(0)));
    assert_eq!(view.next_due.since_ms(NOON), 25 * 3_600_000);
    assert_eq!(view.result.unwrap().en, open);
    world.engine.settle().await.unwrap();
    world.advance("24h");
    assert_eq!(world.engine.run_schedules().await.unwrap(), 1);
    assert_eq!(told(&world).await, [digest, open]);
}

#[tokio::test]
async fn of_several_nodes_one_does_it() {
    let database = Arc::new(ManualClock::at(NOON));
    let store = Arc::new(MemoryStore::new(Arc::<ManualClock>::clone(&database)));
    let shared = Shared::new(store, DeploymentKey::generate(&SystemEntropy), library("Desk")).await.unwrap();
    let mut nodes = Vec::new();
    for _ in 0..4 {
        let (mut config, clock) = config(Data::Shared(shared.clone()), NOON.plus("2h".parse().unwrap()));
        config.schedules = only("digest: { at: 0 15 * * * }");
        nodes.push(World { engine: Engine::open(config).await.unwrap(), clock });
    }
    for node in &nodes {
        node.clock.set(NOON.plus("26h".parse().unwrap()));
    }
    let rounds: Vec<_> = nodes
        .iter()
        .map(|node| {
            let engine = Arc::clone(&node.engine);
            tokio::spawn(async move { engine.run_schedules().await.unwrap() })
        })
        .collect();
    let mut done = 0;
    for round in rounds {
        done += round.await.unwrap();
    }
    assert_eq!(done, 1);
    assert_eq!(told(&nodes[0]).await.len(), 1);
}

#[tokio::test]
async fn a_time_that_was_missed_is_made_up_for_once_and_says_how_late() {
    let folder = tempfile::tempdir().unwrap();
    let data = || Data::Folder(folder.path().to_owned());
    let jobs = "digest: { at: 0 15 * * * }";
    drop(World::open_at(data(), NOON, |config| config.schedules = only(jobs)).await.unwrap());
    let later = NOON.plus("73h".parse().unwrap()).plus("30m".parse().unwrap());
    let world = World::open_at(data(), later, |config| config.schedules = only(jobs)).await.unwrap();
    assert_eq!(world.engine.run_schedules().await.unwrap(), 1, "once for all the days that were missed");
    let seen = view(&world).await;
    assert_eq!(seen.late_ms, Some((72 * 60 + 30) * 60_000));
    assert!(seen.result.unwrap().en.ends_with("; 4350 min late"));
    assert_eq!(seen.next_due.since_ms(later), (23 * 60 + 30) * 60_000);
    drop(world);
    // another time of day counts from the start on
    let world = World::open_at(data(), later, |config| config.schedules = only("digest: { at: 30 16 * * * }"));
    let world = world.await.unwrap();
    assert_eq!(view(&world).await.next_due.since_ms(later), 3_600_000);
    drop(world);
    let world = World::open_at(data(), later, |config| config.schedules = only("")).await.unwrap();
    assert_eq!(world.engine.schedules().await.unwrap(), [], "what is not configured is not done");
}

/// Somebody else sits at the desk when the shift changes.
struct Shifts(Mutex<PersonId>);

impl People for Shifts {
    fn unit_name(&self, unit: &str) -> Option<Text> {
        Office.unit_name(unit)
    }

    fn above(&self, unit: &str, kinds: &[String]) -> Option<String> {
        Office.above(unit, kinds)
    }

    fn seat(&self, role: &str, unit: &str, at: Timestamp) -> Option<PersonId> {
        if role == "desk" { Some(*self.0.lock().unwrap()) } else { Office.seat(role, unit, at) }
    }

    fn person_name(&self, person: PersonId) -> Option<Text> {
        (person == EVENING)
            .then(|| Text { en: "Udaharan Kumar".to_owned(), hi: "उदाहरण कुमार".to_owned() })
    }
}

#[tokio::test]
async fn at_shift_change_whoever_sits_in_the_seat_takes_over() {
    let shifts = Arc::new(Shifts(Mutex::new(OFFICER)));
    let people: Arc<dyn People> = Arc::<Shifts>::clone(&shifts);
    let world = World::open_at(Data::Memory, NOON, |config| {
        config.people = people;
        config.schedules = only("shift_change: { at: \"*/15 * * * *\" }");
    });
    let world = world.await.unwrap();
    let case = world.case().await;
    let length = async || world.engine.timeline(case).await.unwrap().entries.len();
    let before = length().await;
    world.advance("15m");
    assert_eq!(world.engine.run_schedules().await.unwrap(), 1);
    assert_eq!(length().await, before, "nobody has changed");
    *shifts.0.lock().unwrap() = EVENING;
    world.advance("15m");
    assert_eq!(world.engine.run_schedules().await.unwrap(), 1);
    let entry = world.engine.timeline(case).await.unwrap().entries.pop().unwrap();
    assert_eq!(entry.kind, EntryKind::Delivery);
    assert_eq!(entry.title.en, "Shift change: handed over to Udaharan Kumar, Desk officer, Help desk");
    assert_eq!(view(&world).await.result.unwrap().en, "1 hand-overs");
    let now = length().await;
    world.advance("15m");
    assert_eq!(world.engine.run_schedules().await.unwrap(), 1);
    assert_eq!(length().await, now, "done twice, it changes nothing");
    world.engine.verify_chain(case).await.unwrap();
}

#[tokio::test]
async fn a_channel_that_falls_silent_is_told_to_the_desk_once_a_day() {
    let world = world("silent_channels: { at: 0 * * * *, channels: { note: 24h, mail: 24h } }").await;
    world.case().await;
    for _ in 0..24 {
        world.advance("1h");
        assert_eq!(world.engine.run_schedules().await.unwrap(), 1);
    }
    assert_eq!(told(&world).await, [""; 0], "not longer than it may be; and mail was never heard");
    for _ in 0..20 {
        world.advance("1h");
        world.engine.run_schedules().await.unwrap();
    }
    let silent = |hours| format!("Nothing has come through note for {hours} hours. See whether the line works.");
    assert_eq!(told(&world).await, [silent(25)]);
    world.advance("5h");
    world.engine.run_schedules().await.unwrap();
    assert_eq!(told(&world).await, [silent(49), silent(25)]);
    world.receive("name: Meera Namuna\nphones: +915555550102").await;
    world.advance("1h");
    world.engine.run_schedules().await.unwrap();
    assert_eq!(told(&world).await.len(), 2, "it speaks again");
}

#[tokio::test]
async fn personal_data_of_cases_closed_long_ago_are_destroyed() {
    let world = world("retention: { at: 30 3 * * *, closed_for: 365d }").await;
    let closed = world.case().await;
    world.act(closed, "take").await.unwrap();
    world.act(closed, "finish").await.unwrap();
    let open = world.receive("name: Meera Namuna\nphones: +915555550102").await.cases[0].case;
    world.engine.settle().await.unwrap();
    let name = async |case| {
        let view = world.engine.case(case, Some(&officer())).await.unwrap();
        view.facts.into_iter().find(|fact| fact.name == "name").and_then(|fact| fact.value)
    };
    world.advance("364d");
    world.engine.run_schedules().await.unwrap();
    assert!(name(closed).await.is_some(), "not before its time");
    world.advance("2d");
    assert_eq!(world.engine.run_schedules().await.unwrap(), 1);
    assert_eq!(name(closed).await, None);
    assert!(name(open).await.is_some(), "an open case keeps what it knows");
    assert_eq!(view(&world).await.result.unwrap().en, "1 cases forgotten, 0 could not be; 2070 min late");
    let entry = world.engine.timeline(closed).await.unwrap().entries.pop().unwrap();
    assert_eq!(entry.title.en, "Personal data no longer kept");
    world.engine.verify_chain(closed).await.unwrap();
    let length = world.engine.timeline(closed).await.unwrap().entries.len();
    world.advance("1d");
    assert_eq!(world.engine.run_schedules().await.unwrap(), 1);
    assert_eq!(world.engine.timeline(closed).await.unwrap().entries.len(), length, "once");
}

#[tokio::test]
async fn a_clock_that_cannot_fire_rests_holds_up_no_other_and_calls_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    let broken = world.case().await;
    let sound = world.receive("name: Meera Namuna\nphones: +915555550102").await.cases[0].case;
    world.engine.settle().await.unwrap();
    drop(world);
    // a version without content: nothing says what the clock would do
    let (database, empty) = (folder.path().join("niyam.db"), "a".repeat(64));
    let version =
        format!("INSERT INTO versions (digest, protocol, content, first_used) VALUES ('{empty}', 'desk', '[]', 0)");
    execute(&database, &version).await;
    execute(&database, &format!("UPDATE cases SET version = '{empty}' WHERE id = '{broken}'")).await;
    let mut now = NOON.plus("11m".parse().unwrap());
    let world = World::open_at(Data::Folder(folder.path().to_owned()), now, |_| {}).await.unwrap();
    world.engine.settle().await.unwrap();
    let entries = world.engine.timeline(sound).await.unwrap().entries;
    assert!(entries.iter().any(|entry| entry.kind == EntryKind::Clock), "it fired");
    drop(world);
    for failures in 2..=5 {
        // it rests, also over a restart
        let world = World::open_at(Data::Folder(folder.path().to_owned()), now, |_| {}).await.unwrap();
        world.engine.settle().await.unwrap();
        assert_eq!(told(&world).await, [""; 0], "before failure {failures}");
        now = now.plus("10m".parse().unwrap());
        world.clock.set(now);
        world.engine.settle().await.unwrap();
    }
    let world = World::open_at(Data::Folder(folder.path().to_owned()), now, |_| {}).await.unwrap();
    let say = "A clock of this case could not run out, 5 times. Look after the case by hand.";
    assert_eq!(told(&world).await, [say]);
    assert_eq!(world.engine.desk_notices().await.unwrap()[0].case, Some(broken));
}

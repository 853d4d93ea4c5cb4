//! Clocks that run out, also while nobody was there.

use niyam_engine::engine::Data;
use niyam_engine::view::{EntryKind, Filter};
use niyam_rules::duration::Duration;

use crate::world::{NOON, World};

#[tokio::test]
async fn a_clock_fires_when_it_is_due_and_tells_somebody() {
    let world = World::new().await;
    let case = world.case().await;
    world.advance("9m");
    assert_eq!(world.engine.fire_due(world.engine.now()).await.unwrap(), 0);
    world.advance("2m");
    assert_eq!(world.engine.fire_due(world.engine.now()).await.unwrap(), 1);
    assert_eq!(world.engine.fire_due(world.engine.now()).await.unwrap(), 0, "once");
    world.engine.settle().await.unwrap();
    let entry = world.engine.timeline(case).await.unwrap().entries.into_iter().rfind(|e| e.kind == EntryKind::Clock);
    let entry = entry.unwrap();
    assert_eq!(entry.late_ms, Some(60_000));
    assert_eq!(entry.told[0].message.en, "Case RJ-2026-000001 is late");
    let board = world.engine.board(&Filter::default()).await.unwrap();
    assert!(board.cases[0].overdue);
    let since = board.cases[0].overdue_since.clone().unwrap();
    let ten_minutes = "10m".parse::<Duration>().unwrap();
    assert_eq!(
        (since.at, since.label.en.as_str(), since.state.as_str()),
        (NOON.plus(ten_minutes), "Taken in time", "waiting")
    );
    world.act(case, "take").await.unwrap();
    let card = world.engine.board(&Filter::default()).await.unwrap().cases.remove(0);
    assert_eq!((card.overdue, card.overdue_since), (false, None), "the state was left");
}

#[tokio::test]
async fn clocks_fire_in_the_order_they_are_due() {
    let world = World::new().await;
    let first = world.case().await;
    world.advance("1m");
    let second = world.receive("name: Meera Namuna\nphones: +915555550102").await.cases[0].case;
    let mut changes = world.engine.changes();
    world.advance("1h");
    assert_eq!(world.engine.fire_due(world.engine.now()).await.unwrap(), 2);
    assert_eq!(changes.recv().await.unwrap().case, first);
    assert_eq!(changes.recv().await.unwrap().case, second);
}

#[tokio::test]
async fn clocks_that_ran_out_while_it_was_down_do_not_hold_up_the_start_and_say_how_late_they_fire() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    let case = world.case().await;
    drop(world);
    let later = NOON.plus("3h".parse::<Duration>().unwrap());
    let world = World::open_at(Data::Folder(folder.path().to_owned()), later, |_| {}).await.unwrap();
    let entries = world.engine.timeline(case).await.unwrap().entries;
    assert!(entries.iter().all(|entry| entry.kind != EntryKind::Clock), "nothing is worked off before it is open");
    world.engine.settle().await.unwrap();
    let entries = world.engine.timeline(case).await.unwrap().entries;
    let clock = entries.iter().find(|entry| entry.kind == EntryKind::Clock).unwrap();
    assert_eq!(clock.late_ms, Some((3 * 60 - 10) * 60_000));
    assert_eq!(clock.told.len(), 1);
    let next = world.engine.case(case, None).await.unwrap().clocks;
    assert_eq!(next.len(), 1, "the clock of the whole case is still armed: {next:?}");
}

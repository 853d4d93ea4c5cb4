//! Replay: what follows from the log, what does not, and what becomes of a case that differs.

use std::path::Path;
use std::sync::Arc;

use niyam_engine::error::ActError;
use niyam_engine::replay::{Around, Audit, Auditor, Halt, Summary, Sweep, Verdict};
use niyam_engine::seal::chain::{Link, link};
use niyam_engine::store::CaseStore as _;
use niyam_engine::store::sea::{Location, SeaStore};
use niyam_engine::time::{ManualClock, SystemEntropy};
use niyam_engine::verify::ChainError;
use niyam_engine::view::{Filter, LifeView};
use niyam_kernel::event::Refusal;
use niyam_kernel::id::CaseId;

use crate::durable::execute;
use crate::world::{NOON, Office, World, officer, request};

const LOOK: Sweep = Sweep { jobs: 2, halt_at_most: 0 };
const HALT: Sweep = Sweep { jobs: 2, halt_at_most: 20 };

async fn auditor(folder: &Path) -> Arc<Auditor> {
    let clock = Arc::new(ManualClock::at(NOON));
    let around = Around { clock, entropy: Arc::new(SystemEntropy), people: Arc::new(Office) };
    Auditor::open(folder, &[], around).await.unwrap()
}

async fn sweep(folder: &Path, how: Sweep) -> (Summary, Vec<Audit>) {
    let mut audits = Vec::new();
    let summary = auditor(folder).await.all(how, |audit| audits.push(audit.clone())).await.unwrap();
    (summary, audits)
}

/// The first thing that differs, as `event what`.
fn first(audit: &Audit) -> String {
    match &audit.verdict {
        Verdict::Differs { differences } => format!("{} {}", differences[0].event, differences[0].what.as_str()),
        other => format!("{other:?}"),
    }
}

/// A folder with one case of many kinds of events: opened, assigned, act, refused act, clock, message, closed.
async fn lived(folder: &Path) -> CaseId {
    let world = World::at(folder).await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    world.act(case, "take").await.unwrap_err();
    world.act(case, "counsel").await.unwrap();
    world.advance("2h");
    world.engine.settle().await.unwrap();
    world.act(case, "back").await.unwrap();
    world.act(case, "answer").await.unwrap();
    world.receive("name: Rohan Kalpit\nphones: +915555550101\nexternal_ref: r-1").await;
    world.engine.settle().await.unwrap();
    case
}

fn copy(from: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

#[tokio::test]
async fn what_was_written_is_proved_also_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let case = lived(folder.path()).await;
    let world = World::at(folder.path()).await;
    world.act(case, "finish").await.unwrap();
    world.receive("name: Meera Namuna\nphones: +915555550102").await;
    world.engine.settle().await.unwrap();
    let (summary, audits) = sweep(folder.path(), HALT).await;
    assert_eq!((summary.cases, summary.proved, summary.halted_now), (2, 2, 0), "{audits:#?}");
    assert_eq!(summary.events, summary.stepped);
    assert!(summary.is_good() && summary.events >= 14, "{summary:?}");
    assert!(audits.is_sorted_by_key(|audit| audit.case));
    let audit = world.engine.replay(case).await.unwrap();
    assert_eq!(audit.verdict, Verdict::Proved);
    let beside = auditor(folder.path()).await;
    assert_eq!(beside.named(&audit.number).await.unwrap(), case);
    assert_eq!(beside.named(&case.to_string()).await.unwrap(), case);
    assert_eq!(beside.count().await.unwrap(), 2);
}

#[tokio::test]
async fn one_changed_row_of_each_kind_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let case = lived(folder.path()).await;
    let last = World::at(folder.path()).await.engine.case(case, None).await.unwrap().events;
    let at = |what: &str| format!("{last} {what}");
    let changes = [
        ("UPDATE events SET plain = replace(plain, 'take', 'tuke') WHERE number = 3", "3 chain".to_owned()),
        ("UPDATE events SET outcome = outcome || ' ' WHERE number = 2", "2 chain".to_owned()),
        ("DELETE FROM events WHERE number = 4", "5 chain".to_owned()),
        ("UPDATE events SET kind = 'joined' WHERE number = 3", "3 event".to_owned()),
        ("UPDATE events SET happened_at = 1 WHERE number = 3", "3 event".to_owned()),
        ("UPDATE snapshots SET plain = replace(plain, '\"drill\":false', '\"drill\":true')", at("snapshot")),
        (
            "UPDATE snapshots SET hash = x'0000000000000000000000000000000000000000000000000000000000000000'",
            at("snapshot"),
        ),
        ("UPDATE snapshots SET number = number + 1", at("snapshot")),
        ("UPDATE timers SET due = due + 1 WHERE timer = (SELECT min(timer) FROM timers)", at("clocks")),
        ("DELETE FROM timers", at("clocks")),
        ("INSERT INTO timers (case_id, timer, due) SELECT id, 99, 5 FROM cases", at("clocks")),
        ("DELETE FROM outbox WHERE event = 1 AND place = 0", "1 outbox".to_owned()),
        (
            "UPDATE outbox SET payload = replace(payload, 'desk', 'chief') WHERE event = 1 AND place = 0",
            "1 outbox".to_owned(),
        ),
        ("UPDATE outbox SET event = 2 WHERE event = 1 AND place = 0", "1 outbox".to_owned()),
        ("UPDATE cases SET level = 'red'", at("card")),
        ("UPDATE cases SET life = 'closed'", at("card")),
        ("UPDATE cases SET alerts = 9", at("card")),
        ("UPDATE cases SET card = '{}'", at("card")),
        ("UPDATE case_keys SET wrapped = x'00'", at("keys")),
        ("DELETE FROM case_keys WHERE seal = 'person'", "1 keys".to_owned()),
        ("UPDATE versions SET content = replace(content, 'Taken in time', 'Taken in tame')", "0 version".to_owned()),
    ];
    for (sql, expected) in changes {
        let copy = copy(folder.path());
        execute(&copy.path().join("niyam.db"), sql).await;
        let (summary, audits) = sweep(copy.path(), LOOK).await;
        assert_eq!(first(&audits[0]), expected, "{sql}: {:#?}", audits[0]);
        assert_eq!((summary.differing, summary.proved, audits[0].halt.clone()), (1, 0, Halt::Spared), "{sql}");
        assert!(!summary.is_good());
    }
    assert_eq!(sweep(folder.path(), LOOK).await.0.proved, 1);
}

#[tokio::test]
async fn a_case_that_differs_is_halted_once_and_a_person_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let case = lived(folder.path()).await;
    execute(&folder.path().join("niyam.db"), "UPDATE cases SET level = 'red'").await;
    // while a server has the case in memory
    let world = World::at(folder.path()).await;
    world.engine.case(case, Some(&officer())).await.unwrap();
    world.act(case, "answer").await.unwrap();
    execute(&folder.path().join("niyam.db"), "UPDATE outbox SET event = 2 WHERE event = 1 AND place = 0").await;
    let (summary, audits) = sweep(folder.path(), HALT).await;
    assert_eq!((summary.differing, summary.halted_now, &audits[0].halt), (1, 1, &Halt::Now));
    let refused = world.engine.act(case, request(world.engine.new_id(), "answer")).await.unwrap_err();
    assert!(matches!(refused, ActError::Refused { refusal: Refusal::Halted, .. }), "{refused}");
    let board = world.engine.board(&Filter::default()).await.unwrap();
    assert_eq!(board.cases[0].life, LifeView::Halted);
    let timeline = world.engine.timeline(case).await.unwrap();
    let halt = timeline.entries.iter().find(|entry| format!("{:?}", entry.kind) == "Halted").unwrap();
    assert!(halt.told[0].message.en.contains("was stopped: what is stored is not what its log leads to"), "{halt:?}");
    let told = timeline.entries.len();
    world.advance("2d");
    world.engine.settle().await.unwrap();
    assert_eq!(world.engine.timeline(case).await.unwrap().entries.len(), told, "its clocks stand still");
    world.engine.verify_chain(case).await.unwrap();
    let (summary, audits) = sweep(folder.path(), HALT).await;
    assert_eq!((summary.halted_now, summary.halted_before, &audits[0].halt), (0, 1, &Halt::Before));
}

#[tokio::test]
async fn no_more_are_halted_than_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    for number in 0..5 {
        world.receive(&format!("name: Kalpit {number}\nphones: +91555555010{number}")).await;
    }
    drop(world);
    execute(&folder.path().join("niyam.db"), "UPDATE cases SET alerts = 7").await;
    let (summary, audits) = sweep(folder.path(), Sweep { jobs: 3, halt_at_most: 2 }).await;
    assert_eq!((summary.differing, summary.halted_now), (5, 2));
    assert_eq!(audits.iter().filter(|audit| audit.halt == Halt::Spared).count(), 3);
}

#[tokio::test]
async fn a_state_that_is_not_the_logs_halts_the_case_when_it_is_loaded_and_not_the_node() {
    let folder = tempfile::tempdir().unwrap();
    let case = lived(folder.path()).await;
    let world = World::at(folder.path()).await;
    let other = world.receive("name: Meera Namuna\nphones: +915555550102").await.cases[0].case;
    drop(world);
    let database = folder.path().join("niyam.db");
    let sql = format!(
        "UPDATE snapshots SET plain = replace(plain, '\"drill\":false', '\"drill\":true') WHERE case_id = '{case}'"
    );
    execute(&database, &sql).await;
    let world = World::at(folder.path()).await;
    let broken = world.engine.verify_chain(case).await;
    assert!(matches!(broken, Err(ChainError::Head { .. })), "{broken:?}");
    let refused = world.act(case, "answer").await.unwrap_err();
    assert!(matches!(refused, ActError::Refused { refusal: Refusal::Halted, .. }), "{refused}");
    assert_eq!(world.engine.case(case, None).await.unwrap().card.life, LifeView::Halted);
    world.engine.verify_chain(case).await.unwrap();
    world.act(other, "take").await.unwrap();
    let audit = world.engine.replay(case).await.unwrap();
    assert_eq!(audit.halt, Halt::Before);
    assert!(matches!(audit.verdict, Verdict::Differs { .. }), "{audit:?}");
}

#[tokio::test]
async fn a_case_whose_facts_were_erased_is_stepped_as_far_as_it_goes_and_never_called_proved() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    let case = world.receive("session_id: k-1\nname: Kalpit").await.cases[0].case;
    world.act(case, "take").await.unwrap();
    world.receive("session_id: k-1\nhostel: Namuna Hostel").await;
    world.receive("session_id: k-1\nsession: stop").await;
    world.engine.settle().await.unwrap();
    let (summary, audits) = sweep(folder.path(), HALT).await;
    assert_eq!((summary.erased, summary.proved, summary.differing), (1, 0, 0), "{audits:#?}");
    assert!(audits[0].stepped >= 2 && audits[0].stepped < audits[0].events, "{audits:#?}");
    assert!(summary.is_good() && world.engine.verify_chain(case).await.is_ok());
    // what stands beside it is still held against it
    drop(world);
    execute(&folder.path().join("niyam.db"), "DELETE FROM timers").await;
    assert!(first(&sweep(folder.path(), LOOK).await.1[0]).ends_with(" clocks"));
}

/// Makes the last event of a case another one, with a chain that holds, as another program may have written it.
async fn written_otherwise(database: &Path, case: CaseId, change: impl FnOnce(&mut String, &mut String)) {
    let store = SeaStore::open(&Location::File(database.to_owned()), None).await.unwrap();
    let row = store.events(case).await.unwrap().pop().unwrap();
    store.close().await.unwrap();
    let (mut plain, mut outcome) = (row.plain.clone(), row.outcome.clone());
    change(&mut plain, &mut outcome);
    assert_ne!((&plain, &outcome), (&row.plain, &row.outcome));
    let event = Link { case, number: row.number, at: row.at, plain: &plain, outcome: &outcome, sealed: &row.sealed };
    let hash = link(&row.prev_hash, &event).iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"));
    let text = |text: &str| text.replace('\'', "''");
    let set = format!("plain = '{}', outcome = '{}', hash = x'{hash}'", text(&plain), text(&outcome));
    execute(database, &format!("UPDATE events SET {set} WHERE case_id = '{case}' AND number = {}", row.number)).await;
    execute(database, &format!("UPDATE snapshots SET hash = x'{hash}' WHERE case_id = '{case}'")).await;
}

#[tokio::test]
async fn what_a_newer_program_stepped_is_not_proved_and_not_halted() {
    let folder = tempfile::tempdir().unwrap();
    let case = lived(folder.path()).await;
    let newest = niyam_kernel::behaviour::Behaviour::NEWEST.number();
    let stepped = |kernel: u32| format!("\"kernel\":{kernel}");
    let newer =
        |_: &mut String, outcome: &mut String| *outcome = outcome.replace(&stepped(newest), &stepped(newest + 1));
    for unknown_shape in [false, true] {
        let copy = copy(folder.path());
        written_otherwise(&copy.path().join("niyam.db"), case, |plain, outcome| {
            newer(plain, outcome);
            if unknown_shape {
                *plain = "{\"of\":\"another time\"}".to_owned();
            }
        })
        .await;
        let (summary, audits) = sweep(copy.path(), HALT).await;
        let words = format!("was stepped by a newer niyam (kernel {})", newest + 1);
        let Verdict::Unproved { reason } = &audits[0].verdict else { panic!("{audits:#?}") };
        assert!(reason.contains(&words), "{reason}");
        assert_eq!((summary.unproved, summary.differing, summary.halted_now, &audits[0].halt), (1, 0, 0, &Halt::No));
        assert_eq!((audits[0].stepped + 1, summary.is_good()), (audits[0].events, false), "all before it is proved");
        // what stands beside the log is still held against it
        execute(&copy.path().join("niyam.db"), "DELETE FROM timers").await;
        assert!(first(&sweep(copy.path(), LOOK).await.1[0]).ends_with(" clocks"));
    }
    // of no newer program: it was changed
    written_otherwise(&folder.path().join("niyam.db"), case, |plain, _| *plain = "{}".to_owned()).await;
    assert!(first(&sweep(folder.path(), LOOK).await.1[0]).ends_with(" event"));
}

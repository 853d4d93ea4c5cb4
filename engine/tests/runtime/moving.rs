//! Running cases taken to another version: the preview is what then happens.

use std::collections::BTreeMap;

use niyam_engine::engine::Data;
use niyam_engine::error::ActError;
use niyam_engine::request::MoveRequest;
use niyam_engine::view::{EntryKind, Filter, LifeView, MovePreview};
use niyam_kernel::event::Refusal;
use niyam_kernel::id::{CaseId, RequestId};
use niyam_kernel::moving::{MovePlan, MoveProblem};
use niyam_rules::bundle::{Library, VersionDigest};

use crate::world::{CHIEF, NOON, World, library, officer};

/// The next version: the first state is called otherwise, and its clock is longer.
fn next() -> Library {
    let mut library = library("Desk");
    let text = library.get_mut("desk").unwrap().files.get_mut("protocol.yaml").unwrap();
    *text = text
        .replace("initial: waiting", "initial: received")
        .replace("  waiting:\n", "  received:\n")
        .replace("taken: { in: 10m", "taken: { in: 15m");
    library
}

pub fn plan() -> MovePlan {
    MovePlan { states: BTreeMap::from([("waiting".to_owned(), "received".to_owned())]), ..MovePlan::default() }
}

/// A world with a case on the first version and the next one in force, four minutes later.
pub async fn upgraded(folder: &std::path::Path) -> (World, CaseId, VersionDigest) {
    let case = {
        let world = World::at(folder).await;
        world.case().await
    };
    let later = NOON.plus("4m".parse().unwrap());
    let data = Data::Folder(folder.to_owned());
    let world = World::open_at(data, later, |config| config.library = next()).await.unwrap();
    let to = world.engine.protocol("desk").unwrap().digest;
    (world, case, to)
}

pub fn request(world: &World, to: VersionDigest, preview: &MovePreview) -> MoveRequest {
    MoveRequest {
        request: RequestId(world.engine.new_id()),
        actor: officer(),
        to,
        plan: plan(),
        reason: "order 12 of 2026".to_owned(),
        seen: Some(preview.seen),
    }
}

#[tokio::test]
async fn what_the_preview_shows_is_what_happens() {
    let folder = tempfile::tempdir().unwrap();
    let (world, case, to) = upgraded(folder.path()).await;
    let preview = world.engine.preview_move(case, to, &plan()).await.unwrap();
    assert_eq!(preview.problems, []);
    assert_eq!((preview.before[0].id.as_str(), preview.after[0].id.as_str()), ("waiting", "received"));
    assert!(preview.messages.is_empty() && preview.assigned.is_empty() && preview.forgotten.is_empty());
    let asked = request(&world, to, &preview);
    world.engine.move_case(case, asked.clone()).await.unwrap();
    world.engine.settle().await.unwrap();

    let view = world.engine.case(case, None).await.unwrap();
    assert_eq!(view.active.last().unwrap(), "received");
    for change in preview.clocks.iter().filter(|change| change.after.is_some()) {
        let name = change.clock.rsplit('.').next().unwrap();
        let clock = view.clocks.iter().find(|clock| clock.name == name).unwrap();
        assert_eq!(Some(clock.due), change.after, "{name}");
    }
    let taken = preview.clocks.iter().find(|change| change.clock == "waiting.taken").unwrap();
    assert_eq!(taken.after.unwrap().since_ms(taken.before.unwrap()), 5 * 60_000);
    assert_eq!(world.engine.protocol_of(case).await.unwrap().digest, to);

    let again = world.engine.move_case(case, asked.clone()).await.unwrap();
    assert!(again.repeated);
    let other = MoveRequest { request: RequestId(world.engine.new_id()), ..asked };
    assert!(matches!(world.engine.move_case(case, other).await, Err(ActError::SameVersion { .. })));
}

#[tokio::test]
async fn a_moved_case_survives_a_restart_and_can_be_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (world, case, to) = upgraded(folder.path()).await;
    let preview = world.engine.preview_move(case, to, &plan()).await.unwrap();
    world.engine.move_case(case, request(&world, to, &preview)).await.unwrap();
    drop(world);
    let later = NOON.plus("5m".parse().unwrap());
    // the first version is still there for what happened under it
    let world =
        World::open_at(Data::Folder(folder.path().to_owned()), later, |config| config.library = next()).await.unwrap();
    world.act(case, "take").await.unwrap();
    world.act(case, "finish").await.unwrap();
    assert_eq!(world.engine.board(&Filter::default()).await.unwrap().cases[0].life, LifeView::Closed);
    world.engine.verify_chain(case).await.unwrap();
    let chief = niyam_kernel::event::Actor { person: CHIEF, role: "chief".to_owned(), unit: "RJ-PHQ-SCRB".to_owned() };
    let timeline = world.engine.timeline_for(case, Some(&chief)).await.unwrap();
    let entry = timeline.entries.iter().find(|entry| entry.kind == EntryKind::Moved).unwrap();
    assert!(entry.reasons.iter().any(|reason| reason.text.en.contains("“Waiting”")), "{:?}", entry.reasons);
    assert_eq!(entry.reason_given.as_deref(), Some("order 12 of 2026"));
    assert_eq!(entry.actor.as_ref().unwrap().name.en, "Asha Namuna");
}

#[tokio::test]
async fn a_case_that_went_on_is_not_moved_unseen() {
    let folder = tempfile::tempdir().unwrap();
    let (world, case, to) = upgraded(folder.path()).await;
    let preview = world.engine.preview_move(case, to, &plan()).await.unwrap();
    world.act(case, "take").await.unwrap();
    let moved = world.engine.move_case(case, request(&world, to, &preview)).await;
    let Err(ActError::Refused { refusal: Refusal::CannotMove { problems }, .. }) = moved else {
        panic!("{moved:?}");
    };
    assert_eq!(problems, [MoveProblem::WentOn]);
    assert_ne!(world.engine.protocol_of(case).await.unwrap().digest, to, "it stays where it was");
    world.engine.verify_chain(case).await.unwrap();
}

#[tokio::test]
async fn what_is_in_the_way_is_shown_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (world, case, to) = upgraded(folder.path()).await;
    let preview = world.engine.preview_move(case, to, &MovePlan::default()).await.unwrap();
    assert_eq!(preview.problems.len(), 1);
    assert!(preview.problems[0].en.contains("“waiting”"), "{}", preview.problems[0].en);
    let unknown = world.engine.preview_move(case, VersionDigest([7; 32]), &plan()).await;
    assert!(matches!(unknown, Err(ActError::NoSuchVersion(_))));
    let silent = MoveRequest { reason: "  ".to_owned(), ..request(&world, to, &preview) };
    assert!(matches!(world.engine.move_case(case, silent).await, Err(ActError::ReasonMissing)));
}

#[tokio::test]
async fn better_rules_bring_a_halted_case_back_with_its_clocks() {
    let folder = tempfile::tempdir().unwrap();
    let case = {
        let world = World::at(folder.path()).await;
        let case = world.case().await;
        world.act(case, "take").await.unwrap();
        world.act(case, "spin").await.unwrap();
        assert_eq!(world.engine.board(&Filter::default()).await.unwrap().cases[0].life, LifeView::Halted);
        case
    };
    let data = Data::Folder(folder.path().to_owned());
    let mended = |config: &mut niyam_engine::engine::Config| {
        let bundle = config.library.get_mut("desk").unwrap();
        let text = bundle.files.get_mut("protocol.yaml").unwrap();
        *text = text.replace(", always: { guard: incident.source != (), target: left }", "");
    };
    let world = World::open_at(data, NOON, mended).await.unwrap();
    let to = world.engine.protocol("desk").unwrap().digest;
    let preview = world.engine.preview_move(case, to, &MovePlan::default()).await.unwrap();
    let asked = MoveRequest { plan: MovePlan::default(), ..request(&world, to, &preview) };
    world.engine.move_case(case, asked).await.unwrap();
    assert_eq!(world.engine.board(&Filter::default()).await.unwrap().cases[0].life, LifeView::Open);
    // the clock of the state in which it was halted runs again
    world.advance("61m");
    world.engine.settle().await.unwrap();
    assert_eq!(world.engine.board(&Filter::default()).await.unwrap().cases[0].life, LifeView::Closed);
    world.engine.verify_chain(case).await.unwrap();
}

//! Deliberate faults, to show that the checkers see them: a store that does not keep what it was given.

use niyam_engine::error::StoreError;
use niyam_engine::store::{Commit, Committed, Store as _, Write};

use crate::world::World;

/// What the store does wrong, once in a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Drops an effect that was to be delivered.
    LosesEffect,
    /// Drops a timer that was armed.
    LosesTimer,
    /// Answers a commit that it never wrote.
    AnswersBeforeCommit,
    /// Writes what a person did twice.
    AppliesTwice,
    /// Drops the answer to a request.
    ForgetsRequest,
    /// Drops the snapshot.
    KeepsOldState,
    /// Does not look whether what a commit takes for granted still holds.
    TakesForGranted,
    /// Takes an alert for read without what came of it.
    SwallowsAlert,
    /// Ends an effect that was never delivered.
    LosesNotice,
    /// Drops the sealed part of an event.
    LosesSealed,
    /// Gives a key up that was not destroyed.
    LosesKey,
}

impl Mutant {
    pub const ALL: [Self; 11] = [
        Self::LosesEffect,
        Self::LosesTimer,
        Self::AnswersBeforeCommit,
        Self::AppliesTwice,
        Self::ForgetsRequest,
        Self::KeepsOldState,
        Self::TakesForGranted,
        Self::SwallowsAlert,
        Self::LosesNotice,
        Self::LosesSealed,
        Self::LosesKey,
    ];
}

/// How often it goes wrong, in a thousand commits.
const OFTEN: u64 = 100;

/// Takes a group as the mutant would.
pub async fn apply(
    world: &World,
    mutant: Mutant,
    commits: &[Commit],
) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
    let mut answers = Vec::with_capacity(commits.len());
    for commit in commits {
        let mut commit = commit.clone();
        if mutant == Mutant::TakesForGranted || world.throw(|dice| dice.permille(OFTEN)) {
            if mutant == Mutant::AnswersBeforeCommit
                && commit.writes.iter().any(|write| matches!(write, Write::Request(_)))
            {
                answers.push(Ok(Committed::default()));
                continue;
            }
            change(mutant, &mut commit);
        }
        let answer = world.database.commit(&commit).await;
        if mutant == Mutant::AppliesTwice && answer.is_ok() && world.throw(|dice| dice.permille(OFTEN)) {
            // whether that works is up to the database
            let _ = world.database.commit(&again(&commit)).await;
        }
        answers.push(answer);
    }
    Ok(answers)
}

fn change(mutant: Mutant, commit: &mut Commit) {
    let swallows = commit.writes.iter().any(|write| matches!(write, Write::AlertRead(_)));
    match mutant {
        Mutant::LosesEffect => commit.writes.retain(|write| !matches!(write, Write::Effect(_))),
        Mutant::LosesTimer => commit.writes.retain(|write| !matches!(write, Write::StartTimer(_))),
        Mutant::ForgetsRequest => commit.writes.retain(|write| !matches!(write, Write::Request(_))),
        Mutant::KeepsOldState => {
            let opens = commit.writes.iter().any(|write| matches!(write, Write::OpenCase { .. }));
            commit.writes.retain(|write| opens || !matches!(write, Write::Snapshot(..)));
        }
        Mutant::TakesForGranted => commit.writes.retain(|write| !matches!(write, Write::Expect(_))),
        Mutant::SwallowsAlert if swallows => {
            commit.writes.retain(|write| matches!(write, Write::AlertRead(_)));
        }
        Mutant::LosesNotice => {
            commit.writes.retain(|write| !matches!(write, Write::Notice(_) | Write::Outgoing(_)));
        }
        Mutant::LosesSealed => {
            for write in &mut commit.writes {
                if let Write::Event(row) = write {
                    row.sealed.clear();
                }
            }
        }
        Mutant::LosesKey => commit.writes.retain(|write| !matches!(write, Write::Key(_))),
        Mutant::AnswersBeforeCommit | Mutant::AppliesTwice | Mutant::SwallowsAlert => {}
    }
}

/// The same once more, behind itself.
fn again(commit: &Commit) -> Commit {
    let mut commit = commit.clone();
    commit.writes.retain(|write| matches!(write, Write::Event(_)));
    for write in &mut commit.writes {
        if let Write::Event(row) = write {
            row.number += 1;
        }
    }
    commit
}

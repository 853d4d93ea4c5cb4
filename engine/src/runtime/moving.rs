//! Moves of running cases to another version: what one would do, and doing it.
//!
//! A preview is the very step that the move would take, on the case as it stands; so what it shows is what happens, unless
//! the case goes on in between, and then the move is refused.

use std::sync::Arc;

use niyam_kernel::event::{Event, EventBody};
use niyam_kernel::id::CaseId;
use niyam_kernel::moving::{MovePlan, step_move};
use niyam_kernel::step::Step;
use niyam_rules::bundle::VersionDigest;
use niyam_rules::protocol::Protocol;

use super::Runtime;
use super::live::Live;
use super::versions::VersionError;
use crate::error::ActError;
use crate::request::{Done, MoveRequest};
use crate::view::moving::{MovePreview, preview};

impl Runtime {
    /// What a move would do to a case. Changes nothing.
    pub async fn preview_move(
        &self,
        case: CaseId,
        to: VersionDigest,
        plan: &MovePlan,
    ) -> Result<MovePreview, ActError> {
        let live = self.load(case).await?;
        let new = self.move_target(&live, to).await?;
        let step = try_move(&live, &new, plan, self.now().max(live.row.last_event_at));
        Ok(preview(&live, &new, &step))
    }

    /// Takes a case to another version, once for each request.
    pub async fn move_case(&self, case: CaseId, request: MoveRequest) -> Result<Done, ActError> {
        let MoveRequest { request, actor, to, plan, reason, seen } = request;
        let reason = reason.trim().to_owned();
        if reason.is_empty() {
            return Err(ActError::ReasonMissing);
        }
        let live = self.load(case).await?;
        if self.store.request(request).await?.is_none() {
            self.move_target(&live, to).await?;
        }
        let from = live.row.version;
        let body = EventBody::Moved { from, to, plan, seen, actor, reason, request };
        self.person_event(case, request, body, None).await
    }

    /// The version that a case is to run on. Errors: it is unknown, or the case runs on it already.
    async fn move_target(&self, live: &Live, to: VersionDigest) -> Result<Arc<Protocol>, ActError> {
        if live.row.version == to {
            return Err(ActError::SameVersion { case: live.row.id });
        }
        self.versions.load(to, self.store.as_ref()).await.map_err(|error| match error {
            VersionError::Missing(digest) => ActError::NoSuchVersion(digest),
            VersionError::Unreadable(..) | VersionError::Changed(..) => {
                ActError::Version { case: live.row.id, reason: error.to_string() }
            }
            VersionError::Store(error) => ActError::Store(error),
        })
    }
}

/// The step that a move would take now.
fn try_move(live: &Live, new: &Protocol, plan: &MovePlan, at: niyam_kernel::time::Timestamp) -> Step {
    let nobody = uuid::Uuid::nil();
    let body = EventBody::Moved {
        from: live.row.version,
        to: new.digest,
        plan: plan.clone(),
        seen: None,
        actor: niyam_kernel::event::Actor {
            person: niyam_kernel::id::PersonId(nobody),
            role: String::new(),
            unit: String::new(),
        },
        reason: String::new(),
        request: niyam_kernel::id::RequestId(nobody),
    };
    let event = Event { number: live.state.number + 1, at, happened_at: None, body };
    step_move(&live.protocol, new, live.state.clone(), &event)
}

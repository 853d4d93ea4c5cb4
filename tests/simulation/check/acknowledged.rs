//! Nothing acknowledged is lost, nothing unread is forgotten, nothing refused has changed anything.

use std::collections::{BTreeMap, BTreeSet};

use niyam_engine::request::Class;
use niyam_engine::store::AlertStore as _;
use niyam_kernel::event::EventBody;
use niyam_kernel::id::{AlertId, CaseId, RequestId};
use niyam_kernel::time::Timestamp;

use super::{Findings, History};
use crate::client::Clients;
use crate::ledger::Sent;
use crate::world::World;

/// Checks what senders and officers were told against the logs.
pub async fn check(world: &World, clients: &Clients, histories: &BTreeMap<CaseId, History>, findings: &mut Findings) {
    let (sent, asked) = {
        let ledger = clients.ledger();
        (ledger.sent.clone(), ledger.asked.clone())
    };
    let unread = world.database.unread(Timestamp::from_ms(i64::MAX), u64::MAX).await;
    let unread = unread.expect("the store in memory reads");
    findings.must(unread.is_empty(), || format!("nobody has read {unread:?}"));
    for (token, sent) in &sent {
        message(world, *token, sent, histories, findings).await;
    }
    let mut recorded: BTreeMap<RequestId, Vec<(CaseId, u64, bool)>> = BTreeMap::new();
    for history in histories.values() {
        for logged in &history.log {
            if let EventBody::Act { request, .. } | EventBody::Recorded { request, .. } = &logged.event.body {
                let refused = logged.outcome.refusal.is_some();
                recorded.entry(*request).or_default().push((history.row.id, logged.event.number, refused));
            }
        }
    }
    for (request, events) in &recorded {
        findings.must(events.len() == 1, || format!("{request} was done more than once: {events:?}"));
    }
    for (request, asked) in &asked {
        for (number, refused) in &asked.answers {
            let told = (asked.case, *number, *refused);
            findings.must(recorded.get(request).is_some_and(|events| events.contains(&told)), || {
                format!("{request} was answered as {told:?}, recorded is {:?}", recorded.get(request))
            });
        }
    }
    for history in histories.values() {
        for logged in history.log.iter().filter(|logged| logged.outcome.refusal.is_some()) {
            findings.must(logged.outcome.effects.is_empty(), || {
                format!("{}#{} was refused and has effects", history.row.id, logged.event.number)
            });
        }
    }
}

async fn message(
    world: &World,
    token: u64,
    sent: &Sent,
    histories: &BTreeMap<CaseId, History>,
    findings: &mut Findings,
) {
    let read = "the store in memory reads";
    let alerts: BTreeSet<AlertId> = sent.acknowledged.iter().map(|one| one.alert).collect();
    for alert in alerts {
        let Some(row) = world.database.alert(alert).await.expect(read) else {
            findings.0.push(format!("message {token}: {alert} was acknowledged and is gone"));
            continue;
        };
        let cases: BTreeSet<CaseId> =
            world.database.cases_of(alert).await.expect(read).into_iter().map(|link| link.case).collect();
        for told in sent.acknowledged.iter().filter(|one| one.alert == alert) {
            findings.must(told.class == Class::Unread || told.class == row.class, || {
                format!("message {token}: {alert} was acknowledged as {:?} and is {:?}", told.class, row.class)
            });
            findings.must(told.cases.iter().all(|case| cases.contains(case)), || {
                format!("message {token}: {alert} was acknowledged with {:?} and has {cases:?}", told.cases)
            });
        }
        // the end of a session that nobody has begun is filed
        let persons = if sent.breaks { 1 } else { sent.persons };
        let fits = cases.len() == persons || (sent.is_stop && cases.is_empty());
        findings.must(fits, || format!("message {token} about {persons} led {alert} to {cases:?}"));
        findings.must((row.class == Class::Filed) == cases.is_empty(), || {
            format!("message {token}: {alert} is {:?} with the cases {cases:?}", row.class)
        });
        for case in cases {
            let events = histories.get(&case).map_or(0, |history| {
                history
                    .log
                    .iter()
                    .filter(|logged| brings(&logged.event.body, alert) && logged.outcome.refusal.is_none())
                    .count()
            });
            findings.must(events == 1, || format!("message {token}: {events} events of {case} bring {alert}"));
        }
    }
}

fn brings(body: &EventBody, wanted: AlertId) -> bool {
    match body {
        EventBody::Opened { alert, .. } => *alert == Some(wanted),
        EventBody::Joined { alert, .. } => *alert == wanted,
        _ => false,
    }
}

//! What happens in a run: alerts come, people act, things break, time goes by; then nothing breaks any more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use niyam_engine::request::{ActRequest, Received, RecordRequest};
use niyam_engine::store::{CaseStore as _, WorkStore as _};
use niyam_engine::view::Filter;
use niyam_kernel::allowed::{allowed, recordable};
use niyam_kernel::event::Actor;
use niyam_kernel::id::{CaseId, RequestId};
use niyam_kernel::state::CaseState;
use niyam_kernel::time::Timestamp;
use niyam_rules::chart::Weight;
use niyam_rules::protocol::{FactType, Form, Protocol};
use niyam_rules::value::Value;

use crate::client::{Ask, Clients};
use crate::dice::Dice;
use crate::intake::BREAKS;
use crate::ledger::Sent;
use crate::node::person;
use crate::protocols::{SHIPPED, SMALL};
use crate::world::{BEGIN, Database, World};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// How far a node's clock may be from the truth.
pub const SKEW_MS: i64 = 20 * MINUTE;
/// How long nothing is broken at the end: longer than any wait between two tries, any claim and any skew.
const CALM_MS: i64 = 9 * HOUR;
/// The longest a node of a calm world takes to see to something.
const LOOK_MS: i64 = 1_300;

/// A seed's choice of how a run goes.
pub struct Workload {
    clients: Clients,
    world: Arc<World>,
    /// On what cases run.
    protocols: Vec<&'static str>,
    /// Messages so far, to be sent once more.
    messages: Vec<(u64, Received)>,
    requests: Vec<(CaseId, Ask)>,
    next_token: u64,
    next_request: u128,
    /// Chance in a thousand that a turn breaks something.
    breaks: u64,
}

impl Workload {
    /// As the seed wants it.
    pub fn new(world: &Arc<World>) -> Self {
        let (protocols, breaks, commits, channel) = world.throw(|dice| {
            let mut protocols = SMALL.to_vec();
            if dice.permille(300) {
                protocols.extend(dice.pick(&SHIPPED));
            }
            let breaks = dice.pick(&[0, 60, 150, 250]).copied().unwrap_or(0);
            let commits = dice.pick(&[0, 10, 40, 120]).copied().unwrap_or(0);
            let channel = dice.pick(&[0, 200, 700]).copied().unwrap_or(0);
            (protocols, breaks, commits, channel)
        });
        {
            let mut faults = world.faults();
            faults.commits = commits;
            faults.channel = channel;
        }
        Self {
            clients: Clients::new(world),
            world: Arc::clone(world),
            protocols,
            messages: Vec::new(),
            requests: Vec::new(),
            next_token: 0,
            next_request: 1,
            breaks,
        }
    }

    /// The whole run. Returns what was told to whom.
    pub async fn run(mut self) -> Clients {
        let (nodes, turns) = self.world.throw(|dice| (dice.between(1, 3), dice.between(20, 90)));
        for _ in 0..nodes {
            crate::node::add(&self.world);
        }
        self.world.sleep(500).await;
        for _ in 0..turns {
            if self.world.is_endless() {
                break;
            }
            self.turn().await;
        }
        self.calm().await;
        self.clients
    }

    async fn turn(&mut self) {
        if self.world.throw(|dice| dice.permille(self.breaks)) {
            self.break_something();
        }
        match self.world.throw(|dice| dice.below(100)) {
            0..22 => self.message(),
            22..28 => self.repeat(),
            28..70 => self.act().await,
            70..76 => self.ask_again(),
            76..84 => self.pass(self.length(1_000, 60_000)).await,
            84..90 => self.pass(self.length(MINUTE, 30 * MINUTE)).await,
            90..93 => self.pass(self.length(HOUR, 8 * HOUR)).await,
            _ => {}
        }
        if self.world.throw(|dice| dice.permille(600)) {
            self.world.sleep(self.length(0, 2_000)).await;
        }
    }

    fn length(&self, from: i64, to: i64) -> i64 {
        let (from, to) = (u64::try_from(from).unwrap_or(0), u64::try_from(to).unwrap_or(0));
        i64::try_from(self.world.throw(|dice| dice.between(from, to))).unwrap_or(0)
    }

    /// Lets a long time go by: from one thing that is due to the next, so that none is late only because nobody looked.
    async fn pass(&self, length_ms: i64) {
        let end = self.world.now_ms() + length_ms;
        let mut step = LOOK_MS;
        while self.world.now_ms() < end && !self.world.is_endless() {
            let now = self.world.now_ms();
            let due = self.world.database.next_due().await.ok().flatten().map_or(end, Timestamp::as_ms);
            // a node whose clock is ahead sees to it earlier
            let ahead = self.world.nodes().iter().map(|node| node.skew_ms.load(Ordering::SeqCst)).max();
            let due = due - ahead.unwrap_or(0).max(0);
            if due > now && self.is_still() {
                step = LOOK_MS;
                let gap = due.min(end) - now;
                tokio::time::advance(std::time::Duration::from_millis(u64::try_from(gap).unwrap_or(0))).await;
            } else {
                // something is under way, or due and nobody sees to it at the moment
                step = (step * 2).min(MINUTE);
            }
            self.world.sleep(step).await;
        }
    }

    /// Whether nobody waits for an answer and nothing is broken: then nothing happens before something is due.
    fn is_still(&self) -> bool {
        let now = self.world.now_ms();
        let broken = self.world.seen().broken.iter().any(|(from, to)| *from <= now && now < *to);
        !broken && self.clients.ledger().waiting == 0
    }

    fn break_something(&self) {
        let world = &self.world;
        let many = u64::try_from(world.nodes().len()).unwrap_or(1);
        let node = usize::try_from(world.throw(|dice| dice.below(many))).unwrap_or(0);
        let now = world.now_ms();
        match world.throw(|dice| dice.below(12)) {
            0 | 1 => world.crash(node, "at any moment"),
            2 | 3 => {
                let length = self.length(100, 4 * MINUTE);
                world.tell(format_args!("node {node} stands still for {length} ms"));
                let life = Arc::clone(&world.nodes()[node].life);
                life.paused_until.store(now + length, Ordering::SeqCst);
                world.broken_for(length);
            }
            4 | 5 => {
                let skew = self.length(0, 2 * SKEW_MS) - SKEW_MS;
                world.tell(format_args!("the clock of node {node} jumps to {skew} ms off"));
                world.nodes()[node].skew_ms.store(skew, Ordering::SeqCst);
                world.broken_for(0);
            }
            6..9 => {
                let how = world.throw(|dice| {
                    dice.pick(&[Database::Slow, Database::Busy, Database::Full, Database::Gone]).copied()
                });
                let how = how.unwrap_or(Database::Slow);
                let length = self.length(100, 3 * MINUTE);
                world.tell(format_args!("the database is {how:?} for {length} ms"));
                world.faults().database = (how, now + length);
                world.broken_for(length);
            }
            _ => {
                // the small charts tell the chief when a seat is empty, also when it is the chief's
                let roles = ["desk", "chief", "counsellor", "help_desk", "desk_supervisor", "duty_officer"];
                let role = world.throw(|dice| dice.pick(&roles).copied());
                let length = self.length(MINUTE, 3 * HOUR);
                world.tell(format_args!("nobody is {role:?} for {length} ms"));
                world.faults().empty.insert(role.unwrap_or("desk").to_owned(), now + length);
            }
        }
    }

    /// A message of some kind.
    fn message(&mut self) {
        self.next_token += 1;
        let token = self.next_token;
        let protocols = self.protocols.clone();
        let (sent, text) = self.world.throw(|dice| compose(dice, &protocols, token));
        let drill = self.world.throw(|dice| dice.permille(50));
        let received = Received {
            channel: "note".to_owned(),
            content_type: "text/plain".to_owned(),
            bytes: text.into_bytes(),
            received_at: Timestamp::from_ms(self.world.now_ms()),
            drill,
        };
        self.world.tell(format_args!("message {token} is sent: {sent:?}"));
        self.messages.push((token, received.clone()));
        self.clients.send(token, sent, received.clone());
        if self.world.throw(|dice| dice.permille(80)) {
            self.clients.repeat(token, received);
        }
    }

    fn repeat(&self) {
        if let Some((token, received)) = self.world.throw(|dice| dice.pick(&self.messages).cloned()) {
            self.world.tell(format_args!("message {token} is sent once more"));
            self.clients.repeat(token, received);
        }
    }

    fn ask_again(&self) {
        if let Some((case, ask)) = self.world.throw(|dice| dice.pick(&self.requests).cloned()) {
            self.world.tell(format_args!("a request on {case} is sent once more"));
            self.clients.ask(case, ask);
        }
    }

    /// A person does something with a case.
    async fn act(&mut self) {
        let Ok(cases) = self.world.database.cases(&Filter::default()).await else { return };
        let Some(row) = self.world.throw(|dice| dice.pick(&cases).cloned()) else { return };
        let Ok(Some(stored)) = self.world.database.load(row.id).await else { return };
        let Ok(state) = serde_json::from_str::<CaseState>(&stored.snapshot.plain) else { return };
        let Some(protocol) = self.world.shared.protocol(&row.protocol) else { return };
        let request = RequestId(uuid::Uuid::from_u128(self.next_request));
        self.next_request += 1;
        let now = self.world.now_ms();
        let ask = self.world.throw(|dice| choose(dice, &protocol, &state, request, now));
        let Some(ask) = ask else { return };
        self.world.tell(format_args!("{request} on {}: {}", row.id, brief(&ask)));
        self.requests.push((row.id, ask.clone()));
        self.clients.ask(row.id, ask.clone());
        if self.world.throw(|dice| dice.permille(80)) {
            self.clients.ask(row.id, ask);
        }
    }

    /// Nothing breaks any more; what is still to be done has time to be done.
    async fn calm(&self) {
        let world = &self.world;
        let now = world.now_ms();
        world.tell(format_args!("calm"));
        {
            let mut faults = world.faults();
            faults.on = false;
            faults.database = (Database::Well, now);
            faults.empty.clear();
        }
        for node in world.nodes().iter() {
            node.skew_ms.store(0, Ordering::SeqCst);
            let paused = node.life.paused_until.load(Ordering::SeqCst);
            node.life.paused_until.store(paused.min(now), Ordering::SeqCst);
        }
        // those that sleep until a pause ends, nodes that are being started, and everybody who still waits
        for _ in 0..60 {
            if self.clients.ledger().waiting == 0 {
                break;
            }
            self.pass(10_000).await;
        }
        self.pass(CALM_MS).await;
        world.tell(format_args!("the end, {} h after the beginning", (world.now_ms() - BEGIN) / HOUR));
    }
}

/// What is written in a message.
fn compose(dice: &mut Dice, protocols: &[&'static str], token: u64) -> (Sent, String) {
    let protocol = dice.pick(protocols).copied().unwrap_or("desk");
    let person = |dice: &mut Dice, apart: u64| {
        let number = dice.below(6) * 2 + apart;
        format!(
            "protocol: {protocol}\nname: Kalpit {number}\nphones: +9155555550{number:02}\nhostel: Namuna {number}\nsource: lines\ntoken: {token}\n"
        )
    };
    let mut sent = Sent { persons: 1, is_stop: false, breaks: false, acknowledged: Vec::new() };
    let session = dice.below(3);
    let text = match dice.below(20) {
        0..8 => person(dice, 0),
        8..10 => format!("{}external_ref: R-{}\n", person(dice, 0), dice.below(4)),
        10..12 => {
            sent.persons = 2;
            format!("{}\n{}", person(dice, 0), person(dice, 1))
        }
        12 => format!("{}session_id: S-{session}\n", person(dice, 0)),
        13 | 14 => format!(
            "session: location\nprotocol: {protocol}\nsession_id: S-{session}\nsource: session\ntoken: {token}\n"
        ),
        15 => {
            sent.is_stop = true;
            format!("session: stop\nprotocol: {protocol}\nsession_id: S-{session}\nsource: session\ntoken: {token}\n")
        }
        16 | 17 => {
            sent.persons = 0;
            format!("filed: yes\ntoken: {token}\n")
        }
        18 => {
            sent.breaks = true;
            format!("{BREAKS}\ntoken: {token}\n")
        }
        _ => format!("{}level: red\n", person(dice, 0)),
    };
    (sent, text)
}

/// Something that a person may do now, or may not.
fn choose(dice: &mut Dice, protocol: &Protocol, state: &CaseState, request: RequestId, now: i64) -> Option<Ask> {
    let happened_at = dice.permille(50).then(|| Timestamp::from_ms(now - MINUTE));
    let actor = |role: &str, state: &CaseState| {
        let owner = state.owners.values().find(|owner| owner.seat.role == role).and_then(|owner| owner.unit.clone());
        let unit = owner.unwrap_or_else(|| "RJ-PHQ-SCRB".to_owned());
        Actor { person: person(role, &unit), role: role.to_owned(), unit }
    };
    let forms = recordable(protocol, state);
    if dice.permille(150)
        && let Some(one) = dice.pick(&forms)
    {
        let role = one.by.or_else(|| protocol.roles.keys().next().map(String::as_str)).unwrap_or("desk");
        return Some(Ask::Record(RecordRequest {
            request,
            actor: actor(role, state),
            state: one.state.id.clone(),
            form: fill(dice, protocol, Some(one.form), now),
            happened_at,
        }));
    }
    let acts = allowed(protocol, state);
    let open: Vec<_> = acts.iter().filter(|act| act.blocked.is_none()).collect();
    if dice.permille(850) {
        let one = dice.pick(&open)?;
        let role = if dice.permille(950) { dice.pick(&one.act.by)?.as_str() } else { "nobody" };
        let words = one.act.weight == Weight::Grave;
        return Some(Ask::Act(ActRequest {
            request,
            actor: actor(role, state),
            act: one.act.name.clone(),
            form: fill(dice, protocol, one.form, now),
            reason: (words && dice.permille(950)).then(|| "as found on the spot".to_owned()),
            happened_at,
        }));
    }
    // of another state, or of none
    let role = protocol.roles.keys().next().map_or("desk", String::as_str);
    let act = dice.pick(&["take", "finish", "spin", "reopen", "no_such_act"]).copied().unwrap_or("take");
    Some(Ask::Act(ActRequest {
        request,
        actor: actor(role, state),
        act: act.to_owned(),
        form: BTreeMap::new(),
        reason: None,
        happened_at,
    }))
}

/// Answers of the right types, most of the time.
fn fill(dice: &mut Dice, protocol: &Protocol, form: Option<&Form>, now: i64) -> BTreeMap<String, Value> {
    let mut answers = BTreeMap::new();
    for field in form.iter().flat_map(|form| &form.fields) {
        let Some(fact) = protocol.facts.get(&field.fact) else { continue };
        if dice.permille(if field.required { 970 } else { 600 }) {
            let value = if dice.permille(980) { answer(dice, &fact.kind, now) } else { Value::Bool(true) };
            answers.insert(field.fact.clone(), value);
        }
    }
    answers
}

fn answer(dice: &mut Dice, kind: &FactType, now: i64) -> Value {
    let one = |dice: &mut Dice, of: &[&str]| Value::from(dice.pick(of).copied().unwrap_or(""));
    match kind {
        FactType::Text => one(dice, &["Noted by the officer on duty.", "नोट किया", "x"]),
        FactType::YesNo => one(dice, &["yes", "no"]),
        FactType::YesNoUnknown => one(dice, &["yes", "no", "unknown"]),
        FactType::Choice(choices) => dice.pick(choices).map_or(Value::Unknown, |choice| Value::Text(choice.id.clone())),
        FactType::Number => Value::Int(i64::try_from(dice.below(60)).unwrap_or(0)),
        FactType::Time => Value::Int(now + i64::try_from(dice.below(48)).unwrap_or(0) * HOUR - 24 * HOUR),
        FactType::Duration => Value::Int(10 * MINUTE),
        FactType::Date => Value::from("2026-11-21"),
        FactType::Phone => Value::from("+915555559001"),
        FactType::Email => Value::from("namuna@example.org"),
        FactType::Url => Value::from("https://example.org/"),
        FactType::Ip => Value::from("192.0.2.1"),
        FactType::Unit => Value::from("RJ-PHQ-SCRB"),
        FactType::Position => Value::Map(BTreeMap::from([
            ("lat_e7".to_owned(), Value::Int(251_000_000)),
            ("lon_e7".to_owned(), Value::Int(758_000_000)),
            ("accuracy_m".to_owned(), Value::Int(20)),
        ])),
        FactType::List(of) => Value::List(vec![answer(dice, of, now)]),
    }
}

fn brief(ask: &Ask) -> String {
    match ask {
        Ask::Act(act) => format!("{} does `{}`", act.actor.role, act.act),
        Ask::Record(record) => format!("{} fills in the form of `{}`", record.actor.role, record.state),
    }
}

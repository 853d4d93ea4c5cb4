//! Makes machines of every kind: deep, parallel, with history, errors, timers and loops.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// Names of events that are sent; descriptors match them by prefix.
const DESCRIPTORS: [&str; 7] = ["e0", "e1.*", "e2.x", "e3", "*", "error.execution", "done.state.s1"];

/// A state before it has a name.
#[derive(Clone, Debug)]
struct Seed {
    kind: Kind,
    children: Vec<Seed>,
    arrows: Vec<Arrow>,
    entry: Vec<Deed>,
    exit: Vec<Deed>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Plain,
    Parallel,
    Final,
    Shallow,
    Deep,
}

#[derive(Clone, Debug)]
struct Arrow {
    trigger: u8,
    /// Picks targets among all states.
    targets: Vec<u16>,
    guard: u8,
    reenter: bool,
    actions: Vec<Deed>,
}

#[derive(Clone, Copy, Debug)]
struct Deed(u8, u16);

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    // Most are harmless: a chart full of `raise` only shows that endless loops are stopped.
    let kind = prop_oneof![1 => 0..2_u8, 5 => 2..9_u8, 10 => Just(9_u8)];
    prop::collection::vec((kind, any::<u16>()).prop_map(|(kind, pick)| Deed(kind, pick)), 0..3)
}

fn arrows() -> impl Strategy<Value = Vec<Arrow>> {
    let targets = prop_oneof![1 => Just(0_usize), 6 => Just(1), 1 => Just(2)]
        .prop_flat_map(|n| prop::collection::vec(any::<u16>(), n));
    let trigger = prop_oneof![1 => 4..8_u8, 6 => 8..14_u8, 6 => 0..4_u8];
    let arrow = (trigger, targets, 0..8_u8, any::<bool>(), deeds())
        .prop_map(|(trigger, targets, guard, reenter, actions)| Arrow { trigger, targets, guard, reenter, actions });
    prop::collection::vec(arrow, 0..4)
}

fn seed(kind: Kind) -> impl Strategy<Value = Seed> {
    (arrows(), deeds(), deeds()).prop_map(move |(arrows, entry, exit)| Seed {
        kind,
        children: Vec::new(),
        arrows,
        entry,
        exit,
    })
}

/// A machine as JSON. Some are refused by the reader (a state of nothing but history, for one).
pub fn machine() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        6 => seed(Kind::Plain),
        1 => seed(Kind::Final),
        1 => seed(Kind::Shallow),
        1 => seed(Kind::Deep),
    ];
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        let kind = prop_oneof![2 => Just(Kind::Plain), 1 => Just(Kind::Parallel)];
        (kind, prop::collection::vec(inner, 1..4), arrows(), deeds(), deeds())
            .prop_map(|(kind, children, arrows, entry, exit)| Seed { kind, children, arrows, entry, exit })
    });
    (prop::collection::vec(tree, 1..4), any::<bool>(), arrows()).prop_map(|(children, parallel, arrows)| {
        let kind = if parallel && children.len() > 1 { Kind::Parallel } else { Kind::Plain };
        let root = Seed { kind, children, arrows, entry: Vec::new(), exit: Vec::new() };
        let mut next = 0;
        let count = count(&root);
        let mut machine = write(&root, &mut next, count);
        machine["context"] = json!([{ "name": "x", "expr": "0" }]);
        machine
    })
}

fn count(seed: &Seed) -> usize {
    1 + seed.children.iter().map(count).sum::<usize>()
}

fn write(seed: &Seed, next: &mut usize, count: usize) -> Json {
    let own = *next;
    *next += 1;
    let mut state = json!({ "id": format!("s{own}") });
    match seed.kind {
        Kind::Plain => {}
        Kind::Parallel => state["type"] = json!("parallel"),
        Kind::Final => state["type"] = json!("final"),
        Kind::Shallow | Kind::Deep => {
            let history = if matches!(seed.kind, Kind::Deep) { "deep" } else { "shallow" };
            return json!({ "id": format!("s{own}"), "type": "history", "history": history });
        }
    }
    let mut states = serde_json::Map::new();
    for child in &seed.children {
        let child = write(child, next, count);
        states.insert(child["id"].as_str().expect("it has an id").to_owned(), child);
    }
    if !states.is_empty() {
        state["states"] = Json::Object(states);
    }
    state["entry"] = seed.entry.iter().map(|deed| action(*deed, count)).collect();
    state["exit"] = seed.exit.iter().map(|deed| action(*deed, count)).collect();
    let (mut on, mut always, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for arrow in &seed.arrows {
        let mut written = self::arrow(arrow, count);
        match arrow.trigger {
            0..=6 => {
                written["event"] = json!(DESCRIPTORS[usize::from(arrow.trigger)]);
                on.push(written);
            }
            7 => always.push(written),
            8..=9 => after.push(written),
            other => {
                written["event"] = json!(format!("e{}", other % 4));
                on.push(written);
            }
        }
    }
    state["on"] = Json::Array(on);
    state["always"] = Json::Array(always);
    if !after.is_empty() {
        state["after"] = json!({ "10": after });
    }
    state
}

fn arrow(arrow: &Arrow, count: usize) -> Json {
    let id = |pick: u16| format!("#s{}", usize::from(pick) % count);
    let mut written = json!({
        "target": arrow.targets.iter().map(|&pick| id(pick)).collect::<Vec<_>>(),
        "reenter": arrow.reenter,
        "actions": arrow.actions.iter().map(|deed| action(*deed, count)).collect::<Vec<_>>(),
    });
    match arrow.guard {
        0 => written["guard"] = json!("x % 2 == 0"),
        1 => written["guard"] = json!(format!("In(\"s{}\")", arrow.trigger)),
        2 => written["guard"] = json!("illegal_expr()"),
        3 => written["guard"] = json!("x < 3"),
        _ => {}
    }
    written
}

fn action(Deed(kind, pick): Deed, count: usize) -> Json {
    let event = format!("e{}", pick % 4);
    match kind {
        0 => json!({ "type": "raise", "event": event }),
        1 => json!({ "type": "send", "event": event }),
        2 => json!({ "type": "send", "event": event, "delay": pick % 30, "id": "sent", "data": "x" }),
        3 => json!({ "type": "cancel", "id": "sent" }),
        4 => json!({ "type": "fail" }),
        5 => json!({ "type": "assign", "var": null, "expr": "1" }),
        6 => json!({ "type": "block", "actions": [{ "type": "fail" }] }),
        7 => {
            json!({ "type": "foreach", "array": "[1, 2]", "item": "x", "index": null, "actions": [{ "type": "log", "label": "item" }] })
        }
        8 => {
            let cond = format!("In(\"s{}\")", usize::from(pick) % count);
            json!({ "type": "if", "branches": [{ "cond": cond, "actions": [{ "type": "log", "label": "in" }] }] })
        }
        _ => json!({ "type": "assign", "var": "x", "expr": "x + 1" }),
    }
}

//! Leads edges through gutters between lanes and along two rails: long forward edges above, returns below.

use std::collections::BTreeMap;

use crate::chart::{Chart, Stage, StateIx, Transition, Trigger};
use crate::text::Text;

use super::Edge;
use super::boxes::{Plan, stage_of};

/// Room that one line takes beside another.
pub(super) const TRACK: u32 = 10;
const PORT: u32 = 7;

/// All transitions by source and target, in document order of their first transition.
pub(super) struct Links {
    all: Vec<Link>,
}

struct Link {
    from: StateIx,
    to: StateIx,
    transitions: Vec<usize>,
}

/// How a link runs, by lane numbers.
enum Way {
    /// Leaves and enters on the right, through the gutter of its own lane.
    Beside(usize),
    /// Leaves right, enters the next lane left.
    Next(usize),
    /// Leaves right, runs along the upper rail, enters left.
    Over(usize, usize),
    /// Leaves left, runs along the lower rail, enters right.
    Back(usize, usize),
}

/// Collects the links of a chart; transitions that stay where they are draw nothing.
pub(super) fn links(chart: &Chart) -> Links {
    let mut all: Vec<Link> = Vec::new();
    let mut known: BTreeMap<(StateIx, StateIx), usize> = BTreeMap::new();
    for (number, transition) in chart.transitions.iter().enumerate() {
        let Some(to) = transition.targets.first().copied() else { continue };
        if to == transition.source || transition.source == StateIx(0) {
            continue;
        }
        let place = *known.entry((transition.source, to)).or_insert_with(|| {
            all.push(Link { from: transition.source, to, transitions: Vec::new() });
            all.len() - 1
        });
        all[place].transitions.push(number);
    }
    Links { all }
}

impl Links {
    /// How many lines the upper rail carries.
    pub(super) fn forward_rail(&self, chart: &Chart, used: &[Stage]) -> u16 {
        count(self.all.iter().filter(|link| matches!(way(chart, used, link), Way::Over(..))))
    }

    /// How many lines run in the gutter left of lane `number`.
    pub(super) fn gutter(&self, chart: &Chart, used: &[Stage], number: usize) -> u16 {
        count(self.all.iter().filter(|link| match way(chart, used, link) {
            Way::Beside(lane) | Way::Next(lane) => lane + 1 == number,
            Way::Over(from, to) => from + 1 == number || to == number,
            Way::Back(from, to) => from == number || to + 1 == number,
        }))
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u16 {
    u16::try_from(items.count()).unwrap_or(u16::MAX)
}

fn way(chart: &Chart, used: &[Stage], link: &Link) -> Way {
    let lane = |state| used.iter().position(|one| *one == stage_of(chart, state)).unwrap_or(0);
    let (from, to) = (lane(link.from), lane(link.to));
    if from == to {
        Way::Beside(from)
    } else if to == from + 1 {
        Way::Next(from)
    } else if to > from {
        Way::Over(from, to)
    } else {
        Way::Back(from, to)
    }
}

/// Hands out x positions in gutters, y positions on rails and ports on the sides of boxes.
struct Tracks<'a> {
    plan: &'a Plan,
    gutters: Vec<u32>,
    over: u32,
    under: u32,
    ports: BTreeMap<(usize, bool), u32>,
}

impl Tracks<'_> {
    /// Next free x in the gutter left of lane `number`.
    fn gutter(&mut self, number: usize) -> u32 {
        let lanes = &self.plan.lanes;
        let start = match number.checked_sub(1).and_then(|before| lanes.get(before)) {
            Some(lane) => lane.x + lane.width,
            None => lanes.first().map_or(0, |lane| lane.x.saturating_sub(TRACK * (self.gutters[0] + 1))),
        };
        self.gutters[number] += 1;
        start + TRACK * self.gutters[number]
    }

    /// Next free y on a side of a box.
    fn port(&mut self, place: usize, right: bool) -> u32 {
        let state = &self.plan.boxes[place];
        let used = self.ports.entry((place, right)).or_insert(0);
        *used += 1;
        let room = state.h.saturating_sub(12).max(1);
        state.y + 8 + (PORT * (*used - 1) + 6) % room
    }
}

/// Leads all links; gives the edges and the height of the drawing.
pub(super) fn route(chart: &Chart, plan: &Plan, links: &Links) -> (Vec<Edge>, u32) {
    let used: Vec<Stage> = plan.lanes.iter().map(|lane| lane.stage).collect();
    let mut tracks = Tracks { plan, gutters: vec![0; plan.lanes.len() + 1], over: 0, under: 0, ports: BTreeMap::new() };
    let mut edges = Vec::new();
    for link in &links.all {
        let (Some((from, _)), Some((to, _))) = (plan.at[usize::from(link.from.0)], plan.at[usize::from(link.to.0)])
        else {
            continue;
        };
        let points = points(&mut tracks, &way(chart, &used, link), from, to);
        edges.push(edge(chart, link, points));
    }
    let height = plan.bottom + TRACK * (tracks.under + 2);
    (edges, height)
}

fn points(tracks: &mut Tracks<'_>, way: &Way, from: usize, to: usize) -> Vec<(u32, u32)> {
    let (source, target) = (&tracks.plan.boxes[from], &tracks.plan.boxes[to]);
    let (source_left, source_right) = (source.x, source.x + source.w);
    let (target_left, target_right) = (target.x, target.x + target.w);
    match *way {
        Way::Beside(lane) => {
            let (y1, y2, x) = (tracks.port(from, true), tracks.port(to, true), tracks.gutter(lane + 1));
            vec![(source_right, y1), (x, y1), (x, y2), (target_right, y2)]
        }
        Way::Next(lane) => {
            let (y1, y2, x) = (tracks.port(from, true), tracks.port(to, false), tracks.gutter(lane + 1));
            vec![(source_right, y1), (x, y1), (x, y2), (target_left, y2)]
        }
        Way::Over(lane, goal) => {
            let (y1, y2) = (tracks.port(from, true), tracks.port(to, false));
            let (x1, x2) = (tracks.gutter(lane + 1), tracks.gutter(goal));
            tracks.over += 1;
            let rail = tracks.plan.top.saturating_sub(TRACK * tracks.over);
            vec![(source_right, y1), (x1, y1), (x1, rail), (x2, rail), (x2, y2), (target_left, y2)]
        }
        Way::Back(lane, goal) => {
            let (y1, y2) = (tracks.port(from, false), tracks.port(to, true));
            let (x1, x2) = (tracks.gutter(lane), tracks.gutter(goal + 1));
            tracks.under += 1;
            let rail = tracks.plan.bottom + TRACK * tracks.under;
            vec![(source_left, y1), (x1, y1), (x1, rail), (x2, rail), (x2, y2), (target_right, y2)]
        }
    }
}

fn edge(chart: &Chart, link: &Link, points: Vec<(u32, u32)>) -> Edge {
    let transitions: Vec<&Transition> = link.transitions.iter().map(|number| &chart.transitions[*number]).collect();
    let mut labels: Vec<Text> = transitions.iter().filter_map(|transition| label(chart, transition)).collect();
    labels.dedup();
    Edge {
        transitions: transitions.iter().map(|transition| transition.id.clone()).collect(),
        from: chart.states[usize::from(link.from.0)].id.clone(),
        to: chart.states[usize::from(link.to.0)].id.clone(),
        points,
        labels,
        timed: transitions.iter().all(|transition| matches!(transition.trigger, Trigger::Clock(_))),
    }
}

fn label(chart: &Chart, transition: &Transition) -> Option<Text> {
    let plain = |text: String| Text { en: text.clone(), hi: text };
    match (&transition.act, &transition.trigger) {
        (Some(act), _) => Some(act.label.clone()),
        (None, Trigger::Events(events)) => Some(plain(events.join(", "))),
        (None, Trigger::Clock(clock)) => Some(chart.clocks[usize::from(clock.0)].timing.describe()),
        (None, Trigger::Always) => None,
    }
}

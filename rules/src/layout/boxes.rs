//! Places lanes and boxes.

use crate::chart::{Chart, Stage, State, StateIx, StateKind, Timing};

use super::edges::{Links, TRACK};
use super::{BoxKind, Lane, StateBox};

const LEAF_WIDTH: u32 = 208;
const LEAF_HEIGHT: u32 = 68;
const SMALL_HEIGHT: u32 = 32;
const HEAD: u32 = 34;
const PADDING: u32 = 12;
const GAP: u32 = 16;
const MARGIN: u32 = 24;
const LANE_HEAD: u32 = 40;

const STAGES: [Stage; 5] = [Stage::Intake, Stage::Verification, Stage::Assignment, Stage::Visit, Stage::Closure];

/// Placed lanes and boxes, and what the edges need to know of them.
pub(super) struct Plan {
    pub(super) width: u32,
    pub(super) lanes: Vec<Lane>,
    pub(super) boxes: Vec<StateBox>,
    /// Index into `boxes` and into `lanes` for each state; `None` for the root.
    pub(super) at: Vec<Option<(usize, usize)>>,
    /// Top of the topmost boxes, below the rail of long forward edges.
    pub(super) top: u32,
    /// Bottom of the lowest box.
    pub(super) bottom: u32,
}

struct Placing<'a> {
    chart: &'a Chart,
    boxes: Vec<StateBox>,
    at: Vec<Option<(usize, usize)>>,
}

pub(super) fn place(chart: &Chart, links: &Links) -> Plan {
    let blocks = blocks(chart);
    let used = stages(chart, &blocks);
    let top = LANE_HEAD + MARGIN + u32::from(links.forward_rail(chart, &used)) * TRACK;
    let mut placing = Placing { chart, boxes: Vec::new(), at: vec![None; chart.states.len()] };
    let mut lanes = Vec::new();
    let (mut x, mut bottom) = (MARGIN, top);
    for (number, stage) in used.iter().enumerate() {
        x += u32::from(links.gutter(chart, &used, number)) * TRACK + GAP;
        let members: Vec<StateIx> = blocks.iter().copied().filter(|state| stage_of(chart, *state) == *stage).collect();
        let width = members.iter().map(|state| placing.width(*state)).max().unwrap_or(LEAF_WIDTH);
        let mut y = top;
        for state in members {
            y = placing.put(state, (x, y), width, 0, number) + GAP;
        }
        bottom = bottom.max(y);
        lanes.push(Lane { stage: *stage, x, width });
        x += width + GAP;
    }
    let width = x + u32::from(links.gutter(chart, &used, used.len())) * TRACK + MARGIN;
    Plan { width, lanes, boxes: placing.boxes, at: placing.at, top, bottom }
}

/// What stands in the lanes by itself, in document order: each state whose whole content is of one stage, and, as a small
/// box of its own, each container whose content is spread over several.
fn blocks(chart: &Chart) -> Vec<StateIx> {
    let mut blocks = Vec::new();
    let mut waiting: Vec<StateIx> = chart.states.first().map(|root| root.children.clone()).unwrap_or_default();
    waiting.reverse();
    while let Some(state) = waiting.pop() {
        blocks.push(state);
        if is_spread(chart, state) {
            waiting.extend(chart.states[usize::from(state.0)].children.iter().rev());
        }
    }
    blocks
}

fn stages(chart: &Chart, blocks: &[StateIx]) -> Vec<Stage> {
    STAGES.into_iter().filter(|stage| blocks.iter().any(|block| stage_of(chart, *block) == *stage)).collect()
}

/// Whether something inside a state is of another stage than the state itself.
fn is_spread(chart: &Chart, state: StateIx) -> bool {
    let own = stage_of(chart, state);
    let mut waiting = chart.states[usize::from(state.0)].children.clone();
    while let Some(inner) = waiting.pop() {
        if stage_of(chart, inner) != own {
            return true;
        }
        waiting.extend(&chart.states[usize::from(inner.0)].children);
    }
    false
}

/// Stage of a state or of the nearest state around it.
pub(super) fn stage_of(chart: &Chart, state: StateIx) -> Stage {
    let mut next = Some(state);
    while let Some(state) = next.and_then(|ix| chart.states.get(usize::from(ix.0))) {
        if let Some(post) = &state.post {
            return post.stage;
        }
        next = state.parent;
    }
    Stage::Intake
}

impl Placing<'_> {
    fn state(&self, ix: StateIx) -> &State {
        &self.chart.states[usize::from(ix.0)]
    }

    /// States drawn inside the box of a state.
    fn inside(&self, ix: StateIx) -> Vec<StateIx> {
        if is_spread(self.chart, ix) { Vec::new() } else { self.state(ix).children.clone() }
    }

    fn width(&self, ix: StateIx) -> u32 {
        let children = self.inside(ix).into_iter().map(|child| self.width(child) + 2 * PADDING).max();
        children.unwrap_or(LEAF_WIDTH).max(LEAF_WIDTH)
    }

    /// Puts a state and all it contains; gives the y below it.
    fn put(&mut self, ix: StateIx, (x, y): (u32, u32), width: u32, depth: u32, lane: usize) -> u32 {
        let state = self.state(ix);
        let kind = kind(state);
        let children = self.inside(ix);
        let clock = shortest(state.clocks.iter().map(|clock| &self.chart.clocks[usize::from(clock.0)].timing));
        let post = state.post.as_deref();
        let owner = post.and_then(|post| post.owner.as_ref()).map(|seat| seat.role.clone());
        let place = self.boxes.len();
        self.boxes.push(StateBox {
            id: state.id.clone(),
            label: state.label(),
            owner,
            clock,
            kind,
            x,
            y,
            w: width,
            h: 0,
            depth,
        });
        self.at[usize::from(ix.0)] = Some((place, lane));
        let bottom = if children.is_empty() {
            y + if matches!(kind, BoxKind::Human | BoxKind::System) { LEAF_HEIGHT } else { SMALL_HEIGHT }
        } else {
            let mut next = y + HEAD;
            for child in children {
                next = self.put(child, (x + PADDING, next), width - 2 * PADDING, depth + 1, lane) + GAP;
            }
            next - GAP + PADDING
        };
        self.boxes[place].h = bottom - y;
        bottom
    }
}

/// The clock that runs out first after entering; times of day only where there is no other.
fn shortest<'c>(mut timings: impl Iterator<Item = &'c Timing> + Clone) -> Option<String> {
    let length = |timing: &'c Timing| match timing {
        Timing::Once(length) | Timing::Every(length) => Some((*length, timing)),
        Timing::At(_) => None,
    };
    let by_length = timings.clone().filter_map(length).min_by_key(|(length, _)| *length).map(|(_, timing)| timing);
    by_length.or_else(|| timings.next()).map(Timing::short)
}

fn kind(state: &State) -> BoxKind {
    let human = state.post.as_ref().is_some_and(|post| post.owner.is_some());
    match &state.kind {
        StateKind::Atomic if human => BoxKind::Human,
        StateKind::Atomic => BoxKind::System,
        StateKind::Compound { .. } => BoxKind::Group,
        StateKind::Parallel => BoxKind::Parallel,
        StateKind::Final { .. } => BoxKind::Final,
        StateKind::History { .. } => BoxKind::History,
    }
}

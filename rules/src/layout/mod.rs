//! Where a chart's states and transitions are drawn: one lane per stage, states in file order.
//!
//! Stable by construction: x depends on the stage, y on the order in the file, so adding one state moves only what
//! stands below it in its lane. The same geometry serves screen and print. Unit: CSS pixels, origin top left.

mod boxes;
mod edges;

use serde::Serialize;

use crate::chart::{Chart, Stage};
use crate::text::Text;

/// A drawn chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Geometry {
    /// Width of the whole drawing.
    pub width: u32,
    /// Height of the whole drawing.
    pub height: u32,
    /// Lanes from left to right; a stage without states has none.
    pub lanes: Vec<Lane>,
    /// States, containers before what they contain.
    pub boxes: Vec<StateBox>,
    /// Transitions between different states, in document order; those that share source and target are one.
    pub edges: Vec<Edge>,
}

/// The column of one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lane {
    /// The stage.
    pub stage: Stage,
    /// Left edge.
    pub x: u32,
    /// Width.
    pub width: u32,
}

/// What kind of box a state is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BoxKind {
    /// A state in which somebody acts.
    Human,
    /// A state that the system passes or waits in by itself.
    System,
    /// Contains other states.
    Group,
    /// Contains regions that are active together.
    Parallel,
    /// An end.
    Final,
    /// A history state.
    History,
}

/// One state as a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateBox {
    /// State id.
    pub id: String,
    /// Name on screens.
    pub label: Text,
    /// Role id of its own owner.
    pub owner: Option<String>,
    /// Its shortest clock, as a protocol writes lengths of time; times of day when it has no other.
    pub clock: Option<String>,
    /// How it is drawn.
    pub kind: BoxKind,
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub w: u32,
    /// Height.
    pub h: u32,
    /// How many boxes it stands in.
    pub depth: u32,
}

/// One transition, or several with the same source and target, as a line of horizontal and vertical pieces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// Stable ids of the transitions it stands for.
    pub transitions: Vec<String>,
    /// Source state, by id.
    pub from: String,
    /// Target state, by id.
    pub to: String,
    /// Corners from source to target.
    pub points: Vec<(u32, u32)>,
    /// What triggers it: label of the act, else the event, else the clock's length.
    pub labels: Vec<Text>,
    /// Whether only clocks trigger it.
    pub timed: bool,
}

/// Draws a chart. States outside any stage stand in the lane of intake.
#[must_use]
pub fn draw(chart: &Chart) -> Geometry {
    let links = edges::links(chart);
    let plan = boxes::place(chart, &links);
    let (edges, height) = edges::route(chart, &plan, &links);
    Geometry { width: plan.width, height, lanes: plan.lanes, boxes: plan.boxes, edges }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Initial, Post, State, StateIx, StateKind, Transition, TransitionIx, Trigger};

    fn chart(named: &[(&str, Stage)], links: &[(u16, u16)]) -> Chart {
        let state = |id: &str, parent, kind, post| State {
            id: id.to_owned(),
            parent,
            children: Vec::new(),
            kind,
            entry: Vec::new(),
            exit: Vec::new(),
            transitions: Vec::new(),
            clocks: Vec::new(),
            post,
            place: None,
        };
        let post = |stage| {
            Some(Box::new(Post {
                stage,
                label: Text::default(),
                help: Text::default(),
                owner: None,
                form: None,
                outcome: None,
            }))
        };
        let mut states = vec![state("root", None, StateKind::Compound { initial: Initial::default() }, None)];
        for (number, (id, stage)) in (1..).zip(named) {
            states[0].children.push(StateIx(number));
            states.push(state(id, Some(StateIx(0)), StateKind::Atomic, post(*stage)));
        }
        let mut chart = Chart { states, ..Chart::default() };
        for (number, (from, to)) in (0..).zip(links) {
            chart.states[usize::from(*from)].transitions.push(TransitionIx(number));
            chart.transitions.push(Transition {
                id: format!("t{number}"),
                source: StateIx(*from),
                trigger: Trigger::Events(vec!["go".to_owned()]),
                targets: vec![StateIx(*to)],
                internal: false,
                guard: None,
                actions: Vec::new(),
                act: None,
                place: None,
            });
        }
        chart
    }

    const FIVE: [(&str, Stage); 5] = [
        ("received", Stage::Intake),
        ("review", Stage::Verification),
        ("trace", Stage::Verification),
        ("assign", Stage::Assignment),
        ("closed", Stage::Closure),
    ];

    #[test]
    fn lanes_follow_stages_and_boxes_the_file() {
        let drawn = draw(&chart(&FIVE, &[(1, 2), (2, 3), (2, 4), (1, 5), (4, 1)]));
        assert_eq!(drawn.lanes.len(), 4);
        let by_id = |id: &str| drawn.boxes.iter().find(|state| state.id == id).expect("is drawn");
        assert!(by_id("received").x < by_id("review").x);
        assert_eq!(by_id("review").x, by_id("trace").x);
        assert!(by_id("review").y < by_id("trace").y);
        assert_eq!(drawn.edges.len(), 5);
    }

    #[test]
    fn edges_are_right_angled_and_touch_their_boxes() {
        let drawn = draw(&chart(&FIVE, &[(1, 2), (2, 3), (2, 4), (1, 5), (4, 1)]));
        for edge in &drawn.edges {
            for pair in edge.points.windows(2) {
                assert!(pair[0].0 == pair[1].0 || pair[0].1 == pair[1].1, "{edge:?}");
            }
            for (id, (x, y)) in [(&edge.from, edge.points[0]), (&edge.to, edge.points[edge.points.len() - 1])] {
                let state = drawn.boxes.iter().find(|state| state.id == **id).expect("is drawn");
                assert!(x == state.x || x == state.x + state.w, "{edge:?} leaves at {x}");
                assert!((state.y..=state.y + state.h).contains(&y), "{edge:?} leaves at {y}");
            }
            assert!(edge.points.iter().all(|(x, y)| *x <= drawn.width && *y <= drawn.height), "{edge:?}");
        }
    }

    #[test]
    fn what_a_container_spreads_over_stages_stands_in_their_lanes() {
        let mut spread = chart(&[("open", Stage::Intake), ("closed", Stage::Closure)], &[(1, 2)]);
        for (id, stage) in [("open.new", Stage::Intake), ("open.visit", Stage::Visit)] {
            let mut inner = spread.states[1].clone();
            inner.id = id.to_owned();
            inner.parent = Some(StateIx(1));
            inner.transitions.clear();
            inner.children.clear();
            inner.post.as_mut().expect("has a post").stage = stage;
            let place = u16::try_from(spread.states.len()).expect("few states");
            spread.states.push(inner);
            spread.states[1].children.push(StateIx(place));
        }
        let drawn = draw(&spread);
        let lanes: Vec<Stage> = drawn.lanes.iter().map(|lane| lane.stage).collect();
        assert_eq!(lanes, [Stage::Intake, Stage::Visit, Stage::Closure]);
        assert!(drawn.boxes.iter().all(|state| state.depth == 0), "nothing is drawn inside the container");
        assert_eq!(drawn.boxes.len(), 4);
    }

    #[test]
    fn one_more_state_moves_only_what_stands_below_it() {
        let before = draw(&chart(&FIVE, &[]));
        let mut more = FIVE.to_vec();
        more.insert(2, ("call", Stage::Verification));
        let after = draw(&chart(&more, &[]));
        for state in &before.boxes {
            let now = after.boxes.iter().find(|other| other.id == state.id).expect("is drawn");
            assert_eq!(now.x, state.x);
            assert_eq!(now.y == state.y, state.id != "trace", "{}", state.id);
        }
    }
}

//! A drawn chart, with what a case has done in it.

use niyam_rules::chart::Stage;
use niyam_rules::layout::{self, BoxKind, Edge, StateBox};
use niyam_rules::protocol::Protocol;
use niyam_rules::text::Text;
use serde::Serialize;
use utoipa::ToSchema;

use super::shape::TextShape;

/// A drawn chart. Unit: CSS pixels, origin top left.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Geometry)]
pub struct GeometryShape {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
    /// Columns, one per stage.
    pub lanes: Vec<LaneShape>,
    /// States, containers first.
    pub boxes: Vec<BoxShape>,
    /// Transitions between different states.
    pub edges: Vec<EdgeShape>,
}

/// The column of a stage.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lane)]
pub struct LaneShape {
    /// `intake`, `verification`, `assignment`, `visit`, `closure`.
    #[schema(value_type = String)]
    pub stage: Stage,
    /// Its name.
    pub label: TextShape,
    /// Left edge.
    pub x: u32,
    /// Width.
    pub width: u32,
}

/// A state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Box)]
pub struct BoxShape {
    /// State id.
    pub id: String,
    /// Name.
    pub label: TextShape,
    /// Role of its own owner.
    pub owner: Option<TextShape>,
    /// Its shortest clock: `10m`.
    pub clock: Option<String>,
    /// `human`, `system`, `group`, `parallel`, `final`, `history`.
    #[schema(value_type = String)]
    pub kind: BoxKind,
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width.
    pub w: u32,
    /// Height.
    pub h: u32,
    /// How many boxes it stands in.
    pub depth: u32,
    /// The case is here.
    pub active: bool,
    /// The case has been here.
    pub visited: bool,
}

/// A transition, or several that share source and target.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Edge)]
pub struct EdgeShape {
    /// Stable ids of the transitions, joined by a blank.
    pub id: String,
    /// Source state.
    pub from: String,
    /// Target state.
    pub to: String,
    /// Corners.
    pub points: Vec<(u32, u32)>,
    /// What triggers it.
    pub label: Option<TextShape>,
    /// Only clocks trigger it.
    pub timed: bool,
    /// The case has gone this way.
    pub taken: bool,
}

impl GeometryShape {
    /// Draws a protocol's chart with the states that are active, those that have been entered, and the transitions that
    /// have been taken, all by id.
    #[must_use]
    pub fn of(protocol: &Protocol, active: &[String], visited: &[String], taken: &[String]) -> Self {
        let drawn = layout::draw(&protocol.chart);
        Self {
            width: drawn.width,
            height: drawn.height,
            lanes: drawn
                .lanes
                .into_iter()
                .map(|lane| LaneShape {
                    stage: lane.stage,
                    label: stage_label(lane.stage).into(),
                    x: lane.x,
                    width: lane.width,
                })
                .collect(),
            boxes: drawn.boxes.into_iter().map(|state| state_box(protocol, state, active, visited)).collect(),
            edges: drawn.edges.into_iter().map(|one| edge(one, taken)).collect(),
        }
    }
}

fn state_box(protocol: &Protocol, state: StateBox, active: &[String], visited: &[String]) -> BoxShape {
    let owner = state.owner.as_ref().and_then(|role| protocol.roles.get(role)).map(|role| role.label.clone().into());
    BoxShape {
        active: active.contains(&state.id),
        visited: visited.contains(&state.id),
        id: state.id,
        label: state.label.into(),
        owner,
        clock: state.clock,
        kind: state.kind,
        x: state.x,
        y: state.y,
        w: state.w,
        h: state.h,
        depth: state.depth,
    }
}

fn edge(edge: Edge, taken: &[String]) -> EdgeShape {
    let join = |side: fn(&Text) -> &str| edge.labels.iter().map(side).collect::<Vec<_>>().join(" · ");
    let label = Text { en: join(|text| &text.en), hi: join(|text| &text.hi) };
    EdgeShape {
        taken: edge.transitions.iter().any(|transition| taken.contains(transition)),
        label: (!label.en.is_empty()).then(|| label.into()),
        id: edge.transitions.join(" "),
        from: edge.from,
        to: edge.to,
        points: edge.points,
        timed: edge.timed,
    }
}

/// Name of a stage on screens.
#[must_use]
pub fn stage_label(stage: Stage) -> Text {
    let (en, hi) = match stage {
        Stage::Intake => ("Intake", "प्राप्ति"),
        Stage::Verification => ("Verification", "सत्यापन"),
        Stage::Assignment => ("Assignment", "कार्य सौंपना"),
        Stage::Visit => ("Counselling visit", "परामर्श भेंट"),
        Stage::Closure => ("Closure", "समापन"),
    };
    Text { en: en.to_owned(), hi: hi.to_owned() }
}

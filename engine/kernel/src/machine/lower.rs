//! From the machine's tree to the flat chart.

use std::collections::BTreeMap;

use niyam_rules::chart::{
    Action, ActionKind, Chart, Clock, ClockIx, Delay, Initial, Scope, State, StateIx, StateKind, Timing, Transition,
    TransitionIx, Trigger,
};
use niyam_rules::duration::Duration;
use niyam_rules::expression::Expression;
use niyam_rules::text::Text;

use super::{Arrow, Begin, Deed, Depth, Kind, Node, Wait};
use crate::tree::{are_orthogonal, is_descendant};

/// Why a machine cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MachineError {
    /// Two states have the same id.
    #[error("two states have the id `{0}`")]
    SameId(String),
    /// A target or initial key names no state.
    #[error("`{target}` in the state `{state}` names no state")]
    NoTarget {
        /// The state.
        state: String,
        /// The name.
        target: String,
    },
    /// Where a state begins is not inside it, or cannot be active together.
    #[error("the state `{0}` begins outside itself or in states that exclude each other")]
    Begin(String),
    /// The parts of a state contradict its type.
    #[error("the state `{state}` cannot be {kind} here")]
    Kind {
        /// The state.
        state: String,
        /// The type.
        kind: &'static str,
    },
    /// An expression that cannot be read.
    #[error("the expression `{source_text}` in the state `{state}`: {reason}")]
    Expression {
        /// The state.
        state: String,
        /// The expression.
        source_text: String,
        /// What the parser says.
        reason: String,
    },
    /// A delay that is no number of milliseconds, or is longer than ten years.
    #[error("`{delay}` in the state `{state}` is no delay")]
    Delay {
        /// The state.
        state: String,
        /// The delay.
        delay: String,
    },
    /// More states, transitions or clocks than 65,535.
    #[error("the machine has more than 65535 {0}")]
    TooLarge(&'static str),
}

/// Compiles a machine.
///
/// Errors: [`MachineError`]. Targets of a transition that exclude each other are no error here: taking it is one.
pub fn to_chart(machine: &Node) -> Result<Chart, MachineError> {
    let mut reader = Reader { chart: Chart { scope: Scope::Variables, ..Chart::default() }, ids: BTreeMap::new() };
    let mut nodes = Vec::new();
    reader.place(machine, None, &mut nodes)?;
    for variable in &machine.context {
        let value = variable.expr.as_deref().map(|source| expression(&machine.id, source)).transpose()?;
        reader.chart.variables.push((variable.name.clone(), value));
    }
    for (place, node) in nodes.into_iter().enumerate() {
        reader.fill(StateIx(index(place, "states")?), node)?;
    }
    reader.check_beginnings()?;
    Ok(reader.chart)
}

struct Reader {
    chart: Chart,
    ids: BTreeMap<String, StateIx>,
}

fn index(place: usize, of: &'static str) -> Result<u16, MachineError> {
    u16::try_from(place).map_err(|_| MachineError::TooLarge(of))
}

fn expression(state: &str, source: &str) -> Result<Expression, MachineError> {
    Expression::compile(source, None).map_err(|reason| MachineError::Expression {
        state: state.to_owned(),
        source_text: source.to_owned(),
        reason,
    })
}

impl Reader {
    /// Gives each state its place, in document order.
    fn place<'n>(
        &mut self,
        node: &'n Node,
        parent: Option<StateIx>,
        nodes: &mut Vec<&'n Node>,
    ) -> Result<StateIx, MachineError> {
        let ix = StateIx(index(self.chart.states.len(), "states")?);
        if self.ids.insert(node.id.clone(), ix).is_some() {
            return Err(MachineError::SameId(node.id.clone()));
        }
        self.chart.states.push(State {
            id: node.id.clone(),
            parent,
            children: Vec::new(),
            kind: StateKind::Atomic,
            entry: Vec::new(),
            exit: Vec::new(),
            transitions: Vec::new(),
            clocks: Vec::new(),
            post: None,
            place: None,
        });
        nodes.push(node);
        for (_, child) in &node.states.0 {
            let child = self.place(child, Some(ix), nodes)?;
            self.chart.states[usize::from(ix.0)].children.push(child);
        }
        Ok(ix)
    }

    /// Fills in what a state holds, now that all targets are known.
    fn fill(&mut self, ix: StateIx, node: &Node) -> Result<(), MachineError> {
        let kind = self.kind(ix, node)?;
        let entry = deeds(&node.id, &node.entry)?;
        let exit = deeds(&node.id, &node.exit)?;
        let state = &mut self.chart.states[usize::from(ix.0)];
        state.kind = kind;
        state.entry.extend((!entry.is_empty()).then_some(entry));
        state.exit.extend((!exit.is_empty()).then_some(exit));
        for (descriptor, arrow) in &node.on.0 {
            let name = format!("{}/on/{descriptor}", node.id);
            let descriptors = vec![descriptor.clone()];
            self.arrow(ix, node, &name, Trigger::Events(descriptors), arrow)?;
        }
        for arrow in &node.always {
            self.arrow(ix, node, &format!("{}/always", node.id), Trigger::Always, arrow)?;
        }
        for (delay, arrows) in &node.after.0 {
            self.clock(ix, node, delay, arrows)?;
        }
        Ok(())
    }

    fn kind(&self, ix: StateIx, node: &Node) -> Result<StateKind, MachineError> {
        let wrong = |kind| MachineError::Kind { state: node.id.clone(), kind };
        let has_states = !self.chart.states[usize::from(ix.0)].children.is_empty();
        let kind = match node.kind {
            Some(kind) => kind,
            None if node.history.is_some() => Kind::History,
            None if has_states => Kind::Compound,
            None => Kind::Atomic,
        };
        match kind {
            Kind::Atomic | Kind::Final | Kind::History if has_states => {
                Err(wrong("atomic, final or history with states inside it"))
            }
            Kind::Final | Kind::History if ix.0 == 0 => Err(wrong("final or history, being the machine")),
            Kind::Compound | Kind::Parallel | Kind::Atomic if !has_states => Ok(StateKind::Atomic),
            Kind::Atomic | Kind::Compound => Ok(StateKind::Compound { initial: self.begin(node)? }),
            Kind::Parallel => Ok(StateKind::Parallel),
            Kind::Final => Ok(StateKind::Final {
                output: node.output.as_deref().map(|source| expression(&node.id, source)).transpose()?,
            }),
            Kind::History => Ok(StateKind::History {
                deep: node.history == Some(Depth::Deep),
                default: Initial {
                    targets: self.targets(node, &node.target)?,
                    actions: deeds(&node.id, &node.actions)?,
                },
            }),
        }
    }

    fn begin(&self, node: &Node) -> Result<Initial, MachineError> {
        let no_target = |target: &str| MachineError::NoTarget { state: node.id.clone(), target: target.to_owned() };
        match &node.initial {
            Some(Begin::Key(key)) => {
                let child = node.states.0.iter().find(|(name, _)| name == key).map(|(_, child)| child.id.as_str());
                let target = self.ids.get(child.unwrap_or(key)).copied().ok_or_else(|| no_target(key))?;
                Ok(Initial { targets: vec![target], actions: Vec::new() })
            }
            Some(Begin::Arrow(arrow)) if !arrow.target.is_empty() => {
                Ok(Initial { targets: self.targets(node, &arrow.target)?, actions: deeds(&node.id, &arrow.actions)? })
            }
            Some(Begin::Arrow(_)) | None => self.first_child(node),
        }
    }

    /// The first child that is no history state.
    fn first_child(&self, node: &Node) -> Result<Initial, MachineError> {
        let can_begin = |child: &Node| child.kind != Some(Kind::History) && child.history.is_none();
        let first = node.states.0.iter().find(|(_, child)| can_begin(child));
        let target = first.and_then(|(_, child)| self.ids.get(&child.id)).copied();
        let target = target.ok_or_else(|| MachineError::Begin(node.id.clone()))?;
        Ok(Initial { targets: vec![target], actions: Vec::new() })
    }

    fn targets(&self, node: &Node, targets: &[String]) -> Result<Vec<StateIx>, MachineError> {
        let find = |target: &String| {
            let id = target.strip_prefix('#').unwrap_or(target);
            self.ids
                .get(id)
                .copied()
                .ok_or_else(|| MachineError::NoTarget { state: node.id.clone(), target: target.clone() })
        };
        targets.iter().map(find).collect()
    }

    fn arrow(
        &mut self,
        ix: StateIx,
        node: &Node,
        name: &str,
        trigger: Trigger,
        arrow: &Arrow,
    ) -> Result<TransitionIx, MachineError> {
        let place = TransitionIx(index(self.chart.transitions.len(), "transitions")?);
        let state = &self.chart.states[usize::from(ix.0)];
        let same = state.transitions.iter().map(|ix| &self.chart.transitions[usize::from(ix.0)].id);
        let before = same
            .filter(|id| id.as_str() == name || id.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
            .count();
        let transition = Transition {
            id: if before == 0 { name.to_owned() } else { format!("{name}/{}", before + 1) },
            source: ix,
            trigger,
            targets: self.targets(node, &arrow.target)?,
            internal: arrow.reenter != Some(true),
            guard: arrow.guard.as_deref().map(|source| expression(&node.id, source)).transpose()?,
            actions: deeds(&node.id, &arrow.actions)?,
            act: None,
            place: None,
        };
        self.chart.transitions.push(transition);
        self.chart.states[usize::from(ix.0)].transitions.push(place);
        Ok(place)
    }

    fn clock(&mut self, ix: StateIx, node: &Node, delay: &str, arrows: &[Arrow]) -> Result<(), MachineError> {
        let wrong = || MachineError::Delay { state: node.id.clone(), delay: delay.to_owned() };
        let length = delay.parse().ok().and_then(Duration::from_ms).ok_or_else(wrong)?;
        let clock = ClockIx(index(self.chart.clocks.len(), "clocks")?);
        let name = format!("{}/after/{delay}", node.id);
        let arrows = arrows.iter().map(|arrow| self.arrow(ix, node, &name, Trigger::Clock(clock), arrow));
        let transitions = arrows.collect::<Result<_, _>>()?;
        self.chart.clocks.push(Clock {
            name: delay.to_owned(),
            state: ix,
            timing: Timing::Once(length),
            transitions,
            label: Text::default(),
            place: None,
        });
        self.chart.states[usize::from(ix.0)].clocks.push(clock);
        Ok(())
    }

    /// Gives history states without default their parent's beginning, and checks that states begin inside themselves.
    fn check_beginnings(&mut self) -> Result<(), MachineError> {
        for place in 0..self.chart.states.len() {
            let parent = self.chart.states[place].parent;
            let inherited =
                parent.map(|parent| &self.chart.states[usize::from(parent.0)].kind).and_then(|kind| match kind {
                    StateKind::Compound { initial } => Some(initial.clone()),
                    StateKind::Atomic | StateKind::Parallel | StateKind::Final { .. } | StateKind::History { .. } => {
                        None
                    }
                });
            let regions = parent.map(|parent| crate::tree::children(&self.chart, parent).collect::<Vec<_>>());
            if let StateKind::History { default, .. } = &mut self.chart.states[place].kind
                && default.targets.is_empty()
            {
                let whole = |targets| Initial { targets, actions: Vec::new() };
                *default = inherited.or_else(|| regions.map(whole)).unwrap_or_default();
            }
        }
        for (place, state) in self.chart.states.iter().enumerate() {
            let own = StateIx(index(place, "states")?);
            let (outer, targets) = match &state.kind {
                StateKind::Compound { initial } => (own, &initial.targets),
                StateKind::History { default, .. } => (state.parent.unwrap_or(own), &default.targets),
                StateKind::Atomic | StateKind::Parallel | StateKind::Final { .. } => continue,
            };
            let inside = targets.iter().all(|&target| target != own && is_descendant(&self.chart, target, outer));
            let fit = (1..targets.len())
                .all(|last| targets[..last].iter().all(|&one| are_orthogonal(&self.chart, one, targets[last])));
            if targets.is_empty() || !inside || !fit {
                return Err(MachineError::Begin(state.id.clone()));
            }
        }
        Ok(())
    }
}

fn deeds(state: &str, deeds: &[Deed]) -> Result<Vec<Action>, MachineError> {
    deeds.iter().map(|deed| Ok(Action { kind: deed_kind(state, deed)?, place: None })).collect()
}

fn deed_kind(state: &str, deed: &Deed) -> Result<ActionKind, MachineError> {
    let optional = |source: &Option<String>| source.as_deref().map(|source| expression(state, source)).transpose();
    Ok(match deed {
        Deed::Assign { var, expr } => ActionKind::Assign { name: var.clone(), value: expression(state, expr)? },
        Deed::Raise { event, data } => ActionKind::Raise { event: event.clone(), data: optional(data)? },
        Deed::Send { event, delay, id, data } => ActionKind::Send {
            event: event.clone(),
            delay: delay.as_ref().map(|wait| self::delay(state, wait)).transpose()?,
            id: id.clone(),
            data: optional(data)?,
        },
        Deed::Cancel { id } => ActionKind::Cancel { id: id.clone() },
        Deed::If { branches } => ActionKind::If {
            branches: branches
                .iter()
                .map(|branch| Ok((optional(&branch.cond)?, deeds(state, &branch.actions)?)))
                .collect::<Result<_, MachineError>>()?,
        },
        Deed::Foreach { array, item, index, actions } => ActionKind::Foreach {
            array: expression(state, array)?,
            item: item.clone(),
            index: index.clone(),
            actions: deeds(state, actions)?,
        },
        Deed::Block { actions } => ActionKind::Block(deeds(state, actions)?),
        Deed::Fail => ActionKind::Fail,
        Deed::Log { label } => ActionKind::Log(label.clone()),
    })
}

fn delay(state: &str, wait: &Wait) -> Result<Delay, MachineError> {
    match wait {
        Wait::Fixed(ms) => Duration::from_ms(*ms)
            .map(Delay::Fixed)
            .ok_or_else(|| MachineError::Delay { state: state.to_owned(), delay: ms.to_string() }),
        Wait::Computed(source) => Ok(Delay::Computed(expression(state, source)?)),
    }
}

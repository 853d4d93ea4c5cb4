//! What an expression says, without Rhai's details: the part of Rhai that a protocol may use.
//!
//! Everything that is no node here does not exist for a protocol: `lower` refuses it. The checker and the reading of
//! facts and states look at this tree only; Rhai evaluates its own.

/// A stretch of an expression's text. Unit: characters from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First character, from 0.
    pub start: u32,
    /// Behind the last character.
    pub end: u32,
}

/// A node with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// What it is.
    pub node: Node,
    /// Where it stands.
    pub span: Span,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// `()`.
    Unknown,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// `[a, b]`.
    List(Vec<Tree>),
    /// `#{ a: b }`.
    Map(Vec<(String, Tree)>),
    /// A name: `incident`, `event`, a name of `foreach` or a parameter.
    Name(String),
    /// `a.b`.
    Field(Box<Tree>, String),
    /// `a[b]`.
    Item(Box<Tree>, Box<Tree>),
    /// `f(a)` and `a.f()`, which is `f(a)`.
    Call {
        /// Name of the function.
        name: String,
        /// Where the name stands.
        name_span: Span,
        /// Arguments; the receiver of a method first.
        arguments: Vec<Tree>,
        /// Written as `a.f()`.
        method: bool,
    },
    /// `In("state")`.
    In(String),
    /// `!a`.
    Not(Box<Tree>),
    /// `-a`.
    Minus(Box<Tree>),
    /// Two operands.
    Binary(Operator, Box<Tree>, Box<Tree>),
    /// `a in b`: the item, the list.
    Within(Box<Tree>, Box<Tree>),
    /// `a && b && c`.
    All(Vec<Tree>),
    /// `a || b || c`.
    Any(Vec<Tree>),
    /// `a ?? b`: the first that is known.
    Else(Vec<Tree>),
    /// `if a { b } else { c }`.
    If(Box<Tree>, Box<Tree>, Option<Box<Tree>>),
    /// The body of a function or a branch.
    Block(Vec<Tree>),
    /// `let a = b` in a function.
    Let(String, Box<Tree>),
    /// `return a` in a function.
    Return(Option<Box<Tree>>),
}

/// An operator of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`
    Over,
    /// `%`
    Modulo,
    /// `**`
    Power,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Operator {
    /// From its sign.
    pub fn from_sign(sign: &str) -> Option<Self> {
        Some(match sign {
            "+" => Self::Plus,
            "-" => Self::Minus,
            "*" => Self::Times,
            "/" => Self::Over,
            "%" => Self::Modulo,
            "**" => Self::Power,
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// Its sign.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Over => "/",
            Self::Modulo => "%",
            Self::Power => "**",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether it asks which of two is greater.
    pub const fn is_ordering(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual)
    }

    /// Whether it asks whether two are the same.
    pub const fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}

impl Span {
    /// From the start of one to the end of another.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl Tree {
    /// The nodes directly below.
    pub fn children(&self) -> Vec<&Self> {
        match &self.node {
            Node::Unknown | Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::Name(_) | Node::In(_) => Vec::new(),
            Node::List(items) | Node::All(items) | Node::Any(items) | Node::Else(items) | Node::Block(items) => {
                items.iter().collect()
            }
            Node::Map(fields) => fields.iter().map(|(_, value)| value).collect(),
            Node::Call { arguments, .. } => arguments.iter().collect(),
            Node::Field(inner, _) | Node::Not(inner) | Node::Minus(inner) | Node::Let(_, inner) => {
                vec![inner]
            }
            Node::Item(left, right) | Node::Binary(_, left, right) | Node::Within(left, right) => {
                vec![left, right]
            }
            Node::If(test, then, otherwise) => {
                [Some(test), Some(then), otherwise.as_ref()].into_iter().flatten().map(|tree| &**tree).collect()
            }
            Node::Return(value) => value.iter().map(|tree| &**tree).collect(),
        }
    }

    /// Calls `visit` for this node and all below, from the outside inwards.
    pub fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        for child in self.children() {
            child.visit(visit);
        }
    }

    /// The names `a`, `b` of `a.b`, if it is just that. A constant index `a["b"]` counts the same.
    pub fn path(&self) -> Option<Vec<&str>> {
        match &self.node {
            Node::Name(name) => Some(vec![name]),
            Node::Field(inner, field) => {
                let mut path = inner.path()?;
                path.push(field);
                Some(path)
            }
            Node::Item(inner, index) => {
                let Node::Text(field) = &index.node else {
                    return None;
                };
                let mut path = inner.path()?;
                path.push(field);
                Some(path)
            }
            Node::Unknown
            | Node::Bool(_)
            | Node::Number(_)
            | Node::Text(_)
            | Node::List(_)
            | Node::Map(_)
            | Node::Call { .. }
            | Node::In(_)
            | Node::Not(_)
            | Node::Minus(_)
            | Node::Binary(..)
            | Node::Within(..)
            | Node::All(_)
            | Node::Any(_)
            | Node::Else(_)
            | Node::If(..)
            | Node::Block(_)
            | Node::Let(..)
            | Node::Return(_) => None,
        }
    }
}

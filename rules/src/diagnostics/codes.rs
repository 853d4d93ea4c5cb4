//! Every code a finding can have. A code never changes its meaning and is never used again for another.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Severity;
pub use super::pages::Page;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal $severity:ident,)+) => {
        /// Code of a finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// All codes, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// As it is written: `P0103`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// How bad a finding of this code is.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }

            /// What it is about, in one line.
            #[must_use]
            pub fn short(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

codes! {
    /// a file is no YAML
    Syntax = "P0101" Error,
    /// a key is written twice
    DuplicateKey = "P0102" Error,
    /// a key that the language does not have
    UnknownKey = "P0103" Error,
    /// a key that must be there is missing
    MissingKey = "P0104" Error,
    /// a value of another shape is needed: a text, a list, a map
    WrongShape = "P0105" Error,
    /// a value cannot be read: a length of time, a number, a word of the language
    Malformed = "P0106" Error,
    /// a file is too large, too deep or grows too much by aliases
    TooMuch = "P0107" Error,
    /// a file that has no business in a protocol, or one that is missing
    StrayFile = "P0108" Error,
    /// a name is not written as names are
    BadName = "P0109" Error,
    /// two things have the same id
    SameId = "P0110" Error,
    /// times of day that cannot be read
    BadSchedule = "P0111" Error,
    /// times of day that never come
    NeverComes = "P0112" Error,

    /// no fact of this name
    UnknownFact = "P0201" Error,
    /// no role of this name
    UnknownRole = "P0202" Error,
    /// no unit of this name
    UnknownUnit = "P0203" Error,
    /// no state of this name
    UnknownState = "P0204" Error,
    /// no form of this name
    UnknownForm = "P0205" Error,
    /// no table of this name
    UnknownTable = "P0206" Error,
    /// no message of this name
    UnknownMessage = "P0207" Error,
    /// an event that never comes
    UnknownEvent = "P0208" Error,
    /// no seal group of this name
    UnknownSeal = "P0209" Error,
    /// no act of this name
    UnknownAct = "P0210" Error,

    /// a state that no way leads to
    Unreachable = "P0301" Error,
    /// a state that no way leads out of
    NoWayOut = "P0302" Error,
    /// a transition that can never be chosen
    NeverChosen = "P0303" Error,
    /// somebody must act, but no clock runs
    NoClock = "P0304" Error,
    /// a state is not built as its type demands
    Misbuilt = "P0305" Error,
    /// two primary acts in one state
    TwoPrimary = "P0306" Error,
    /// a case ends without an outcome
    NoOutcome = "P0307" Error,
    /// an event that reports a failure has no place to go
    Unhandled = "P0308" Error,
    /// a state belongs to no stage
    NoStage = "P0309" Error,
    /// people are waited for, but nobody is responsible
    NoOwner = "P0310" Error,

    /// an expression cannot be read
    ExpressionSyntax = "P0401" Error,
    /// an expression has the wrong type
    ExpressionType = "P0402" Error,
    /// a constant is not of the fact's type
    ConstantType = "P0403" Error,
    /// a cell of a table cannot be read or does not fit its column
    BadCell = "P0404" Error,
    /// no row of a table answers for some input
    TableGap = "P0405" Error,
    /// rows of a table answer for the same input
    TableOverlap = "P0406" Error,
    /// a row of a table can never be chosen
    DeadRow = "P0407" Error,
    /// an expression may not mean what it says
    ExpressionDoubt = "P0408" Warning,
    /// what an event carries uses personal data
    SealedInEvent = "P0409" Error,

    /// a text is missing in one language
    MissingText = "P0501" Error,
    /// an act has no label
    NoActLabel = "P0502" Error,
    /// a message is missing in one language
    MissingMessage = "P0503" Error,
    /// a message uses personal data
    SealedInMessage = "P0504" Error,
    /// a message uses a variable that does not exist
    UnknownVariable = "P0505" Error,
    /// a message file cannot be read
    MessageSyntax = "P0506" Error,
    /// a choice has no labels
    NoChoiceLabel = "P0507" Warning,
    /// a message uses a variable in one language only
    VariableMissing = "P0508" Warning,

    /// an override overrides nothing
    OverridesNothing = "P0601" Error,
    /// an override says what the template says
    OverridesSame = "P0602" Warning,
    /// a removal removes nothing
    RemovesNothing = "P0603" Error,
    /// the template is not in the library
    UnknownTemplate = "P0604" Error,
    /// protocols extend each other in a circle
    ExtendsCycle = "P0605" Error,
    /// the template has errors itself
    BrokenTemplate = "P0606" Error,

    /// a protocol in force without the order that put it in force
    NoOrder = "P0701" Warning,
    /// the name in the file is not the folder's
    NameDiffers = "P0702" Error,
    /// a version of the language that this program does not know
    LanguageVersion = "P0703" Error,
}

impl Code {
    /// Its page of the reference.
    #[must_use]
    pub fn page(self) -> &'static Page {
        super::pages::find(self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

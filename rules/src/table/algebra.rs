//! Gaps, overlaps and rows that never count, found exactly.
//!
//! Each input is cut into classes of values that no row tells apart: the values of a choice, the intervals between the
//! numbers that cells mention, the texts they mention and anything else, and unknown. A table is then a finite one. Gaps
//! are searched by splitting on the input that most of the remaining rows test; a set of rows that was found to leave
//! nothing open is not searched again. The work is bounded; past the bound the finding says so.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::priority;
use super::space::{Rows, Space};
use crate::protocol::{FactDeclaration, HitPolicy, Table};
use crate::value::Value;

/// Most gaps that are reported for one table.
pub const MAX_GAPS: usize = 10;
/// Most sets of rows looked at in one search.
pub const MAX_WORK: usize = 200_000;
/// Most inputs of a table.
pub const MAX_INPUTS: usize = 64;

/// A value for each input of the table.
pub type Example = Vec<(String, Value)>;

/// Something wrong with a table as a whole. Rows are indices in document order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// No row matches this.
    Gap {
        /// One input that no row matches.
        example: Example,
    },
    /// Two rows match the same input where only one may.
    Overlap {
        /// The earlier row and the later.
        rows: [usize; 2],
        /// One input that both match.
        example: Example,
    },
    /// Two rows match the same input and say different things where they must agree.
    Disagreement {
        /// The earlier row and the later.
        rows: [usize; 2],
        /// One input that both match.
        example: Example,
    },
    /// A row that never counts.
    Unreachable {
        /// The row.
        row: usize,
        /// The rows that take all it would match; empty when nothing at all can match it.
        covered_by: Vec<usize>,
    },
    /// The table could not be searched to the end.
    TooLarge {
        /// What was searched for: `gaps`, `rows that never count`.
        sought: &'static str,
    },
}

/// All findings: gaps (not for `collect`), overlaps (`unique`), disagreements (`any`), rows that never count.
///
/// Of overlaps and disagreements the first is given for each row, of gaps at most [`MAX_GAPS`]. A table with an input
/// that is no fact gives none: that is a finding of its own elsewhere.
#[must_use]
pub fn findings(table: &Table, facts: &BTreeMap<String, FactDeclaration>) -> Vec<Finding> {
    let Some(space) = Space::new(table, facts) else { return Vec::new() };
    if table.inputs.len() > MAX_INPUTS {
        return vec![Finding::TooLarge { sought: "gaps" }];
    }
    let mut findings = Vec::new();
    if table.hit != HitPolicy::Collect {
        gaps(&space, &mut findings);
    }
    match table.hit {
        HitPolicy::Unique => {
            pairs(&space, |_, _| true, |rows, example| Finding::Overlap { rows, example }, &mut findings);
        }
        HitPolicy::Any => {
            let differ = |first: usize, second: usize| table.rows[first].then != table.rows[second].then;
            pairs(&space, differ, |rows, example| Finding::Disagreement { rows, example }, &mut findings);
        }
        HitPolicy::First | HitPolicy::Priority | HitPolicy::Collect => {}
    }
    unreachable(&space, table, facts, &mut findings);
    findings
}

fn gaps(space: &Space, findings: &mut Vec<Finding>) {
    let mut search =
        Search { space, within: None, covered: BTreeSet::new(), work: 0, most: MAX_GAPS, open: Vec::new() };
    let finished = search.run(space.all_rows());
    let open = std::mem::take(&mut search.open);
    findings.extend(open.iter().map(|classes| Finding::Gap { example: space.example(classes) }));
    if !finished {
        findings.push(Finding::TooLarge { sought: "gaps" });
    }
}

/// The first earlier row that each row shares an input with, among those that `matters` holds for.
fn pairs(
    space: &Space,
    matters: impl Fn(usize, usize) -> bool,
    finding: impl Fn([usize; 2], Example) -> Finding,
    findings: &mut Vec<Finding>,
) {
    for second in 0..space.row_count() {
        let first = (0..second).filter(|first| matters(*first, second));
        let shared = first.into_iter().find_map(|first| Some((first, space.shared(first, second)?)));
        if let Some((first, classes)) = shared {
            findings.push(finding([first, second], space.example(&classes)));
        }
    }
}

fn unreachable(space: &Space, table: &Table, facts: &BTreeMap<String, FactDeclaration>, findings: &mut Vec<Finding>) {
    for row in 0..space.row_count() {
        if space.is_impossible(row) {
            findings.push(Finding::Unreachable { row, covered_by: Vec::new() });
            continue;
        }
        let rank = |row: usize| priority(table, facts, &table.rows[row]);
        let stronger: Vec<usize> = match table.hit {
            HitPolicy::First => (0..row).collect(),
            HitPolicy::Priority => {
                let own = rank(row);
                (0..space.row_count()).filter(|other| (rank(*other), *other) < (own.clone(), row)).collect()
            }
            HitPolicy::Unique | HitPolicy::Any | HitPolicy::Collect => continue,
        };
        let stronger: Vec<usize> = stronger.into_iter().filter(|other| space.shared(*other, row).is_some()).collect();
        if stronger.is_empty() {
            continue;
        }
        let mut search =
            Search { space, within: Some(row), covered: BTreeSet::new(), work: 0, most: 1, open: Vec::new() };
        let finished = search.run(space.rows(&stronger));
        if search.open.is_empty() {
            findings.push(if finished {
                Finding::Unreachable { row, covered_by: stronger }
            } else {
                Finding::TooLarge { sought: "rows that never count" }
            });
        }
    }
}

/// A search for inputs that none of some rows matches.
struct Search<'a> {
    space: &'a Space,
    /// Only inputs that this row matches.
    within: Option<usize>,
    /// Sets of inputs not yet split and rows not yet ruled out that leave nothing open.
    covered: BTreeSet<(u64, Rows)>,
    work: usize,
    most: usize,
    /// For each open place the class of each input, `None` = any.
    open: Vec<Vec<Option<usize>>>,
}

impl Search<'_> {
    /// Whether the search came to an end or found as many as it wanted.
    fn run(&mut self, rows: Rows) -> bool {
        let inputs = self.space.inputs();
        let unsplit = if inputs == 64 { u64::MAX } else { (1 << inputs) - 1 };
        let mut classes = vec![None; inputs];
        if let Some(row) = self.within {
            for (input, class) in classes.iter_mut().enumerate() {
                *class = self.space.allowed(row, input).next();
            }
        }
        self.split(unsplit, rows, &mut classes);
        self.work < MAX_WORK
    }

    /// Returns whether everything is covered.
    fn split(&mut self, unsplit: u64, rows: Rows, classes: &mut Vec<Option<usize>>) -> bool {
        if rows.is_empty() {
            self.open.push(classes.clone());
            return false;
        }
        if self.covered.contains(&(unsplit, rows.clone())) {
            return true;
        }
        self.work += 1;
        if self.work >= MAX_WORK {
            return false;
        }
        let Some(input) = self.most_tested(unsplit, &rows) else { return true };
        let mut groups: BTreeMap<Rows, usize> = BTreeMap::new();
        for class in 0..self.space.class_count(input) {
            if self.within.is_none_or(|row| self.space.admits(row, input, class)) {
                groups.entry(rows.and(self.space.matching(input, class))).or_insert(class);
            }
        }
        let mut covered = true;
        let before = classes[input];
        for (rest, class) in groups {
            classes[input] = Some(class);
            covered &= self.split(unsplit & !(1 << input), rest, classes);
            if self.open.len() >= self.most || self.work >= MAX_WORK {
                break;
            }
        }
        classes[input] = before;
        if covered {
            self.covered.insert((unsplit, rows));
        }
        covered
    }

    /// The input that most rows still test; `None` when one of them tests nothing more and so takes all that is left.
    fn most_tested(&self, unsplit: u64, rows: &Rows) -> Option<usize> {
        let open: Vec<usize> = (0..self.space.inputs()).filter(|input| unsplit & (1 << input) != 0).collect();
        let mut tests = vec![0_usize; open.len()];
        for row in rows.iter() {
            let mut any = false;
            for (count, input) in tests.iter_mut().zip(&open) {
                if self.space.tests(row, *input, self.within) {
                    *count += 1;
                    any = true;
                }
            }
            if !any {
                return None;
            }
        }
        let best = tests.iter().enumerate().max_by_key(|(index, count)| (**count, std::cmp::Reverse(*index)))?;
        Some(open[best.0])
    }
}

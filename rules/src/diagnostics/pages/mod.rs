//! The pages of the reference: for each code what it means, a wrong and a right example.
//!
//! Examples are parts of a protocol; [`scaffold`](super::scaffold) says how they are made whole. A test compiles all.

mod charts;
mod names;
mod overlays;
mod reading;
mod texts;
mod types;

use super::Code;

/// What the reference says about a code.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// What it means and why it is a finding.
    pub means: &'static str,
    /// An example that has exactly this finding.
    pub wrong: &'static str,
    /// The same, mended.
    pub right: &'static str,
}

type Pages = &'static [(Code, Page)];

const FAMILIES: &[(&str, Pages)] = &[
    ("Reading", reading::PAGES),
    ("Names", names::PAGES),
    ("The chart", charts::PAGES),
    ("Types, expressions and tables", types::PAGES),
    ("Texts", texts::PAGES),
    ("Templates and overlays", overlays::PAGES),
];

const fn page(means: &'static str, wrong: &'static str, right: &'static str) -> Page {
    Page { means, wrong, right }
}

/// The families of codes, in the order of the reference.
pub(super) fn families() -> impl Iterator<Item = (&'static str, Pages)> {
    FAMILIES.iter().copied()
}

/// The page of a code.
pub(super) fn find(code: Code) -> &'static Page {
    let pages = FAMILIES.iter().flat_map(|(_, pages)| pages.iter());
    let mut of_code = pages.filter(|(of, _)| *of == code).map(|(_, page)| page);
    of_code.next().expect("a test looks up the page of every code")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::diagnostics::scaffold;

    fn codes(example: &str) -> BTreeSet<Code> {
        let (bundle, library) = scaffold::bundle(&expand(example));
        crate::compile(&bundle, &library).diagnostics.into_iter().map(|finding| finding.code).collect()
    }

    /// A file that is too deep would fill pages of the reference; there it is written with `…`.
    fn expand(example: &str) -> String {
        example.replace("[[[[…]]]]", &format!("{}{}", "[".repeat(80), "]".repeat(80)))
    }

    #[test]
    fn every_wrong_example_has_exactly_its_finding_and_every_right_one_none() {
        let mut bad = Vec::new();
        for code in Code::ALL {
            let page = code.page();
            let wrong = codes(page.wrong);
            if wrong != BTreeSet::from([*code]) {
                bad.push(format!("{code} wrong: {wrong:?}"));
            }
            let right = codes(page.right);
            if !right.is_empty() {
                bad.push(format!("{code} right: {right:?}"));
            }
        }
        assert!(bad.is_empty(), "{}", bad.join("\n"));
    }

    #[test]
    fn every_code_has_one_page_and_codes_stand_in_order() {
        let pages: Vec<Code> = families().flat_map(|(_, pages)| pages.iter().map(|(code, _)| *code)).collect();
        assert_eq!(pages, Code::ALL);
        assert!(Code::ALL.windows(2).all(|two| two[0].id() < two[1].id()));
    }
}

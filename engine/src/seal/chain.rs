//! The hash chain of a case: SHA-256 over what is stored, so that erasing a key leaves the chain whole.

use niyam_kernel::id::CaseId;
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use sha2::{Digest as _, Sha256};

/// One stored event, as the chain sees it.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// The case.
    pub case: CaseId,
    /// Number of the event.
    pub number: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// The plain part, exactly as stored.
    pub plain: &'a str,
    /// What the kernel made of it, exactly as stored.
    pub outcome: &'a str,
    /// Sealed parts by seal group, in the order of the groups' names.
    pub sealed: &'a [(String, Vec<u8>)],
}

/// What the first event of a case is linked to: the case and the version it runs on.
#[must_use]
pub fn genesis(case: CaseId, version: VersionDigest) -> [u8; 32] {
    hash(&[b"niyam/case/1", case.0.as_bytes(), &version.0])
}

/// The link that an event adds.
#[must_use]
pub fn link(previous: &[u8; 32], event: &Link<'_>) -> [u8; 32] {
    let number = event.number.to_be_bytes();
    let at = event.at.as_ms().to_be_bytes();
    let mut parts: Vec<&[u8]> = vec![
        b"niyam/event/1",
        previous,
        event.case.0.as_bytes(),
        &number,
        &at,
        event.plain.as_bytes(),
        event.outcome.as_bytes(),
    ];
    for (seal, sealed) in event.sealed {
        parts.push(seal.as_bytes());
        parts.push(sealed);
    }
    hash(&parts)
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut data = Vec::new();
    for part in parts {
        push_part(&mut data, part);
    }
    Sha256::digest(&data).into()
}

/// Appends a part with its length in front (8 bytes, big-endian), so that parts cannot run into each other.
pub fn push_part(data: &mut Vec<u8>, part: &[u8]) {
    data.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
    data.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts() {
        let sealed = [("person".to_owned(), vec![1, 2, 3])];
        let base = Link {
            case: CaseId(uuid::Uuid::from_u128(1)),
            number: 1,
            at: Timestamp::from_ms(5),
            plain: "{}",
            outcome: "[]",
            sealed: &sealed,
        };
        let previous = genesis(base.case, VersionDigest([0; 32]));
        let first = link(&previous, &base);
        let other = [("person".to_owned(), vec![1, 2, 4])];
        let changed = [
            Link { case: CaseId(uuid::Uuid::from_u128(2)), ..base },
            Link { number: 2, ..base },
            Link { at: Timestamp::from_ms(6), ..base },
            Link { plain: "{} ", ..base },
            Link { outcome: "[ ]", ..base },
            Link { sealed: &other, ..base },
            Link { sealed: &[], ..base },
        ];
        for event in &changed {
            assert_ne!(link(&previous, event), first, "{event:?}");
        }
        assert_ne!(link(&[0; 32], &base), first);
    }

    #[test]
    fn the_format_stays() {
        let event = Link {
            case: CaseId(uuid::Uuid::from_u128(1)),
            number: 1,
            at: Timestamp::from_ms(5),
            plain: "{}",
            outcome: "[]",
            sealed: &[("person".to_owned(), vec![1])],
        };
        let previous = genesis(event.case, VersionDigest([7; 32]));
        insta::assert_snapshot!(super::super::deployment::to_hex(&link(&previous, &event)));
    }
}

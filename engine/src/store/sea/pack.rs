//! Sealed parts of an event or a snapshot as they stand in one column.
//!
//! Each part is the length of its seal group's name (2 bytes, big-endian), the name, the length of the envelope (4 bytes,
//! big-endian), the envelope; one behind the other in the order of the names. No parts: the column is null.

use super::convert::At;
use crate::error::StoreError;

/// As it stands in the column.
pub fn pack(parts: &[(String, Vec<u8>)]) -> Option<Vec<u8>> {
    if parts.is_empty() {
        return None;
    }
    let length = parts.iter().map(|(seal, part)| 6 + seal.len() + part.len()).sum();
    let mut packed = Vec::with_capacity(length);
    for (seal, part) in parts {
        packed.extend_from_slice(&u16::try_from(seal.len()).expect("a seal group has a short name").to_be_bytes());
        packed.extend_from_slice(seal.as_bytes());
        packed.extend_from_slice(&u32::try_from(part.len()).expect("a sealed part is under 4 GiB").to_be_bytes());
        packed.extend_from_slice(part);
    }
    Some(packed)
}

/// Back to parts. Errors: [`StoreError::Corrupt`].
pub fn unpack(at: &At<'_>, packed: Option<&[u8]>) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let mut left = packed.unwrap_or_default();
    let mut parts = Vec::new();
    while !left.is_empty() {
        let part = next(&mut left).ok_or_else(|| at.corrupt("sealed", "is no list of sealed parts"))?;
        parts.push(part);
    }
    Ok(parts)
}

fn next(left: &mut &[u8]) -> Option<(String, Vec<u8>)> {
    let seal = usize::from(u16::from_be_bytes(*left.first_chunk()?));
    let seal = take(left, 2, seal)?;
    let part = usize::try_from(u32::from_be_bytes(*left.first_chunk()?)).ok()?;
    let part = take(left, 4, part)?;
    Some((String::from_utf8(seal.to_vec()).ok()?, part.to_vec()))
}

/// So many bytes behind a length of so many bytes.
fn take<'a>(left: &mut &'a [u8], behind: usize, length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = left.get(behind..)?.split_at_checked(length)?;
    *left = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back_as_they_were_and_torn_ones_are_found() {
        let at = At { table: "events", row: "1" };
        let parts = vec![("person".to_owned(), vec![1, 2, 3]), ("profile".to_owned(), Vec::new())];
        let packed = pack(&parts).expect("there are parts");
        assert_eq!(unpack(&at, Some(&packed)).expect("whole"), parts);
        assert_eq!(pack(&[]), None);
        assert!(unpack(&at, None).expect("nothing").is_empty());
        for torn in 1..packed.len() {
            let whole = unpack(&at, Some(&packed[..torn]));
            assert!(whole.is_err() || torn == packed.len() - 13, "{torn} bytes");
        }
    }
}

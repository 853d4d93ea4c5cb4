//! One sealed value: XChaCha20-Poly1305 with the place it belongs to as associated data.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::time::Entropy;

/// First byte of every envelope.
const FORMAT: u8 = 1;
/// Format byte, generation, nonce.
const HEADER: usize = 1 + 4 + 24;

/// Why an envelope cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Shorter than its header, or of another format.
    #[error("is no sealed value that this program knows")]
    Format,
    /// Another key, another place, or a changed byte.
    #[error("does not open: it was changed, moved, or sealed with another key")]
    Refused,
}

/// A 256-bit key. Never printed.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A new one.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// Its bytes, to wrap it.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals a text: format byte, generation of the key (big-endian), nonce, ciphertext with tag.
    #[must_use]
    pub fn seal(&self, generation: u32, plain: &[u8], place: &Place<'_>, entropy: &dyn Entropy) -> Vec<u8> {
        let mut nonce = [0; 24];
        entropy.fill(&mut nonce);
        let cipher = XChaCha20Poly1305::new(&self.0.into());
        let aad = place.associated_data();
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
            .expect("XChaCha20-Poly1305 takes any text shorter than 256 GiB");
        let mut envelope = Vec::with_capacity(HEADER + sealed.len());
        envelope.push(FORMAT);
        envelope.extend_from_slice(&generation.to_be_bytes());
        envelope.extend_from_slice(&nonce);
        envelope.extend_from_slice(&sealed);
        envelope
    }

    /// Opens what [`Key::seal`] made for the same place. Errors: [`SealError`].
    pub fn open(&self, envelope: &[u8], place: &Place<'_>) -> Result<Vec<u8>, SealError> {
        generation(envelope)?;
        let nonce: [u8; 24] = envelope[5..HEADER].try_into().map_err(|_| SealError::Format)?;
        let cipher = XChaCha20Poly1305::new(&self.0.into());
        let aad = place.associated_data();
        cipher
            .decrypt(&XNonce::from(nonce), Payload { msg: &envelope[HEADER..], aad: &aad })
            .map_err(|_| SealError::Refused)
    }
}

/// Generation of the key that an envelope was sealed with. Errors: [`SealError::Format`].
pub fn generation(envelope: &[u8]) -> Result<u32, SealError> {
    if envelope.len() < HEADER || envelope[0] != FORMAT {
        return Err(SealError::Format);
    }
    let bytes: [u8; 4] = envelope[1..5].try_into().map_err(|_| SealError::Format)?;
    Ok(u32::from_be_bytes(bytes))
}

/// Where a sealed value belongs. It opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// What kind of value: `event`, `snapshot`, `key`, `alert-key`, `alert`.
    pub kind: &'static str,
    /// Id of the case or alert.
    pub of: uuid::Uuid,
    /// Number of the event, or generation of the key; 0 where there is none.
    pub number: u64,
    /// Seal group, or part of the alert.
    pub part: &'a str,
}

impl Place<'_> {
    /// `niyam/seal/1`, kind, id, number, part; each with its length in front (8 bytes, big-endian).
    fn associated_data(&self) -> Vec<u8> {
        let mut data = Vec::new();
        for part in [
            b"niyam/seal/1".as_slice(),
            self.kind.as_bytes(),
            self.of.as_bytes(),
            &self.number.to_be_bytes(),
            self.part.as_bytes(),
        ] {
            super::chain::push_part(&mut data, part);
        }
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SeededEntropy;

    const PLACE: Place<'static> = Place { kind: "event", of: uuid::Uuid::from_u128(1), number: 7, part: "person" };

    #[test]
    fn opens_only_where_it_was_sealed() {
        let entropy = SeededEntropy::new(1);
        let key = Key::generate(&entropy);
        let sealed = key.seal(0, b"Kalpit", &PLACE, &entropy);
        assert_eq!(key.open(&sealed, &PLACE).as_deref(), Ok(b"Kalpit".as_slice()));
        let others = [
            Place { kind: "snapshot", ..PLACE },
            Place { of: uuid::Uuid::from_u128(2), ..PLACE },
            Place { number: 8, ..PLACE },
            Place { part: "profile", ..PLACE },
        ];
        for other in &others {
            assert_eq!(key.open(&sealed, other), Err(SealError::Refused), "{other:?}");
        }
        assert_eq!(Key::generate(&entropy).open(&sealed, &PLACE), Err(SealError::Refused));
    }

    #[test]
    fn a_changed_byte_is_refused() {
        let entropy = SeededEntropy::new(2);
        let key = Key::generate(&entropy);
        let sealed = key.seal(3, b"Namuna", &PLACE, &entropy);
        assert_eq!(generation(&sealed), Ok(3));
        for index in 5..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(key.open(&changed, &PLACE), Err(SealError::Refused), "byte {index}");
        }
        assert_eq!(key.open(&sealed[..20], &PLACE), Err(SealError::Format));
    }
}

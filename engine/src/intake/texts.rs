//! The readable parts of a mail and of the mails inside it.

use niyam_kernel::time::Timestamp;

use super::mime::{Leaf, Mail};
use super::reading::{Attachment, Part, Reading, Span};
use super::sha256_hex;

/// What a readable part is in its mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Body,
    /// The HTML beside a plain text that says the same.
    Twin,
    /// A text that came as an attachment.
    Attached,
}

/// A readable part and the mail it stands in.
pub(super) struct Text {
    pub part: usize,
    pub role: Role,
    /// 0 for the mail itself, deeper for mails inside.
    pub depth: usize,
    pub from: (Option<String>, Option<String>),
    pub from_span: Option<Span>,
    pub name_span: Option<Span>,
    pub date: Option<Timestamp>,
    pub zone_min: Option<i32>,
}

/// Lists the parts of a mail, the readable ones and the attachments.
pub(super) fn collect(mail: &Mail, depth: usize, reading: &mut Reading, texts: &mut Vec<Text>) {
    let index = reading.parts.len();
    let header = mail.header_text.as_bytes();
    reading.parts.push(Part {
        index,
        name: None,
        content_type: "message/rfc822-headers".to_owned(),
        bytes: header.len(),
        sha256: sha256_hex(header),
        text: Some(mail.header_text.clone()),
        range: mail.header_range,
        attachment: false,
    });
    let from_span = mail.from.0.as_deref().and_then(|address| {
        let start = mail.header_text.to_ascii_lowercase().find(address)?;
        Some(Span { part: index, start, end: start + address.len() })
    });
    let name_span = mail.from.1.as_deref().and_then(|name| {
        let start = mail.header_text.find(name)?;
        Some(Span { part: index, start, end: start + name.len() })
    });
    for (at, leaf) in mail.leaves.iter().enumerate() {
        let index = reading.parts.len();
        let is_html = leaf.content_type == "text/html"
            || leaf.content_type == "application/xhtml+xml"
            || leaf.name.as_deref().is_some_and(|name| name.to_lowercase().ends_with(".html"));
        let text = leaf.text.as_deref().map(|text| if is_html { super::html::to_text(text) } else { text.to_owned() });
        let has_text = text.as_deref().is_some_and(|text| !text.trim().is_empty());
        reading.parts.push(Part {
            index,
            name: leaf.name.clone(),
            content_type: leaf.content_type.clone(),
            bytes: leaf.bytes.len(),
            sha256: sha256_hex(&leaf.bytes),
            text,
            range: leaf.range,
            attachment: leaf.attachment,
        });
        if leaf.attachment {
            reading.attachments.push(Attachment {
                name: leaf.name.clone().unwrap_or_else(|| format!("part-{index}")),
                content_type: leaf.content_type.clone(),
                bytes: leaf.bytes.len(),
                sha256: sha256_hex(&leaf.bytes),
                part: index,
                read: false,
            });
        }
        if has_text {
            let role = role_of(mail, at, leaf, is_html);
            texts.push(Text {
                part: index,
                role,
                depth,
                from: mail.from.clone(),
                from_span,
                name_span,
                date: mail.date,
                zone_min: mail.zone_min,
            });
        }
        if let Some(inner) = &leaf.message {
            collect(inner, depth + 1, reading, texts);
        }
    }
}

fn role_of(mail: &Mail, at: usize, leaf: &Leaf, is_html: bool) -> Role {
    let plain_beside = |other: &Leaf| {
        other.alternative == leaf.alternative
            && other.alternative.is_some()
            && other.content_type == "text/plain"
            && other.text.as_deref().is_some_and(|text| text.trim().len() > 20)
    };
    if leaf.attachment {
        Role::Attached
    } else if is_html && mail.leaves[..at].iter().any(plain_beside) {
        Role::Twin
    } else {
        Role::Body
    }
}

//! Makes the pages of alerts.

use niyam_kernel::event::Actor;
use niyam_kernel::id::AlertId;

use super::alert::{AlertView, FieldView, FiledView, Header, PartView};
use super::build_case::readable_seals;
use super::case::SpanRef;
use super::words;
use crate::error::ViewError;
use crate::runtime::Runtime;
use crate::seal::deployment::to_hex;
use crate::store::AlertRow;
use crate::understood::Contents;

/// Filed alerts that are listed.
const FILED_SHOWN: u64 = 500;

impl Runtime {
    /// One alert as a reader may see it.
    pub async fn alert_view(&self, id: AlertId, reader: Option<&Actor>) -> Result<AlertView, ViewError> {
        let row = self.store.alert(id).await?.ok_or(ViewError::NoSuchAlert(id))?;
        let mut cases = Vec::new();
        for link in self.store.cases_of(id).await? {
            if let Some(case) = self.store.case(link.case).await? {
                cases.push((case.id, case.number));
            }
        }
        let contents = if self.may_read(id, reader).await? { self.contents(&row)? } else { None };
        if let (Some(actor), Some(_)) = (reader, &contents) {
            self.log_access(actor, cases.first().map(|(id, _)| *id), Some(id), vec!["alert".to_owned()]).await?;
        }
        Ok(view(id, &row, contents, cases))
    }

    /// Bytes of an alert and their media type.
    pub async fn original(&self, id: AlertId, reader: &Actor) -> Result<(String, Vec<u8>), ViewError> {
        let row = self.store.alert(id).await?.ok_or(ViewError::NoSuchAlert(id))?;
        if row.wrapped_key.is_none() {
            return Err(ViewError::Erased(id));
        }
        if !self.may_read(id, Some(reader)).await? {
            return Err(ViewError::Sealed(id));
        }
        let bytes = self.alert_bytes(&row).await?.ok_or(ViewError::Erased(id))?;
        let case = self.store.cases_of(id).await?.first().map(|link| link.case);
        self.log_access(reader, case, Some(id), vec!["original".to_owned()]).await?;
        Ok((row.content_type, bytes))
    }

    /// Whether a reader may open an alert now: all groups that facts of it fell into must be readable in all its cases.
    async fn may_read(&self, id: AlertId, reader: Option<&Actor>) -> Result<bool, ViewError> {
        if reader.is_none() {
            return Ok(false);
        }
        for link in self.store.cases_of(id).await? {
            let live = self.load(link.case).await?;
            let readable = readable_seals(&live, reader);
            if !link.seals.iter().all(|seal| readable.contains(seal)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What was filed. That somebody read the subject lines is noted once for the list. A row that cannot be opened is
    /// shown without its subject line.
    pub async fn filed_views(&self, reader: Option<&Actor>) -> Result<Vec<FiledView>, ViewError> {
        let rows = self.store.filed(FILED_SHOWN).await?;
        let mut opened = false;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let contents = if reader.is_some() { self.contents(&row) } else { Ok(None) };
            let contents = contents.unwrap_or_else(|error| {
                tracing::error!(alert.id = %row.id, %error, "a filed alert cannot be opened");
                None
            });
            opened |= contents.is_some();
            views.push(FiledView {
                alert: row.id,
                source: row.source,
                reason: row.reason.unwrap_or_else(|| words::text("not an alert", "सूचना नहीं है")),
                received_at: row.received_at,
                subject_line: contents.map(|contents| contents.subject_line).unwrap_or_default(),
            });
        }
        if let Some(actor) = reader.filter(|_| opened) {
            self.log_access(actor, None, None, vec!["filed".to_owned()]).await?;
        }
        Ok(views)
    }
}

fn view(
    id: AlertId,
    row: &AlertRow,
    contents: Option<Contents>,
    cases: Vec<(niyam_kernel::id::CaseId, String)>,
) -> AlertView {
    let readable = contents.is_some();
    let contents = contents.unwrap_or_default();
    AlertView {
        id,
        source: row.source.clone(),
        class: row.class.as_str().to_owned(),
        received_at: row.received_at,
        sha256: to_hex(&row.sha256),
        bytes: row.length,
        readable,
        headers: contents.headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
        parts: (0..)
            .zip(contents.parts)
            .map(|(index, part)| PartView {
                index,
                name: part.name,
                content_type: part.content_type,
                text: part.text,
                bytes: part.bytes,
                sha256: part.sha256,
            })
            .collect(),
        fields: contents
            .fields
            .into_iter()
            .map(|field| FieldView {
                field: field.field,
                value: field.value,
                spans: field
                    .spans
                    .into_iter()
                    .map(|(part, start, end)| SpanRef { alert: id, part, start, end })
                    .collect(),
            })
            .collect(),
        warnings: contents.warnings,
        cases,
        repeats: row.repeats,
    }
}

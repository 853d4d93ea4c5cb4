//! Many rows of one table in few statements.
//!
//! A statement holds as many rows as a power of two, at most [`ROWS`]: each table then has few texts, and the driver keeps
//! each one prepared.

use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr, Statement, Value};

/// Rows of the largest statement. With the widest table it binds under 3,000 values; SQLite takes 32,766, PostgreSQL 65,535.
const ROWS: usize = 128;

/// A table, and what is done to rows of it.
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    pub how: How,
}

/// What is done to rows.
pub enum How {
    /// They are new. One that is there already is a violation.
    Insert,
    /// They are written unless they are there.
    InsertNew,
    /// They are written, or these columns of what is there replaced.
    Replace { key: &'static str, columns: &'static [&'static str] },
    /// They go; the columns are their key.
    Delete,
    /// Changed as the first says, where the second holds. Values stand in `column1`, `column2` … of `given`; the first
    /// three are the key.
    Update(&'static str, &'static str),
}

/// Writes rows whose values stand one behind the other. Returns how many rows were touched.
pub async fn write(db: &DatabaseTransaction, table: &Table, values: Vec<Value>) -> Result<u64, DbErr> {
    let width = table.columns.len();
    debug_assert_eq!(values.len() % width, 0, "whole rows of `{}`", table.name);
    let backend = db.get_database_backend();
    let mut touched = 0;
    let mut left = values.len() / width;
    let mut values = values.into_iter().map(|value| fit(value, backend));
    while left > 0 {
        let rows = if left >= ROWS { ROWS } else { 1 << left.ilog2() };
        let statement = Statement {
            sql: sql(table, rows, backend),
            values: Some(sea_orm::Values(values.by_ref().take(rows * width).collect())),
            db_backend: backend,
        };
        touched += db.execute_raw(statement).await?.rows_affected();
        left -= rows;
    }
    Ok(touched)
}

/// A value as the database takes it: PostgreSQL has no texts with a zero character, which only a hostile message holds. What
/// is hashed or sealed is JSON, where it is escaped, or bytes.
fn fit(value: Value, backend: DbBackend) -> Value {
    match value {
        Value::String(Some(text)) if backend == DbBackend::Postgres && text.contains('\0') => {
            Value::String(Some(without_zero(&text)))
        }
        value => value,
    }
}

/// A text as every database takes it.
pub fn without_zero(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn sql(table: &Table, rows: usize, backend: DbBackend) -> String {
    let (name, columns) = (table.name, table.columns.join(","));
    let given = tuples(table.columns.len(), rows, backend);
    match &table.how {
        How::Insert => format!("INSERT INTO {name} ({columns}) VALUES {given}"),
        How::InsertNew => format!("INSERT INTO {name} ({columns}) VALUES {given} ON CONFLICT DO NOTHING"),
        How::Replace { key, columns: replaced } => {
            let set: Vec<String> = replaced.iter().map(|column| format!("{column}=excluded.{column}")).collect();
            let set = set.join(",");
            format!("INSERT INTO {name} ({columns}) VALUES {given} ON CONFLICT ({key}) DO UPDATE SET {set}")
        }
        How::Delete => format!("DELETE FROM {name} WHERE ({columns}) IN (VALUES {given})"),
        How::Update(set, holds) => {
            let on = on_key(table);
            format!("UPDATE {name} SET {set} FROM (VALUES {given}) AS given WHERE {on} AND {holds}")
        }
    }
}

fn on_key(table: &Table) -> String {
    let key: Vec<String> = table.columns[..3]
        .iter()
        .enumerate()
        .map(|(at, column)| format!("{}.{column} = given.column{}", table.name, at + 1))
        .collect();
    key.join(" AND ")
}

/// `(?,?),(?,?)`, on PostgreSQL `($1,$2),($3,$4)`. SQLite would look for each numbered place in a list of all of them.
fn tuples(width: usize, rows: usize, backend: DbBackend) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(rows * width * 4);
    for place in 0..rows * width {
        text.push_str(match (place, place % width) {
            (0, _) => "(",
            (_, 0) => "),(",
            _ => ",",
        });
        match backend {
            DbBackend::Postgres => write!(text, "${}", place + 1).expect("a text takes what is written to it"),
            _ => text.push('?'),
        }
    }
    text.push(')');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_are_told_the_same_in_their_own_way() {
        let table = Table { name: "t", columns: &["a", "b"], how: How::Delete };
        assert_eq!(sql(&table, 2, DbBackend::Sqlite), "DELETE FROM t WHERE (a,b) IN (VALUES (?,?),(?,?))");
        assert_eq!(sql(&table, 2, DbBackend::Postgres), "DELETE FROM t WHERE (a,b) IN (VALUES ($1,$2),($3,$4))");
        let table = Table { how: How::Replace { key: "a", columns: &["b"] }, ..table };
        assert_eq!(
            sql(&table, 1, DbBackend::Sqlite),
            "INSERT INTO t (a,b) VALUES (?,?) ON CONFLICT (a) DO UPDATE SET b=excluded.b"
        );
    }
}

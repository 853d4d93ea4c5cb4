//! All rows of a database, whatever database it is: for backup and restore.
//!
//! Tables and columns are asked of the database itself, so that a new one is never forgotten. Tables come in an order in which
//! each refers only to those before it.

use std::collections::{BTreeMap, BTreeSet};

use niyam_migrations::{Migrator, MigratorTrait as _};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, QueryResult, Statement,
    TransactionTrait as _, Value,
};

use super::fault::fault;
use super::{Location, SeaStore, connect};
use crate::error::{OpenError, StoreError};

/// Rows read at once.
const PAGE: u32 = 512;
/// Rows read at once of a table whose rows may have 40 MiB each.
const LARGE_PAGE: u32 = 2;
/// Such a table.
const LARGE: &str = "alerts";
/// Where the schema's own steps stand.
const STEPS: &str = "seaql_migrations";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    Flag,
    Text,
    Bytes,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Nothing,
    Number(i64),
    Flag(bool),
    Text(String),
    Bytes(Vec<u8>),
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    pub name: String,
    /// In the order of their names.
    pub columns: Vec<(String, Kind)>,
    /// Columns of the primary key.
    key: Vec<String>,
}

/// Takes rows.
pub trait Sink<E> {
    /// A table begins.
    fn table(&mut self, shape: &Shape) -> Result<(), E>;
    /// A row of it.
    fn row(&mut self, cells: &[Cell]) -> Result<(), E>;
    /// The table ends.
    fn end(&mut self) -> Result<(), E>;
}

impl SeaStore {
    /// Hands every row of the database to a sink, as it is at one moment, whatever is written meanwhile.
    pub async fn dump<E: From<StoreError>>(&self, sink: &mut (dyn Sink<E> + Send)) -> Result<(), E> {
        let db = self.snapshot("read everything").await?;
        dump(&db, sink).await?;
        Ok(db.commit().await.map_err(|error| fault("read everything", error))?)
    }
}

/// Hands every row that a transaction sees to a sink.
pub async fn dump<E: From<StoreError>>(db: &DatabaseTransaction, sink: &mut (dyn Sink<E> + Send)) -> Result<(), E> {
    for shape in shapes(db).await.map_err(|error| fault("read the schema", error))? {
        sink.table(&shape)?;
        let mut last: Option<Vec<Cell>> = None;
        loop {
            let rows = page(db, &shape, last.as_deref()).await.map_err(|error| fault("read everything", error))?;
            for cells in &rows {
                sink.row(cells)?;
            }
            let Some(row) = rows.into_iter().next_back() else { break };
            last = Some(row);
        }
        sink.end()?;
    }
    Ok(())
}

async fn page(db: &impl ConnectionTrait, shape: &Shape, last: Option<&[Cell]>) -> Result<Vec<Vec<Cell>>, DbErr> {
    let quoted = |names: &[String]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let names: Vec<String> = shape.columns.iter().map(|(name, _)| name.clone()).collect();
    let key = quoted(&shape.key);
    let mut values = Vec::new();
    let behind = last.map_or_else(String::new, |last| {
        for name in &shape.key {
            let at = names.iter().position(|column| column == name).expect("a key is made of columns");
            values.push(value(shape.columns[at].1, &last[at]));
        }
        let places: Vec<String> = (1..=values.len()).map(|place| format!("${place}")).collect();
        format!("WHERE ({key}) > ({})", places.join(", "))
    });
    let rows = if shape.name == LARGE { LARGE_PAGE } else { PAGE };
    let sql = format!("SELECT {} FROM \"{}\" {behind} ORDER BY {key} LIMIT {rows}", quoted(&names), shape.name);
    let found = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    found.iter().map(|row| shape.columns.iter().map(|(name, kind)| cell(row, name, *kind)).collect()).collect()
}

fn cell(row: &QueryResult, name: &str, kind: Kind) -> Result<Cell, DbErr> {
    Ok(match kind {
        Kind::Number => row.try_get::<Option<i64>>("", name)?.map_or(Cell::Nothing, Cell::Number),
        Kind::Flag => row.try_get::<Option<bool>>("", name)?.map_or(Cell::Nothing, Cell::Flag),
        Kind::Text => row.try_get::<Option<String>>("", name)?.map_or(Cell::Nothing, Cell::Text),
        Kind::Bytes => row.try_get::<Option<Vec<u8>>>("", name)?.map_or(Cell::Nothing, Cell::Bytes),
    })
}

fn value(kind: Kind, cell: &Cell) -> Value {
    match (kind, cell) {
        (Kind::Number, Cell::Number(number)) => (*number).into(),
        (Kind::Flag, Cell::Flag(flag)) => (*flag).into(),
        (Kind::Text, Cell::Text(text)) => text.clone().into(),
        (Kind::Bytes, Cell::Bytes(bytes)) => bytes.clone().into(),
        (Kind::Number, _) => None::<i64>.into(),
        (Kind::Flag, _) => None::<bool>.into(),
        (Kind::Text, _) => None::<String>.into(),
        (Kind::Bytes, _) => None::<Vec<u8>>.into(),
    }
}

/// All tables with their columns, each behind those it refers to.
pub async fn shapes(db: &impl ConnectionTrait) -> Result<Vec<Shape>, DbErr> {
    let names = texts(db, tables_sql(db), &[]).await?;
    let mut shapes = BTreeMap::new();
    let mut refers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for [name] in names {
        if name == STEPS {
            continue;
        }
        let shape = shape(db, &name).await?;
        let to = texts::<1>(db, refers_sql(db), std::slice::from_ref(&name)).await?;
        refers.insert(name.clone(), to.into_iter().map(|[to]| to).filter(|to| *to != name).collect());
        shapes.insert(name, shape);
    }
    let mut ordered = Vec::new();
    while !shapes.is_empty() {
        let free = shapes.keys().find(|name| refers[*name].iter().all(|to| !shapes.contains_key(to))).cloned();
        let name = free.ok_or_else(|| DbErr::Custom("tables refer to one another in a circle".to_owned()))?;
        ordered.extend(shapes.remove(&name));
    }
    Ok(ordered)
}

async fn shape(db: &impl ConnectionTrait, table: &str) -> Result<Shape, DbErr> {
    let mut shape = Shape { name: table.to_owned(), columns: Vec::new(), key: Vec::new() };
    for [name, kind] in texts(db, columns_sql(db), &[table.to_owned()]).await? {
        let kind = match kind.to_lowercase().as_str() {
            "bigint" | "integer" | "int8" => Kind::Number,
            "boolean" | "bool" => Kind::Flag,
            "text" | "character varying" | "varchar" => Kind::Text,
            "blob" | "bytea" => Kind::Bytes,
            other => return Err(DbErr::Custom(format!("column `{name}` of `{table}` has the unknown type `{other}`"))),
        };
        shape.columns.push((name, kind));
    }
    shape.key = texts::<1>(db, key_sql(db), &[table.to_owned()]).await?.into_iter().map(|[name]| name).collect();
    Ok(shape)
}

/// Rows of a statement whose columns `a` (and `b`) are texts.
async fn texts<const N: usize>(
    db: &impl ConnectionTrait,
    sql: &'static str,
    values: &[String],
) -> Result<Vec<[String; N]>, DbErr> {
    let values: Vec<Value> = values.iter().map(|value| value.clone().into()).collect();
    let rows = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    rows.iter()
        .map(|row| {
            let mut found = Vec::with_capacity(N);
            for name in ["a", "b"].into_iter().take(N) {
                found.push(row.try_get::<String>("", name)?);
            }
            Ok(found.try_into().expect("as many as were asked for"))
        })
        .collect()
}

fn tables_sql(db: &impl ConnectionTrait) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT name AS a FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        }
        _ => {
            "SELECT table_name::text AS a FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name"
        }
    }
}

fn columns_sql(db: &impl ConnectionTrait) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Sqlite => "SELECT name AS a, type AS b FROM pragma_table_info($1) ORDER BY name",
        _ => {
            "SELECT column_name::text AS a, data_type::text AS b FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY column_name COLLATE \"C\""
        }
    }
}

fn key_sql(db: &impl ConnectionTrait) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Sqlite => "SELECT name AS a FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk",
        _ => {
            "SELECT k.column_name::text AS a FROM information_schema.table_constraints c \
             JOIN information_schema.key_column_usage k ON k.constraint_schema = c.constraint_schema \
             AND k.constraint_name = c.constraint_name AND k.table_name = c.table_name \
             WHERE c.table_schema = current_schema() AND c.table_name = $1 AND c.constraint_type = 'PRIMARY KEY' \
             ORDER BY k.ordinal_position"
        }
    }
}

fn refers_sql(db: &impl ConnectionTrait) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Sqlite => "SELECT DISTINCT \"table\" AS a FROM pragma_foreign_key_list($1)",
        _ => {
            "SELECT DISTINCT r.relname::text AS a FROM pg_constraint c \
             JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid \
             JOIN pg_namespace n ON n.oid = t.relnamespace \
             WHERE c.contype = 'f' AND n.nspname = current_schema() AND t.relname = $1"
        }
    }
}

/// Writes rows of one table after the other.
pub struct Filler {
    shape: Shape,
    sql: String,
}

impl Filler {
    /// For a table with exactly these columns. Errors: in words.
    pub async fn new(db: &impl ConnectionTrait, table: &str, columns: &[String]) -> Result<Self, String> {
        let shapes = shapes(db).await.map_err(|error| error.to_string())?;
        let shape = shapes.into_iter().find(|shape| shape.name == table);
        let shape = shape.ok_or_else(|| format!("there is no table `{table}`"))?;
        if !shape.columns.iter().map(|(name, _)| name).eq(columns) {
            return Err(format!("the table `{table}` has other columns"));
        }
        let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
        let sql = format!("INSERT INTO \"{table}\" ({}) VALUES ({})", names.join(", "), places.join(", "));
        Ok(Self { shape, sql })
    }

    /// The columns, in the order in which rows bring them.
    pub fn columns(&self) -> &[(String, Kind)] {
        &self.shape.columns
    }

    /// Writes a row.
    pub async fn row(&self, db: &impl ConnectionTrait, cells: &[Cell]) -> Result<(), StoreError> {
        let values: Vec<Value> =
            self.shape.columns.iter().zip(cells).map(|((_, kind), cell)| value(*kind, cell)).collect();
        let statement = Statement::from_sql_and_values(db.get_database_backend(), &self.sql, values);
        db.execute_raw(statement).await.map_err(|error| fault("restore a row", error)).map(drop)
    }
}

impl SeaStore {
    /// How many rows there are.
    pub async fn row_count(&self) -> Result<u64, StoreError> {
        let doing = |error| fault("count all rows", error);
        let mut rows = 0;
        let read = self.read().await?;
        for shape in shapes(&read).await.map_err(doing)? {
            let sql = format!("SELECT count(*) AS n FROM \"{}\"", shape.name);
            let statement = Statement::from_string(read.get_database_backend(), sql);
            let row = read.query_one_raw(statement).await.map_err(doing)?;
            let count = row.map(|row| row.try_get::<i64>("", "n")).transpose().map_err(doing)?;
            rows += u64::try_from(count.unwrap_or(0)).unwrap_or(0);
        }
        Ok(rows)
    }
}

/// A new database that is being filled. On PostgreSQL all of it is one transaction; a file is of no use before it has its
/// name.
pub struct Loading {
    location: Location,
    connection: DatabaseConnection,
    /// There until it ends.
    db: Option<DatabaseTransaction>,
}

/// Why a database cannot be filled.
pub enum NotLoading {
    /// There is something in it.
    NotEmpty,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for NotLoading {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Loading {
    /// Makes a database with the schema of the first steps. Errors: also when they are not the first that this program knows.
    pub async fn begin(location: Location, schema: &[String]) -> Result<Self, NotLoading> {
        let doing = |error| fault("make the schema", error);
        if !niyam_migrations::known().starts_with(schema) {
            let reason = "the steps of its schema are not those of this program".to_owned();
            return Err(StoreError::Database { doing: "make the schema", reason }.into());
        }
        let connection = connect(&location, 1, None).await?;
        if !texts::<1>(&connection, tables_sql(&connection), &[]).await.map_err(doing)?.is_empty() {
            connection.close().await.map_err(doing)?;
            return Err(NotLoading::NotEmpty);
        }
        let steps = Some(u32::try_from(schema.len()).unwrap_or(u32::MAX));
        let db = if matches!(location, Location::Postgres(_)) {
            let db = connection.begin().await.map_err(doing)?;
            Migrator::up(&db, steps).await.map_err(doing)?;
            db
        } else {
            Migrator::up(&connection, steps).await.map_err(doing)?;
            connection.begin().await.map_err(doing)?
        };
        Ok(Self { location, connection, db: Some(db) })
    }

    /// Where rows are written and read.
    pub fn db(&self) -> Result<&DatabaseTransaction, StoreError> {
        let ended = || StoreError::Unavailable { reason: "the transaction has ended".to_owned() };
        self.db.as_ref().ok_or_else(ended)
    }

    /// Lets a file keep what was written so far, so that the log beside it does not grow as large as itself.
    pub async fn pause(&mut self) -> Result<(), StoreError> {
        let doing = |error| fault("restore rows", error);
        if !matches!(self.location, Location::Postgres(_)) {
            // the one connection is free for the next only when this one has ended
            let Some(db) = self.db.take() else { return Ok(()) };
            db.commit().await.map_err(doing)?;
            self.db = Some(self.connection.begin().await.map_err(doing)?);
        }
        Ok(())
    }

    /// Brings the schema up to date and makes everything durable.
    pub async fn finish(self) -> Result<SeaStore, OpenError> {
        let doing = |error| fault("finish the database", error);
        let is_file = !matches!(self.location, Location::Postgres(_));
        if let Some(db) = self.db {
            if !is_file {
                Migrator::up(&db, None).await.map_err(doing)?;
            }
            db.commit().await.map_err(doing)?;
        }
        if is_file {
            Migrator::up(&self.connection, None).await.map_err(doing)?;
        }
        self.connection.close().await.map_err(doing)?;
        SeaStore::open_beside(&self.location).await
    }

    /// Takes back what can be, and closes.
    pub async fn give_up(self) {
        // a file is removed, and a server takes back what was not committed, whether or not this works
        if let Some(db) = self.db {
            let _ = db.rollback().await;
        }
        let _ = self.connection.close().await;
    }
}

//! The schema of Niyam's database, step by step, for SQLite and PostgreSQL.
//!
//! Purpose: [`Migrator`] makes or upgrades the schema. Invariants: a step that has shipped is never changed; every step
//! has a name that sorts behind those before it; old code runs on the new schema (add, move, then drop, in separate
//! releases). Texts that are hashed or sealed are `text` and `blob` columns, never JSON types, since a database may
//! rewrite those.
//!
//! Where a new thing goes: a new step is a new module here, at the end of [`Migrator::migrations`].

use sea_orm_migration::prelude::*;

mod column;
mod m0001_alerts;
mod m0002_cases;
mod m0003_events;
mod m0004_seals;
mod m0005_work;
mod m0006_told;
mod m0007_alerts_again;
mod m0008_lean_rows;
mod m0012_schedules;
mod m0013_board;

/// All steps in order.
#[derive(Clone, Copy, Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_alerts::Migration),
            Box::new(m0002_cases::Migration),
            Box::new(m0003_events::Migration),
            Box::new(m0004_seals::Migration),
            Box::new(m0005_work::Migration),
            Box::new(m0006_told::Migration),
            Box::new(m0007_alerts_again::Migration),
            Box::new(m0008_lean_rows::Migration),
            Box::new(m0012_schedules::Migration),
            Box::new(m0013_board::Migration),
        ]
    }
}

/// Names of all steps this program knows, in order.
#[must_use]
pub fn known() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

pub use sea_orm_migration::MigratorTrait;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_sort_in_the_order_they_run() {
        let names = known();
        let mut sorted = names.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(names, sorted);
    }
}

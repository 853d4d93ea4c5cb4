//! What came in.

pub mod alerts {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "alerts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub channel: String,
        pub content_type: String,
        pub received_at: i64,
        pub sha256: Vec<u8>,
        pub length: i64,
        pub drill: bool,
        pub class: String,
        pub source: String,
        pub reason: Option<String>,
        pub wrapped_key: Option<Vec<u8>>,
        pub sealed_bytes: Vec<u8>,
        pub sealed_reading: Option<Vec<u8>>,
        pub repeats: i64,
        pub repeated_at: Option<i64>,
        pub attempts: i64,
        pub next_at: Option<i64>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

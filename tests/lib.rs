//! Tests that span packages: `workspace`, `conformance`, `store`, `browser`; measurements stand in `bench`.

pub mod postgres;

//! Tests that span packages: `workspace`, `conformance`, `e2e`, `browser`.

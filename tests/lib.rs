//! Tests that span packages: `workspace`, `conformance`, `browser`; measurements stand in `bench`.

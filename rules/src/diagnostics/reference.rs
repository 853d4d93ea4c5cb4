//! The reference of all codes, made from the registry.

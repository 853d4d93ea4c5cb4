//! Event descriptors: `foo`, `foo.*`, `*`.

/// Whether a descriptor matches an event name: it is `*`, the name itself, or a prefix of it by whole tokens.
///
/// A trailing `.*` (or `.`) says the same as none, as in W3C SCXML 3.12.1: `foo` and `foo.*` both match `foo` and `foo.bar`,
/// neither matches `fool`. One exception: `done.state.<id>` without a `*` means that state alone. Ids of a protocol are
/// dotted paths, and `done.state.visit` must not take the end of one region, `done.state.visit.person`, for the whole.
#[must_use]
pub fn matches(descriptor: &str, name: &str) -> bool {
    if descriptor == "*" {
        return true;
    }
    if descriptor.starts_with("done.state.") && !descriptor.ends_with('*') {
        return descriptor == name;
    }
    let prefix = descriptor.strip_suffix(".*").or_else(|| descriptor.strip_suffix('.')).unwrap_or(descriptor);
    name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn matches_by_whole_tokens() {
        for (descriptor, name) in [
            ("*", "a.b"),
            ("foo", "foo"),
            ("foo", "foo.bar"),
            ("foo.*", "foo"),
            ("foo.*", "foo.bar.baz"),
            ("foo.", "foo.x"),
            ("done.state", "done.state.visit"),
            ("done.state.visit", "done.state.visit"),
            ("done.state.visit.*", "done.state.visit.person"),
        ] {
            assert!(matches(descriptor, name), "{descriptor} {name}");
        }
        for (descriptor, name) in [
            ("foo", "fool"),
            ("foo.*", "fool"),
            ("foo.bar", "foo"),
            ("foo.bar.*", "foo.barn"),
            ("fo", "foo"),
            ("done.state.visit", "done.state.visit.person"),
        ] {
            assert!(!matches(descriptor, name), "{descriptor} {name}");
        }
    }
}

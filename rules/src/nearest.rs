//! The name somebody probably meant.

/// The candidate nearest to a misspelt name, if one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let wanted = plain(name);
    let most = (wanted.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = strsim::damerau_levenshtein(&wanted, &plain(candidate));
        let nearer = best.is_none_or(|(nearest, _)| distance < nearest);
        if distance <= most && nearer {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_is_near_and_nothing_else() {
        let names = ["level", "minor", "post_text"];
        assert_eq!(nearest("levle", names), Some("level"));
        assert_eq!(nearest("post-text", names), Some("post_text"));
        assert_eq!(nearest("Minor", names), Some("minor"));
        assert_eq!(nearest("platform", names), None);
    }
}

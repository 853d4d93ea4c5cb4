//! A table whose changes can be taken back.

use std::collections::BTreeMap;

/// Rows by key, in order, with what they were before the changes that still can be taken back.
#[derive(Debug)]
pub struct Table<K, V> {
    rows: BTreeMap<K, V>,
    before: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), before: Vec::new() }
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    /// The rows, to read.
    pub const fn rows(&self) -> &BTreeMap<K, V> {
        &self.rows
    }

    /// One row.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)
    }

    /// Whether there is a row.
    pub fn has(&self, key: &K) -> bool {
        self.rows.contains_key(key)
    }

    /// Writes a row, whether or not there is one with its key.
    pub fn put(&mut self, key: K, row: V) {
        let old = self.rows.insert(key.clone(), row);
        self.before.push((key, old));
    }

    /// Writes a row; `false`, and nothing, when there is one with its key.
    pub fn add(&mut self, key: K, row: V) -> bool {
        let is_new = !self.has(&key);
        if is_new {
            self.put(key, row);
        }
        is_new
    }

    /// Changes a row; `false` when there is none.
    pub fn change(&mut self, key: &K, change: impl FnOnce(&mut V)) -> bool {
        let Some(row) = self.rows.get_mut(key) else { return false };
        self.before.push((key.clone(), Some(row.clone())));
        change(row);
        true
    }

    /// Deletes a row and gives it back.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let old = self.rows.remove(key)?;
        self.before.push((key.clone(), Some(old.clone())));
        Some(old)
    }

    /// Deletes every row that does not hold.
    pub fn retain(&mut self, keep: impl Fn(&K, &V) -> bool) {
        let gone: Vec<K> = self.rows.iter().filter(|(key, row)| !keep(key, row)).map(|(key, _)| key.clone()).collect();
        for key in gone {
            self.remove(&key);
        }
    }

    /// How many changes can be taken back.
    pub const fn mark(&self) -> usize {
        self.before.len()
    }

    /// Takes back all changes made after a mark, the last first.
    pub fn back_to(&mut self, mark: usize) {
        while self.before.len() > mark
            && let Some((key, old)) = self.before.pop()
        {
            match old {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
    }

    /// What was changed stays.
    pub fn settle(&mut self) {
        self.before.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_taken_back_to_a_mark_and_no_further() {
        let mut table: Table<u8, &str> = Table::default();
        assert!(table.add(1, "a"));
        let mark = table.mark();
        assert!(!table.add(1, "b"));
        table.put(1, "c");
        table.put(2, "d");
        assert_eq!(table.remove(&1), Some("c"));
        assert!(table.change(&2, |row| *row = "e"));
        table.back_to(mark);
        assert_eq!(table.rows(), &BTreeMap::from([(1, "a")]));
        table.retain(|_, _| false);
        table.settle();
        table.back_to(0);
        assert!(table.rows().is_empty(), "what was settled stays");
    }
}

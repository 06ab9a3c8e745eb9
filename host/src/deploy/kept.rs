//! What is kept for an hour and then forgotten: previews' decisions, and analyses, as the JSON that was answered.
//!
//! In memory, on purpose: a preview must change nothing and wait for no disk, and what a restart forgets is asked for
//! again at the cost of milliseconds. Bounded in number for each workspace, so that one that floods loses its own first,
//! and in bytes for all of them. The id of what is gone is remembered for a while, so that it can be told from an id that
//! never was.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use windlass_domain::WorkspaceName;
use windlass_domain::agent::UnixMillis;

/// How long a document is kept, in milliseconds: one hour, as the contract says of analyses.
pub const LIFETIME: UnixMillis = 60 * 60 * 1_000;
/// The most documents of one workspace.
pub const MAX_OF_WORKSPACE: usize = 256;
/// The most bytes of all documents: 64 MiB.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The most ids of one workspace, of what is kept and what is gone.
const MAX_IDS: usize = 4 * MAX_OF_WORKSPACE;

/// The documents of all workspaces.
#[derive(Default)]
pub struct Kept(Mutex<Shelves>);

#[derive(Default)]
struct Shelves {
    bytes: usize,
    /// Oldest first.
    of_workspaces: HashMap<WorkspaceName, VecDeque<Slot>>,
}

struct Slot {
    id: String,
    until: UnixMillis,
    /// `None` once it is gone.
    document: Option<Arc<[u8]>>,
}

/// What is known of an id.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// It is here.
    Here(Arc<[u8]>),
    /// It was here, and its time was over, or room was needed for newer ones.
    Gone,
    /// It never was, or so long ago that nobody remembers; of this workspace, at least.
    Unknown,
}

impl Kept {
    /// Keeps a document from `now` on.
    pub fn keep(&self, workspace: &WorkspaceName, id: &str, document: Vec<u8>, now: UnixMillis) {
        let mut shelves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelves.sweep(now);
        shelves.bytes += document.len();
        let slots = shelves.of_workspaces.entry(workspace.clone()).or_default();
        slots.push_back(Slot { id: id.to_owned(), until: now + LIFETIME, document: Some(document.into()) });
        let kept = slots.iter().filter(|slot| slot.document.is_some()).count();
        if kept > MAX_OF_WORKSPACE {
            shelves.drop_oldest_of(workspace);
        }
        while shelves.bytes > MAX_BYTES {
            let Some(largest) = shelves.largest() else { break };
            shelves.drop_oldest_of(&largest);
        }
    }

    /// Looks an id of a workspace up.
    pub fn find(&self, workspace: &WorkspaceName, id: &str, now: UnixMillis) -> Found {
        let shelves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = shelves.of_workspaces.get(workspace).and_then(|shelf| shelf.iter().rev().find(|slot| slot.id == id));
        match slot {
            None => Found::Unknown,
            Some(Slot { until, document: Some(document), .. }) if *until > now => Found::Here(document.clone()),
            Some(_) => Found::Gone,
        }
    }
}

impl Shelves {
    /// Lets go of every document whose time is over, and of ids past their number.
    fn sweep(&mut self, now: UnixMillis) {
        for shelf in self.of_workspaces.values_mut() {
            // Newer ones have more time left.
            for slot in shelf.iter_mut().take_while(|slot| slot.until <= now) {
                self.bytes -= slot.document.take().map_or(0, |document| document.len());
            }
            while shelf.len() >= MAX_IDS {
                let oldest = shelf.pop_front().and_then(|slot| slot.document);
                self.bytes -= oldest.map_or(0, |document| document.len());
            }
        }
    }

    fn drop_oldest_of(&mut self, workspace: &WorkspaceName) {
        let slots = self.of_workspaces.get_mut(workspace);
        let document = slots.and_then(|slots| slots.iter_mut().find_map(|slot| slot.document.take()));
        self.bytes -= document.map_or(0, |document| document.len());
    }

    /// The workspace whose documents have the most bytes.
    fn largest(&self) -> Option<WorkspaceName> {
        let bytes = |shelf: &VecDeque<Slot>| {
            shelf.iter().filter_map(|slot| slot.document.as_ref()).map(|document| document.len()).sum::<usize>()
        };
        let largest = self.of_workspaces.iter().map(|(workspace, shelf)| (bytes(shelf), workspace));
        largest.filter(|(bytes, _)| *bytes > 0).max().map(|(_, workspace)| workspace.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(name: &str) -> WorkspaceName {
        WorkspaceName::parse("workspace", name).expect("a name")
    }

    fn is_here(kept: &Kept, of: &str, id: &str, now: UnixMillis) -> bool {
        matches!(kept.find(&workspace(of), id, now), Found::Here(_))
    }

    #[test]
    fn a_document_is_there_for_an_hour_and_for_its_workspace_alone() {
        let kept = Kept::default();
        kept.keep(&workspace("one"), "a", b"text".to_vec(), 0);
        assert_eq!(kept.find(&workspace("one"), "a", LIFETIME - 1), Found::Here(b"text".to_vec().into()));
        assert_eq!(kept.find(&workspace("one"), "a", LIFETIME), Found::Gone);
        assert_eq!(kept.find(&workspace("two"), "a", 0), Found::Unknown);
        assert_eq!(kept.find(&workspace("one"), "b", 0), Found::Unknown);
    }

    #[test]
    fn a_workspace_that_floods_loses_its_own_oldest() {
        let kept = Kept::default();
        kept.keep(&workspace("quiet"), "a", vec![0], 0);
        for n in 0..=MAX_OF_WORKSPACE {
            kept.keep(&workspace("loud"), &n.to_string(), vec![0], 0);
        }
        assert!(is_here(&kept, "quiet", "a", 0));
        assert_eq!(kept.find(&workspace("loud"), "0", 0), Found::Gone);
        assert!(is_here(&kept, "loud", "1", 0) && is_here(&kept, "loud", &MAX_OF_WORKSPACE.to_string(), 0));
    }

    #[test]
    fn bytes_are_bounded_over_all_and_the_largest_gives_way() {
        let kept = Kept::default();
        kept.keep(&workspace("small"), "a", vec![0; 1024], 0);
        kept.keep(&workspace("large"), "a", vec![0; MAX_BYTES / 2], 0);
        kept.keep(&workspace("large"), "b", vec![0; MAX_BYTES / 2], 0);
        assert!(is_here(&kept, "small", "a", 0) && is_here(&kept, "large", "b", 0));
        assert_eq!(kept.find(&workspace("large"), "a", 0), Found::Gone);
    }

    #[test]
    fn what_is_over_gives_its_bytes_back_and_ids_are_forgotten_in_the_end() {
        let kept = Kept::default();
        kept.keep(&workspace("one"), "a", vec![0; MAX_BYTES], 0);
        kept.keep(&workspace("two"), "b", vec![0; MAX_BYTES], LIFETIME);
        assert_eq!(kept.find(&workspace("one"), "a", LIFETIME), Found::Gone);
        assert!(is_here(&kept, "two", "b", LIFETIME));
        for n in 0..MAX_IDS {
            kept.keep(&workspace("one"), &format!("n{n}"), Vec::new(), LIFETIME);
        }
        assert_eq!(kept.find(&workspace("one"), "a", LIFETIME), Found::Unknown);
    }
}

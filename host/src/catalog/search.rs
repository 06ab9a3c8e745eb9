//! Which agents a list shows.

use super::Manifest;

/// The most agents of one page.
pub const MAX_PAGE_SIZE: usize = 100;

/// What a list is narrowed to. An empty list takes everything; of a list with words one is enough; upper and lower case are
/// the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Words that must all occur in id, name, summary, tags or integrations.
    pub search: String,
    /// Categories.
    pub categories: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Integrations that it requires.
    pub integrations: Vec<String>,
    /// Traits of governance.
    pub governance: Vec<String>,
}

impl Filter {
    /// Whether an agent passes.
    pub(super) fn takes(&self, manifest: &Manifest) -> bool {
        let category = [manifest.category().to_owned()];
        is_any_of(&self.categories, &category)
            && is_any_of(&self.tags, manifest.tags())
            && is_any_of(&self.integrations, manifest.required_integrations())
            && is_any_of(&self.governance, manifest.governance_traits())
            && self.is_found_in(manifest)
    }

    fn is_found_in(&self, manifest: &Manifest) -> bool {
        let mut text = format!("{}\n{}\n{}", manifest.id(), manifest.name(), manifest.summary());
        for word in manifest.tags().iter().chain(manifest.required_integrations()) {
            text.push('\n');
            text.push_str(word);
        }
        let text = text.to_lowercase();
        self.search.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }
}

fn is_any_of(wanted: &[String], given: &[String]) -> bool {
    wanted.is_empty()
        || wanted.iter().any(|wanted| given.iter().any(|given| given.to_lowercase() == wanted.to_lowercase()))
}

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    number: usize,
    size: usize,
}

impl Page {
    /// The page of that number, counted from 1, with so many agents; `None` where there is no such page.
    #[must_use]
    pub fn new(number: usize, size: usize) -> Option<Self> {
        (number >= 1 && (1..=MAX_PAGE_SIZE).contains(&size)).then_some(Self { number, size })
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> usize {
        self.number
    }

    /// How many agents it has at most.
    #[must_use]
    pub fn size(self) -> usize {
        self.size
    }

    /// How many agents stand before it.
    pub(super) fn first(self) -> usize {
        (self.number - 1).saturating_mul(self.size)
    }
}

//! The catalog: agents that can be deployed as they are.
//!
//! A catalog is a folder with one folder for each agent: `manifest.json` and the source in `src/`; earlier versions stand in
//! `versions/{version}/`, each with the same two. It is read once, at the start; what is wrong in it is refused then, by the
//! path of its file. Where no folder is given, the agents that come inside the program are the catalog.

mod manifest;
mod read;
mod search;

pub use manifest::Manifest;
pub use search::{Filter, Page};

use anyhow::{Context as _, bail};
use std::collections::BTreeMap;
use std::path::Path;

include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// The agents, by id; of each every version, the latest first.
#[derive(Debug)]
pub struct Catalog(BTreeMap<String, Vec<Manifest>>);

impl Catalog {
    /// The catalog of `folder`, or the one inside the program.
    pub fn load(folder: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(folder) = folder {
            let read = read::files_of(folder).and_then(|files| Self::parse(&files));
            return read.with_context(|| format!("the catalog in {} cannot be used", folder.display()));
        }
        let inside = CATALOG.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Self::parse(&inside.collect())
    }

    /// The catalog that these files make, by their paths below its folder.
    fn parse(files: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let mut entries: BTreeMap<String, Vec<Manifest>> = BTreeMap::new();
        for (path, text) in files {
            let Some(folder) = manifest_folder(path) else { continue };
            let source = format!("{folder}/src/");
            let source = files.iter().filter_map(|(path, text)| Some((path.strip_prefix(&source)?, text.as_str())));
            let manifest = Manifest::parse(text, source).with_context(|| format!("{path} is refused"))?;
            let versions = entries.entry(manifest.id().to_owned()).or_default();
            if versions.iter().any(|other| other.version() == manifest.version()) {
                bail!("{path} is refused: {} {} is there twice", manifest.id(), manifest.version());
            }
            versions.push(manifest);
        }
        for versions in entries.values_mut() {
            versions.sort_by(|one, other| other.version().cmp(one.version()));
        }
        Ok(Self(entries))
    }

    /// The latest version of an agent, or the one of that number.
    #[must_use]
    pub fn find(&self, id: &str, version: Option<&str>) -> Option<&Manifest> {
        let versions = self.0.get(id)?;
        match version {
            Some(version) => versions.iter().find(|manifest| manifest.version().to_string() == version),
            None => versions.first(),
        }
    }

    /// Every version of an agent, the latest first.
    #[must_use]
    pub fn versions(&self, id: &str) -> Option<&[Manifest]> {
        self.0.get(id).map(Vec::as_slice)
    }

    /// The page of the agents that pass a filter, in order of id, and how many pass it in all.
    #[must_use]
    pub fn search(&self, filter: &Filter, page: Page) -> (Vec<&Manifest>, usize) {
        let latest = self.0.values().filter_map(|versions| versions.first());
        let found: Vec<&Manifest> = latest.filter(|manifest| filter.takes(manifest)).collect();
        let total = found.len();
        (found.into_iter().skip(page.first()).take(page.size()).collect(), total)
    }
}

/// The folder of a manifest: `{id}`, or `{id}/versions/{version}`. One within a source is a file of that agent.
fn manifest_folder(path: &str) -> Option<&str> {
    let folder = path.strip_suffix("/manifest.json")?;
    let parts: Vec<&str> = folder.split('/').collect();
    matches!(parts.as_slice(), [_] | [_, "versions", _]).then_some(folder)
}

#[cfg(test)]
mod tests;

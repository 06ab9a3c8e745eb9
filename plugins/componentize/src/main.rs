//! `componentize IN.wasm --metadata plugin.json -o OUT.wasm`: a guest's core module becomes a component.
//!
//! Invariants: no WASI adapter is ever added, so a module that needs one fails here and not at install; the metadata is
//! checked before it is written; the output appears whole (temporary name, then rename) and only when it differs.

mod encode;
mod metadata;

use anyhow::{Context as _, Result};
use clap::Parser;
use std::fs;
use std::path::{Path, PathBuf};

/// Turns a guest's core module into a Windlass plugin: a component that carries its metadata.
#[derive(Debug, Parser)]
#[command(version, after_help = metadata::HELP)]
struct Arguments {
    /// The core module, as built for wasm32-unknown-unknown.
    input: PathBuf,
    /// The plugin's metadata, a JSON object.
    #[arg(long, value_name = "PLUGIN.JSON")]
    metadata: PathBuf,
    /// Where the component goes.
    #[arg(short, long, value_name = "OUT.WASM")]
    output: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let module = read(&arguments.input)?;
    let text = read(&arguments.metadata)?;
    let metadata =
        metadata::parse(&text).with_context(|| format!("{} is not good metadata", arguments.metadata.display()))?;
    let component = encode::encode(&module, &metadata)
        .with_context(|| format!("{} did not become a component", arguments.input.display()))?;
    if fs::read(&arguments.output).is_ok_and(|old| old == component) {
        return Ok(());
    }
    write_whole(&arguments.output, &component)?;
    println!("{} {} ({} bytes)", metadata.name, metadata.version, component.len());
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let temporary = path.with_extension("wasm.new");
    fs::write(&temporary, bytes).with_context(|| format!("cannot write {}", temporary.display()))?;
    fs::rename(&temporary, path).with_context(|| format!("cannot write {}", path.display()))
}

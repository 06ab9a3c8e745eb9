//! Embeds the built-in components and the catalog: writes `builtins.rs`, a table of names and bytes, and `catalog.rs`, a table
//! of paths and texts, into `OUT_DIR`.
//!
//! The components are built before this crate, by a toolchain of their own, and are found in `WINDLASS_COMPONENTS_DIR`
//! or in `target/components` of the workspace.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The built-in components, in the order in which they are installed: the first of a slot is bound to it by default.
const COMPONENTS: [&str; 8] = [
    "python-detector",
    "node-detector",
    "niche-frameworks",
    "standard-strategy",
    "http-tools",
    "always-full-build",
    "fastest",
    "openapi-tools",
];
/// Where they are, where it is not `target/components`.
const DIRECTORY: &str = "WINDLASS_COMPONENTS_DIR";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={DIRECTORY}");
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = manifest.parent().ok_or("the crate is not inside the workspace")?;
    let directory = env::var_os(DIRECTORY).map_or_else(|| root.join("target/components"), |path| root.join(path));
    let mut table =
        String::from("/// The built-in components: name and bytes.\npub static BUILTINS: &[(&str, &[u8])] = &[\n");
    for name in COMPONENTS {
        let file = directory.join(format!("{name}.wasm"));
        println!("cargo::rerun-if-changed={}", file.display());
        if !file.is_file() {
            println!("cargo::error={}", explain_missing(name, &file));
            continue;
        }
        writeln!(table, "    ({name:?}, include_bytes!({:?})),", file.display().to_string())?;
    }
    table.push_str("];\n");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("builtins.rs"), table)?;
    fs::write(out.join("catalog.rs"), embed_catalog(&manifest.join("catalog"))?)?;
    Ok(())
}

/// Every file below `catalog/`, but what Python leaves behind where somebody tries an agent out.
fn embed_catalog(folder: &Path) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut table = String::from(
        "/// The files of the catalog: path below its folder, and text.\nstatic CATALOG: &[(&str, &str)] = &[\n",
    );
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.extend(Some(path).filter(|path| !path.ends_with("__pycache__")));
            } else {
                let below = path.strip_prefix(folder)?.display().to_string();
                writeln!(table, "    ({below:?}, include_str!({:?})),", path.display().to_string())?;
            }
        }
    }
    table.push_str("];\n");
    Ok(table)
}

fn explain_missing(name: &str, file: &Path) -> String {
    let file = file.display();
    format!(
        "the built-in component `{name}` is missing: there is no {file}; make it with `plugins/build builtin` (or `make components`), or name its folder in {DIRECTORY}"
    )
}

//! The first start: the workspace `default`, its key, and an operator key. Every start: the keys that the operator chose.
//!
//! Invariants: the store gets hashes only; a key is in its file, 0600, before the store knows it, so that a start that
//! is cut off is made good by the next one; a key that was revoked stays so, whatever the environment says.

use crate::config::{BOOTSTRAP_KEY, Config, OPERATOR_KEY};
use crate::edge;
use crate::token::{self, OPERATOR_PREFIX, Token, WORKSPACE_PREFIX};
use anyhow::{Context as _, bail};
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use windlass_domain::WorkspaceName;
use windlass_store::{KeyKind, KeyRecord, Store};

/// The name of the workspace that the first start makes.
pub const DEFAULT_WORKSPACE: &str = "default";
/// The file with the first key of that workspace, in the data directory.
pub const BOOTSTRAP_FILE: &str = "bootstrap-key";
/// The file with the first operator key, in the data directory.
pub const OPERATOR_FILE: &str = "operator-key";
/// The file with the secret that authenticates compiled plugins, in the data directory.
const CACHE_FILE: &str = "plugin-cache-key";

/// Where the workspace key of the first start is.
#[must_use]
pub fn bootstrap_file(data_dir: &Path) -> PathBuf {
    data_dir.join(BOOTSTRAP_FILE)
}

/// Where the operator key of the first start is.
#[must_use]
pub fn operator_file(data_dir: &Path) -> PathBuf {
    data_dir.join(OPERATOR_FILE)
}

/// A key that each server has from its first start on.
struct Role {
    kind: KeyKind,
    prefix: &'static str,
    file: PathBuf,
    name: &'static str,
    variable: &'static str,
}

/// Makes what is missing. Idempotent.
pub async fn run(store: &Store, config: &Config) -> anyhow::Result<()> {
    let workspace = WorkspaceName::parse("workspace", DEFAULT_WORKSPACE)?;
    if store.workspace(&workspace)?.is_none() {
        store.create_workspace(&workspace, edge::now()).await?;
        tracing::info!(%workspace, "made the first workspace");
    }
    let has_key = !store.workspace_keys(&workspace)?.is_empty();
    let role = Role {
        kind: KeyKind::Workspace(workspace),
        prefix: WORKSPACE_PREFIX,
        file: bootstrap_file(&config.data_dir),
        name: "bootstrap",
        variable: BOOTSTRAP_KEY,
    };
    ensure_key(store, &role, config.bootstrap_key.as_ref(), has_key).await?;
    let has_key = !store.operator_keys()?.is_empty();
    let role = Role {
        kind: KeyKind::Operator,
        prefix: OPERATOR_PREFIX,
        file: operator_file(&config.data_dir),
        name: "operator",
        variable: OPERATOR_KEY,
    };
    ensure_key(store, &role, config.operator_key.as_ref(), has_key).await
}

async fn ensure_key(store: &Store, role: &Role, given: Option<&Token>, has_key: bool) -> anyhow::Result<()> {
    let token = match given {
        Some(token) => token.clone(),
        None if has_key => return Ok(()),
        // A start that was cut off between the file and the store.
        None => match read_key_file(role)? {
            Some(token) => token,
            None => Token::parse(role.prefix, &edge::new_token(role.prefix))?,
        },
    };
    if let Some(record) = store.key_by_hash(&token.hash())? {
        if record.kind != role.kind {
            bail!("{} is the key of something else on this server (hint: choose another key)", role.variable);
        }
        if !record.is_valid(edge::now()) {
            tracing::warn!(
                id = record.id,
                "the key in {} was revoked or has expired, and opens nothing",
                role.variable
            );
        }
        return Ok(());
    }
    write_private(&role.file, token.expose())?;
    let record = record_of(role, &token);
    tracing::info!(id = record.id, file = %role.file.display(), "added the {} key", role.name);
    store.insert_key(record, token.hash(), None).await?;
    Ok(())
}

fn record_of(role: &Role, token: &Token) -> KeyRecord {
    KeyRecord {
        id: edge::new_id("key"),
        kind: role.kind.clone(),
        name: role.name.to_owned(),
        prefix: role.prefix.to_owned(),
        last4: token.last4().to_owned(),
        created_at: edge::now(),
        last_used_at: None,
        expires_at: None,
        revoked: false,
    }
}

fn read_key_file(role: &Role) -> anyhow::Result<Option<Token>> {
    let Some(text) = read_if_there(&role.file)? else { return Ok(None) };
    let hint = || format!("{} holds no key (hint: remove it, and a new one is made)", role.file.display());
    Token::parse(role.prefix, text.trim()).with_context(hint).map(Some)
}

/// The secret that authenticates compiled plugins. It lies beside their folder, not in it; lost, they are compiled again.
pub fn cache_key(data_dir: &Path) -> anyhow::Result<[u8; 32]> {
    let file = data_dir.join(CACHE_FILE);
    let text = match read_if_there(&file)? {
        Some(text) if !text.trim().is_empty() => text,
        _ => {
            let text = edge::new_token("");
            write_private(&file, &text)?;
            text
        }
    };
    Ok(token::hash(text.trim()))
}

fn read_if_there(file: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("read {}", file.display())),
    }
}

/// Writes a line into a file of mode 0600, whole or not at all, and onto the disk.
fn write_private(file: &Path, line: &str) -> anyhow::Result<()> {
    let write = || {
        let folder = file.parent().unwrap_or(Path::new("/"));
        // Temporary files are 0600 from the start.
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(temporary, "{line}")?;
        temporary.as_file().sync_all()?;
        temporary.persist(file)?;
        File::open(folder)?.sync_all()
    };
    write().with_context(|| format!("write {}", file.display()))
}

#[cfg(test)]
mod tests;

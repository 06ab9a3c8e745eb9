//! What agents used of models: sums of a calendar month, by agent, role, provider and model.

use crate::row::{all, execute, get, name};
use crate::{Store, StoreError};
use rusqlite::{Connection, Row, params};
use std::ops::AddAssign;
use windlass_domain::{AgentName, AgentRef, ResourceName, WorkspaceName};

/// What was used, in the units that are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Requests that a provider answered.
    pub requests: i64,
    /// Those of them whose answer told no usage.
    pub unmetered: i64,
    /// Tokens of prompts.
    pub input_tokens: i64,
    /// Tokens of answers.
    pub output_tokens: i64,
    /// Those tokens, of either kind, that have no known price.
    pub unpriced_tokens: i64,
    /// What the others cost, in billionths of a US dollar.
    pub nano_usd: i64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.unmetered += other.unmetered;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.unpriced_tokens += other.unpriced_tokens;
        self.nano_usd += other.nano_usd;
    }
}

/// Whose usage, of what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageOf {
    /// The agent.
    pub agent: AgentRef,
    /// The calendar month in UTC, `YYYY-MM`.
    pub month: String,
    /// The role of the agent's model configuration; empty where it has none.
    pub role: String,
    /// The model provider.
    pub provider: ResourceName,
    /// The model.
    pub model: String,
}

impl Store {
    /// Adds `usage` to the sums; on the disk when it returns.
    pub async fn add_usage(&self, of: UsageOf, usage: Usage) -> Result<(), StoreError> {
        self.write(move |connection| add(connection, &of, usage)).await
    }

    /// Adds `usage` some time later, from where nobody can wait. It may be lost when the queue is full or the process ends.
    pub fn add_usage_later(&self, of: UsageOf, usage: Usage) {
        self.writer.write_if_idle(move |connection| add(connection, &of, usage));
    }

    /// The sums of a workspace in a month, in order of agent, role, provider and model; of all agents, deleted ones too.
    pub fn usage(&self, workspace: &WorkspaceName, month: &str) -> Result<Vec<(UsageOf, Usage)>, StoreError> {
        let sql = "SELECT * FROM model_usage WHERE workspace = ?1 AND month = ?2 ORDER BY agent, role, provider, model";
        self.read(|connection| all(connection, sql, [workspace.as_str(), month], read))
    }

    /// The sums of one agent in a month, in order of role, provider and model.
    pub fn agent_usage(&self, agent: &AgentRef, month: &str) -> Result<Vec<(UsageOf, Usage)>, StoreError> {
        let sql = "SELECT * FROM model_usage WHERE workspace = ?1 AND month = ?2 AND agent = ?3 ORDER BY role, provider, model";
        let values = [agent.workspace.as_str(), month, agent.name.as_str()];
        self.read(|connection| all(connection, sql, values, read))
    }
}

fn add(connection: &Connection, of: &UsageOf, usage: Usage) -> Result<(), StoreError> {
    let sql = "INSERT INTO model_usage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
               ON CONFLICT DO UPDATE SET requests = requests + excluded.requests,
                                         unmetered = unmetered + excluded.unmetered,
                                         input_tokens = input_tokens + excluded.input_tokens,
                                         output_tokens = output_tokens + excluded.output_tokens,
                                         unpriced_tokens = unpriced_tokens + excluded.unpriced_tokens,
                                         nano_usd = nano_usd + excluded.nano_usd";
    let values = params![
        of.agent.workspace.as_str(),
        of.month,
        of.agent.name.as_str(),
        of.role,
        of.provider.as_str(),
        of.model,
        usage.requests,
        usage.unmetered,
        usage.input_tokens,
        usage.output_tokens,
        usage.unpriced_tokens,
        usage.nano_usd,
    ];
    execute(connection, sql, values).map(drop).map_err(|error| error.for_workspace(&of.agent.workspace))
}

fn read(row: &Row) -> Result<(UsageOf, Usage), StoreError> {
    let agent = AgentRef { workspace: name(row, "workspace")?, name: name::<AgentName>(row, "agent")? };
    let (month, role, model) = (get(row, "month")?, get(row, "role")?, get(row, "model")?);
    let of = UsageOf { agent, month, role, provider: name(row, "provider")?, model };
    let usage = Usage {
        requests: get(row, "requests")?,
        unmetered: get(row, "unmetered")?,
        input_tokens: get(row, "input_tokens")?,
        output_tokens: get(row, "output_tokens")?,
        unpriced_tokens: get(row, "unpriced_tokens")?,
        nano_usd: get(row, "nano_usd")?,
    };
    Ok((of, usage))
}

//! Agents: a name, and which of its revisions shall serve.

use crate::row::{all, execute, first, get, name};
use crate::{Store, StoreError, images, revisions};
use rusqlite::Row;
use windlass_domain::agent::Agent;
use windlass_domain::{AgentRef, WorkspaceName};

/// An agent beside its current revision; a macro, since statements are constants.
macro_rules! select_agents {
    ($rest:literal) => {
        concat!(
            "SELECT revisions.*, agents.created_at AS agent_created_at FROM agents
             JOIN revisions ON revisions.workspace = agents.workspace AND revisions.agent = agents.name
                           AND revisions.number = agents.current ",
            $rest
        )
    };
}

impl Store {
    /// One agent with its current revision.
    pub fn agent(&self, agent: &AgentRef) -> Result<Option<Agent>, StoreError> {
        let sql = select_agents!("WHERE agents.workspace = ?1 AND agents.name = ?2");
        self.read(|connection| first(connection, sql, [agent.workspace.as_str(), agent.name.as_str()], read_agent))
    }

    /// The agents of a workspace, in order of name.
    pub fn agents(&self, workspace: &WorkspaceName) -> Result<Vec<Agent>, StoreError> {
        let sql = select_agents!("WHERE agents.workspace = ?1 ORDER BY agents.name");
        self.read(|connection| all(connection, sql, [workspace.as_str()], read_agent))
    }

    /// Every agent of every workspace: what shall run when the server starts.
    pub fn all_agents(&self) -> Result<Vec<Agent>, StoreError> {
        let sql = select_agents!("ORDER BY agents.workspace, agents.name");
        self.read(|connection| all(connection, sql, [], read_agent))
    }

    /// Deletes an agent with its revisions and its part of the image index; returns whether there was one.
    /// Its decisions and builds stay, since they explain what once ran.
    pub async fn delete_agent(&self, agent: &AgentRef) -> Result<bool, StoreError> {
        let agent = agent.clone();
        self.write(move |connection| {
            images::delete_repository(connection, &agent.workspace, agent.name.as_str())?;
            let sql = "DELETE FROM agents WHERE workspace = ?1 AND name = ?2";
            Ok(execute(connection, sql, [agent.workspace.as_str(), agent.name.as_str()])? > 0)
        })
        .await
    }
}

fn read_agent(row: &Row) -> Result<Agent, StoreError> {
    Ok(Agent {
        id: AgentRef { workspace: name(row, "workspace")?, name: name(row, "agent")? },
        current: revisions::read_revision(row)?,
        created_at: get(row, "agent_created_at")?,
    })
}

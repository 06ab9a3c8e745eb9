-- What an agent used of a model in a calendar month (UTC). It outlives the agent, so that a new one of the same name has
-- no fresh budget.
CREATE TABLE model_usage (
    workspace TEXT NOT NULL REFERENCES workspaces (name),
    month TEXT NOT NULL, -- YYYY-MM
    agent TEXT NOT NULL,
    role TEXT NOT NULL, -- of the agent's model configuration; empty: it has none
    provider TEXT NOT NULL, -- the name of the model provider
    model TEXT NOT NULL,
    requests INTEGER NOT NULL,
    unmetered INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    unpriced_tokens INTEGER NOT NULL,
    nano_usd INTEGER NOT NULL,
    PRIMARY KEY (workspace, month, agent, role, provider, model)
) STRICT, WITHOUT ROWID;

//! Doing one action, by the same code as the request of its own would.

use super::prepare::Ask;
use crate::actions::Done;
use crate::api::drafts::render;
use crate::api::model_providers::ModelProvider;
use crate::api::policies::Policy;
use crate::api::resources::{Noun, Upsert};
use crate::api::tools::Tool;
use crate::api::wire::DeployResponse;
use crate::api::{ApiError, Caller, starter_kit};
use crate::app::App;
use crate::deploy::{self, drafts};
use serde_json::{Map, Value, json};

/// Does it; an error is the text for its author.
pub(super) async fn perform(app: &App, caller: &Caller, ask: Ask) -> Result<Done, String> {
    let done = match ask {
        Ask::Tool(upsert) => write::<Tool>(app, caller, upsert, "/tools").await,
        Ask::ModelProvider(upsert) => write::<ModelProvider>(app, caller, upsert, "/model-providers").await,
        Ask::Policy(upsert) => write::<Policy>(app, caller, upsert, "/policies").await,
        Ask::Draft(id, change) => match drafts::start_or_change(app, caller, &id, &change).await {
            Ok(draft) => Ok(done(format!("/deploy-drafts/{id}"), render(draft))),
            Err(error) => Err(error.into()),
        },
        Ask::Deploy(ask) => match deploy::deploy(app, caller, *ask).await {
            Ok(deployment) => {
                let path = format!("/agents/{}", deployment.agent.name);
                Ok(done(path, json!(DeployResponse::new(deployment, Vec::new()))))
            }
            Err(error) => Err(error.into()),
        },
        Ask::StarterKit => {
            starter_kit::plant(app, &caller.workspace).await.map(|kit| done("/starter-kit".to_owned(), json!(kit)))
        }
    };
    done.map_err(|error: ApiError| error.message)
}

async fn write<N: Noun>(app: &App, caller: &Caller, upsert: Upsert, path: &str) -> Result<Done, ApiError> {
    let path = format!("{path}/{}", upsert.name());
    Ok(done(path, upsert.write::<N>(app, &caller.workspace).await?))
}

/// The decision behind a deploy is left out: it is large, and has an address of its own.
fn done(resource_ref: String, output: Value) -> Done {
    let mut output = match output {
        Value::Object(output) => output,
        _ => Map::new(),
    };
    output.remove("decision");
    Done { resource_ref, output }
}

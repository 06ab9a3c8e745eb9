//! Carrying out a plan's build. The overlay is the only builder here: one source layer on the runtime's base image.

use super::ask::{Caller, DeployAsk};
use super::error::DeployError;
use crate::app::App;
use crate::edge;
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::agent::UnixMillis;
use windlass_domain::catalogue::RuntimeImage;
use windlass_domain::plan::Plan;
use windlass_domain::request::DeployRequest;
use windlass_domain::{AgentRef, Invalid};
use windlass_image::{BuiltImage, Digest, ImageConfig, ImageError, Overlay, registry};
use windlass_store::{BlobKind, BuildRecord, BuildStatus, ImageBlob, ImageRecord, ImageTag};

/// An image in the store, all of it on the disk.
pub struct Built {
    /// The digest that names it.
    pub manifest_digest: Digest,
    image: BuiltImage,
}

impl Built {
    /// The row of the finished build.
    #[must_use]
    pub fn build_record(&self, app: &App, agent: &AgentRef, now: UnixMillis) -> BuildRecord {
        BuildRecord {
            id: edge::new_id("build"),
            workspace: agent.workspace.clone(),
            name: agent.name.clone(),
            status: BuildStatus::Succeeded,
            image: app.image_uri(agent, &self.manifest_digest),
            image_digest: Some(self.manifest_digest.to_string()),
            error: None,
            created_at: now,
            completed_at: Some(now),
        }
    }

    /// What the registry shall serve under the agent's name.
    #[must_use]
    pub fn image_record(&self, agent: &AgentRef) -> ImageRecord {
        let blob = |digest: &Digest, media_type: &str, size: u64, kind| ImageBlob {
            digest: digest.to_string(),
            media_type: media_type.to_owned(),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            kind,
        };
        let BuiltImage { manifest_digest, manifest_size, config, layers, tag } = &self.image;
        let mut blobs = vec![
            blob(manifest_digest, registry::MANIFEST_TYPE, *manifest_size, BlobKind::Manifest),
            blob(&config.digest, &config.media_type, config.size, BlobKind::Config),
        ];
        blobs.extend(layers.iter().map(|layer| blob(&layer.digest, &layer.media_type, layer.size, BlobKind::Layer)));
        ImageRecord {
            workspace: agent.workspace.clone(),
            repository: agent.name.to_string(),
            blobs,
            tags: vec![ImageTag { tag: tag.clone(), digest: manifest_digest.to_string() }],
        }
    }
}

/// Builds what the plan asks for; `None` where it asks for nothing. The same plan and source give the same bytes, and
/// bytes that are there already are not written again.
pub async fn carry_out(app: &App, request: &Arc<DeployRequest>, plan: &Plan) -> Result<Option<Built>, DeployError> {
    let runtime = plan.runtime.as_deref().and_then(|name| app.catalogue.runtime(name));
    let (Some(_), Some(runtime), Some(source)) = (&plan.builder, runtime, request.files()) else {
        return Ok(None);
    };
    let base = app.bases.of(&runtime.name)?;
    let config = image_config(plan, runtime);
    let (blobs, platform, source) = (app.blobs.clone(), app.platform.clone(), source.clone());
    let build = move || {
        let overlay = Overlay { base: base.as_deref(), platform: &platform, source: &source, config: &config };
        overlay.build(&blobs)
    };
    let image = tokio::task::spawn_blocking(build).await.map_err(|error| stopped(&error)).flatten();
    app.metrics.built(image.is_ok());
    let image = image?;
    Ok(Some(Built { manifest_digest: image.manifest_digest, image }))
}

fn stopped(error: &tokio::task::JoinError) -> ImageError {
    ImageError::Io { doing: "build", path: "image".into(), source: std::io::Error::other(error.to_string()) }
}

/// Everything comes from plan and catalogue, so that two hosts make the same bytes; the request's `env` is injected at
/// start.
fn image_config(plan: &Plan, runtime: &RuntimeImage) -> ImageConfig {
    let mut env = runtime.env.clone();
    env.extend(plan.entry_point.clone().map(|entry_point| ("USER_ENTRY_POINT".to_owned(), entry_point)));
    env.extend(plan.env.clone());
    let own = plan.command_at("0.0.0.0", plan.port);
    let entrypoint = if own.is_empty() { runtime.command.clone() } else { own };
    ImageConfig { runtime: runtime.name.clone(), entrypoint, env, ..ImageConfig::default() }
}

/// A build without an agent: the contract's `POST /builds`.
#[derive(Debug, Clone, Default)]
pub struct BuildAsk {
    /// `name`: the repository of the image.
    pub name: Option<String>,
    /// `files`
    pub files: Option<BTreeMap<String, String>>,
    /// `entry_point`
    pub entry_point: Option<String>,
    /// `requirements`
    pub requirements: Option<String>,
    /// `framework`
    pub framework: Option<String>,
}

/// Decides about the files and builds their image, as a deploy would, and records the build alone. Where the plan builds
/// nothing by itself (mounted source), the overlay on its runtime is what was asked for.
pub async fn build_only(app: &App, caller: &Caller, ask: BuildAsk) -> Result<BuildRecord, DeployError> {
    let BuildAsk { name, files, entry_point, requirements, framework } = ask;
    let ask = DeployAsk {
        agent_name: name,
        source_files: files,
        entry_point,
        requirements,
        framework,
        ..DeployAsk::default()
    };
    let super::Admitted { request, .. } = super::admit(app, caller, ask).await.map_err(in_words_of_builds)?;
    let mut decision = super::decide::decide(app, &request).await?.decision;
    decision.plan.builder.get_or_insert_with(|| crate::app::OVERLAY_BUILDER.to_owned());
    super::check::check(&app.catalogue, &request, &decision)?;
    let agent = AgentRef { workspace: request.workspace.clone(), name: request.agent.clone() };
    let _pin = app.blobs.pin().await;
    let Some(image) = carry_out(app, &request, &decision.plan).await? else {
        return Err(DeployError::PlanRefused {
            plugin: crate::plugins::STRATEGY.to_owned(),
            reason: "it builds nothing for these files".to_owned(),
        });
    };
    let build = image.build_record(app, &agent, edge::now());
    app.store.insert_build(build.clone(), Some(image.image_record(&agent))).await?;
    Ok(build)
}

/// The fields of a build have other names than those of a deploy.
fn in_words_of_builds(error: DeployError) -> DeployError {
    renamed(in_words_of_files(error), "agent_name", "name")
}

/// The source is called `files` wherever it is not deployed.
pub(super) fn in_words_of_files(error: DeployError) -> DeployError {
    if let DeployError::Invalid(invalid) = &error
        && invalid.code == "no_deploy_source"
    {
        let hint = "for example \"files\": {\"agent.py\": \"…\"}";
        return Invalid::new("missing_field", "files", "files is required", hint).into();
    }
    renamed(error, "source_files", "files")
}

fn renamed(error: DeployError, deploy: &str, here: &str) -> DeployError {
    let DeployError::Invalid(mut invalid) = error else { return error };
    invalid.field = invalid.field.replace(deploy, here);
    invalid.message = invalid.message.replace(deploy, here);
    DeployError::Invalid(invalid)
}

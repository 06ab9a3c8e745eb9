//! Prebuilt images, run by podman where podman works.

use crate::spawner::Spawner;

/// Whether and how podman works here.
#[derive(Debug)]
pub(crate) struct Podman {}

impl Podman {
    pub(crate) fn new(_spawner: Spawner) -> Self {
        Self {}
    }

    pub(crate) async fn refusal(&self) -> String {
        "podman is not usable here; the image is recorded and will start where it can run".to_owned()
    }

    pub(crate) async fn shutdown(&self) {}
}

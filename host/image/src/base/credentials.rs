//! Credentials of registries, from where Docker keeps them: `config.json` in `DOCKER_CONFIG` or `~/.docker`, and the
//! credential helpers that it names.

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential};
use oci_client::Reference;

/// The name under which Docker keeps the credentials of its own registry.
const DOCKER_HUB: (&str, &str) = ("docker.io", "https://index.docker.io/v1/");

/// The user name and the password that are kept for an image's registry; `None` where nobody has logged in. The error is a
/// reason in words, without a credential.
pub fn stored_for(image: &Reference) -> Result<Option<(String, String)>, String> {
    let registry = image.registry();
    let name = if registry == DOCKER_HUB.0 { DOCKER_HUB.1 } else { registry };
    match get_credential(name) {
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(Some((user, password))),
        Ok(DockerCredential::IdentityToken(_)) => {
            Err(format!("Docker keeps an identity token for {name}, and a user name and password are needed"))
        }
        Err(CredentialRetrievalError::ConfigNotFound | CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
        Err(CredentialRetrievalError::HelperFailure { helper, .. }) => {
            Err(format!("Docker's credential helper {helper} gave nothing for {name}"))
        }
        Err(error) => Err(format!("Docker's credentials for {name} cannot be read: {error}")),
    }
}

//! Credentials of registries, from where Docker keeps them: `config.json` in `DOCKER_CONFIG` or `~/.docker`, and the
//! credential helpers that it names.

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use oci_client::Reference;
use std::env;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::PathBuf;

/// The name under which Docker keeps the credentials of its own registry.
const DOCKER_HUB: (&str, &str) = ("docker.io", "https://index.docker.io/v1/");

/// The user name and the password that are kept for an image's registry; `None` where nobody has logged in. The error is a
/// reason in words, without a credential.
pub fn stored_for(image: &Reference) -> Result<Option<(String, String)>, String> {
    let registry = image.registry();
    let name = if registry == DOCKER_HUB.0 { DOCKER_HUB.1 } else { registry };
    let Some(path) = configuration() else { return Ok(None) };
    let file = match File::open(&path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
    };
    match get_credential_from_reader(file, name) {
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(Some((user, password))),
        Ok(DockerCredential::IdentityToken(_)) => {
            Err(format!("Docker keeps an identity token for {name}, and a user name and password are needed"))
        }
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
        Err(CredentialRetrievalError::HelperFailure { helper, .. }) => {
            Err(format!("Docker's credential helper {helper} gave nothing for {name}"))
        }
        Err(error) => Err(format!("Docker's credentials for {name} cannot be read: {error}")),
    }
}

/// Docker's configuration of the user that runs this process.
fn configuration() -> Option<PathBuf> {
    let of_home = || env::home_dir().map(|home| home.join(".docker"));
    let folder = env::var_os("DOCKER_CONFIG").map(PathBuf::from).or_else(of_home)?;
    Some(folder.join("config.json"))
}

//! Which versions of the WIT package this host serves: every one of its major version up to its own minor version, since the
//! package grows by additions alone (docs/plugins.md, "Frozen").

use crate::error::InstallError;
use semver::Version;

/// The version of the WIT package that this host serves.
pub const WIT_VERSION: &str = "1.0.0";
/// The range of versions that a plugin may be built against.
pub const SUPPORTED: &str = ">=1.0.0, <1.1.0";
/// What the names of the package's interfaces start with.
const PACKAGE: &str = "windlass:plugin/";

/// Refuses a plugin that was built against a version which is not served: by its metadata, or by what it imports.
pub fn check<'a>(wit: &'a str, imports: &[&'a str]) -> Result<(), InstallError> {
    let of_imports = imports.iter().filter_map(|import| import.strip_prefix(PACKAGE)?.split_once('@'));
    let mut versions = std::iter::once(wit).chain(of_imports.map(|(_, version)| version));
    match versions.find(|version| !serves(WIT_VERSION, version)) {
        Some(found) => Err(InstallError::WitVersion { found: found.to_owned(), supported: SUPPORTED }),
        None => Ok(()),
    }
}

/// Whether a host of one version serves a plugin of another.
fn serves(host: &str, plugin: &str) -> bool {
    let (Ok(host), Ok(plugin)) = (Version::parse(host), Version::parse(plugin)) else { return false };
    plugin.major == host.major && plugin.minor <= host.minor && plugin.pre.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_serves_what_is_older_within_its_major_version() {
        for (host, plugin) in [("1.0.0", "1.0.0"), ("1.0.0", "1.0.7"), ("1.4.0", "1.0.0"), ("1.4.0", "1.4.2")] {
            assert!(serves(host, plugin), "{host} {plugin}");
        }
        for (host, plugin) in
            [("1.0.0", "1.1.0"), ("1.4.0", "2.0.0"), ("2.0.0", "1.0.0"), ("1.0.0", "1.0.0-rc.1"), ("1.0.0", "1")]
        {
            assert!(!serves(host, plugin), "{host} {plugin}");
        }
    }

    #[test]
    fn the_range_is_what_is_served() {
        let range = semver::VersionReq::parse(SUPPORTED).expect("a range");
        for version in ["0.9.0", "1.0.0", "1.0.9", "1.1.0", "2.0.0"] {
            let parsed = Version::parse(version).expect("a version");
            assert_eq!(range.matches(&parsed), serves(WIT_VERSION, version), "{version}");
        }
    }

    #[test]
    fn what_is_imported_counts_whatever_the_metadata_says() {
        let found = |wit, imports: &[&'static str]| match check(wit, imports) {
            Err(InstallError::WitVersion { found, .. }) => Some(found),
            _ => None,
        };
        assert_eq!(found("1.0.0", &["windlass:plugin/log@1.0.0", "wasi:io/poll@0.2.9"]), None);
        assert_eq!(found("1.0.0", &["windlass:plugin/log@1.1.0"]), Some("1.1.0".to_owned()));
        assert_eq!(found("1.1.0", &[]), Some("1.1.0".to_owned()));
        assert_eq!(found("soon", &[]), Some("soon".to_owned()));
    }
}

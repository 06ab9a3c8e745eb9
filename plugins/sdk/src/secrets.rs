//! Secrets of the workspace, for a tool provider.

/// The value of a secret; none unless plugin.json asks for that name, the binding grants it and the workspace has it.
/// Natively those of [`with`].
#[must_use]
pub fn get(name: &str) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::tool_provider::windlass::plugin::secrets::get(name);
    #[cfg(not(target_arch = "wasm32"))]
    native::SECRETS
        .with_borrow(|secrets| secrets.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
}

/// Runs `test` with these secrets, natively.
#[cfg(not(target_arch = "wasm32"))]
pub fn with<T>(secrets: &[(&str, &str)], test: impl FnOnce() -> T) -> T {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let before = native::SECRETS.replace(secrets.iter().map(owned).collect());
    let done = test();
    native::SECRETS.set(before);
    done
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::cell::RefCell;

    thread_local! {
        pub static SECRETS: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natively_secrets_are_those_of_the_test() {
        let key = || get("key");
        assert_eq!(with(&[("key", "value")], key).as_deref(), Some("value"));
        assert_eq!((with(&[("other", "value")], key), key()), (None, None));
    }
}

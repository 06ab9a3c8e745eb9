//! The settings that the operator has made where this plugin is bound.

use crate::bindings::detector::windlass::plugin::settings as host;

pub use host::SettingsProblem;

/// The settings, the text of a JSON object; `{}` where nothing is set. Natively those of [`with`].
#[must_use]
pub fn get() -> String {
    #[cfg(target_arch = "wasm32")]
    return host::get();
    #[cfg(not(target_arch = "wasm32"))]
    native::SETTINGS.with_borrow(Clone::clone)
}

impl SettingsProblem {
    /// What is wrong (`message`) at `path`, a JSON pointer such as `/rules/0/name`.
    pub fn new(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into(), ext: Vec::new() }
    }
}

/// Runs `test` with these settings, natively.
#[cfg(not(target_arch = "wasm32"))]
pub fn with<T>(settings: &str, test: impl FnOnce() -> T) -> T {
    let before = native::SETTINGS.replace(settings.to_owned());
    let done = test();
    native::SETTINGS.set(before);
    done
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::cell::RefCell;

    thread_local! {
        pub static SETTINGS: RefCell<String> = RefCell::new("{}".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natively_settings_are_those_of_the_test() {
        assert_eq!(with(r#"{"a":1}"#, get), r#"{"a":1}"#);
        assert_eq!(get(), "{}");
    }
}

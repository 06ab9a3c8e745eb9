//! A detector that claims the settings that it is given as a note, and refuses those with a field `forbidden`.

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, SettingsProblem, export_detector, settings};

struct SettingsDetector;

impl Detector for SettingsDetector {
    fn detect(_: &Request, _: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
        claims.add("note", settings::get(), 1.0);
        Ok(())
    }

    fn check_settings(settings: &str) -> Result<(), Vec<SettingsProblem>> {
        let is_refused = settings.contains("\"forbidden\"");
        if is_refused { Err(vec![SettingsProblem::new("/forbidden", "leave it out")]) } else { Ok(()) }
    }
}

export_detector!(SettingsDetector);

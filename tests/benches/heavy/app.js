// A detector in JavaScript that claims nothing: what it costs is the language.
export function detect(request, source, claims) {}
export function checkSettings(settings) {}

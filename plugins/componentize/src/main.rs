//! Turns a guest core module into a component.

fn main() {}

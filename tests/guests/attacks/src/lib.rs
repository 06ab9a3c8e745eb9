//! A detector that attacks the host: the file `attack.txt` says how. Each attack must cost its own caller alone.

use std::hint::black_box;
use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector, log};

/// The file that names the attack.
const ORDER: &str = "attack.txt";
const MIB: usize = 1024 * 1024;

struct Attacks;

impl Detector for Attacks {
    fn detect(_: &Request, files: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
        match files.read(ORDER).unwrap_or_default().trim() {
            "endless host calls" => endless_calls(files),
            "deep recursion" => {
                claims.add("depth", deeper(0).to_string(), 1.0).rule("recursion");
            }
            "a million log lines" => log_lines(1_000_000),
            "a thousand log lines" => log_lines(1_000),
            "long log lines" => (0..64).for_each(|_| log::info(&"x".repeat(MIB))),
            "one endless log line" => log::info(&"x".repeat(8 * MIB)),
            "a huge error" => return Err(PluginError::failed("huge", "x".repeat(3 * MIB))),
            "files of others" => read_elsewhere(files, claims),
            "other answers" => differ(claims),
            _ => {}
        }
        Ok(())
    }
}

fn endless_calls(files: &dyn Files) {
    loop {
        let _ = black_box(files.read(ORDER));
    }
}

/// Not a loop to the compiler, since each call adds to what the next one gave.
#[expect(unconditional_recursion, reason = "that is the attack")]
fn deeper(depth: u64) -> u64 {
    let here = black_box([depth; 64]);
    deeper(black_box(depth + 1)) + here[0]
}

fn log_lines(count: u32) {
    for number in 0..count {
        log::warn(&format!("line {number}\nof \u{1b}[31mmany"));
    }
}

/// Whatever is not of this tree.
fn read_elsewhere(files: &dyn Files, claims: &mut Claims) {
    for path in
        ["/etc/passwd", "../attack.txt", "../../operator-key", "/proc/self/environ", "C:\\x", "attack.txt\0", "", "."]
    {
        let found = files.read(path).map_or_else(|error| format!("{error:?}"), |text| text);
        claims.add("read", format!("{path:?}: {found}"), 1.0).rule("elsewhere");
    }
}

/// Everything that could be another one at the next call: where things lie, and what lies there.
fn differ(claims: &mut Claims) {
    let local = 0_u8;
    let heap = black_box(vec![0_u8; 100]);
    let random = std::collections::hash_map::RandomState::new();
    let hashed = std::hash::BuildHasher::hash_one(&random, 1_u8);
    let nan = black_box(0.0_f64) / black_box(0.0);
    let seen = format!("{:p} {:p} {hashed} {:x}", &raw const local, heap.as_ptr(), nan.to_bits());
    claims.add("seen", seen, 1.0).rule("differences");
}

export_detector!(Attacks);

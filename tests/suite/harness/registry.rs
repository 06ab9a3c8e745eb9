//! Debian's docker-registry: a registry that is not ours, to pull from and to compare with.

use serde_json::json;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The user name and password that a guarded registry wants.
pub const USER: (&str, &str) = ("puller", "base-password");
/// The password as an htpasswd file keeps it (bcrypt, the only form that the registry reads).
const PASSWORD_HASH: &str = "$2y$05$abcdefghijklmnopqrstuuNPFfcfi8MCzDslsFKxw0DxrLM5cOghm";

/// A registry on a free port of the loopback; it dies with this value.
pub struct Registry {
    process: Child,
    /// `host:port`
    pub address: String,
}

impl Registry {
    /// One that speaks plain HTTP and lets everybody in; its data is in `folder`.
    pub fn start(folder: &Path) -> Self {
        let address = free_address();
        Self::serve(folder, &address, json!({"http": {"addr": address}}))
    }

    /// One that speaks TLS alone and wants [`USER`], and the certificate that it shows.
    pub fn guarded(folder: &Path) -> (Self, PathBuf) {
        let (certificate, key) = self_signed(folder);
        let users = folder.join("htpasswd");
        fs::write(&users, format!("{}:{PASSWORD_HASH}\n", USER.0)).expect("written");
        let address = free_address();
        let config = json!({
            "http": {"addr": address, "tls": {"certificate": certificate, "key": key}},
            "auth": {"htpasswd": {"realm": "base images", "path": users}},
        });
        (Self::serve(folder, &address, config), certificate)
    }

    fn serve(folder: &Path, address: &str, mut config: serde_json::Value) -> Self {
        config["version"] = "0.1".into();
        config["log"] = json!({"level": "error", "accesslog": {"disabled": true}});
        config["storage"] = json!({"filesystem": {"rootdirectory": folder.join("registry")}});
        let file = folder.join("registry.json");
        fs::write(&file, config.to_string()).expect("written");
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(file).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("docker-registry starts; `.ci/setup tests` installs it");
        let registry = Self { process, address: address.to_owned() };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(&registry.address).is_err() {
            assert!(Instant::now() < deadline, "docker-registry does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        registry
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_address() -> String {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
    format!("127.0.0.1:{port}")
}

/// A certificate for 127.0.0.1 that is its own authority, and its key.
fn self_signed(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("tls.pem"), folder.join("tls.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"])
        .args(["-subj", "/CN=base images", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .expect("openssl runs; it comes with ca-certificates");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (certificate, key)
}

//! A prebuilt image, where podman works; the reason, where it does not.

use super::Phase;
use super::house::{House, agent, request};
use crate::{NotReady, Runtime};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio::net::TcpStream;
use windlass_domain::AgentRef;

const IMAGE: &str = "localhost/windlass-runtime-test:1";
/// Answers 200 to everything on `PORT`; the image holds nothing else.
const SERVER: &str = r#"
#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>
int main(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(getenv("PORT")))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 9)) return 3;
    for (;;) {
        char request[4096];
        int client = accept(listener, 0, 0);
        read(client, request, sizeof request);
        write(client, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 40);
        close(client);
    }
}
"#;

fn apply(runtime: &Runtime, name: &str, image: &str) -> AgentRef {
    let agent = agent(name);
    let mut wanted = request(&agent, 1, &json!({"runtime": null, "command": ["/agent"]}));
    wanted.spec.image = Some(image.to_owned());
    wanted.spec.settings.system_prompt = Some("two\nlines".to_owned());
    runtime.apply(wanted, None);
    agent
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_runs_where_podman_works_and_its_container_goes_with_the_agent() {
    let house = House::start().await;
    if !succeeds(Command::new("podman").arg("info")) {
        let agent = apply(&house.runtime, "boxed", IMAGE);
        house.until(&agent, |state| state.message.contains("podman is not usable here")).await;
        assert!(matches!(house.runtime.endpoint(&agent), Err(NotReady::CannotRun { .. })));
        return house.end().await;
    }
    import(house.data.path());
    let agent = apply(&house.runtime, "boxed", IMAGE);
    house.until(&agent, |state| state.phase == Phase::Running).await;
    let addr = house.runtime.endpoint(&agent).expect("an endpoint").addr;
    house.runtime.shutdown(Duration::from_secs(10)).await;
    assert!(TcpStream::connect(addr).await.is_err(), "the container is gone");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_pulled_waits_with_the_reason() {
    let house = House::start().await;
    let agent = apply(&house.runtime, "absent", "127.0.0.1:1/no/such:image");
    let told = |message: &str| message.contains("cannot be pulled") || message.contains("podman is not usable here");
    let state = house.until(&agent, |state| told(&state.message)).await;
    assert_eq!(state.phase, Phase::Pending);
    house.end().await;
}

/// Builds an image of one static program, without any registry.
fn import(folder: &Path) {
    let root = folder.join("image");
    std::fs::create_dir(&root).expect("made");
    std::fs::write(folder.join("agent.c"), SERVER).expect("written");
    let compiled =
        Command::new("cc").args(["-static", "-w", "-o"]).arg(root.join("agent")).arg(folder.join("agent.c")).status();
    assert!(compiled.expect("cc").success());
    let archive = folder.join("image.tar");
    assert!(succeeds(Command::new("tar").arg("-cf").arg(&archive).arg("-C").arg(&root).arg("agent")));
    assert!(succeeds(Command::new("podman").arg("import").arg(&archive).arg(IMAGE)));
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

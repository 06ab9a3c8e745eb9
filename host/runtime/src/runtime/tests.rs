//! Real agents in real processes: uv, Python, bubblewrap and the `runagents` package from its registry.

mod house;
mod image;
mod isolated;
mod replaced;
mod stopped;

use house::{House, files, plan};
use serde_json::json;
use windlass_domain::agent::Phase;

const ECHO: &str = "def handler(request, context):\n    return {'response': 'echo: ' + request['message']}\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_agent_becomes_ready_and_answers() {
    let house = House::start().await;
    let echo = house.apply("echo", 1, &[("agent.py", ECHO)], &plan("handler"));
    let state = house.until(&echo, |state| state.phase == Phase::Running).await;
    assert_eq!((state.revision_serving, state.restarts), (Some(1), 0));
    let lease = house.runtime.endpoint(&echo).expect("an endpoint");
    assert!(lease.addr.ip().is_loopback());
    let answer = house::post(lease.addr, "/invoke", &json!({"message": "hi"})).await;
    assert_eq!((answer["response"].as_str(), answer["handler"].as_str()), (Some("echo: hi"), Some("user")));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_any_name_answers_when_the_plan_names_it() {
    let house = House::start().await;
    let code = "class Bot:\n    def invoke(self, text):\n        return 'bot: ' + text\napp = Bot()\n";
    let object = json!({"run_kind": "handler", "run_object": "app", "entry_point": "src/main.py"});
    let bot = house.apply("bot", 1, &[("src/main.py", code)], &object);
    house.until(&bot, |state| state.phase == Phase::Running).await;
    assert_eq!(house.invoke(&bot, "hi").await, "bot: hi");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_object_of_a_handler_stands_above_what_the_runtime_would_find_and_that_of_a_script_does_not() {
    let house = House::start().await;
    let code = "class Bot:\n    def invoke(self, text):\n        return 'bot: ' + text\nflow = Bot()\n\n\n\
        def main(request, context):\n    return {'response': 'main: ' + request['message']}\n";
    for (run_kind, answer) in [("handler", "bot: hi"), ("script", "main: hi")] {
        let plan = json!({"run_kind": run_kind, "run_object": "flow", "entry_point": "agent.py"});
        let agent = house.apply(run_kind, 1, &[("agent.py", code)], &plan);
        house.until(&agent, |state| state.phase == Phase::Running).await;
        assert_eq!(house.invoke(&agent, "hi").await, answer);
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_run_answers_by_its_own_main_module() {
    let house = House::start().await;
    let folder = json!({"run_kind": "handler", "entry_point": "__main__.py"});
    let agent = house.apply("folder", 1, &[("__main__.py", ECHO)], &folder);
    house.until(&agent, |state| state.phase == Phase::Running).await;
    assert_eq!(house.invoke(&agent, "hi").await, "echo: hi");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_with_a_command_of_its_own_listens_on_port() {
    let house = House::start().await;
    let code = "import http.server, os\n\
        http.server.test(http.server.SimpleHTTPRequestHandler, bind='127.0.0.1', port=int(os.environ['PORT']))\n";
    let own = json!({"run_kind": "asgi", "command": ["python", "serve.py"], "health_path": "/"});
    let agent = house.apply("own", 1, &[("serve.py", code)], &own);
    house.until(&agent, |state| state.phase == Phase::Running).await;
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_ready_without_code_that_answers_and_a_handler_is_not() {
    let house = House::start().await;
    let script = house.apply("script", 1, &[("agent.py", "print('ran')\n")], &plan("script"));
    let handler = house.apply("handler", 1, &[("agent.py", "print('ran')\n")], &plan("handler"));
    house.until(&script, |state| state.phase == Phase::Running).await;
    let state = house.until(&handler, |state| state.phase == Phase::Failed).await;
    assert!(state.message.contains("no callable discovered in user module"), "{}", state.message);
    assert!(house.runtime.logs(&script, 100).iter().any(|line| line.text == "ran"));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_kind_that_nothing_starts_and_an_unknown_runtime_stay_pending_with_the_reason() {
    let house = House::start().await;
    let asgi = house.apply("asgi", 1, &[("agent.py", ECHO)], &plan("asgi"));
    let odd = house.apply("odd", 1, &[("agent.py", ECHO)], &json!({"run_kind": "handler", "runtime": "cobol"}));
    for (agent, words) in [(asgi, "`asgi` needs a command"), (odd, "no runtime `cobol`")] {
        let state = house.until(&agent, |state| state.message.contains(words)).await;
        assert_eq!(state.phase, Phase::Pending);
        let refused = house.runtime.endpoint(&agent).expect_err("no endpoint");
        assert!(matches!(refused, crate::NotReady::CannotRun { .. }), "{refused}");
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_outlive_the_server_and_go_with_the_agent() {
    let mut house = House::start().await;
    let talker = [("agent.py", "print('first words')\ndef handler(message):\n    return 'x'\n")];
    let agent = house.apply("talker", 1, &talker, &plan("handler"));
    house.until(&agent, |state| state.phase == Phase::Running).await;
    house.restart().await;
    assert_eq!(house.runtime.logs(&agent, 100), [], "unknown until it is applied again");
    house.runtime.apply(house::request(&agent, 2, &plan("handler")), Some(files(&talker)));
    assert!(house.runtime.logs(&agent, 100).iter().any(|line| line.text == "first words" && line.revision == 1));
    house.runtime.remove(&agent);
    assert_eq!(house.runtime.state(&agent), None);
    house.end().await;
}

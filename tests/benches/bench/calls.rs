//! What the plugin host adds to a call: against wasmtime alone with the same component, and how decisions scale with threads.

use crate::decision::{Components, decide, request};
use crate::harness;
use crate::project;
use crate::timings::{Timings, print_ratio};
use std::sync::Arc;
use std::time::Instant;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use windlass_domain::WorkspaceName;
use windlass_plugin::{Limits, PluginHost, Weight};

/// Calls before the first that counts, and calls that count.
const WARM_UP: usize = 1_000;
const RUNS: usize = 20_000;
/// Decisions of each thread.
const DECISIONS: usize = 1_000;
/// A guest that answers at once what its settings are worth.
const GUEST: &str = "tests/third-party-detector";

/// Measures both.
pub async fn run() {
    let host = Arc::new(crate::decision::host());
    overhead(&host).await;
    threads(&host).await;
}

/// A new store, an instance and a call of the same export, by us and by wasmtime alone, in turns.
async fn overhead(host: &PluginHost) {
    let bytes = harness::component(GUEST);
    let plugin = host.load(&bytes).expect("a sound guest");
    let mut bare = Bare::new(&bytes);
    let workspace = WorkspaceName::parse("workspace", "bench").expect("a name");
    let measure = move |calls: &windlass_plugin::Calls| {
        let (mut ours, mut theirs) = (Timings::default(), Timings::default());
        for turn in 0..WARM_UP + RUNS {
            let started = Instant::now();
            let answer = calls.check_settings(&plugin, Limits::LIGHT, "{}").expect("an answer");
            let took = started.elapsed();
            assert!(answer.value.is_empty());
            let started = Instant::now();
            bare.call();
            let bare_took = started.elapsed();
            if turn >= WARM_UP {
                ours.push(took);
                theirs.push(bare_took);
            }
        }
        (ours, theirs)
    };
    let (ours, theirs) = host.run(&workspace, Weight::Light, measure).await.expect("a free place");
    let what = "New store, instance and a call that answers at once (aim: 1.3 times the bare loop)";
    print_ratio(what, ("the plugin host, with its limits", &ours), ("a bare loop of wasmtime", &theirs));
}

/// Wasmtime alone: a pool, no limits, no imports that are ever called.
struct Bare {
    engine: Engine,
    pre: wasmtime::component::InstancePre<()>,
}

impl Bare {
    fn new(component: &[u8]) -> Self {
        let mut pool = PoolingAllocationConfig::default();
        pool.total_component_instances(4).linear_memory_keep_resident(1024 * 1024).table_keep_resident(1024 * 1024);
        let mut config = Config::new();
        config.concurrency_support(false).allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config).expect("an engine");
        let component = Component::new(&engine, component).expect("it compiles");
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&component).expect("imports");
        let pre = linker.instantiate_pre(&component).expect("it links");
        Self { engine, pre }
    }

    fn call(&mut self) {
        let mut store = Store::new(&self.engine, ());
        let instance = self.pre.instantiate(&mut store).expect("an instance");
        let check = instance.get_func(&mut store, "check-settings").expect("the export");
        let mut results = [wasmtime::component::Val::Bool(false)];
        check.call(&mut store, &[wasmtime::component::Val::String("{}".into())], &mut results).expect("an answer");
        assert!(matches!(results[0], wasmtime::component::Val::Result(Ok(_))));
    }
}

/// Decisions a second by one thread and by two, each of a workspace of its own.
async fn threads(host: &Arc<PluginHost>) {
    let components = Arc::new(Components::of(host));
    let request = Arc::new(request(&project::files()));
    let catalogue = Arc::new(crate::decision::catalogue());
    println!("\nDecisions a second, all components in fresh instances");
    let mut rates = Vec::new();
    for count in [1, 2] {
        let started = Instant::now();
        let work = (0..count).map(|number| {
            let (host, components) = (host.clone(), components.clone());
            let (request, catalogue) = (request.clone(), catalogue.clone());
            let workspace = WorkspaceName::parse("workspace", &format!("bench-{number}")).expect("a name");
            let decisions = move |calls: &windlass_plugin::Calls| {
                for _ in 0..DECISIONS {
                    decide(calls, &components, &request, &catalogue);
                }
            };
            tokio::spawn(async move { host.run(&workspace, Weight::Light, decisions).await.expect("a free place") })
        });
        for thread in work.collect::<Vec<_>>() {
            thread.await.expect("no panic");
        }
        let all = f64::from(u32::try_from(count * DECISIONS).expect("a small number"));
        let rate = all / started.elapsed().as_secs_f64();
        println!("  {count} threads: {rate:>8.0} decisions/s");
        rates.push(rate);
    }
    println!("  ratio of 2 threads to 1: {:.2} times as many", rates[1] / rates[0]);
}

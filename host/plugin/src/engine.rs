//! The two engines of the process, for light and for heavy guests, their settings, and the thread that ticks their epochs.

use crate::weight::{MAX_LIGHT_CORE_INSTANCES, MAX_LIGHT_MEMORIES, MAX_LIGHT_TABLES};
use anyhow::Context as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use wasmtime::{
    Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy,
    WasmBacktraceDetails,
};

/// The length of one epoch: how finely a call's time is measured.
pub const TICK: Duration = Duration::from_millis(1);
/// The most guests that run at once.
pub const MAX_CONCURRENT_CALLS: u32 = 32;
/// The most decisions with a heavy guest in them that are made at once, beside those.
pub const MAX_CONCURRENT_HEAVY_CALLS: u32 = 8;
/// The size of the instance pool: beside the guests of all places, the install gate tries its one, a decision that began
/// while no other was made may have a second, and one is asked beside all decisions. Decisions with a heavy guest have light
/// ones too.
const POOL: u32 = MAX_CONCURRENT_CALLS + MAX_CONCURRENT_HEAVY_CALLS + 3;
/// Memory of a pooled slot that is kept resident between calls, of the pages that the call has touched: the kernel is
/// asked which (`PAGEMAP_SCAN`), since a Rust guest's heap lies behind a stack of a megabyte that it hardly touches.
const KEEP_RESIDENT: usize = 1024 * 1024;
/// The largest single linear memory a pooled slot can hold; [`crate::limits::Limits::memory`] is what a call may use.
const MAX_POOLED_MEMORY: usize = 256 * 1024 * 1024;

/// Builds the engine of light guests. Instances come from a pool of ready slots, about 6 µs each; where the pool's address space cannot be
/// had they are made one by one, about 15 µs each.
pub fn light() -> anyhow::Result<Engine> {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(POOL)
        .max_core_instances_per_component(MAX_LIGHT_CORE_INSTANCES)
        .max_memories_per_component(MAX_LIGHT_MEMORIES)
        .max_tables_per_component(MAX_LIGHT_TABLES)
        .total_core_instances(POOL * MAX_LIGHT_CORE_INSTANCES)
        .total_memories(POOL * MAX_LIGHT_MEMORIES)
        .total_tables(POOL * MAX_LIGHT_TABLES)
        .table_elements(crate::limits::MAX_TABLE_ELEMENTS)
        .max_memory_size(MAX_POOLED_MEMORY)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        .pagemap_scan(Enabled::Auto);
    match Engine::new(config().allocation_strategy(InstanceAllocationStrategy::Pooling(pool))) {
        Ok(engine) => Ok(engine),
        Err(error) => {
            tracing::warn!(%error, "no address space for the instance pool: instances are made on demand, about 10 µs slower");
            Engine::new(&config()).map_err(anyhow::Error::from).context("start the WebAssembly engine")
        }
    }
}

/// Builds an engine that makes instances on demand, of any shape, and reserves no address space: that of heavy guests, whose
/// instances take a millisecond anyway, and that which compiles. What is compiled for one engine runs in the other.
pub fn heavy() -> anyhow::Result<Engine> {
    Engine::new(&config()).map_err(anyhow::Error::from).context("start the WebAssembly engine without a pool")
}

/// Component model (its async part is not compiled in); Cranelift; epochs instead of fuel (fuel costs more on every instruction).
fn config() -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_gc(false)
        .wasm_exceptions(false)
        .wasm_function_references(false)
        .wasm_threads(false)
        .wasm_memory64(false)
        .epoch_interruption(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}

/// The thread that advances the engines' epochs; stopped and joined on drop.
pub struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts ticking `engines` every [`TICK`].
    pub fn start(engines: &[&Engine]) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let weak: Vec<_> = engines.iter().map(|engine| engine.weak()).collect();
        let stopped = stop.clone();
        let thread = std::thread::Builder::new()
            .name("epoch-ticker".to_owned())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    std::thread::sleep(TICK);
                    for engine in weak.iter().filter_map(EngineWeak::upgrade) {
                        engine.increment_epoch();
                    }
                }
            })
            .context("start the epoch ticker")?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The number of ticks that a call of at most `time` may see: one more, since the first may come at once.
#[must_use]
pub fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_millis() / TICK.as_millis()).unwrap_or(u64::MAX - 1) + 1
}

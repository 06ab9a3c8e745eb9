//! The one engine of the process, its settings, and the thread that ticks its epochs.

use anyhow::Context as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy, WasmBacktraceDetails,
};

/// The length of one epoch: how finely a call's time is measured.
pub const TICK: Duration = Duration::from_millis(1);
/// The most guests that run at once.
pub const MAX_CONCURRENT_CALLS: u32 = 32;
/// The size of the instance pool: beside the guests of all places, the install gate tries its one, and a decision that began
/// while no other was made may have a second.
const POOL: u32 = MAX_CONCURRENT_CALLS + 2;
/// Core instances to a component instance: a Rust guest has 3 (module, adapter shims), a Python guest some 15.
const CORE_INSTANCES_PER_CALL: u32 = 16;
/// Memory of a pooled slot that is kept resident between calls, of the pages that the call has touched: the kernel is
/// asked which (`PAGEMAP_SCAN`), since a Rust guest's heap lies behind a stack of a megabyte that it hardly touches.
const KEEP_RESIDENT: usize = 1024 * 1024;
/// The largest single linear memory a pooled slot can hold; [`crate::limits::Limits::memory`] is what a call may use.
const MAX_POOLED_MEMORY: usize = 256 * 1024 * 1024;

/// Builds the engine. Instances come from a pool of ready slots, about 6 µs each; where the pool's address space cannot be
/// had they are made one by one, about 15 µs each.
pub fn build() -> anyhow::Result<Engine> {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(POOL)
        .total_core_instances(POOL * CORE_INSTANCES_PER_CALL)
        .total_memories(POOL * 2)
        .total_tables(POOL * CORE_INSTANCES_PER_CALL)
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

/// An engine that compiles for [`build`]'s and runs nothing: it reserves no address space.
pub fn compiler() -> anyhow::Result<Engine> {
    Engine::new(&config()).map_err(anyhow::Error::from).context("start the WebAssembly compiler")
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

/// The thread that advances the engine's epoch; stopped and joined on drop.
pub struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts ticking `engine` every [`TICK`].
    pub fn start(engine: &Engine) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (weak, stopped) = (engine.weak(), stop.clone());
        let thread = std::thread::Builder::new()
            .name("epoch-ticker".to_owned())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    std::thread::sleep(TICK);
                    let Some(engine) = weak.upgrade() else { return };
                    engine.increment_epoch();
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

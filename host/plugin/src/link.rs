//! One linker per world, made once: what a guest of that world may import, and nothing beside it.

use crate::bindings::{detector, host, strategy, tool_provider};
use crate::metadata::World;
use crate::state::CallState;
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::{HasData, HasSelf, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView as _};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView as _};
use wasmtime_wasi::random::{Deterministic, WasiRandom};
use wasmtime_wasi::{WasiCtx, WasiView as _, p2::bindings as wasi};

/// The linkers of the three worlds.
pub struct Linkers {
    detector: Linker<CallState>,
    strategy: Linker<CallState>,
    tool_provider: Linker<CallState>,
}

impl Linkers {
    /// Links every interface of each world to [`crate::imports`].
    pub fn new(engine: &Engine) -> wasmtime::Result<Self> {
        type Own = HasSelf<CallState>;
        let mut linkers = Self { detector: base(engine)?, strategy: base(engine)?, tool_provider: base(engine)? };
        host::source::add_to_linker::<_, Own>(&mut linkers.detector, |state| state)?;
        host::syntax::add_to_linker::<_, Own>(&mut linkers.detector, |state| state)?;
        host::plan::add_to_linker::<_, Own>(&mut linkers.strategy, |state| state)?;
        host::tools::add_to_linker::<_, Own>(&mut linkers.tool_provider, |state| state)?;
        host::secrets::add_to_linker::<_, Own>(&mut linkers.tool_provider, |state| state)?;
        host::http::add_to_linker::<_, Own>(&mut linkers.tool_provider, |state| state)?;
        Ok(linkers)
    }

    /// The linker of `world`.
    #[must_use]
    pub fn of(&self, world: World) -> &Linker<CallState> {
        match world {
            World::Detector => &self.detector,
            World::Strategy => &self.strategy,
            World::ToolProvider => &self.tool_provider,
        }
    }
}

/// What every world shares, and the empty WASI.
fn base(engine: &Engine) -> wasmtime::Result<Linker<CallState>> {
    type Own = HasSelf<CallState>;
    let mut linker = Linker::new(engine);
    host::log::add_to_linker::<_, Own>(&mut linker, |state| state)?;
    host::types::add_to_linker::<_, Own>(&mut linker, |state| state)?;
    host::settings::add_to_linker::<_, Own>(&mut linker, |state| state)?;
    host::request::add_to_linker::<_, Own>(&mut linker, |state| state)?;
    host::claims::add_to_linker::<_, Own>(&mut linker, |state| state)?;
    add_empty_wasi(&mut linker)?;
    Ok(linker)
}

/// Whether a guest of `world` may import the interface of that name, e.g. `windlass:plugin/claims@1.0.0`. Only explains
/// a refusal: what links is decided by the linkers.
#[must_use]
pub fn offers(world: World, import: &str) -> bool {
    let interface = import.split_once('@').map_or(import, |(name, _)| name);
    let own = match world {
        World::Detector => &["windlass:plugin/source", "windlass:plugin/syntax"][..],
        World::Strategy => &["windlass:plugin/plan"],
        World::ToolProvider => &["windlass:plugin/tools", "windlass:plugin/secrets", "windlass:plugin/http"],
    };
    own.contains(&interface) || SHARED.contains(&interface)
}

/// What every world is offered.
const SHARED: &[&str] = &[
    "windlass:plugin/log",
    "windlass:plugin/types",
    "windlass:plugin/settings",
    "windlass:plugin/request",
    "windlass:plugin/claims",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:random/random",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:cli/exit",
    "wasi:cli/environment",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
];

struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}

/// The part of WASI 0.2 that a language's standard library asks for and that cannot wait, reach out or tell the time:
/// no sockets and no monotonic clock (its timers would block the thread past the call's deadline).
fn add_empty_wasi(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::bindings::io::error::add_to_linker::<_, Table>(linker, |state| state.ctx().table)?;
    wasi::sync::io::poll::add_to_linker::<_, Table>(linker, |state| state.ctx().table)?;
    wasi::sync::io::streams::add_to_linker::<_, Table>(linker, |state| state.ctx().table)?;
    wasi::clocks::wall_clock::add_to_linker::<_, WasiClocks>(linker, CallState::clocks)?;
    wasi::filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, CallState::filesystem)?;
    wasi::sync::filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, CallState::filesystem)?;
    wasi::random::random::add_to_linker::<_, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    wasi::random::insecure::add_to_linker::<_, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    wasi::random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    wasi::cli::exit::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    wasi::cli::environment::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    wasi::cli::stdin::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    wasi::cli::stdout::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    wasi::cli::stderr::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    wasi::cli::terminal_input::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    wasi::cli::terminal_output::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    wasi::cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    wasi::cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    wasi::cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    Ok(())
}

/// A WASI context with nothing in it: the same time, the same "random" bytes, at every call.
pub(crate) fn empty_wasi() -> WasiCtx {
    WasiCtx::builder()
        .wall_clock(Standstill)
        .secure_random(Deterministic::new(vec![0]))
        .insecure_random(Deterministic::new(vec![0]))
        .insecure_random_seed(0)
        .build()
}

/// A clock that always shows the epoch: same input, same decision.
struct Standstill;

impl wasmtime_wasi::HostWallClock for Standstill {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

/// A linked component, ready to be instantiated: the types of its exports are checked.
pub enum Linked {
    /// Of the world `detector`.
    Detector(detector::DetectorPre<CallState>),
    /// Of the world `strategy`.
    Strategy(strategy::StrategyPre<CallState>),
    /// Of the world `tool-provider`.
    ToolProvider(tool_provider::ToolProviderPre<CallState>),
}

impl Linked {
    /// The engine that it was linked in, and runs in.
    pub(crate) fn engine(&self) -> &Engine {
        match self {
            Self::Detector(pre) => pre.engine(),
            Self::Strategy(pre) => pre.engine(),
            Self::ToolProvider(pre) => pre.engine(),
        }
    }
}

//! The data of one store, which serves one call and is dropped after it.

use crate::error::CallError;
use crate::imports::http::Exchanges;
use crate::imports::syntax::Reading;
use crate::limits::{Limiter, Limits};
use crate::meter::Meter;
use crate::reach::Reach;
use crate::report::LogLine;
use crate::terms::Terms;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// The most host resources one call may hold: one of each kind that its world passes, and none that it can make.
const MAX_RESOURCES: usize = 64;

/// What one call carries: its resources, what it may cost and has cost, what it may match source files with, and its log.
pub struct CallState {
    pub(crate) plugin: Arc<str>,
    pub(crate) settings: Arc<str>,
    pub(crate) reach: Arc<Reach>,
    pub(crate) exchanges: Exchanges,
    pub(crate) table: ResourceTable,
    pub(crate) limits: Limits,
    pub(crate) limiter: Limiter,
    pub(crate) meter: Meter,
    pub(crate) reading: Reading,
    /// Bytes that the guest has handed to the host.
    pub(crate) handed: usize,
    pub(crate) log: Vec<LogLine>,
    pub(crate) log_dropped: usize,
    wasi: Option<WasiCtx>,
}

/// The guest went past a limit of its call.
#[derive(Debug, thiserror::Error)]
#[error("more {0} than the limit allows")]
pub(crate) struct PastLimit(pub(crate) &'static str);

impl CallState {
    /// A fresh state for one call of `plugin` (`name@version`), whose time begins now.
    pub(crate) fn new(plugin: Arc<str>, terms: &Terms, time: Duration) -> Self {
        let mut table = ResourceTable::with_capacity(8);
        table.set_max_capacity(MAX_RESOURCES);
        Self {
            plugin,
            settings: terms.settings.clone(),
            reach: terms.reach.clone(),
            exchanges: Exchanges::default(),
            table,
            limits: terms.limits,
            limiter: Limiter::new(terms.limits.memory),
            meter: Meter::start(time),
            reading: Reading::default(),
            handed: 0,
            log: Vec::new(),
            log_dropped: 0,
            wasi: None,
        }
    }

    /// Counts bytes that the guest hands over; past its limit the call ends. Each import that takes texts calls it first.
    pub(crate) fn take_over(&mut self, bytes: usize) -> wasmtime::Result<()> {
        self.handed = self.handed.saturating_add(bytes);
        if self.handed > self.limits.host_call_bytes {
            return Err(wasmtime::Error::new(PastLimit("bytes in calls of imports")));
        }
        Ok(())
    }

    /// Why a call broke. A refused memory growth comes first: the panic that follows it is only its echo.
    pub(crate) fn explain(&self, error: &wasmtime::Error) -> CallError {
        let what = self.limiter.refused().or(error.downcast_ref().map(|PastLimit(what)| *what));
        if let Some(what) = what {
            return CallError::OverLimit { what };
        }
        match error.downcast_ref::<wasmtime::Trap>() {
            _ if error.is::<crate::imports::syntax::OutOfTime>() => CallError::Timeout { limit: self.meter.limit() },
            Some(wasmtime::Trap::Interrupt) => CallError::Timeout { limit: self.meter.limit() },
            Some(trap) => CallError::Trap { reason: trap.to_string() },
            None => CallError::Trap { reason: error.root_cause().to_string() },
        }
    }
}

/// A guest that was built against WASI gets an empty one: no files, no environment, no arguments, no sockets, closed
/// standard streams. Made on first use, since most guests never ask.
impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: self.wasi.get_or_insert_with(crate::link::empty_wasi), table: &mut self.table }
    }
}

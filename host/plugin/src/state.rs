//! The data of one store, which serves one call and is dropped after it.

use crate::imports::http::Exchanges;
use crate::imports::syntax::Reading;
use crate::limits::{Limiter, Limits};
use crate::reach::Reach;
use crate::terms::Terms;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// The most host resources one call may hold: one of each kind that its world passes, and none that it can make.
const MAX_RESOURCES: usize = 64;

/// What one call carries: its resources, its limiter, what it may match source files with, and the counts of its log.
pub struct CallState {
    pub(crate) plugin: Arc<str>,
    pub(crate) settings: Arc<str>,
    pub(crate) reach: Arc<Reach>,
    pub(crate) limits: Limits,
    pub(crate) exchanges: Exchanges,
    ends: Instant,
    pub(crate) table: ResourceTable,
    pub(crate) limiter: Limiter,
    pub(crate) reading: Reading,
    pub(crate) log_lines: usize,
    pub(crate) log_dropped: usize,
    wasi: Option<WasiCtx>,
}

impl CallState {
    /// A fresh state for one call of `plugin` (`name@version`).
    pub(crate) fn new(plugin: Arc<str>, terms: &Terms) -> Self {
        let limits = terms.limits;
        let mut table = ResourceTable::with_capacity(8);
        table.set_max_capacity(MAX_RESOURCES);
        let (limiter, reading) = (Limiter::new(limits.memory), Reading::default());
        Self {
            plugin,
            settings: terms.settings.clone(),
            reach: terms.reach.clone(),
            limits,
            exchanges: Exchanges::default(),
            ends: Instant::now() + limits.time,
            table,
            limiter,
            reading,
            log_lines: 0,
            log_dropped: 0,
            wasi: None,
        }
    }

    /// What the call has left of its time.
    pub(crate) fn time_left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }
}

/// A guest that was built against WASI gets an empty one: no files, no environment, no arguments, no sockets, closed
/// standard streams. Made on first use, since most guests never ask.
impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: self.wasi.get_or_insert_with(crate::link::empty_wasi), table: &mut self.table }
    }
}

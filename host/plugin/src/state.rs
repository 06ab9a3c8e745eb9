//! The data of one store, which serves one call and is dropped after it.

use crate::imports::syntax::Reading;
use crate::limits::Limiter;
use std::sync::Arc;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// The most host resources one call may hold: one of each kind that its world passes, and none that it can make.
const MAX_RESOURCES: usize = 64;

/// What one call carries: its resources, its limiter, what it may match source files with, and the counts of its log.
pub struct CallState {
    pub(crate) plugin: Arc<str>,
    pub(crate) settings: Arc<str>,
    pub(crate) table: ResourceTable,
    pub(crate) limiter: Limiter,
    pub(crate) reading: Reading,
    pub(crate) log_lines: usize,
    pub(crate) log_dropped: usize,
    wasi: Option<WasiCtx>,
}

impl CallState {
    /// A fresh state for one call of `plugin` (`name@version`).
    pub(crate) fn new(plugin: Arc<str>, settings: Arc<str>, memory_limit: usize) -> Self {
        let mut table = ResourceTable::with_capacity(8);
        table.set_max_capacity(MAX_RESOURCES);
        let (limiter, reading) = (Limiter::new(memory_limit), Reading::default());
        Self { plugin, settings, table, limiter, reading, log_lines: 0, log_dropped: 0, wasi: None }
    }
}

/// A guest that was built against WASI gets an empty one: no files, no environment, no arguments, no sockets, closed
/// standard streams. Made on first use, since most guests never ask.
impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: self.wasi.get_or_insert_with(crate::link::empty_wasi), table: &mut self.table }
    }
}

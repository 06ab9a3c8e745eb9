//! The type of the route table: a route and what the document says of it are added together, so that neither is there
//! without the other.

use super::health;
use super::openapi::{Operation, Typed};
use crate::app::App;
use axum::Router;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};
use std::sync::Arc;

/// The methods of a route that takes any of them, as the document lists them; HEAD and those of one's own are taken too.
pub const ANY: [&str; 6] = ["get", "post", "put", "patch", "delete", "options"];

/// Routes of one group, documented.
pub struct Routes {
    group: &'static str,
    router: Router<Arc<App>>,
    operations: Vec<Operation>,
}

/// One function for each method.
macro_rules! methods {
    ($($method:ident)*) => {$(
        #[doc = concat!("Serves `", stringify!($method), "` of `path` by `handler`.")]
        pub fn $method<H, T, D>(self, path: &str, handler: H, operation: Operation) -> Self
        where
            H: Handler<T, Arc<App>> + Typed<D>,
            T: 'static,
        {
            let operation = operation.of::<H, D>(stringify!($method), path);
            self.serve(path, routing::$method(handler), [operation])
        }
    )*};
}

impl Routes {
    /// None yet; those that are added belong to the group of that name.
    pub fn new(group: &'static str) -> Self {
        Self { group, router: Router::new(), operations: Vec::new() }
    }

    methods!(get post put patch delete);

    /// Serves every method of `path` by `handler`, but for TRACE: its answer would repeat what stands in the request's headers,
    /// credentials among them.
    pub fn any<H, T, D>(self, path: &str, handler: H, operation: &Operation) -> Self
    where
        H: Handler<T, Arc<App>> + Typed<D>,
        T: 'static,
    {
        let operations = ANY.map(|method| operation.clone().suffixed(method).of::<H, D>(method, path));
        self.serve(path, routing::any(handler).trace(health::no_trace), operations)
    }

    /// Serves `path`, whose handler reads method and path itself, as what `operations` say.
    pub fn by_itself<H, T, D, const N: usize>(self, path: &str, handler: H, operations: [(&str, Operation); N]) -> Self
    where
        H: Handler<T, Arc<App>> + Typed<D>,
        T: 'static,
    {
        let operations = operations.map(|(path, operation)| operation.of::<H, D>("get", path));
        self.serve(path, routing::any(handler), operations)
    }

    /// Refuses every method of `path` by `handler`: better words than those of a path that is not there. No operation.
    pub fn refuse<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.serve(path, routing::any(handler), [])
    }

    fn serve<const N: usize>(mut self, path: &str, routes: MethodRouter<Arc<App>>, operations: [Operation; N]) -> Self {
        self.router = self.router.route(path, routes);
        self.operations.extend(operations.map(|operation| operation.in_group(self.group)));
        self
    }

    /// These and `other`.
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.operations.extend(other.operations);
        self
    }

    /// These, and `below` under `prefix`.
    pub fn nest(mut self, prefix: &str, below: Self) -> Self {
        self.router = self.router.nest(prefix, below.router);
        self.operations.extend(below.operations.into_iter().map(|operation| operation.under(prefix)));
        self
    }

    /// These, and `below` under `prefix` once more: the document has them elsewhere.
    pub fn nest_again(mut self, prefix: &str, below: &Self) -> Self {
        self.router = self.router.nest(prefix, below.router.clone());
        self
    }

    /// The same at a place of the older contract.
    pub fn older(mut self) -> Self {
        self.operations = self.operations.into_iter().map(Operation::older).collect();
        self
    }

    /// The same with a layer or a fallback of axum's.
    pub fn with(mut self, change: impl FnOnce(Router<Arc<App>>) -> Router<Arc<App>>) -> Self {
        self.router = change(self.router);
        self
    }

    /// Both halves.
    pub fn into_parts(self) -> (Router<Arc<App>>, Vec<Operation>) {
        (self.router, self.operations)
    }
}

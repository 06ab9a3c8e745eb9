//! A host of the future, which serves 1.1.0: it runs what was built against 1.0.0, and what was built against its own version.

use crate::harness::component;
use wasmtime::component::{Component, HasSelf, Linker, Resource, ResourceTable};
use wasmtime::{Engine, Error, Result, Store};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit-1.1.0",
        world: "detector",
        imports: { default: trappable },
        with: {
            "windlass:plugin/source.source-tree": super::Nothing,
            "windlass:plugin/request.request": super::Nothing,
            "windlass:plugin/claims.claim-list": super::Nothing,
            "windlass:plugin/claims.claim-set": super::Nothing,
        },
    });
}

use bindings::windlass::plugin::{claims, hints, log, request, settings, source, syntax, types};

/// What the resources of this host are: there is nothing in them.
pub struct Nothing;

/// The host, and the claims that guests have made.
#[derive(Default)]
struct Host {
    table: ResourceTable,
    claimed: Vec<String>,
}

fn not_here<T>() -> Result<T> {
    Err(Error::msg("this host serves no more than its tests ask"))
}

/// Functions that nobody calls.
macro_rules! not_here {
    ($($name:ident($($argument:ty),*) -> $result:ty;)*) => {
        $(fn $name(&mut self, $(_: $argument),*) -> Result<$result> {
            not_here()
        })*
    };
}

impl types::Host for Host {}
impl source::Host for Host {}
impl request::Host for Host {}
impl claims::Host for Host {}

impl log::Host for Host {
    fn write(&mut self, _: log::Level, _: String) -> Result<()> {
        Ok(())
    }
}

impl settings::Host for Host {
    fn get(&mut self) -> Result<String> {
        Ok("{}".to_owned())
    }
}

impl hints::Host for Host {
    fn get(&mut self, name: String) -> Result<Option<String>> {
        Ok(Some(format!("of {name}")))
    }
}

impl claims::HostClaimList for Host {
    fn add(&mut self, _: Resource<Nothing>, claim: claims::Claim) -> Result<bool> {
        self.claimed.push(claim.value);
        Ok(true)
    }

    fn add_all(&mut self, _: Resource<Nothing>, claims: Vec<claims::Claim>) -> Result<u32> {
        self.claimed.extend(claims.into_iter().map(|claim| claim.value));
        Ok(1)
    }

    not_here! { drop(Resource<Nothing>) -> (); }
}

impl claims::HostClaimSet for Host {
    not_here! {
        all(Resource<Nothing>) -> Vec<claims::Claim>;
        of_kind(Resource<Nothing>, String) -> Vec<claims::Claim>;
        drop(Resource<Nothing>) -> ();
    }
}

impl request::HostRequest for Host {
    fn agent_name(&mut self, _: Resource<Nothing>) -> Result<String> {
        Ok("agent".to_owned())
    }

    not_here! {
        workspace(Resource<Nothing>) -> String;
        image(Resource<Nothing>) -> Option<String>;
        entry_point(Resource<Nothing>) -> Option<String>;
        framework(Resource<Nothing>) -> Option<String>;
        requirements(Resource<Nothing>) -> Option<String>;
        required_tools(Resource<Nothing>) -> Vec<String>;
        tools_to_create(Resource<Nothing>) -> Vec<request::ToolDefinition>;
        tool_url_mappings(Resource<Nothing>) -> Vec<(String, String)>;
        drop(Resource<Nothing>) -> ();
    }
}

impl source::HostSourceTree for Host {
    not_here! {
        stat(Resource<Nothing>, String) -> Option<source::FileStat>;
        list(Resource<Nothing>, String, Option<String>, u32) -> source::Page;
        glob(Resource<Nothing>, String) -> Vec<String>;
        read(Resource<Nothing>, String, u64, u32) -> std::result::Result<Vec<u8>, source::ReadError>;
        read_text(Resource<Nothing>, String) -> std::result::Result<String, source::ReadError>;
        digest(Resource<Nothing>) -> String;
        drop(Resource<Nothing>) -> ();
    }
}

impl syntax::Host for Host {
    not_here! {
        imports(Resource<Nothing>, String) -> std::result::Result<Vec<syntax::ModuleImport>, syntax::SyntaxError>;
        strings(Resource<Nothing>, String) -> std::result::Result<Vec<syntax::StringConstant>, syntax::SyntaxError>;
        definitions(Resource<Nothing>, String) -> std::result::Result<Vec<syntax::Definition>, syntax::SyntaxError>;
        query(Resource<Nothing>, String, u32) -> std::result::Result<Vec<syntax::Capture>, syntax::SyntaxError>;
    }
}

/// What a detector claims in the host of the future.
fn claimed(guest: &str) -> Vec<String> {
    let engine = Engine::default();
    let component = Component::new(&engine, component(&format!("tests/{guest}"))).expect("it compiles");
    let mut linker = Linker::new(&engine);
    bindings::Detector::add_to_linker::<_, HasSelf<Host>>(&mut linker, |host| host).expect("it links");
    let mut store = Store::new(&engine, Host::default());
    let detector = bindings::Detector::instantiate(&mut store, &component, &linker).expect("it fits");
    let table = &mut store.data_mut().table;
    let [request, tree, list] = [(); 3].map(|()| Resource::new_borrow(table.push(Nothing).expect("room").rep()));
    detector.call_detect(&mut store, request, tree, list).expect("no trap").expect("an answer");
    store.into_data().claimed
}

#[test]
fn what_was_built_against_the_frozen_package_runs_in_a_host_of_a_later_one() {
    assert_eq!(claimed("frozen-detector"), ["built against 1.0.0 for agent"]);
}

#[test]
fn what_was_built_against_the_grown_package_runs_there_too() {
    assert_eq!(claimed("grown-detector"), ["built against 1.1.0", "of hints"]);
}

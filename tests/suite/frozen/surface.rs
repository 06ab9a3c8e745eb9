//! What a WIT package offers, item by item, in a form that can be compared.

use std::collections::BTreeMap;
use wit_parser::{
    Function, Handle, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, TypeId, TypeOwner, WorldItem, WorldKey,
};

/// What exports are called in the names of items.
const EXPORT: &str = " exports ";

/// The items of a package: what they are, by their names.
#[derive(Debug)]
pub struct Surface {
    version: String,
    worlds: Vec<String>,
    items: BTreeMap<String, String>,
}

/// What of `frozen` is no longer as it was in `now`, and what is new where nothing may be.
pub fn breaks(frozen: &Surface, now: &Surface) -> Vec<String> {
    let mut breaks = Vec::new();
    for (item, was) in &frozen.items {
        match now.items.get(item) {
            None => breaks.push(format!("{item} is gone")),
            Some(is) if is != was => breaks.push(format!("{item} was `{was}` and is `{is}`")),
            Some(_) => {}
        }
    }
    let added: Vec<_> = now.items.keys().filter(|item| !frozen.items.contains_key(*item)).collect();
    let of_frozen_world =
        |item: &str| item.split_once(EXPORT).is_some_and(|(world, _)| frozen.worlds.iter().any(|known| known == world));
    let exports = added.iter().filter(|item| of_frozen_world(item));
    breaks.extend(exports.map(|item| format!("{item} is new: plugins that are built already do not export it")));
    if breaks.is_empty() && !added.is_empty() && frozen.version == now.version {
        breaks.push(format!(
            "{} is new and the version is still {}: an older host would not know whom to refuse",
            added[0], now.version
        ));
    }
    breaks
}

impl Surface {
    /// Reads the text of a whole package.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("plugin.wit", text).map_err(|error| format!("{error:#}"))?;
        let package = &resolve.packages[package];
        let version = package.name.version.as_ref().map(ToString::to_string).unwrap_or_default();
        let reader = Reader { resolve: &resolve };
        let mut items = BTreeMap::new();
        for (name, interface) in &package.interfaces {
            reader.read_interface(name, *interface, &mut items);
        }
        for (name, world) in &package.worlds {
            let world = &resolve.worlds[*world];
            for (key, item) in &world.imports {
                reader.read_world_item(&format!("world {name} imports "), key, item, &mut items);
            }
            for (key, item) in &world.exports {
                reader.read_world_item(&format!("world {name}{EXPORT}"), key, item, &mut items);
            }
        }
        let worlds = package.worlds.keys().map(|name| format!("world {name}")).collect();
        Ok(Self { version, worlds, items })
    }
}

struct Reader<'a> {
    resolve: &'a Resolve,
}

impl Reader<'_> {
    fn read_interface(&self, name: &str, interface: InterfaceId, items: &mut BTreeMap<String, String>) {
        let interface = &self.resolve.interfaces[interface];
        items.insert(format!("interface {name}"), String::new());
        for (of_type, id) in &interface.types {
            let definition = &self.resolve.types[*id];
            if !matches!(definition.kind, TypeDefKind::Type(Type::Id(_))) {
                items.insert(format!("{} {name}.{of_type}", definition.kind.as_str()), self.definition(definition));
            }
        }
        for (of_function, function) in &interface.functions {
            items.insert(format!("function {name}.{of_function}"), self.signature(function));
        }
    }

    fn read_world_item(&self, prefix: &str, key: &WorldKey, item: &WorldItem, items: &mut BTreeMap<String, String>) {
        let name = match key {
            WorldKey::Name(name) => name.clone(),
            WorldKey::Interface(id) => self.resolve.interfaces[*id].name.clone().unwrap_or_default(),
        };
        let text = match item {
            WorldItem::Interface { .. } => String::new(),
            WorldItem::Function(function) => self.signature(function),
            // A name for what an interface has.
            WorldItem::Type { .. } => return,
        };
        items.insert(format!("{prefix}{name}"), text);
    }

    fn signature(&self, function: &Function) -> String {
        let asynchronous = if function.kind.is_async() { "async " } else { "" };
        let parameters = function.params.iter().map(|param| format!("{}: {}", param.name, self.text(&param.ty)));
        let result = function.result.as_ref().map(|result| format!(" -> {}", self.text(result))).unwrap_or_default();
        format!("{asynchronous}func({}){result}", list(parameters))
    }

    fn definition(&self, definition: &TypeDef) -> String {
        let with = |name: &str, ty: &Option<Type>| match ty {
            Some(ty) => format!("{name}({})", self.text(ty)),
            None => name.to_owned(),
        };
        match &definition.kind {
            TypeDefKind::Record(record) => {
                list(record.fields.iter().map(|field| format!("{}: {}", field.name, self.text(&field.ty))))
            }
            TypeDefKind::Variant(variant) => list(variant.cases.iter().map(|case| with(&case.name, &case.ty))),
            TypeDefKind::Enum(cases) => list(cases.cases.iter().map(|case| case.name.clone())),
            TypeDefKind::Flags(flags) => list(flags.flags.iter().map(|flag| flag.name.clone())),
            TypeDefKind::Resource => String::new(),
            kind => self.kind(kind),
        }
    }

    fn kind(&self, kind: &TypeDefKind) -> String {
        let or_none = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), |ty| self.text(ty));
        match kind {
            TypeDefKind::Option(of) => format!("option<{}>", self.text(of)),
            TypeDefKind::List(of) => format!("list<{}>", self.text(of)),
            TypeDefKind::Tuple(tuple) => format!("tuple<{}>", list(tuple.types.iter().map(|ty| self.text(ty)))),
            TypeDefKind::Result(result) => format!("result<{}, {}>", or_none(&result.ok), or_none(&result.err)),
            TypeDefKind::Handle(Handle::Borrow(of)) => format!("borrow<{}>", self.named(*of)),
            TypeDefKind::Handle(Handle::Own(of)) => self.named(*of),
            TypeDefKind::Type(of) => self.text(of),
            // None of ours; whatever it is, a change of it is a change of this text.
            other => format!("{other:?}"),
        }
    }

    fn text(&self, ty: &Type) -> String {
        match ty {
            Type::Id(id) => self.named(*id),
            simple => format!("{simple:?}").to_lowercase(),
        }
    }

    /// The interface and name of a type, behind the names that `use` gives it; of one without a name what it is.
    fn named(&self, id: TypeId) -> String {
        let definition = &self.resolve.types[id];
        match (&definition.name, &definition.kind) {
            (_, TypeDefKind::Type(Type::Id(other))) => self.named(*other),
            (Some(name), _) => match definition.owner {
                TypeOwner::Interface(owner) => {
                    format!("{}.{name}", self.resolve.interfaces[owner].name.as_deref().unwrap_or_default())
                }
                TypeOwner::World(_) | TypeOwner::None => name.clone(),
            },
            (None, kind) => self.kind(kind),
        }
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

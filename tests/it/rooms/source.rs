//! One file of the source, with what it names and what it uses. Tests inside are left out.

use std::path::Path;
use std::sync::LazyLock;

use quote::ToTokens as _;
use regex::Regex;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Item, UseTree};

/// A path among the tokens of a macro, as the compiler prints them.
static PATH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[A-Za-z_]\w*(?: :: [A-Za-z_]\w*)+").expect("a pattern"));

/// A text in quotes among the tokens of a macro or an attribute.
static QUOTED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?s)"(?:[^"\\]|\\.)*""#).expect("a pattern"));

/// A path as it stands, such as `["crate", "docker", "size"]`.
pub(crate) type Segments = Vec<String>;

/// `use` declarations and paths of one file.
#[derive(Default)]
pub(crate) struct Source {
    /// Modules that are declared here and live in files of their own.
    pub(crate) modules: Vec<String>,
    /// Names that are brought in, with what they stand for.
    pub(crate) imports: Vec<Import>,
    /// Paths that are written out in the code.
    pub(crate) paths: Vec<Segments>,
    /// Texts in quotes, without documentation.
    pub(crate) texts: Vec<String>,
    /// Those of `.hint(…)`.
    pub(crate) hints: Vec<String>,
}

pub(crate) struct Import {
    /// `*` for all names of a module.
    pub(crate) name: String,
    pub(crate) target: Segments,
    pub(crate) public: bool,
}

impl Source {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs_err::read_to_string(path).expect("a text");
        let file = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut source = Self::default();
        for item in &file.items {
            source.visit_item(item);
        }
        source
    }

    fn import(&mut self, tree: &UseTree, before: &[String], public: bool) {
        let with = |ident: &syn::Ident| {
            let mut path = before.to_vec();
            // `use a::{self}` names `a`.
            if ident != "self" || path.is_empty() {
                path.push(ident.to_string());
            }
            path
        };
        let mut add = |name: String, target| {
            self.imports.push(Import {
                name,
                target,
                public,
            });
        };
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &with(&path.ident), public),
            UseTree::Name(name) => {
                let target = with(&name.ident);
                add(target[target.len() - 1].clone(), target);
            }
            UseTree::Rename(renamed) => add(renamed.rename.to_string(), with(&renamed.ident)),
            UseTree::Glob(_) => add("*".to_owned(), before.to_vec()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before, public);
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        match &module.content {
            None => self.modules.push(module.ident.to_string()),
            Some(_) => visit::visit_item_mod(self, module),
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let public = !matches!(item.vis, syn::Visibility::Inherited);
        self.import(&item.tree, &[], public);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta
            && !attribute.path().is_ident("expect")
        {
            self.texts.extend(texts(&list.tokens.to_string()));
        }
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.texts.push(text.value());
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if call.method == "hint" {
            let text = match call.args.first() {
                Some(Expr::Lit(literal)) => literal.to_token_stream().to_string(),
                Some(Expr::Macro(macro_call)) => macro_call.mac.tokens.to_string(),
                _ => String::new(),
            };
            self.hints.extend(texts(&text).into_iter().next());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|part| part.ident.to_string());
        self.paths.push(segments.collect());
        visit::visit_path(self, path);
    }

    /// What is in a macro is no syntax yet: paths are found by their form.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let text = call.tokens.to_string();
        for found in PATH.find_iter(&text) {
            self.paths
                .push(found.as_str().split(" :: ").map(str::to_owned).collect());
        }
        self.texts.extend(texts(&text));
        visit::visit_macro(self, call);
    }
}

/// Returns what stands in quotes among tokens.
fn texts(tokens: &str) -> Vec<String> {
    let found = QUOTED.find_iter(tokens);
    found
        .map(|text| text.as_str().trim_matches('"').to_owned())
        .collect()
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|condition| condition.is_ident("test"))
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

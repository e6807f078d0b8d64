//! `#[derive(Config)]` for `prefab-client`.
//!
//! Programs use the macro as `prefab_client::Config`, which documents it.

mod attributes;
mod expand;
mod model;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Reads the fields of a struct from configs.
///
/// Each field is the config `PREFIX.FIELD`. Read the struct with `Client::live_config`, which returns a handle that
/// contains the current values.
///
/// # Attributes of the struct
///
/// - `#[config(prefix = "http.client")]`: the text before the field names, without the dot. Default: none
/// - `#[config(rename_all = "kebab-case")]`: how field names are written in keys: `snake_case` (the default),
///   `kebab-case` or `camelCase`
/// - `#[config(validate = path)]`: a function `fn(&Self) -> Result<(), impl Display>` that checks the values together
/// - `#[config(crate = path)]`: the path of `prefab_client`, if it is re-exported
///
/// # Attributes of a field
///
/// - `#[config(key = "other-key")]`: the whole config key, without the prefix
/// - `#[config(default)]` or `#[config(default = expression)]`: the value if the config has none. A value of the wrong
///   type is an error all the same.
/// - `#[config(validate = path)]`: a function `fn(&FieldType) -> Result<(), impl Display>`
/// - `#[config(nested)]`: the type of the field derives `Config` too, and has its own prefix
///
/// A field of type `Option<T>` is `None` if the config has no value.
///
/// The macro also adds a function `keys()`, which returns the config keys of all fields.
#[proc_macro_derive(Config, attributes(config))]
pub fn derive_config(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

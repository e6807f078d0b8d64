//! The attributes `#[config(…)]` of a struct and of its fields.

use heck::{ToKebabCase as _, ToLowerCamelCase as _, ToSnakeCase as _};
use syn::{Attribute, Expr, LitStr, Path, Result, Token, meta::ParseNestedMeta, parse_quote};

/// How field names are written in config keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rename {
    /// `max_retries`
    #[default]
    Snake,
    /// `max-retries`
    Kebab,
    /// `maxRetries`
    Camel,
}

impl Rename {
    pub(crate) fn apply(self, field: &str) -> String {
        match self {
            Self::Snake => field.to_snake_case(),
            Self::Kebab => field.to_kebab_case(),
            Self::Camel => field.to_lower_camel_case(),
        }
    }
}

/// The attributes of a struct.
pub(crate) struct StructAttributes {
    pub(crate) prefix: Option<String>,
    pub(crate) rename: Rename,
    pub(crate) validate: Option<Path>,
    pub(crate) client: Path,
}

impl StructAttributes {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut parsed = Self {
            prefix: None,
            rename: Rename::default(),
            validate: None,
            client: parse_quote!(::prefab_client),
        };
        each(attributes, |meta| {
            if meta.path.is_ident("prefix") {
                parsed.prefix = Some(key(&meta)?);
            } else if meta.path.is_ident("rename_all") {
                let text: LitStr = meta.value()?.parse()?;
                parsed.rename = match text.value().as_str() {
                    "snake_case" => Rename::Snake,
                    "kebab-case" => Rename::Kebab,
                    "camelCase" => Rename::Camel,
                    _ => {
                        let message = "expected \"snake_case\", \"kebab-case\" or \"camelCase\"";
                        return Err(syn::Error::new(text.span(), message));
                    }
                };
            } else if meta.path.is_ident("validate") {
                parsed.validate = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("crate") {
                parsed.client = meta.value()?.parse()?;
            } else {
                return Err(meta.error(
                    "unknown attribute of a config struct; expected `prefix`, `rename_all`, `validate` or `crate`",
                ));
            }
            Ok(())
        })?;
        Ok(parsed)
    }
}

/// The default of a field.
pub(crate) enum FieldDefault {
    /// `Default::default()`
    OfType,
    /// The value of an expression.
    Expression(Box<Expr>),
}

/// The attributes of a field.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) key: Option<String>,
    pub(crate) default: Option<FieldDefault>,
    pub(crate) validate: Option<Path>,
    pub(crate) nested: bool,
}

impl FieldAttributes {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut parsed = Self::default();
        each(attributes, |meta| {
            if meta.path.is_ident("key") {
                parsed.key = Some(key(&meta)?);
            } else if meta.path.is_ident("default") {
                parsed.default = Some(if meta.input.peek(Token![=]) {
                    FieldDefault::Expression(meta.value()?.parse()?)
                } else {
                    FieldDefault::OfType
                });
            } else if meta.path.is_ident("validate") {
                parsed.validate = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("nested") {
                parsed.nested = true;
            } else {
                return Err(meta.error(
                    "unknown attribute of a config field; expected `key`, `default`, `validate` or `nested`",
                ));
            }
            if parsed.nested && (parsed.key.is_some() || parsed.default.is_some()) {
                return Err(meta.error("a nested field has no key and no default; its fields have their own"));
            }
            Ok(())
        })?;
        Ok(parsed)
    }
}

fn each(attributes: &[Attribute], mut read: impl FnMut(ParseNestedMeta<'_>) -> Result<()>) -> Result<()> {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident("config"));
    ours.into_iter().try_for_each(|attribute| attribute.parse_nested_meta(&mut read))
}

/// Reads a config key or the start of one.
fn key(meta: &ParseNestedMeta<'_>) -> Result<String> {
    let text: LitStr = meta.value()?.parse()?;
    let key = text.value();
    if key.is_empty() || key.starts_with('.') || key.ends_with('.') || key.contains(char::is_whitespace) {
        let message = "expected a config key such as \"http.client\": not empty, without blanks, and without a dot at \
                       the start or the end";
        return Err(syn::Error::new(text.span(), message));
    }
    Ok(key)
}

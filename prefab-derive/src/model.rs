//! The struct and its fields, as the macro reads them.

use syn::{
    Data, DeriveInput, Fields, GenericArgument, Ident, PathArguments, Result, Type, ext::IdentExt as _,
    spanned::Spanned as _,
};

use crate::attributes::{FieldAttributes, StructAttributes};

/// A struct that derives `Config`.
pub(crate) struct ConfigStruct {
    pub(crate) attributes: StructAttributes,
    pub(crate) fields: Vec<ConfigField>,
}

/// A field of such a struct.
pub(crate) struct ConfigField {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// The config key. Not used for a nested struct.
    pub(crate) key: String,
    pub(crate) attributes: FieldAttributes,
}

impl ConfigStruct {
    pub(crate) fn parse(input: &DeriveInput) -> Result<Self> {
        let attributes = StructAttributes::parse(&input.attrs)?;
        let Data::Struct(data) = &input.data else {
            return Err(syn::Error::new(input.ident.span(), "`Config` can only be derived for a struct"));
        };
        let Fields::Named(named) = &data.fields else {
            let message = "`Config` requires named fields, because the name of a field is its config key";
            return Err(syn::Error::new(data.fields.span(), message));
        };
        let mut fields: Vec<ConfigField> = Vec::new();
        for field in &named.named {
            let Some(name) = field.ident.clone() else { continue };
            let own = FieldAttributes::parse(&field.attrs)?;
            let key = own.key.clone().unwrap_or_else(|| {
                let last = attributes.rename.apply(&name.unraw().to_string());
                attributes.prefix.as_ref().map_or_else(|| last.clone(), |prefix| format!("{prefix}.{last}"))
            });
            if let Some(other) = fields.iter().find(|other| !other.attributes.nested && other.key == key)
                && !own.nested
            {
                let message =
                    format!("the fields `{}` and `{name}` have the same config key `{key}`", other.name);
                return Err(syn::Error::new(name.span(), message));
            }
            fields.push(ConfigField { name, ty: field.ty.clone(), key, attributes: own });
        }
        Ok(Self { attributes, fields })
    }
}

/// Returns the `T` of an `Option<T>`.
pub(crate) fn optional(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if last.ident != "Option" {
        return None;
    }
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(inner) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

//! The code that the macro generates.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Result};

use crate::{
    attributes::FieldDefault,
    model::{ConfigField, ConfigStruct, optional},
};

/// Generates the implementation of `ConfigStruct`, and the function `keys`.
pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let parsed = ConfigStruct::parse(input)?;
    let client = &parsed.attributes.client;
    let (name, visibility) = (&input.ident, &input.vis);
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();

    let keys = parsed.fields.iter().map(|field| keys(field, &parsed));
    let reads = parsed.fields.iter().map(|field| read(field, &parsed));
    let names: Vec<_> = parsed.fields.iter().map(|field| &field.name).collect();
    let locals: Vec<_> = parsed.fields.iter().map(local).collect();
    let check = parsed.attributes.validate.as_ref().map(|check| {
        let label = name.to_string();
        quote! { fields.check_struct(#label, #check(&value))?; }
    });

    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #client::typed_config::ConfigStruct for #name #type_generics #where_clause {
            fn keys() -> ::std::vec::Vec<&'static str> {
                let mut keys = ::std::vec::Vec::new();
                #(#keys)*
                keys
            }

            fn read(fields: &mut #client::typed_config::FieldReader<'_>) -> ::std::option::Option<Self> {
                #(let #locals = #reads;)*
                let value = Self { #(#names: #locals?),* };
                #check
                ::std::option::Option::Some(value)
            }
        }

        impl #impl_generics #name #type_generics #where_clause {
            /// Returns the config keys of all fields.
            #[allow(dead_code, reason = "for checks in tests and CI")]
            #visibility fn keys() -> ::std::vec::Vec<&'static str> {
                <Self as #client::typed_config::ConfigStruct>::keys()
            }
        }
    })
}

fn keys(field: &ConfigField, parsed: &ConfigStruct) -> TokenStream {
    let (client, ty, key) = (&parsed.attributes.client, &field.ty, &field.key);
    if field.attributes.nested {
        quote! { keys.extend(<#ty as #client::typed_config::ConfigStruct>::keys()); }
    } else {
        quote! { keys.push(#key); }
    }
}

fn read(field: &ConfigField, parsed: &ConfigStruct) -> TokenStream {
    let (client, ty, key) = (&parsed.attributes.client, &field.ty, &field.key);
    let value = if field.attributes.nested {
        quote! { <#ty as #client::typed_config::ConfigStruct>::read(fields) }
    } else {
        match (&field.attributes.default, optional(ty)) {
            (Some(FieldDefault::Expression(default)), _) => {
                quote! { fields.with_default::<#ty>(#key, || #default) }
            }
            (Some(FieldDefault::OfType), None) => {
                quote! { fields.with_default::<#ty>(#key, ::std::default::Default::default) }
            }
            (_, Some(inner)) => quote! { fields.optional::<#inner>(#key) },
            (None, None) => quote! { fields.required::<#ty>(#key) },
        }
    };
    match &field.attributes.validate {
        Some(check) => {
            let label = if field.attributes.nested { field.name.to_string() } else { key.clone() };
            quote! {{
                let value = #value;
                fields.check_field(#label, value, |value: &#ty| #check(value))
            }}
        }
        None => value,
    }
}

/// Returns the name of the variable of a field. It cannot be the name of anything that the program uses.
fn local(field: &ConfigField) -> syn::Ident {
    format_ident!("__config_{}", field.name)
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn generated(input: &DeriveInput) -> String {
        let tokens = derive(input).expect("valid input");
        prettyplease::unparse(&syn::parse2(tokens).expect("generated code"))
    }

    fn refused(input: &DeriveInput) -> String {
        derive(input).expect_err("invalid input").to_string()
    }

    #[test]
    fn the_generated_code_reads_each_field() {
        insta::assert_snapshot!(generated(&parse_quote! {
            #[config(prefix = "http.client", rename_all = "kebab-case", validate = check)]
            pub(crate) struct Http {
                timeout: Duration,
                #[config(default = 3)]
                max_retries: u32,
                proxy: Option<String>,
                #[config(key = "feature.http2", default)]
                http2: bool,
                #[config(validate = not_empty)]
                user_agent: String,
                #[config(nested)]
                pool: Pool,
            }
        }));
    }

    #[test]
    fn raw_field_names_and_case_styles_become_keys() {
        for (style, key) in
            [("snake_case", "a.type_name"), ("kebab-case", "a.type-name"), ("camelCase", "a.typeName")]
        {
            let code = generated(&parse_quote! {
                #[config(prefix = "a", rename_all = #style)]
                struct A { r#type_name: bool }
            });
            assert!(code.contains(&format!("\"{key}\"")), "{code}");
        }
    }

    #[test]
    fn invalid_structs_are_refused_with_the_reason() {
        let cases: [(DeriveInput, &str); 8] = [
            (parse_quote! { enum A { B } }, "`Config` can only be derived for a struct"),
            (
                parse_quote! { struct A(u8); },
                "`Config` requires named fields, because the name of a field is its config key",
            ),
            (
                parse_quote! { #[config(prefx = "a")] struct A { b: u8 } },
                "unknown attribute of a config struct; expected `prefix`, `rename_all`, `validate` or `crate`",
            ),
            (
                parse_quote! { struct A { #[config(otherwise = 1)] b: u8 } },
                "unknown attribute of a config field; expected `key`, `default`, `validate` or `nested`",
            ),
            (
                parse_quote! { #[config(rename_all = "SHOUTING")] struct A { b: u8 } },
                "expected \"snake_case\", \"kebab-case\" or \"camelCase\"",
            ),
            (
                parse_quote! { #[config(prefix = "http.")] struct A { b: u8 } },
                "expected a config key such as \"http.client\": not empty, without blanks, and without a dot at the \
                 start or the end",
            ),
            (
                parse_quote! { struct A { b: u8, #[config(key = "b")] c: u8 } },
                "the fields `b` and `c` have the same config key `b`",
            ),
            (
                parse_quote! { struct A { #[config(nested, default)] b: B } },
                "a nested field has no key and no default; its fields have their own",
            ),
        ];
        for (input, message) in &cases {
            assert_eq!(refused(input), *message);
        }
    }
}

//! `prefab-page/api.d.ts`: the types of the management API for the scripts of the page, generated from its `OpenAPI`
//! document.

use std::{fmt::Write as _, fs};

use anyhow::{Context as _, Result, bail};
use serde_json::Value as Json;

use crate::workspace::root;

/// The reviewed `OpenAPI` document, which a test of the server keeps up to date.
const DOCUMENT: &str =
    "prefab-server/src/api/management/snapshots/prefab_server__api__management__tests__openapi.snap";
const TYPES: &str = "prefab-page/api.d.ts";

const HEADER: &str = "\
// The types of the management API, generated from its OpenAPI document by `cargo xtask page-types --write`.

declare namespace Api {
";

/// Writes the file.
pub(super) fn write() -> Result<()> {
    let file = root().join(TYPES);
    fs::write(&file, generate()?).with_context(|| format!("cannot write {}", file.display()))
}

/// Fails if the file differs from what the document generates.
pub(super) fn check() -> Result<()> {
    let file = root().join(TYPES);
    let found = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    if found != generate()? {
        bail!("{TYPES} differs from the OpenAPI document; run `cargo xtask page-types --write`");
    }
    Ok(())
}

fn generate() -> Result<String> {
    let file = root().join(DOCUMENT);
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    // A snapshot starts with a header between two lines of dashes.
    let json = text.splitn(3, "---\n").nth(2).context("the snapshot has no header")?;
    let document: Json = serde_json::from_str(json).context("the snapshot is not JSON")?;
    let schemas = document["components"]["schemas"].as_object().context("the document has no schemas")?;
    let mut types = HEADER.to_owned();
    for (name, schema) in schemas {
        declare(&mut types, name, schema)?;
    }
    types.push_str("}\n");
    Ok(types)
}

fn declare(types: &mut String, name: &str, schema: &Json) -> Result<()> {
    comment(types, "  ", schema)?;
    match schema["properties"].as_object() {
        Some(_) => writeln!(types, "  interface {name} {}", type_of(schema, "  ")?)?,
        None => writeln!(types, "  type {name} = {};", type_of(schema, "  ")?)?,
    }
    Ok(())
}

fn comment(types: &mut String, indent: &str, schema: &Json) -> Result<()> {
    if let Some(text) = schema["description"].as_str().filter(|text| !text.is_empty()) {
        let lines: Vec<_> = text.lines().collect();
        let between = format!("\n{indent} * ");
        writeln!(types, "{indent}/** {} */", lines.join(&between).replace("*/", "*\u{200b}/"))?;
    }
    Ok(())
}

/// Returns the type of a schema.
fn type_of(schema: &Json, indent: &str) -> Result<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return Ok(reference.rsplit('/').next().unwrap_or_default().to_owned());
    }
    for (list, separator) in [("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")] {
        if let Some(parts) = schema[list].as_array() {
            let parts = parts.iter().map(|part| type_of(part, indent)).collect::<Result<Vec<_>>>()?;
            return Ok(parts.join(separator));
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return Ok(values.iter().map(Json::to_string).collect::<Vec<_>>().join(" | "));
    }
    match &schema["type"] {
        Json::String(name) => named(name, schema, indent),
        Json::Array(names) => {
            let names = names.iter().filter_map(Json::as_str);
            let names = names.map(|name| named(name, schema, indent)).collect::<Result<Vec<_>>>()?;
            Ok(names.join(" | "))
        }
        _ => Ok("any".to_owned()),
    }
}

fn named(name: &str, schema: &Json, indent: &str) -> Result<String> {
    Ok(match name {
        "string" | "boolean" | "null" => name.to_owned(),
        "integer" | "number" => "number".to_owned(),
        "array" => {
            let item = type_of(&schema["items"], indent)?;
            if item.contains(' ') { format!("({item})[]") } else { format!("{item}[]") }
        }
        "object" => object(schema, indent)?,
        other => bail!("unknown type `{other}` in the OpenAPI document"),
    })
}

fn object(schema: &Json, indent: &str) -> Result<String> {
    let Some(properties) = schema["properties"].as_object() else {
        return Ok("Record<string, any>".to_owned());
    };
    let required: Vec<_> =
        schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let inner = format!("{indent}  ");
    let mut text = "{\n".to_owned();
    for (name, property) in properties {
        comment(&mut text, &inner, property)?;
        let mark = if required.contains(&name.as_str()) { "" } else { "?" };
        writeln!(text, "{inner}{name}{mark}: {};", type_of(property, &inner)?)?;
    }
    write!(text, "{indent}}}")?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_types_of_the_page_are_generated_from_the_document() {
        check().unwrap();
    }

    #[test]
    fn schemas_become_types() {
        let expect = |schema: Json, expected: &str| assert_eq!(type_of(&schema, "").unwrap(), expected);
        expect(json!({"type": "integer"}), "number");
        expect(json!({"type": ["string", "null"]}), "string | null");
        expect(json!({"type": "array", "items": {"type": ["string", "null"]}}), "(string | null)[]");
        expect(json!({"oneOf": [{"$ref": "#/components/schemas/Item"}, {"type": "null"}]}), "Item | null");
        expect(json!({"type": "string", "enum": ["hour", "day"]}), "\"hour\" | \"day\"");
        expect(json!({"description": "anything"}), "any");
        let object = json!({"type": "object", "required": ["a"], "properties": {
            "a": {"type": "string", "description": "The a."}, "b": {"type": "boolean"},
        }});
        expect(object, "{\n  /** The a. */\n  a: string;\n  b?: boolean;\n}");
    }
}

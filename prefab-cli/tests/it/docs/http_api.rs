//! `docs/reference/http-api.md` is generated from the description that a server returns.

use std::{collections::BTreeMap, fmt::Write as _};

use prefab_server::Options;
use serde_json::{Map, Value as Json};
use tempfile::TempDir;

const PREFIX: &str = "/api/manage/v1";
const INTRODUCTION: &str = "\
# HTTP API

This page is generated from the OpenAPI document of `prefab serve`, which the server returns at
`/api/manage/v1/openapi.json`. [Use the management API](../management.md) shows the usual tasks, and [error
codes](../error-codes.md) lists all codes of errors. Paths are relative to `/api/manage/v1`.
";

/// Returns a text on one line, safe in a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn text<'a>(object: &'a Json, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

/// Returns the type of a schema in words, with links to named schemas.
fn type_of(schema: &Json) -> String {
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.rsplit('/').next().unwrap();
        return format!("[{name}](#schema-{})", name.to_lowercase());
    }
    for alternatives in ["oneOf", "anyOf", "allOf"] {
        if let Some(list) = schema[alternatives].as_array() {
            let names: Vec<String> = list.iter().filter(|one| one["type"] != "null").map(type_of).collect();
            return names.join(" or ");
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> =
            values.iter().map(|value| format!("`{}`", value.as_str().unwrap_or("null"))).collect();
        return values.join(", ");
    }
    let names: Vec<&str> = match &schema["type"] {
        Json::String(name) => vec![name],
        Json::Array(list) => list.iter().filter_map(Json::as_str).filter(|name| *name != "null").collect(),
        _ => vec!["any"],
    };
    match names.as_slice() {
        ["array"] => format!("array of {}", type_of(&schema["items"])),
        ["object"] if schema["additionalProperties"].is_object() => {
            format!("object with values of {}", type_of(&schema["additionalProperties"]))
        }
        names => names.join(" or "),
    }
}

/// Appends a table of properties or parameters, unless it is empty.
fn table(page: &mut String, heads: &str, rows: &[String]) {
    if !rows.is_empty() {
        let line = "--- | ".repeat(heads.split(" | ").count());
        write!(page, "\n| {heads} |\n| {}\n{}\n", line.trim_end(), rows.join("\n")).unwrap();
    }
}

fn operation(page: &mut String, method: &str, path: &str, operation: &Json) {
    let path = path.strip_prefix(PREFIX).unwrap_or(path);
    write!(page, "\n### {} {path}\n\n{}\n", method.to_uppercase(), text(operation, "summary")).unwrap();
    let description = text(operation, "description");
    if !description.is_empty() {
        write!(page, "\n{description}\n").unwrap();
    }
    let parameters: Vec<String> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            let required = if one["required"] == true { "yes" } else { "" };
            let (name, place) = (text(one, "name"), text(one, "in"));
            format!(
                "| `{name}` | {place} | {} | {required} | {} |",
                cell(&type_of(&one["schema"])),
                cell(text(one, "description"))
            )
        })
        .collect();
    table(page, "parameter | in | type | required | meaning", &parameters);
    for (media, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        write!(page, "\nRequest body (`{media}`): {}\n", type_of(&content["schema"])).unwrap();
    }
    let responses: Vec<String> = operation["responses"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(status, response)| {
            let body: Vec<String> = response["content"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(_, content)| cell(&type_of(&content["schema"])))
                .collect();
            format!("| {status} | {} | {} |", body.join(", "), cell(text(response, "description")))
        })
        .collect();
    table(page, "status | body | meaning", &responses);
}

fn schema(page: &mut String, name: &str, schema: &Json) {
    write!(page, "\n### Schema {name}\n").unwrap();
    let description = text(schema, "description");
    if !description.is_empty() {
        write!(page, "\n{description}\n").unwrap();
    }
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let rows: Vec<String> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(field, property)| {
            let required = if required.contains(&field.as_str()) { "yes" } else { "" };
            format!(
                "| `{field}` | {} | {required} | {} |",
                cell(&type_of(property)),
                cell(text(property, "description"))
            )
        })
        .collect();
    if rows.is_empty() {
        write!(page, "\nType: {}\n", type_of(schema)).unwrap();
    }
    table(page, "field | type | required | meaning", &rows);
}

#[tokio::test]
async fn the_http_api_reference_is_current() {
    let dir = TempDir::new().unwrap();
    let server = prefab_server::serve(Options::local(dir.path().join("data"))).await.unwrap();
    let url = format!("{}{PREFIX}/openapi.json", server.url);
    let document = reqwest::get(url).await.unwrap().text().await.unwrap();
    let document: Json = serde_json::from_str(&document).unwrap();

    let mut page = format!("{INTRODUCTION}\n{}\n", text(&document["info"], "description"));
    let mut tags: BTreeMap<&str, Vec<(&str, &str, &Json)>> = BTreeMap::new();
    let empty = Map::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap_or(&empty) {
            tags.entry(operation["tags"][0].as_str().unwrap_or("other"))
                .or_default()
                .push((method, path, operation));
        }
    }
    for (tag, operations) in tags {
        let mut letters = tag.chars();
        let first = letters.next().unwrap().to_uppercase();
        write!(page, "\n## {first}{}\n", letters.as_str()).unwrap();
        for (method, path, one) in operations {
            operation(&mut page, method, path, one);
        }
    }
    page.push_str("\n## Schemas\n");
    let schemas: BTreeMap<_, _> = document["components"]["schemas"].as_object().unwrap().iter().collect();
    for (name, one) in schemas {
        schema(&mut page, name, one);
    }
    super::check_generated("reference/http-api.md", &page);
}

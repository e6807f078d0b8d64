//! The possible targets of references in a JSON Schema.
//!
//! The rules of JSON Schema depend on its version and on the path of a check. The cost must never be underestimated, so a
//! reference leads to every possible target.

use std::collections::HashMap;

use serde_json::Value as Json;

/// The parts of a schema that references can lead to.
pub(super) struct Refs<'s> {
    /// The schema itself, then the subschemas with an identifier.
    resources: Vec<Resource<'s>>,
    anchors: HashMap<&'s str, Vec<&'s Json>>,
    /// The subschemas with `$recursiveAnchor`.
    recursive: Vec<&'s Json>,
    /// The innermost resource around each reference, by the address of the text of the reference.
    homes: HashMap<*const Json, usize>,
}

struct Resource<'s> {
    id: &'s str,
    schema: &'s Json,
    /// The resource around it.
    around: Option<usize>,
}

impl<'s> Refs<'s> {
    pub(super) fn of(schema: &'s Json) -> Self {
        let mut refs = Self {
            resources: vec![Resource { id: "", schema, around: None }],
            anchors: HashMap::new(),
            recursive: Vec::new(),
            homes: HashMap::new(),
        };
        refs.walk(schema, 0);
        refs
    }

    fn walk(&mut self, json: &'s Json, mut home: usize) {
        let fields = match json {
            Json::Array(items) => return items.iter().for_each(|item| self.walk(item, home)),
            Json::Object(fields) => fields,
            _ => return,
        };
        for keyword in ["$id", "id"] {
            let Some(id) = fields.get(keyword).and_then(Json::as_str) else { continue };
            if let Some(anchor) = id.strip_prefix('#') {
                self.anchors.entry(anchor).or_default().push(json);
            } else {
                self.resources.push(Resource { id, schema: json, around: Some(home) });
                home = self.resources.len() - 1;
            }
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(anchor) = fields.get(keyword).and_then(Json::as_str) {
                self.anchors.entry(anchor).or_default().push(json);
            }
        }
        if fields.get("$recursiveAnchor") == Some(&Json::Bool(true)) {
            self.recursive.push(json);
        }
        for (keyword, value) in fields {
            if matches!(keyword.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef") {
                self.homes.insert(std::ptr::from_ref(value), home);
            }
            self.walk(value, home);
        }
    }

    /// Returns the possible targets of a reference. `place` is the JSON of its text.
    pub(super) fn targets(&self, keyword: &str, text: &str, place: &Json) -> Result<Vec<&'s Json>, String> {
        let (base, fragment) = text.split_once('#').unwrap_or((text, ""));
        let fragment = decoded(fragment);
        let mut targets = Vec::new();
        if keyword == "$recursiveRef" {
            targets.extend_from_slice(&self.recursive);
        }
        if fragment.is_empty() || fragment.starts_with('/') {
            for resource in self.resources(base, place) {
                targets.extend(resource.pointer(&fragment));
            }
        } else if let Some(anchored) = self.anchors.get(&*fragment) {
            targets.extend_from_slice(anchored);
        }
        targets.sort_unstable_by_key(|target| std::ptr::from_ref::<Json>(target));
        targets.dedup_by_key(|target| std::ptr::from_ref::<Json>(target));
        if targets.is_empty() {
            return Err(format!("the schema refers to `{text}`, which it does not contain"));
        }
        Ok(targets)
    }

    /// Returns the resources that the part of a reference before `#` may name.
    fn resources(&self, base: &str, place: &Json) -> Vec<&'s Json> {
        let mut found = Vec::new();
        if base.is_empty() {
            let mut at = self.homes.get(&std::ptr::from_ref(place)).copied().or(Some(0));
            while let Some(index) = at {
                found.push(self.resources[index].schema);
                at = self.resources[index].around;
            }
            return found;
        }
        let name = last_segment(base);
        let is_meant = |id: &str| match (name, last_segment(id)) {
            (Some(name), Some(id)) => name == id,
            // A reference that requires normalization may lead to any resource.
            _ => true,
        };
        let resources = self.resources.iter().filter(|resource| is_meant(resource.id));
        found.extend(resources.map(|resource| resource.schema));
        found
    }
}

/// Returns the last segment of the path of a URI, or `None` if it does not identify the document.
fn last_segment(uri: &str) -> Option<&str> {
    let uri = uri.split('#').next().unwrap_or_default();
    let last = uri.rsplit('/').next().unwrap_or_default();
    let is_plain = !matches!(last, "" | "." | "..") && !last.contains(['%', '?']);
    (is_plain || uri.is_empty()).then_some(last)
}

/// Decodes percent-encoded characters such as `%41`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| *first == b'%');
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

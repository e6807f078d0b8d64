//! The document of the page, with the addresses of the current version and links that preload its modules.
//!
//! Without the links, a browser finds the modules one after the other, which costs a round trip for each level of imports.

use std::fmt::Write as _;

/// Modules that the first view needs: the entry, and the list, which most visits open first.
const ENTRIES: [&str; 2] = ["app.js", "pages/list.js"];

/// Returns the document for a version of the files.
pub(crate) fn shell(document: &[u8], version: &str, files: &[(&str, &[u8])]) -> String {
    let document = String::from_utf8_lossy(document).replace("\"/page/", &format!("\"/page/{version}/"));
    let mut links = String::new();
    for name in modules(files) {
        // Writing to a string cannot fail.
        let _ = writeln!(links, "<link rel=\"modulepreload\" href=\"/page/{version}/{name}\">");
    }
    document.replacen("<script type=\"module\"", &format!("{links}<script type=\"module\""), 1)
}

/// Returns the entries and all modules that they import statically, each once.
fn modules(files: &[(&str, &[u8])]) -> Vec<String> {
    let mut found: Vec<String> = ENTRIES.map(str::to_owned).to_vec();
    let mut next = 0;
    while let Some(name) = found.get(next).cloned() {
        next += 1;
        let Some((_, bytes)) = files.iter().find(|(one, _)| *one == name) else { continue };
        for import in imports(&String::from_utf8_lossy(bytes), &name) {
            if !found.contains(&import) {
                found.push(import);
            }
        }
    }
    found
}

/// Returns the modules in the import statements of a module, which all stand on one line.
fn imports(source: &str, name: &str) -> Vec<String> {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let lines = source.lines().filter(|line| line.starts_with("import "));
    lines.filter_map(|line| line.split('\'').nth(1)).filter_map(|path| resolve(folder, path)).collect()
}

/// Resolves a relative path of an import against the folder of its module.
fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_and_resolved() {
        let source =
            "import * as api from './api.js';\nimport '../dom.js';\nconst later = import('./later.js');\n";
        assert_eq!(imports(source, "parts/a.js"), ["parts/api.js", "dom.js"]);
        assert_eq!(resolve("", "../outside.js"), None);
    }

    #[test]
    fn the_document_names_each_module_once_with_its_version() {
        let files: [(&str, &[u8]); 4] = [
            ("app.js", b"import './dom.js';\nimport './parts/a.js';"),
            ("dom.js", b""),
            ("pages/list.js", b"import '../dom.js';"),
            ("parts/a.js", b"import '../dom.js';\nimport './missing.js';"),
        ];
        let shell = shell(b"<script type=\"module\" src=\"/page/app.js\">", "v1", &files);
        assert_eq!(shell.matches("/page/v1/dom.js").count(), 1, "{shell}");
        assert!(shell.contains("href=\"/page/v1/pages/list.js\""), "{shell}");
        assert!(shell.ends_with("<script type=\"module\" src=\"/page/v1/app.js\">"), "{shell}");
    }
}

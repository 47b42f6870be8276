//! Provider manifests: a JSON or YAML file that says for each provider where its credential is.
//!
//! ```yaml
//! provider_credentials:
//!   - id: openai-prod
//!     provider: openai
//!     auth: {type: api_key, source: env, env_var: OPENAI_API_KEY}
//!     config: {base_url: "https://api.openai.com/v1"}
//!   - id: warehouse
//!     provider: postgres
//!     auth: {type: db_dsn, source: file, file_path: secrets.yaml, file_key: databases.main}
//! ```

use std::path::Path;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::stores::file::{FileSource, entry, read_private, refuse_loose, syntax};
use super::stores::sources::{Source, Sources};
use super::structured::{Tree, scalar};
use super::{Error, Kind, Name, Record};
use crate::base::parent_dir;
use crate::keys::Permissions;

/// Reads a manifest as a store of the name `manifest`. An entry that cannot be used is a problem of its listing
/// and stops no other. File paths count from the manifest's folder. `permissions` are for the files that it names;
/// the manifest itself holds no secret, but others must not be able to write to it.
pub fn read_manifest(path: &Path, permissions: Permissions) -> Result<Sources, Error> {
    let failed = |source| Error::Io { doing: "reading", path: path.to_owned(), source };
    refuse_loose(path, &path.metadata().map_err(failed)?, 0o022)?;
    let text = read_private(path, Permissions::Loose)?;
    let whole = |reason: &str| entry(path, "the manifest", reason);
    let syntax = syntax(path).ok_or_else(|| whole("its name ends neither in .json nor in .yaml"))?;
    let text = std::str::from_utf8(text.expose()).map_err(|_| whole("it is not UTF-8"))?;
    let tree = Tree::parse(text, syntax).map_err(whole)?;
    let entries = tree.root().get("provider_credentials").and_then(Value::as_array);
    let entries = entries.ok_or_else(|| whole("it has no list `provider_credentials`"))?;
    let mut sources = Sources::new("manifest");
    for (index, value) in entries.iter().enumerate() {
        let bound = provider(value, parent_dir(path), permissions)
            .and_then(|(record, source)| sources.bind(record, source).map_err(|error| error.to_string()));
        if let Err(reason) = bound {
            sources.add_problem(format!("entry {}", index + 1), reason);
        }
    }
    Ok(sources)
}

fn provider(value: &Value, folder: &Path, permissions: Permissions) -> Result<(Record, Source), String> {
    let fields = value.as_object().ok_or("it is no object")?;
    let auth = fields.get("auth").and_then(Value::as_object).ok_or("it has no `auth`")?;
    let name: Name = text(fields, "id")?.parse().map_err(|error: Error| error.to_string())?;
    let kind: Kind = text(auth, "type")?.parse().map_err(|error: Error| error.to_string())?;
    let mut record = Record::new(name, kind, SystemTime::UNIX_EPOCH);
    record.service = Some(text(fields, "provider")?);
    for (key, value) in fields.get("config").and_then(Value::as_object).into_iter().flatten() {
        let value = scalar(value).ok_or_else(|| format!("`config.{key}` is neither a text nor a number"))?;
        match key.as_str() {
            "username" => record.username = Some(value),
            "environment" => record.environment = Some(value),
            _ => drop(record.extra.insert(key.clone(), value)),
        }
    }
    record.validate().map_err(|error| error.to_string())?;
    let source = match text(auth, "source")?.as_str() {
        "env" => Source::Variable(text(auth, "env_var")?),
        "file" => {
            let file = FileSource::new(folder.join(text(auth, "file_path")?)).permissions(permissions);
            Source::File(match auth.get("file_key").and_then(scalar) {
                Some(key) => file.key(key),
                None => file,
            })
        }
        _ => return Err("`auth.source` is neither `env` nor `file`".into()),
    };
    Ok((record, source))
}

fn text(fields: &Map<String, Value>, name: &str) -> Result<String, String> {
    let found = fields.get(name).and_then(scalar).filter(|text| !text.is_empty());
    found.ok_or_else(|| format!("it has no `{name}`"))
}

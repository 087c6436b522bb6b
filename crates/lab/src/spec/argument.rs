//! `key=value` arguments of the command line, as settings at dotted keys.
//!
//! A value is read as TOML. A setting that takes a text takes it as it was typed: `experiment=2026-09-30` is
//! no date. Words need no quotes, also in a list, since shells take quotes away: `bias.kind=[zero,staged]`.

use super::catalogue::Catalogue;
use super::error::SpecError;
use super::leaf::Leaf;
use super::setting::Setting;
use toml::Value;

/// Reads the arguments into leaves, in the order in which they were typed.
pub fn read(catalogue: &Catalogue, arguments: &[String]) -> Result<Vec<Leaf>, SpecError> {
    let mut leaves = Vec::new();
    for argument in arguments {
        let (key, text) = argument
            .split_once('=')
            .filter(|(key, _)| !key.trim().is_empty())
            .ok_or_else(|| SpecError::NotAnOverride { argument: argument.clone() })?;
        let path: Vec<String> = key.split('.').map(|part| part.trim().to_owned()).collect();
        let text = text.trim();
        let value = match setting_at(catalogue, &path) {
            Some(setting) if setting.kind.is_text() => typed_text(text),
            _ => {
                typed_value(text).map_err(|message| SpecError::Syntax { place: argument.clone(), message })?
            }
        };
        match value {
            Value::Table(table) if !table.is_empty() => Leaf::collect(&path, table, &mut leaves),
            value => leaves.push(Leaf { path, value, shown: text.to_owned() }),
        }
    }
    Ok(leaves)
}

/// The setting at a path, of all arms or of one.
fn setting_at(catalogue: &Catalogue, path: &[String]) -> Option<&'static Setting> {
    let own = match path {
        [arms, _, own @ ..] if arms == "arms" => own,
        path => path,
    };
    catalogue.find(&own.join("."))
}

/// A text as it was typed. One that is quoted as in TOML, and a list of such texts, are read as TOML.
fn typed_text(text: &str) -> Value {
    let is_quoted = |value: &Value| match value {
        Value::Array(items) => items.iter().all(Value::is_str),
        value => value.is_str(),
    };
    text.parse().ok().filter(is_quoted).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// A value in TOML, a number such as `.5`, a word, or a list of those.
fn typed_value(text: &str) -> Result<Value, String> {
    let syntax = match text.parse::<Value>() {
        Ok(value) => return Ok(value),
        Err(error) => error.to_string(),
    };
    if let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
        && !inside.contains(['[', ']', '{', '}', '"', '\''])
    {
        return inside
            .split(',')
            .map(|item| typed_value(item.trim()))
            .collect::<Result<_, _>>()
            .map(Value::Array);
    }
    if text.starts_with(['[', '{', '"', '\'']) {
        return Err(syntax);
    }
    // TOML has no `.5`. What is no number here stays a word, and the message shows it as it was typed.
    let number =
        text.parse().ok().filter(|number: &f64| number.is_finite() && text.contains(['.', 'e', 'E']));
    Ok(number.map_or_else(|| Value::String(text.to_owned()), Value::Float))
}

//! A YAML document to a tree of values.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::scalar::resolved;

/// Collections inside each other.
const MOST_NESTED: usize = 64;

/// What a tree may weigh beside its text; aliases repeat what is written once.
const FREE_WEIGHT: usize = 64 << 10;

/// The first part of the tags that YAML itself defines.
const CORE: &str = "tag:yaml.org,2002:";

/// The only document of a text.
///
/// # Errors
///
/// What is wrong and where, in words: the text is no YAML, nests too deep, repeats itself by aliases beyond reason,
/// has several documents, or asks for objects of a programming language.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let mut options = granit_parser::options! {
        flow_nesting_limit: MOST_NESTED,
        block_nesting_limit: MOST_NESTED,
    };
    options.set_emit_comments(false);
    let mut tree = Tree {
        budget: text.len().saturating_mul(4).saturating_add(FREE_WEIGHT),
        ..Tree::default()
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        tree.take(event)
            .map_err(|reason| format!("{reason} (line {})", span.start.line()))?;
    }
    Ok(tree.root.unwrap_or(Value::Null))
}

/// A collection that is not complete.
#[derive(Debug)]
struct Open {
    /// By which it is repeated; 0 for none.
    anchor: usize,
    /// What the tree weighed before it.
    weight: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    List(Vec<Value>),
    Map {
        entries: Map<String, Value>,
        key: Option<Key>,
        /// What `<<` names; its entries stand behind the map's own.
        merged: Vec<Value>,
    },
}

#[derive(Debug)]
enum Key {
    Name(String),
    Merge,
}

/// A tree that is being built.
#[derive(Debug, Default)]
struct Tree {
    root: Option<Value>,
    documents: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, (Value, usize)>,
    weight: usize,
    budget: usize,
}

impl Tree {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err("there is a second document: expected one".to_owned());
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.add_weight(1 + text.len())?;
                let is_plain = style == ScalarStyle::Plain;
                let value = scalar(&text, is_plain, tag.as_deref())?;
                if anchor != 0 {
                    self.anchors.insert(anchor, (value.clone(), 1 + text.len()));
                }
                let is_merge = is_plain && text == "<<";
                self.place(value, is_merge)
            }
            Event::SequenceStart(_, anchor, tag) => {
                check_tag(tag.as_deref(), &["seq", "python/tuple", "omap", "pairs"])?;
                self.begin(anchor, Content::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                check_tag(tag.as_deref(), &["map", "set"])?;
                let content = Content::Map {
                    entries: Map::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.begin(anchor, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => {
                let Some((value, weight)) = self.anchors.get(&anchor) else {
                    return Err("an alias stands inside of what it repeats".to_owned());
                };
                let (value, weight) = (value, *weight);
                let total = self.weight.saturating_add(weight);
                if total > self.budget {
                    return Err(too_heavy());
                }
                let value = value.clone();
                self.weight = total;
                self.place(value, false)
            }
            _ => Ok(()),
        }
    }

    fn add_weight(&mut self, weight: usize) -> Result<(), String> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > self.budget {
            return Err(too_heavy());
        }
        Ok(())
    }

    fn begin(&mut self, anchor: usize, content: Content) -> Result<(), String> {
        let weight = self.weight;
        self.add_weight(1)?;
        if self.open.len() >= MOST_NESTED {
            return Err(format!("more than {MOST_NESTED} levels are nested"));
        }
        self.open.push(Open {
            anchor,
            weight,
            content,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(done) = self.open.pop() else {
            return Ok(());
        };
        let value = match done.content {
            Content::List(items) => Value::Array(items),
            Content::Map {
                mut entries,
                merged,
                ..
            } => {
                for source in merged {
                    merge(&mut entries, source)?;
                }
                Value::Object(entries)
            }
        };
        if done.anchor != 0 {
            let weight = self.weight - done.weight;
            // The copy that is kept weighs as much again.
            self.add_weight(weight)?;
            self.anchors.insert(done.anchor, (value.clone(), weight));
        }
        self.place(value, false)
    }

    /// Puts a value where the next one belongs.
    fn place(&mut self, value: Value, is_merge: bool) -> Result<(), String> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(value),
            Some(Content::List(items)) => items.push(value),
            Some(Content::Map {
                entries,
                key,
                merged,
            }) => match key.take() {
                None if is_merge => *key = Some(Key::Merge),
                None => *key = Some(Key::Name(key_of(value)?)),
                Some(Key::Merge) => merged.push(value),
                // Of two entries of one name the later, as in Python.
                Some(Key::Name(name)) => {
                    entries.insert(name, value);
                }
            },
        }
        Ok(())
    }
}

fn too_heavy() -> String {
    "its aliases repeat more than a file of this length may".to_owned()
}

/// Adds the entries that are not there yet.
fn merge(entries: &mut Map<String, Value>, source: Value) -> Result<(), String> {
    match source {
        Value::Object(more) => {
            for (name, value) in more {
                entries.entry(name).or_insert(value);
            }
            Ok(())
        }
        Value::Array(sources) => sources
            .into_iter()
            .filter(|source| source.is_object())
            .try_for_each(|source| merge(entries, source)),
        _ => Err("`<<` is not a map or a list of maps".to_owned()),
    }
}

/// A key as text: names in JSON are nothing else.
fn key_of(value: Value) -> Result<String, String> {
    match value {
        Value::String(name) => Ok(name),
        Value::Null => Ok("null".to_owned()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Array(_) | Value::Object(_) => Err("a list or a map is used as a key".to_owned()),
    }
}

fn scalar(text: &str, is_plain: bool, tag: Option<&Tag>) -> Result<Value, String> {
    let words = ["str", "binary", "python/str", "python/unicode"];
    let others = [
        "int",
        "float",
        "bool",
        "null",
        "timestamp",
        "merge",
        "value",
    ];
    match name_of(tag) {
        None if is_plain => Ok(resolved(text)),
        // The tag `!` is that of text.
        None => Ok(Value::from(text)),
        Some(name) if words.contains(&name.as_str()) || name == "!" => Ok(Value::from(text)),
        Some(name) if others.contains(&name.as_str()) => Ok(resolved(text)),
        Some(name) => Err(refused(&name)),
    }
}

fn check_tag(tag: Option<&Tag>, known: &[&str]) -> Result<(), String> {
    match name_of(tag) {
        Some(name) if !known.contains(&name.as_str()) => Err(refused(&name)),
        _ => Ok(()),
    }
}

/// The tag, short when it is one of YAML's own.
fn name_of(tag: Option<&Tag>) -> Option<String> {
    let tag = tag?;
    let whole = format!("{}{}", tag.handle(), tag.suffix());
    Some(whole.strip_prefix(CORE).unwrap_or(&whole).to_owned())
}

fn refused(name: &str) -> String {
    let name: String = name.chars().take(60).filter(|c| !c.is_control()).collect();
    format!("it has a value of type `{name}`, which is never made of a file")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_pyyaml_writes_is_read() {
        let text = "__store:\n  chunksize: 100\n  encoding: ''\n  imgshape: [512, 512]\n  uuid: 1234e5678\n\
                    list:\n- 1\n- - 2\n  - 'x'\nlong: 'a b\n  c'\nnone: null\n";
        let expected = json!({
            "__store": {"chunksize": 100, "encoding": "", "imgshape": [512, 512], "uuid": "1234e5678"},
            "list": [1, [2, "x"]],
            "long": "a b c",
            "none": null,
        });
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn anchors_and_merges_are_resolved() {
        let text = "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc: *a\n";
        let expected = json!({"a": {"x": 1, "y": 2}, "b": {"y": 3, "x": 1}, "c": {"x": 1, "y": 2}});
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn bombs_are_refused_before_they_go_off() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..30 {
            let of = format!("*a{}, ", level - 1).repeat(10);
            bomb.push_str(&format!("a{level}: &a{level} [{of}]\n"));
        }
        let error = parse(&bomb).expect_err("grows tenfold a line");
        assert!(error.starts_with("its aliases repeat more"), "{error}");
        let deep = "[".repeat(100_000);
        assert!(parse(&deep).is_err());
        let deep = "- ".repeat(10_000);
        assert!(parse(&deep).is_err());
        assert!(parse("&a [*a]").is_err());
    }

    #[test]
    fn objects_are_never_made() {
        let error = parse("a: !!python/object/apply:os.system [ls]").expect_err("is code");
        assert!(error.contains("python/object/apply:os.system"), "{error}");
        assert!(parse("a: !mine 3").is_err());
        assert_eq!(parse("a: !!str 3"), Ok(json!({"a": "3"})));
        assert_eq!(parse("a: !!python/tuple [1, 2]"), Ok(json!({"a": [1, 2]})));
        assert!(parse("a: 1\n---\nb: 2\n").is_err());
    }
}

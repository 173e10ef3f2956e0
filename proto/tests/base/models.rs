//! The code, the specification and the models in `docs/models` name the same steps: a change to one shows here in the others.

use std::collections::BTreeSet;
use std::path::Path;

use a2a_proto::labels::ALL;

/// Labels that no model has a step for, and why.
const UNMODELLED: [(&str, &str); 16] = [
    ("a2a/1/id/checksum", "finds typing mistakes"),
    ("a2a/1/id/words", "compared by people"),
    ("a2a/1/seed/extract", "one owner's own keys; no other party"),
    ("a2a/1/seed/root", "one owner's own keys; no other party"),
    ("a2a/1/seed/backup", "one owner's own keys; no other party"),
    ("a2a/1/sig/card", "a signed public text; no secret hangs on it"),
    ("a2a/1/sig/session", "one signature over a challenge"),
    ("a2a/1/sig/register", "one signature over a challenge"),
    ("a2a/1/dr/com", "a model's cipher opens under one key only; the commitment is what makes ours do so"),
    ("a2a/1/invite/extract", "together with the two outputs, which are modelled"),
    ("a2a/1/invite/checksum", "finds damage"),
    ("a2a/1/lane/key", "the relay's own derivation; a model's lane key is secret from the start"),
    ("a2a/1/knock/work", "a price, not a proof of anything"),
    ("a2a/1/attachment/key", "from a fresh key that a message carries: as secret as the message, which is modelled"),
    ("a2a/1/attachment/blob", "together with the key of a chunk"),
    ("a2a/1/attachment/chunk", "together with the key of a chunk"),
];

struct Model {
    name: String,
    text: String,
}

fn documents(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(file)).unwrap()
}

fn models() -> Vec<Model> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/models");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let models = files.filter(|path| path.extension().is_some_and(|end| end == "pv" || end == "vp"));
    let models = models.map(|path| Model {
        name: path.file_name().unwrap().to_str().unwrap().to_owned(),
        text: std::fs::read_to_string(&path).unwrap(),
    });
    let models: Vec<Model> = models.collect();
    assert!(models.len() > 30, "only {} models were found", models.len());
    models
}

/// A label's name in the models: `a2a/1/sig/msg` is `sig_msg`.
fn constant(label: &str) -> String {
    label.trim_start_matches("a2a/1/").replace('/', "_")
}

impl Model {
    /// The labels on the line that begins with `Steps:`.
    fn steps(&self) -> BTreeSet<&str> {
        let line = self.text.lines().find_map(|line| line.split_once("Steps:")).unwrap_or_else(|| {
            panic!("{} names no steps", self.name);
        });
        line.1.split_whitespace().filter(|word| word.starts_with("a2a/")).collect()
    }

    /// The words of the model itself, without its comments.
    fn words(&self) -> BTreeSet<String> {
        let is_comment = |line: &str| line.trim_start().starts_with("(*") || line.trim_start().starts_with("//");
        let code: String = self.text.lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n");
        code.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').map(str::to_owned).collect()
    }
}

#[test]
fn the_models_take_exactly_the_steps_that_they_name() {
    for model in models() {
        let words = model.words();
        let taken: BTreeSet<&str> = ALL.iter().copied().filter(|label| words.contains(&constant(label))).collect();
        assert_eq!(model.steps(), taken, "{}", model.name);
    }
}

#[test]
fn every_label_of_the_models_is_one_of_the_codes() {
    let known: BTreeSet<String> = ALL.iter().map(|label| constant(label)).collect();
    let library = documents("models/a2a.pvl");
    let labels = library.split("(* a2a/1/<part>/<use> is <part>_<use>. *)").nth(1).unwrap();
    let named = labels.lines().filter_map(|line| line.strip_prefix("const ")?.strip_suffix(": bitstring."));
    let named: BTreeSet<String> = named.flat_map(|line| line.split(", ")).map(str::to_owned).collect();
    assert!(!named.is_empty());
    assert_eq!(named.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "unknown to labels.rs");
}

#[test]
fn every_label_is_specified_and_modelled_or_excused() {
    let (specification, models) = (documents("protocol.md"), models());
    let modelled: BTreeSet<&str> = models.iter().flat_map(Model::steps).collect();
    for label in ALL {
        assert!(specification.contains(label), "docs/protocol.md does not name {label}");
        let is_excused = UNMODELLED.iter().any(|(excused, _)| excused == label);
        assert_ne!(modelled.contains(label), is_excused, "{label}: either a model takes this step, or it is excused");
    }
}

#[test]
fn what_the_models_quote_stands_in_the_specification() {
    let specification = documents("protocol.md");
    let mut quoted = 0;
    for model in models() {
        for line in model.text.lines() {
            let quote = line.strip_prefix("(* = ").and_then(|rest| rest.strip_suffix(" *)"));
            let Some(quote) = quote.or_else(|| line.strip_prefix("// = ")) else { continue };
            quoted += 1;
            assert!(
                specification.contains(quote),
                "{} models what docs/protocol.md no longer says; look whether the model still fits: {quote}",
                model.name
            );
        }
    }
    assert!(quoted > 10, "only {quoted} lines are quoted");
}

#[test]
fn every_model_has_a_question_a_result_and_a_broken_twin() {
    let models = models();
    for model in &models {
        let first = model.text.lines().next().unwrap();
        assert!(first.contains("Question: ") && first.contains(" Result: "), "{}: {first}", model.name);
        assert!(model.text.contains(" expect "), "{} expects nothing", model.name);
        let (stem, end) = model.name.rsplit_once('.').unwrap();
        match stem.split_once(".broken-") {
            Some(_) => {
                assert!(first.contains("BROKEN, "), "{} does not say what is broken", model.name);
                assert!(model.text.contains("expect false"), "{} expects no failure", model.name);
            }
            None => {
                let is_twin =
                    |other: &&Model| other.name.starts_with(&format!("{stem}.broken-")) && other.name.ends_with(end);
                assert!(models.iter().any(|other| is_twin(&other)), "{} has no broken twin", model.name);
            }
        }
    }
}

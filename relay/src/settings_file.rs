//! The settings file: TOML whose keys are the long names of `serve`'s options; flags and variables stand above it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use crate::config::CommandLine;

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsFileError {
    /// The file cannot be read.
    #[error("cannot read the settings file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("the settings file {path} is no TOML: {source}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong where.
        source: Box<toml::de::Error>,
    },
    /// A key names no setting.
    #[error("the settings file {path} has the unknown key `{key}`. It may have: {known}")]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The keys there are.
        known: String,
    },
    /// A value is neither a text, a number, a yes or no, nor a list of these.
    #[error("the settings file {path} gives `{key}` something that is no plain value")]
    Shape {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
}

/// Why a command line cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CommandLineError {
    /// The words or variables are wrong, or only help was asked for.
    #[error(transparent)]
    Words(#[from] clap::Error),
    /// The settings file is wrong.
    #[error(transparent)]
    File(#[from] SettingsFileError),
}

type Settings = BTreeMap<String, Vec<OsString>>;

/// Options that say what to do this time, and so stand in no file.
pub(crate) const NOT_IN_A_FILE: [&str; 5] = ["config", "check", "json", "help", "version"];

/// Reads a command line; what it and the environment leave open, the settings file decides.
pub fn read(words: &[OsString]) -> Result<CommandLine, CommandLineError> {
    let command = CommandLine::command();
    let mut words = words.to_vec();
    // Whatever else is wrong, or asks for help, shows in the second reading.
    if let Ok(stated) = command.clone().ignore_errors(true).try_get_matches_from(&words) {
        let (chosen, stated) = deepest(&command, &stated);
        if let Ok(Some(path)) = stated.try_get_one::<PathBuf>("config") {
            let settings = load(path, &known(&command))?;
            words.extend(left_open(chosen, stated, &settings));
        }
    }
    let matches = command.try_get_matches_from(words)?;
    Ok(CommandLine::from_arg_matches(&matches)?)
}

/// The command that was chosen, and what was stated for it.
fn deepest<'a>(command: &'a clap::Command, stated: &'a ArgMatches) -> (&'a clap::Command, &'a ArgMatches) {
    let chosen = stated.subcommand().and_then(|(name, stated)| Some((command.find_subcommand(name)?, stated)));
    chosen.map_or((command, stated), |(command, stated)| deepest(command, stated))
}

/// The settings as words for the options that neither the command line nor the environment gave.
fn left_open(command: &clap::Command, stated: &ArgMatches, settings: &Settings) -> Vec<OsString> {
    let mut words = Vec::new();
    for option in command.get_arguments() {
        let Some((long, values)) = option.get_long().and_then(|long| settings.get_key_value(long)) else { continue };
        let given = stated.value_source(option.get_id().as_str());
        if matches!(given, Some(ValueSource::CommandLine | ValueSource::EnvVariable)) {
            continue;
        }
        for value in values {
            match value.to_str() {
                Some("false") if !option.get_action().takes_values() => {}
                _ if !option.get_action().takes_values() => words.push(format!("--{long}").into()),
                _ => words.extend([format!("--{long}").into(), value.clone()]),
            }
        }
    }
    words
}

/// The keys that a settings file may have.
fn known(command: &clap::Command) -> Vec<String> {
    let serve = command.find_subcommand("serve").into_iter().flat_map(clap::Command::get_arguments);
    let longs = serve.filter_map(|option| option.get_long()).filter(|long| !NOT_IN_A_FILE.contains(long));
    longs.map(str::to_owned).collect()
}

fn load(path: &Path, known: &[String]) -> Result<Settings, SettingsFileError> {
    let at = || path.to_path_buf();
    let text = std::fs::read_to_string(path).map_err(|source| SettingsFileError::Read { path: at(), source })?;
    let table: toml::Table =
        toml::from_str(&text).map_err(|source| SettingsFileError::Syntax { path: at(), source: Box::new(source) })?;
    let mut settings = Settings::new();
    for (key, value) in table {
        if !known.contains(&key) {
            return Err(SettingsFileError::Unknown { path: at(), key, known: known.join(", ") });
        }
        let words = words_of(&value).ok_or_else(|| SettingsFileError::Shape { path: at(), key: key.clone() })?;
        settings.insert(key, words);
    }
    Ok(settings)
}

/// A value as it would stand on the command line.
fn words_of(value: &toml::Value) -> Option<Vec<OsString>> {
    match value {
        toml::Value::Array(values) => Some(values.iter().map(words_of).collect::<Option<Vec<_>>>()?.concat()),
        toml::Value::String(text) => Some(vec![text.into()]),
        toml::Value::Integer(number) => Some(vec![number.to_string().into()]),
        toml::Value::Float(number) => Some(vec![number.to_string().into()]),
        toml::Value::Boolean(yes) => Some(vec![yes.to_string().into()]),
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Command, Registration, Serve};

    fn with_file(text: &str, words: &[&str]) -> Result<CommandLine, CommandLineError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.toml");
        std::fs::write(&path, text).unwrap();
        let mut all: Vec<OsString> =
            std::iter::once("a2a-relay").chain(words.iter().copied()).map(Into::into).collect();
        all.extend(["--config".into(), path.into()]);
        read(&all)
    }

    fn serve(text: &str, words: &[&str]) -> Serve {
        match with_file(text, words).unwrap().command {
            Some(Command::Serve(serve)) => serve,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_file_decides_what_the_words_leave_open() {
        let file = "listen = \"127.0.0.1:1234\"\nknock-difficulty = 7\nregistration = \"closed\"\n";
        let read = serve(file, &["serve", "--registration", "open"]);
        assert_eq!(read.listen, "127.0.0.1:1234".parse().unwrap());
        assert_eq!(read.knock_difficulty, 7);
        assert_eq!(read.registration, Registration::Open);
    }

    #[test]
    fn other_commands_read_it_too() {
        let read = with_file("store = \"sqlite:/there/relay.db\"", &["token", "list"]).unwrap();
        let Some(Command::Token(crate::config::Token::List { store, .. })) = read.command else { panic!() };
        assert_eq!(store.files().unwrap(), Path::new("/there/relay.db"));
    }

    #[test]
    fn without_a_command_it_serves_by_the_file() {
        let read = with_file("knock-difficulty = 3", &[]).unwrap();
        assert_eq!(read.serve.knock_difficulty, 3);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let said = |text| with_file(text, &["serve"]).unwrap_err().to_string();
        let unknown = said("lisen = \"127.0.0.1:1\"");
        assert!(unknown.contains("`lisen`") && unknown.contains("listen, "), "{unknown}");
        assert!(said("check = true").contains("`check`"));
        assert!(said("listen = ").contains("no TOML"));
        assert!(said("[listen]").contains("no plain value"));
        let value = said("knock-difficulty = 99");
        assert!(value.contains("--knock-difficulty"), "{value}");
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let words = ["a2a-relay", "serve", "--config", "/nowhere/relay.toml"].map(Into::into);
        assert!(read(&words).unwrap_err().to_string().contains("/nowhere/relay.toml"));
    }
}

//! Every setting as one table of the documentation, made from the options themselves.

use std::fmt::Write;

use clap::{Arg, CommandFactory};

use crate::config::CommandLine;
use crate::settings_file::NOT_IN_A_FILE;

/// The table of `serve`'s settings, in Markdown.
pub fn markdown() -> String {
    let mut table = "| flag and key | variable | default | what it is |\n|---|---|---|---|\n".to_owned();
    let command = CommandLine::command();
    let serve = command.find_subcommand("serve").into_iter().flat_map(clap::Command::get_arguments);
    for option in serve.filter(|option| option.get_long().is_some_and(|long| !NOT_IN_A_FILE.contains(&long))) {
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{}", row(option));
    }
    table
}

fn row(option: &Arg) -> String {
    let long = option.get_long().unwrap_or_default();
    let variable = option.get_env().map_or_else(String::new, |name| format!("`{}`", name.to_string_lossy()));
    let help = option.get_help().map(ToString::to_string).unwrap_or_default();
    let (help, stated) = split_default(&help);
    let choices = choices(option);
    format!("| `--{long}`{} | {variable} | {} | {help}{choices} |", value(option), default(option, stated))
}

fn value(option: &Arg) -> String {
    let names = option.get_value_names().filter(|_| option.get_action().takes_values());
    names.and_then(<[_]>::first).map_or_else(String::new, |name| format!(" {}", name.replace('|', "\\|")))
}

/// Options without a value of their own say in their help what happens then.
fn split_default(help: &str) -> (&str, Option<&str>) {
    match help.strip_suffix(']').and_then(|help| help.split_once(" [default: ")) {
        Some((help, stated)) => (help, Some(stated)),
        None => (help, None),
    }
}

fn default(option: &Arg, stated: Option<&str>) -> String {
    let values = option.get_default_values().iter().filter(|_| option.get_action().takes_values());
    let values: Vec<String> = values.map(|value| format!("`{}`", value.to_string_lossy())).collect();
    if values.is_empty() { stated.unwrap_or("no").to_owned() } else { values.join(", ") }
}

fn choices(option: &Arg) -> String {
    if !option.get_action().takes_values() {
        return String::new();
    }
    let choices: Vec<String> =
        option.get_possible_values().iter().map(|choice| format!("`{}`", choice.get_name())).collect();
    if choices.is_empty() { String::new() } else { format!(": {}", choices.join(", ")) }
}

//! `a2a rules`: what the agent may write to a peer alone, scope by scope.

use a2a_proto::scope::Scope;
use clap::{Args, Subcommand, ValueEnum};

use crate::agent::{Agent, Rule, RuleView};
use crate::cli::consent;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::table::Table;

/// The word for every scope that has no rule of its own.
const ANY: &str = "any";

/// The arguments of `a2a rules`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Say what your agent may do about one scope of a peer; asks you first
    Set {
        /// The peer's name
        peer: String,
        /// What it is about, or "any" for every scope without a rule of its own
        scope: String,
        /// answer: write alone; ask: you see each message first; never: not at all
        rule: Word,
    },
    /// Take a rule back: the agent writes alone
    Clear {
        /// The peer's name
        peer: String,
        /// The scope, or "any"
        scope: String,
    },
}

/// The rules as they are typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Word {
    Answer,
    Ask,
    Never,
}

impl From<Word> for Rule {
    fn from(word: Word) -> Self {
        match word {
            Word::Answer => Self::Answer,
            Word::Ask => Self::Ask,
            Word::Never => Self::Never,
        }
    }
}

/// Lists the rules, or changes one.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    match arguments.act {
        None if arguments.json => output.json(&agent.rules().await?),
        None => list(&agent.rules().await?, output),
        Some(Act::Set { peer, scope, rule }) => change(agent, &peer, &scope, Some(rule.into()), output).await?,
        Some(Act::Clear { peer, scope }) => change(agent, &peer, &scope, None, output).await?,
    }
    Ok(())
}

fn list(rules: &[RuleView], output: Output) {
    if rules.is_empty() {
        output.say("No rules: your agent answers every peer alone, within `a2a peers limits`.");
        output.note("To see each message first: a2a rules set PEER any ask");
        return;
    }
    let mut table = Table::new(["PEER", "ABOUT", "RULE"]);
    for RuleView { peer, scope, rule } in rules {
        let about = scope.as_ref().map_or_else(|| ANY.to_owned(), ToString::to_string);
        table.row([peer.clone(), about, rule.word().to_owned()]);
    }
    output.table(&table);
}

/// Who can run a command is not always the owner, so the owner is asked at the terminal.
async fn change(agent: &Agent, peer: &str, scope: &str, rule: Option<Rule>, output: Output) -> Result<(), Failure> {
    let about = parse(scope)?;
    let what = match rule.unwrap_or(Rule::Answer) {
        Rule::Answer => "write alone",
        Rule::Ask => "write, but show you each message first",
        Rule::Never => "not write",
    };
    let named = about.as_ref().map_or_else(|| "everything else".to_owned(), ToString::to_string);
    let question = format!("To {peer} about {named}: let your agent {what}?");
    let Some(word) = consent::ask(agent, &question, output).await? else { return Ok(()) };
    let peer = agent.set_rule(peer, about, rule, word).await?;
    output.say(format!("To {peer} about {named}, your agent may {what}."));
    Ok(())
}

fn parse(scope: &str) -> Result<Option<Scope>, Failure> {
    if scope.eq_ignore_ascii_case(ANY) {
        return Ok(None);
    }
    let read = scope.to_ascii_lowercase().parse();
    read.map(Some).map_err(|_| Failure::usage("a scope has 1 to 64 of a-z, 0-9 and -", "Name a scope, or any"))
}

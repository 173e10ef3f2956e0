//! `a2a send`: a message to a peer, from the command line, a pipe or a file.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use a2a_proto::id::MessageId;
use a2a_proto::intent::Intent;
use a2a_proto::scope::Scope;
use clap::Args;
use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, Asked, Draft, Hand, Outcome, SendError, SendStatus, Sent};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::{consent, json, message, progress, terminal};

/// More is never read; the agent says what the real limit is.
const MAX_READ_BYTES: u64 = 1 << 20;

/// The arguments of `a2a send`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The peer's name, id or address
    recipient: String,
    /// What to say; - reads it from standard input
    #[arg(required_unless_present_any = ["file", "intent", "attachments"], conflicts_with = "file")]
    body: Option<String>,
    /// Read what to say from a file
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// A short line above the body
    #[arg(long, short)]
    subject: Option<String>,
    /// What it is about [default: the only scope they granted, else message]
    #[arg(long)]
    scope: Option<Scope>,
    /// The id of the message this one answers
    #[arg(long, value_name = "MESSAGE-ID")]
    reply_to: Option<MessageId>,
    /// Which kind of request it is: scheduling, code-review, invoice, question, handoff, or one of the peer's capabilities
    #[arg(long)]
    intent: Option<Intent>,
    /// The request's particulars as JSON; @PATH reads them from a file
    #[arg(long, value_name = "JSON", requires = "intent")]
    payload: Option<String>,
    /// A file to send with it, from a folder allowed with `a2a folders`; may be given several times
    #[arg(long = "attach", value_name = "PATH")]
    attachments: Vec<PathBuf>,
    /// Wait for the answer, SECONDS at most; asked again, the same question is not sent twice
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Seals the message, tries to deposit it, and says where it stands.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let payload = arguments.payload.map(payload).transpose()?;
    let may_be_silent = arguments.intent.is_some() || !arguments.attachments.is_empty();
    let body = match (arguments.body, arguments.file, may_be_silent) {
        (None, None, true) => String::new(),
        (given, file, _) => body(given, file)?,
    };
    let draft = Draft {
        recipient: arguments.recipient,
        subject: arguments.subject,
        body,
        scope: arguments.scope,
        reply_to: arguments.reply_to,
        intent: arguments.intent,
        payload,
        hand: hand(),
        attachments: arguments.attachments.into_iter().map(|path| whole(path).into()).collect(),
    };
    if let Some(seconds) = arguments.wait {
        return ask(agent, draft, seconds, arguments.json, output).await;
    }
    let sent = send(agent, draft, output).await?;
    if arguments.json {
        output.json(&sent);
    } else {
        show(&sent, output);
    }
    Ok(())
}

/// A path as the agent takes it: from the root, links left alone.
fn whole(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// Longer waits are cut.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

async fn ask(agent: &Agent, draft: Draft, seconds: u64, json: bool, output: Output) -> Result<(), Failure> {
    let wait = Duration::from_secs(seconds).min(LONGEST_WAIT);
    let put = settled(agent, || agent.ask(draft.clone(), Duration::ZERO, |_| {}), output).await?;
    // An answer that was here already is shown by now: asking once more would be a new question.
    let asked = if put.answer.is_some() { put } else { waited(agent, draft, wait, put.already).await? };
    if json {
        output.json(&json::asked(&asked));
    } else {
        show_asked(&asked, output);
    }
    Ok(())
}

async fn waited(agent: &Agent, draft: Draft, wait: Duration, already: bool) -> Result<Asked, Failure> {
    // Nobody else may be collecting while this waits.
    let over = CancellationToken::new();
    let asked = async {
        let asked = progress::during("Waiting for the answer", agent.ask(draft, wait, |_| {})).await;
        over.cancel();
        asked
    };
    let (asked, ()) = tokio::join!(asked, agent.run(over.clone()));
    match asked? {
        Outcome::Done(asked) => Ok(Asked { already, ..asked }),
        Outcome::Pending(_) => Err(consent::not_settled()),
    }
}

fn show_asked(asked: &Asked, output: Output) {
    if asked.already {
        output.note("Asked before; not sent again.");
    }
    match &asked.answer {
        Some(answer) => message::show(answer, output),
        None => output.say(format!("No answer from {} yet: {}.", asked.peer, message::reached(&asked.state))),
    }
    output.note(format!("message {}", asked.message_id));
}

/// Whoever types at a terminal is the owner; a pipe is a program, a model's shell say.
fn hand() -> Hand {
    if terminal::is_interactive() { Hand::Owner } else { Hand::Agent }
}

/// Sends, after asking the owner where something in the message must not leave unasked.
async fn send(agent: &Agent, draft: Draft, output: Output) -> Result<Sent, Failure> {
    let bar = progress::Transfers::new("Sending");
    let tell = |transfer| bar.tell(&transfer);
    settled(agent, || agent.send_telling(draft.clone(), &tell), output).await
}

async fn settled<T, F>(agent: &Agent, act: impl Fn() -> F, output: Output) -> Result<T, Failure>
where
    F: Future<Output = Result<Outcome<T>, SendError>>,
{
    let asked = match progress::during("Sending", act()).await {
        Err(error) if consent::may_ask_again(&error) => act().await,
        asked => asked,
    };
    match asked? {
        Outcome::Done(done) => Ok(done),
        Outcome::Pending(action) => {
            consent::decide(agent, &action, output).await?;
            match act().await? {
                Outcome::Done(done) => Ok(done),
                Outcome::Pending(_) => Err(consent::not_settled()),
            }
        }
    }
}

fn show(sent: &Sent, output: Output) {
    match &sent.status {
        SendStatus::Queued => output.line(format!("Sent to {}: it waits in their mailbox.", sent.peer)),
        SendStatus::Waiting { reason } => {
            output.say(format!("Kept for {} and sent later: {reason}.", sent.peer));
            output.note("Any running `a2a mcp`, and your next `a2a inbox`, tries again.");
        }
    }
    output.note(format!("message {}", sent.message_id));
}

fn body(given: Option<String>, file: Option<PathBuf>) -> Result<String, Failure> {
    match (given, file) {
        (Some(dash), _) if dash == "-" => read(std::io::stdin().lock(), "standard input"),
        (Some(body), _) => Ok(body),
        (None, Some(path)) => {
            let name = path.display().to_string();
            let file = std::fs::File::open(&path).map_err(|error| unreadable(&name, &error))?;
            read(file, &name)
        }
        (None, None) => Err(Failure::usage("there is nothing to send", "Give the text, -, or --file PATH")),
    }
}

fn payload(given: String) -> Result<serde_json::Value, Failure> {
    let text = match given.strip_prefix('@') {
        Some(path) => read(std::fs::File::open(path).map_err(|error| unreadable(path, &error))?, path)?,
        None => given,
    };
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("the payload is no JSON: {error}"), "Give JSON, such as '{\"question\":\"Which day?\"}'")
    })
}

fn read(source: impl Read, name: &str) -> Result<String, Failure> {
    let mut text = String::new();
    source.take(MAX_READ_BYTES).read_to_string(&mut text).map_err(|error| unreadable(name, &error))?;
    Ok(text)
}

fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("{name} cannot be read as text: {error}"),
        "A message is UTF-8 text; check the path and the content",
    )
}

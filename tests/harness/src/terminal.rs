//! A person at a terminal, and a person at the approval page.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::{DEADLINE, Home};

/// A pseudo-terminal on one machine, where `a2a` finds a person who types.
pub struct Terminal {
    home: Home,
}

impl Terminal {
    /// A terminal on `home`.
    pub fn new(home: &Home) -> Self {
        Self { home: home.clone() }
    }

    /// Runs `a2a approve ACTION` and says yes; gives what stood on the screen.
    pub async fn approve(&self, action: &str) -> Result<String> {
        let (status, screen) = self.run(&["approve", action], "y").await?;
        ensure!(status == 0, "`a2a approve {action}` ended with {status}:\n{screen}");
        Ok(screen)
    }

    /// Runs `a2a` with these arguments, types `answer` once it asks, and gives its status and its screen.
    pub async fn run(&self, arguments: &[&str], answer: &str) -> Result<(i32, String)> {
        let mut left = Some(answer);
        self.with(arguments, move |tail| if asks(tail) { left.take() } else { None }).await
    }

    /// Runs `a2a` with these arguments and types each answer once its words stand on the screen, one after the other.
    pub async fn converse(&self, arguments: &[&str], answers: &[(&str, &str)]) -> Result<(i32, String)> {
        let mut left = answers.iter();
        let mut next = left.next();
        self.with(arguments, move |tail| {
            let (_, answer) = next.filter(|(words, _)| tail.contains(words))?;
            next = left.next();
            Some(*answer)
        })
        .await
    }

    /// Types what `answer` gives for what came onto the screen since the last answer.
    async fn with<'a>(&self, arguments: &[&str], answer: impl FnMut(&str) -> Option<&'a str>) -> Result<(i32, String)> {
        let plain = self.home.command(arguments)?;
        let line = std::iter::once(plain.get_program()).chain(plain.get_args());
        let line: Vec<String> = line.map(|part| quoted(&part.to_string_lossy())).collect();
        let mut script = tokio::process::Command::new("script");
        script.env_clear().env("TERM", "dumb");
        script.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        script.args(["--quiet", "--return", "--flush", "--command", &line.join(" "), "/dev/null"]);
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = script.spawn().context("cannot start `script` (package util-linux)")?;
        let mut keyboard = child.stdin.take().context("no keyboard")?;
        let mut screen = child.stdout.take().context("no screen")?;
        let mut seen = String::new();
        let watching = watch(&mut screen, &mut keyboard, answer, &mut seen);
        let ended = timeout(DEADLINE, watching).await;
        ended.with_context(|| format!("the terminal got stuck at: {seen}"))??;
        drop(keyboard);
        let status = child.wait().await?;
        Ok((status.code().unwrap_or(-1), seen))
    }
}

/// Copies the screen until the program ends, and types the answer at the first question.
async fn watch<'a>(
    screen: &mut (impl AsyncReadExt + Unpin),
    keyboard: &mut (impl AsyncWriteExt + Unpin),
    mut answer: impl FnMut(&str) -> Option<&'a str>,
    seen: &mut String,
) -> Result<()> {
    let mut answered = 0;
    let mut buffer = [0_u8; 4096];
    loop {
        let count = screen.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        if let Some(answer) = answer(&seen[answered..]) {
            answered = seen.len();
            keyboard.write_all(format!("{answer}\n").as_bytes()).await?;
            keyboard.flush().await?;
        }
    }
}

/// Whether the last line on the screen is a question that waits for an answer.
fn asks(seen: &str) -> bool {
    let last = seen.rsplit('\n').next().unwrap_or_default().to_lowercase();
    last.contains("[y/n]") || last.contains("(y/n)") || last.contains("yes/no")
}

fn quoted(part: &str) -> String {
    format!("'{}'", part.replace('\'', r"'\''"))
}

/// Opens an approval page and presses the button that approves.
pub async fn approve_on_page(url: &str) -> Result<()> {
    let (status, text) = ApprovalPage::open(url).await?.approve().await?;
    ensure!((200..300).contains(&status), "the page answered {status}: {text}");
    Ok(())
}

/// An approval page as a browser without scripts shows it.
pub struct ApprovalPage {
    browser: reqwest::Client,
    target: reqwest::Url,
    form: Form,
}

impl ApprovalPage {
    /// Opens the page's one-time link.
    pub async fn open(url: &str) -> Result<Self> {
        let browser = reqwest::Client::builder().no_proxy().build()?;
        let opened = browser.get(url).send().await?.error_for_status()?;
        let here = opened.url().clone();
        let page = opened.text().await?;
        let form = Form::approving(&page).with_context(|| format!("no form that approves on the page:\n{page}"))?;
        Ok(Self { browser, target: here.join(&form.action)?, form })
    }

    /// Presses the button that approves; gives the answer's status and text. It may be pressed again.
    pub async fn approve(&self) -> Result<(u16, String)> {
        self.press(&self.form).await
    }

    /// The same, with this PIN in the field that asks for it.
    pub async fn approve_with(&self, pin: &str) -> Result<(u16, String)> {
        let mut form = self.form.clone();
        let field = form.fields.iter_mut().find(|(name, _)| name == "pin").context("no field for a PIN")?;
        pin.clone_into(&mut field.1);
        self.press(&form).await
    }

    async fn press(&self, form: &Form) -> Result<(u16, String)> {
        let request = self.browser.post(self.target.clone());
        let request = request.header("origin", self.target.origin().ascii_serialization());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let pressed = request.body(form.encoded()?).send().await?;
        Ok((pressed.status().as_u16(), pressed.text().await?))
    }
}

/// A form of a page: where it goes and what it carries.
#[derive(Clone)]
struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

impl Form {
    /// The form on the page whose button approves.
    fn approving(page: &str) -> Option<Self> {
        page.split("<form").skip(1).map(|rest| rest.split("</form").next().unwrap_or(rest)).find_map(Self::parse)
    }

    fn parse(form: &str) -> Option<Self> {
        if !form.to_lowercase().contains("approve") {
            return None;
        }
        let opening = form.split('>').next()?;
        let mut fields: Vec<_> = form.split("<input").skip(1).filter_map(field).collect();
        let button = form.split("<button").skip(1).find(|button| button.to_lowercase().contains("approve"));
        fields.extend(button.and_then(field));
        Some(Self { action: attribute(opening, "action").unwrap_or_default(), fields })
    }

    fn encoded(&self) -> Result<String> {
        let mut url = reqwest::Url::parse("http://localhost/")?;
        url.query_pairs_mut().extend_pairs(&self.fields);
        Ok(url.query().unwrap_or_default().to_owned())
    }
}

/// The name and value of an input or a button.
fn field(rest: &str) -> Option<(String, String)> {
    let tag = rest.split('>').next()?;
    if tag.contains("type=\"checkbox\"") && !tag.contains("checked") {
        return None;
    }
    Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split('"').next()?.replace("&amp;", "&"))
}

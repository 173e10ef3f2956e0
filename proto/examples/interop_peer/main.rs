//! An agent that does what JSON lines on its standard input say, with nothing but the crate's public API.
//!
//! It is the other end of the live conversation with the second implementation (`tests/interop/live/`). One request a line, one
//! answer a line: what was asked for, or `{"refused": outcome}`.

mod agent;
mod fields;

use std::io::{BufRead, Write};

use serde_json::{Value, json};

use agent::{Agent, Refusal};
use fields::Fields;

fn answer(agent: &mut Option<Agent>, request: Fields<'_>) -> Result<Value, Refusal> {
    if request.text("do")? == "be" {
        let fresh = Agent::new(request.text("name")?, request.number("now")?)?;
        let shown = fresh.shown();
        *agent = Some(fresh);
        return Ok(shown);
    }
    let agent = agent.as_mut().ok_or(Refusal("nobody yet"))?;
    match request.text("do")? {
        "invite" => agent.invite(request),
        "fetch" => agent.fetch(request),
        "start" => agent.start(request),
        "answer" => agent.answer(request),
        "seal" => agent.seal(request),
        "open" => agent.open(request),
        "prove" => agent.prove(request),
        "check" => agent.check(request),
        "check_knock" => agent.check_knock(request),
        _ => Err(Refusal("no such request")),
    }
}

fn main() -> std::io::Result<()> {
    let (mut agent, mut output) = (None, std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let said = answer(&mut agent, Fields(&request)).unwrap_or_else(|Refusal(why)| json!({ "refused": why }));
        writeln!(output, "{said}")?;
        output.flush()?;
    }
    Ok(())
}

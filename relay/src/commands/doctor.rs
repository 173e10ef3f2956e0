//! `a2a-relay doctor`: everything a relay needs, looked at, with what to do about what is wrong.

use a2a_relay::config::Doctor;
use a2a_relay::doctor::{self, Finding, State};
use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::output;

/// Looks at everything; fails if something is wrong.
pub(crate) async fn doctor(options: &Doctor) -> Result<()> {
    let findings = doctor::examine(&options.serve).await;
    if options.json {
        let values: Vec<Value> = findings.iter().map(as_value).collect();
        output::line(&json!({ "well": !is_wrong(&findings), "findings": values }).to_string());
    } else {
        report(&findings);
    }
    verdict(&findings)
}

/// One line for each finding.
pub(super) fn report(findings: &[Finding]) {
    for Finding { about, state, said } in findings {
        output::line(&format!("{:<5} {about:<9} {said}", word(*state)));
    }
}

/// An error if something is wrong.
pub(super) fn verdict(findings: &[Finding]) -> Result<()> {
    if is_wrong(findings) {
        bail!("something is wrong; see above");
    }
    Ok(())
}

fn is_wrong(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.state == State::Wrong)
}

fn as_value(finding: &Finding) -> Value {
    json!({ "about": finding.about, "state": word(finding.state), "said": finding.said })
}

fn word(state: State) -> &'static str {
    match state {
        State::Well => "ok",
        State::Mind => "mind",
        State::Wrong => "WRONG",
    }
}

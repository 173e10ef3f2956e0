//! `a2a webhook`: have the relay tell a server of yours when mail waits.

use a2a_proto::api::{Webhook, WebhookDeliveries, WebhookState};
use clap::{Args, Subcommand};

use crate::agent::Agent;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::table::Table;
use crate::cli::{consent, home, progress, words};

/// The arguments of `a2a webhook`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Call this URL when mail arrives; run it again once your server knows the secret
    Set {
        /// As in `https://hooks.example.com/a2a`
        url: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Call it no more
    Remove,
    /// Show the last calls
    Deliveries {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Sets, removes or shows.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    match arguments.act {
        Act::Set { url, json } => {
            let word = consent::said(agent).await?;
            let webhook = progress::during("Asking your server", agent.set_webhook(&url, word)).await?;
            if json { output.json(&webhook) } else { show(&webhook, output) }
        }
        Act::Remove => {
            agent.remove_webhook().await?;
            output.say("Your relay calls no server any more.");
        }
        Act::Deliveries { json } => {
            let deliveries = agent.webhook_deliveries().await?;
            if json { output.json(&deliveries) } else { list(&deliveries, output) }
        }
    }
    Ok(())
}

fn show(webhook: &Webhook, output: Output) {
    output.line(format!("url     {}", webhook.url));
    output.line(format!("state   {}", state(webhook.state)));
    output.line(format!("secret  {}", webhook.secret));
    if webhook.state == WebhookState::Active {
        output.note("It is called when mail arrives, at most once a minute. The call says only that mail waits.");
    } else {
        output.note(
            "Your server did not send the challenge back yet. Give it the secret (Standard Webhooks), have it answer a \
             `challenge` event with the challenge, and run the same command again.",
        );
    }
}

fn list(deliveries: &WebhookDeliveries, output: Output) {
    output.line(format!("state  {}", output.tone(Tone::Strong, state(deliveries.state))));
    if let Some(next) = deliveries.next_try_at {
        output.line(format!("next   {}", words::within(next, home::now())));
    }
    if deliveries.deliveries.is_empty() {
        output.say("Nothing was delivered yet.");
        return;
    }
    let mut table = Table::new(["WHEN", "TRY", "OUTCOME"]);
    for call in &deliveries.deliveries {
        let outcome = if call.delivered { "delivered" } else { "failed" };
        table.row([words::ago(call.at, home::now()), call.attempt.to_string(), outcome.to_owned()]);
    }
    output.table(&table);
}

fn state(state: WebhookState) -> &'static str {
    match state {
        WebhookState::Unverified => "not verified",
        WebhookState::Active => "active",
        WebhookState::Disabled => "disabled: it failed for a day, or said that it is gone",
    }
}

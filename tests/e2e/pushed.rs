//! Mail is pushed to a sidecar as it comes; where nothing but requests passes, the sidecar asks for it.

use a2a_harness::{Front, World, eventually};
use anyhow::{Result, ensure};

/// What the sidecar behind this front asked for since `from`.
fn lines(front: &Front, from: usize) -> Vec<String> {
    front.seen()[from..].iter().map(|seen| seen.line.clone()).collect()
}

fn waits(lines: &[String]) -> bool {
    lines.iter().any(|line| line.starts_with("GET /api/mailbox?") && !line.contains("wait=0"))
}

fn acknowledges(lines: &[String]) -> bool {
    lines.iter().any(|line| line == "POST /api/mailbox/ack")
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_arrives_by_push() -> Result<()> {
    let world = World::start_fronted().await?;
    let front = world.front_of("bob")?;
    front.pass_streams();
    let pair = world.paired(&["message"]).await?;
    eventually("bob's sidecar has a stream", async || Ok((front.streams() > 0).then_some(()))).await?;
    let before = front.seen().len();
    pair.alice.send("bob", "by push").await?;
    let pushed = async || Ok(acknowledges(&lines(front, before)).then_some(()));
    eventually("bob's sidecar has the mail", pushed).await?;
    let asked = lines(front, before);
    ensure!(!asked.iter().any(|line| line.starts_with("GET /api/mailbox")), "it asked for mail: {asked:?}");
    pair.bob.receives("by push").await?;

    // A relay that went away and came back pushes again.
    let streams = front.streams();
    world.second().kill()?;
    world.second().restart()?;
    eventually("bob's sidecar has a new stream", async || Ok((front.streams() > streams).then_some(()))).await?;
    pair.alice.send("bob", "by push again").await?;
    pair.bob.receives("by push again").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_asked_for_where_no_stream_passes() -> Result<()> {
    let world = World::start_fronted().await?;
    let front = world.front_of("bob")?;
    let pair = world.paired(&["message"]).await?;
    eventually("bob's sidecar waits", async || Ok(waits(&lines(front, 0)).then_some(()))).await?;
    let before = front.seen().len();
    pair.alice.send("bob", "by asking").await?;
    let collected = async || Ok(acknowledges(&lines(front, before)).then_some(()));
    eventually("bob's sidecar has the mail", collected).await?;
    ensure!(front.streams() == 0, "a stream passed");
    pair.bob.receives("by asking").await?;
    Ok(())
}

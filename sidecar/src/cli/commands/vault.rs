//! `a2a vault`: which secrets open this agent's home, and switching to another.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::agent::{Agent, VaultChoice, VaultView};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{consent, home, login_service, progress, terminal};

/// The arguments of `a2a vault`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Keep the key in this system's keychain from now on
    Keychain(How),
    /// Seal the key under the passphrase in a file from now on; also to change the passphrase
    PassphraseFile {
        /// The file with the new passphrase, one line of at least 12 characters
        path: PathBuf,
        #[command(flatten)]
        how: How,
    },
}

#[derive(Debug, Args)]
struct How {
    /// Open the home by the recovery words, because its vault is lost
    #[arg(long)]
    words: bool,
}

/// Shows the slots, or puts another secret in the vault's place.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let (to, how, now) = match arguments.act {
        None => {
            let view = progress::during("Opening the vault", agent.vault()).await?;
            print(&view, arguments.json, output);
            return Ok(());
        }
        Some(Act::Keychain(how)) => (VaultChoice::Keychain, how, "unset A2A_PASSPHRASE_FILE".to_owned()),
        Some(Act::PassphraseFile { path, how }) => {
            let to = home::passphrase_file(&path)?;
            (to, how, format!("set A2A_PASSPHRASE_FILE to {}", path.display()))
        }
    };
    let view = if how.words {
        // Whoever has the words has the identity: they are the owner's yes.
        let words = terminal::recovery_words()?;
        progress::during("Moving the key", agent.rescue_vault(to, words)).await?
    } else {
        let question = "Let nothing but this, and your recovery words, open the agent's home from now on?";
        let Some(word) = consent::ask(agent, question, output).await? else { return Ok(()) };
        progress::during("Moving the key", agent.switch_vault(to, word)).await?
    };
    print(&view, arguments.json, output);
    if let Some(reason) = &view.left_behind {
        output.note(format!(
            "The vault before could not forget its secret ({reason}). It opens nothing here any more, but would open an \
             older copy of this home: delete the entry \"a2a\" there."
        ));
    }
    output.note(format!("From now on {now}; for AI clients, run `a2a install CLIENT` again."));
    if let Some(line) = login_service::keeps_the_old(&home::program()?) {
        output.note(line);
    }
    Ok(())
}

fn print(view: &VaultView, as_json: bool, output: Output) {
    if as_json { output.json(view) } else { show(view, output) }
}

fn show(view: &VaultView, output: Output) {
    for slot in &view.slots {
        let mark = if *slot == view.configured { "in use" } else { "" };
        output.line(format!("  {slot:<28} {mark}"));
    }
    if view.slots.is_empty() {
        output.say("There is no key here: no identity was made in this home.");
    } else if let Some(reason) = &view.does_not_open {
        output.line(output.tone(Tone::Bad, &format!("The {} does not open it: {reason}.", view.configured)));
        output.say(
            "With the recovery words: `a2a vault keychain --words` or `a2a vault passphrase-file PATH --words`. Without \
             words, vault and backup this identity is lost for good.",
        );
    }
}

//! Sees to it that the system starts `a2a watch` at login, or no more.

use std::process::Command;
use std::time::Duration;

use super::failure::Failure;
use super::output::{Output, Tone};
use super::{changes, home};
use crate::clients::{Places, Program};
use crate::login_service::{HandOver, LoginService, Standing, System};

/// Writes the service's file after asking, and starts it.
pub(crate) fn install(exec: &[String], timeout: Duration, output: Output) -> Result<(), Failure> {
    let service = service()?;
    let hand_over = HandOver::find(exec, timeout, &home::here()?, &home::search_path())?;
    let planned = service.plan_install(&home::program()?, hand_over.as_ref())?;
    if planned.is_empty() {
        output.say("The login service is set up already; nothing to change.");
        return Ok(());
    }
    planned.iter().for_each(|change| changes::show(change, output));
    changes::ask("a2a watch --install")?;
    changes::write(&planned)?;
    // Where none ran there is nothing to let go of, and that is no failure.
    service.let_go().iter_mut().for_each(|command| drop(command.output()));
    tell_system(service.start(), output);
    output.say(format!("{}. Mail comes and goes while you are logged in.", output.tone(Tone::Good, "Done")));
    Ok(())
}

/// Stops the service and removes its file after asking.
pub(crate) fn uninstall(output: Output) -> Result<(), Failure> {
    let service = service()?;
    let planned = service.plan_uninstall()?;
    if planned.is_empty() {
        output.say("There is no login service; nothing to change.");
        return Ok(());
    }
    planned.iter().for_each(|change| changes::show(change, output));
    changes::ask("a2a watch --uninstall")?;
    tell_system(service.stop(), output);
    changes::write(&planned)?;
    output.say(output.tone(Tone::Good, "Done."));
    Ok(())
}

/// What to do about a login service whose file leads to the vault of before; nothing where there is none.
pub(crate) fn keeps_the_old(program: &Program) -> Option<&'static str> {
    in_words(&service().ok()?.standing(program))
}

fn in_words(standing: &Standing) -> Option<&'static str> {
    match standing {
        Standing::Absent => None,
        Standing::Present { hands_over: true, .. } => Some(
            "If the login service is this agent's, it still opens the vault of before: with that set, run `a2a watch --install --exec PROGRAM` again, \
             with the program that it hands messages to.",
        ),
        Standing::Present { .. } | Standing::Unreadable(_) => Some(
            "If the login service is this agent's, it still opens the vault of before: with that set, run `a2a watch --install` again.",
        ),
    }
}

fn service() -> Result<LoginService, Failure> {
    let places = Places::of_this_user()?;
    Ok(LoginService::new(System::this(), &places.home, &places.settings))
}

/// The file alone is enough for the next login, so a system that does not answer is no failure.
fn tell_system(commands: Vec<Command>, output: Output) {
    for mut command in commands {
        let done = command.output().is_ok_and(|said| said.status.success());
        if !done {
            let words = std::iter::once(command.get_program()).chain(command.get_args());
            let line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
            output.note(format!("note: this did not work, so it takes effect at your next login: {line}"));
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_opens_the_old_vault_is_named() {
        let present = |hands_over| Standing::Present { file: "/unit".into(), is_ours: false, hands_over };
        assert_eq!(in_words(&Standing::Absent), None);
        assert!(in_words(&present(false)).is_some_and(|line| line.contains("a2a watch --install` again")));
        assert!(in_words(&present(true)).is_some_and(|line| line.contains("--exec")));
    }
}

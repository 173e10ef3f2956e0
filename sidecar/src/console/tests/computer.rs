//! What the settings say of this computer: each client, and each way to be told of mail.

use std::fs;
use std::time::Duration;

use a2a_proto::api::{WebhookDeliveries, WebhookDelivery, WebhookState};
use a2a_proto::time::Timestamp;
use clap::ValueEnum as _;

use super::inert::assert_inert;
use super::room;
use crate::clients::{Client, Places, Program, plan_install};
use crate::console::computer::Computer;
use crate::console::pages::clients::{self, look};
use crate::console::pages::notifications::{self, Hook, Watching, watching};
use crate::login_service::{HandOver, Standing};

/// Somebody's computer with nothing on it but this program.
fn computer() -> (tempfile::TempDir, Computer) {
    let folder = tempfile::tempdir().unwrap();
    let (home, path) = (folder.path().join("home"), folder.path().join("a2a"));
    fs::write(&path, "").unwrap();
    let places = Places { settings: home.join(".config"), home, local: None, claude_code: None, codex: None };
    (folder, Computer { places, program: Program { path, variables: Vec::new() } })
}

fn shown(computer: &Computer) -> String {
    let html = clients::section(Some(&look(computer))).into_string();
    assert_inert(&html);
    html
}

/// What is said of one client.
fn said(html: &str, client: Client) -> String {
    let name = format!("<b>{}</b>", client.title());
    html.split("<li>").find(|line| line.contains(&name)).unwrap_or_else(|| panic!("no {name} in {html}")).to_owned()
}

fn install(computer: &Computer, client: Client) {
    let planned = plan_install(client, &computer.places, &computer.program).unwrap();
    planned.iter().for_each(|change| change.write().unwrap());
}

#[test]
fn every_client_is_named_and_none_is_found_where_there_is_none() {
    let (folder, computer) = computer();
    let html = shown(&computer);
    for client in Client::value_variants() {
        let line = said(&html, *client);
        assert!(line.contains("not here") && line.contains(&format!("a2a install {}", client.word())), "{line}");
    }
    assert!(!folder.path().join("home").exists(), "looking wrote something");
    assert!(clients::section(None).into_string().contains("no home folder"));
}

#[test]
fn a_client_that_starts_this_program_is_told_from_one_that_does_not() {
    let (folder, computer) = computer();
    install(&computer, Client::Cursor);
    install(&computer, Client::Gemini);
    let (gone, broken) = (folder.path().join("gone"), folder.path().join("home/.codex/config.toml"));
    fs::write(&gone, "").unwrap();
    let other = Computer { program: Program { path: gone.clone(), variables: Vec::new() }, ..computer.clone() };
    install(&other, Client::Windsurf);
    install(&other, Client::Zed);
    fs::create_dir_all(folder.path().join("home/.config/Claude")).unwrap();
    fs::create_dir_all(broken.parent().unwrap()).unwrap();
    fs::write(&broken, "[[[").unwrap();
    let zed = folder.path().join("home/.config/zed/settings.json");
    fs::write(&zed, fs::read_to_string(&zed).unwrap().replace("gone", "never-there")).unwrap();

    let html = shown(&computer);
    let expected = [
        (Client::Cursor, "starts a2a", "tells a starting session of mail"),
        (Client::Windsurf, "look", "which is not this program"),
        (Client::Zed, "does not start", "which is not there"),
        (Client::ClaudeDesktop, "not set up", "does not name a2a"),
        (Client::Codex, "does not start", "is not valid TOML"),
        (Client::Vscode, "not here", "a2a install vscode"),
    ];
    for (client, mark, words) in expected {
        let line = said(&html, client);
        assert!(line.contains(&format!(">{mark}</span>")) && line.contains(words), "{client:?}: {line}");
    }
    let mended = said(&html, Client::Windsurf);
    assert!(mended.contains("<code>a2a install windsurf</code>"), "{mended}");
    assert!(mended.contains("<code>a2a doctor --client windsurf</code>"), "{mended}");
    assert!(!said(&html, Client::Cursor).contains("doctor"));
    let names: Vec<usize> =
        ["Cursor", "VS Code"].iter().map(|name| html.find(&format!("<b>{name}<")).unwrap()).collect();
    assert!(names[0] < names[1], "those that are here stand first");
}

/// What is said of one way to be told: its mark and its words.
async fn way(computer: &Computer, hook: &Hook, name: &str) -> String {
    let (_folder, room) = room().await;
    let seen = look(computer);
    let html = notifications::section(&room, Some(&seen), Some(&watching(computer)), false, hook).into_string();
    assert_inert(&html);
    html.split("<li>").find(|line| line.contains(&format!("<b>{name}</b>"))).unwrap().to_owned()
}

#[tokio::test]
async fn what_is_on_is_told_from_what_is_off_with_the_command_that_changes_it() {
    let (_folder, computer) = computer();
    let names = ["When a session starts", "While a session runs", "While no client runs", "A program of yours"];
    for name in names {
        let line = way(&computer, &Hook::Unset, name).await;
        assert!(line.contains(">off</span>") && line.contains("<code>a2a ") || name == names[0], "{name}: {line}");
    }
    install(&computer, Client::Cursor);
    install(&computer, Client::Vscode);
    let line = way(&computer, &Hook::Unset, names[0]).await;
    assert!(line.contains(">on</span>") && line.contains("Cursor") && !line.contains("VS Code"), "{line}");

    let settings = computer.places.home.join(".claude/settings.json");
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    fs::write(&settings, "{}").unwrap();
    let line = way(&computer, &Hook::Unset, names[0]).await;
    assert!(line.contains("<code>a2a install claude-code</code>"), "{line}");
    fs::write(&settings, "{\"enabledPlugins\": {\"a2a@somewhere\": true}}").unwrap();
    assert!(way(&computer, &Hook::Unset, names[1]).await.contains(">on</span>"));

    let line = ["sh".to_owned()];
    let exec = HandOver::find(&line, Duration::from_secs(60), &computer.places.home, &["/bin".into()]).unwrap();
    for exec in [None, exec] {
        let planned = computer.login_service().plan_install(&computer.program, exec.as_ref()).unwrap();
        planned.iter().for_each(|change| change.write().unwrap());
        assert!(way(&computer, &Hook::Unset, names[2]).await.contains("a2a watch --uninstall"));
        let mark = if exec.is_none() { ">off</span>" } else { ">on</span>" };
        assert!(way(&computer, &Hook::Unset, names[3]).await.contains(mark));
    }
    let moved = Computer { program: Program { path: "/elsewhere/a2a".into(), variables: Vec::new() }, ..computer };
    assert!(way(&moved, &Hook::Unset, names[2]).await.contains(">look</span>"));
}

#[tokio::test]
async fn an_unreadable_service_and_an_unknown_computer_are_told() {
    let (_folder, room) = room().await;
    let watching = Watching { service: Standing::Unreadable("permission denied".into()), has_plugin: false };
    let html = notifications::section(&room, None, Some(&watching), false, &Hook::Unset).into_string();
    assert!(html.contains("cannot be read: permission denied"), "{html}");
    let html = notifications::section(&room, None, None, true, &Hook::Unset).into_string();
    assert!(html.contains("value=\"off\"") && html.contains("by count only"), "{html}");
    assert!(html.contains("A server of yours") && !html.contains("While no client runs"), "{html}");
}

#[tokio::test]
async fn the_relays_webhook_is_shown_as_it_stands() {
    let (_folder, computer) = computer();
    let set = |state| {
        let call = WebhookDelivery { id: "x".into(), at: Timestamp::EPOCH, attempt: 1, delivered: false };
        Hook::Set(WebhookDeliveries { state, next_try_at: None, deliveries: vec![call] })
    };
    for (hook, mark, words) in [
        (Hook::Unset, "off", "a2a webhook set URL"),
        (Hook::Unknown("the relay is away".into()), "look", "The relay is away."),
        (set(WebhookState::Active), "on", "the last call failed"),
        (set(WebhookState::Unverified), "look", "challenge"),
        (set(WebhookState::Disabled), "look", "not called any more"),
    ] {
        let line = way(&computer, &hook, "A server of yours").await;
        assert!(line.contains(&format!(">{mark}</span>")) && line.contains(words), "{line}");
    }
}

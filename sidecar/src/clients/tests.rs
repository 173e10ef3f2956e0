//! Clients' files before, with and without us, as their owners left them.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;

use super::{
    Change, Client, ClientError, Finding, Places, Program, examine, has_plugin, plan_install, plan_uninstall,
    tells_of_mail,
};

/// A user with an empty home folder.
struct User {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl User {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("a2a");
        fs::write(&program, "").unwrap();
        Self { folder, program }
    }

    fn places(&self) -> Places {
        let home = self.folder.path().join("home");
        Places { settings: home.join(".config"), home, local: None, claude_code: None, codex: None }
    }

    fn program(&self) -> Program {
        Program { path: self.program.clone(), variables: Vec::new() }
    }

    fn write(&self, file: &str, text: &str) -> PathBuf {
        let file = self.places().home.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    fn install(&self, client: Client) -> usize {
        written(&plan_install(client, &self.places(), &self.program()).unwrap())
    }

    fn uninstall(&self, client: Client) -> usize {
        written(&plan_uninstall(client, &self.places(), &self.program()).unwrap())
    }

    fn examined(&self, client: Client) -> [Finding; 2] {
        examine(client, &self.places(), &self.program()).try_into().unwrap()
    }

    /// Every file of the home, with what stands in it.
    fn files(&self) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        gather(&self.places().home, &mut found);
        found.sort();
        found
    }
}

fn written(changes: &[Change]) -> usize {
    changes.iter().for_each(|change| change.write().unwrap());
    changes.len()
}

fn gather(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, found);
        } else {
            found.push((path.clone(), fs::read_to_string(path).unwrap()));
        }
    }
}

#[test]
fn a_word_names_the_client_it_came_from() {
    for client in Client::value_variants() {
        assert_eq!(Client::from_str(client.word(), false), Ok(*client));
    }
}

#[test]
fn coming_twice_is_like_once_and_going_leaves_nothing() {
    for client in Client::value_variants() {
        let user = User::new();
        assert!(user.install(*client) > 0, "{client:?}");
        assert_eq!(user.install(*client), 0, "{client:?}");
        let findings = examine(*client, &user.places(), &user.program());
        assert!(
            !findings.iter().any(|found| matches!(found, Finding::Wrong(..) | Finding::Absent(..))),
            "{client:?}: {findings:?}"
        );
        assert!(user.uninstall(*client) > 0, "{client:?}");
        assert_eq!(user.files(), [], "{client:?}");
        assert_eq!(user.uninstall(*client), 0, "{client:?}");
    }
}

/// One file of each client, as a person writes it.
const BY_HAND: [(Client, &str, &str); 8] = [
    (Client::ClaudeCode, ".claude.json", "{\"numStartups\": 7,\n \"mcpServers\": {\"x\": {\"command\": \"x\"}}}"),
    (Client::ClaudeCode, ".claude/settings.json", "{\n\t\"hooks\": {\"SessionStart\": [{\"hooks\": []}]}\n}\n"),
    (Client::ClaudeDesktop, ".config/Claude/claude_desktop_config.json", "{}"),
    (Client::Cursor, ".cursor/mcp.json", "{\r\n  \"mcpServers\": {\r\n  }\r\n}\r\n"),
    (Client::Vscode, ".config/Code/User/mcp.json", "// mine\n{\n  \"inputs\": [], // none\n  \"servers\": {},\n}\n"),
    (Client::Zed, ".config/zed/settings.json", "// Zed\n{\n  \"theme\": \"One\", /* nice */\n}\n"),
    (Client::Gemini, ".gemini/settings.json", "{\"z\":1,\"a\":2}"),
    (Client::Codex, ".codex/config.toml", "# mine\nmodel = \"o\"   # why\n\n[mcp_servers.x]\ncommand = \"x\"\n"),
];

#[test]
fn what_the_owner_wrote_stays_and_comes_back_byte_for_byte() {
    for (client, file, text) in BY_HAND {
        let user = User::new();
        let file = user.write(file, text);
        let before = user.files();
        assert!(user.install(client) > 0, "{client:?}");
        let ours = fs::read_to_string(&file).unwrap();
        for word in text.split(|character: char| !character.is_alphanumeric()) {
            assert!(ours.contains(word), "{client:?} lost {word}: {ours}");
        }
        user.uninstall(client);
        assert_eq!(user.files(), before, "{client:?}");
    }
}

#[test]
fn going_keeps_what_the_owner_added_meanwhile() {
    for (client, file, text) in BY_HAND {
        let user = User::new();
        let file = user.write(file, text);
        user.install(client);
        let ours = fs::read_to_string(&file).unwrap();
        let comment = if client == Client::Codex { "\n# later\n" } else { "\n// later\n" };
        fs::write(&file, ours + comment).unwrap();
        user.uninstall(client);
        let left = fs::read_to_string(&file).unwrap();
        assert!(left.contains("later") && !left.contains("a2a"), "{client:?}: {left}");
    }
}

#[test]
fn a_hook_of_the_owners_beside_ours_stays() {
    let user = User::new();
    let command = format!("{} hook session-start --client claude-code", user.program.display());
    let own = |name: &str| format!("{{ \"type\": \"command\", \"command\": \"{name}\" }}");
    let ours = |seconds| format!("{{ \"type\": \"command\", \"command\": \"{command}\", \"timeout\": {seconds} }}");
    let shared = |ours: &str| {
        let (first, last) = (own("first"), own("last"));
        let hooks = format!("[\n  {first}, // the first\n  {ours}{last}\n]");
        format!("{{ \"hooks\": {{ \"SessionStart\": [\n{{ \"matcher\": \"startup\", \"hooks\": {hooks} }}\n] }} }}\n")
    };
    let file = user.write(".claude/settings.json", &shared(&format!("{},\n  ", ours(15))));
    assert_eq!(user.install(Client::ClaudeCode), 1, "the hook stands there already, so only the server is missing");
    assert!(matches!(user.examined(Client::ClaudeCode), [Finding::Good(_), Finding::Good(_)]));

    fs::write(&file, shared(&format!("{},\n  ", ours(1)))).unwrap();
    user.install(Client::ClaudeCode);
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!((text.matches(&command).count(), text.matches("\"startup\"").count()), (1, 1), "{text}");
    let place = |word: &str| text.find(word).unwrap_or_else(|| panic!("no {word} in {text}"));
    assert!(place("first\"") < place("// the first") && place("// the first") < place("last\""), "{text}");

    for ours in [format!("{},\n  ", ours(15)), format!("{},\n{},", ours(15), ours(1))] {
        fs::write(&file, shared(&ours)).unwrap();
        user.uninstall(Client::ClaudeCode);
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("a2a hook") && text.contains("// the first"), "{text}");
        let left: serde_json::Value = serde_json::from_str(&text.replace("// the first", "")).unwrap();
        let hooks = &left["hooks"]["SessionStart"][0]["hooks"];
        assert_eq!((&hooks[0]["command"], &hooks[1]["command"]), (&"first".into(), &"last".into()), "{text}");
    }
}

#[test]
fn a_broken_file_is_named_and_not_touched() {
    for (file, text) in [(".cursor/mcp.json", "{\"mcpServers\": {"), (".cursor/mcp.json", "{'a': 1}")] {
        let user = User::new();
        user.write(file, text);
        let before = user.files();
        let refused = plan_install(Client::Cursor, &user.places(), &user.program()).unwrap_err();
        assert!(matches!(&refused, ClientError::Broken { problem, .. } if problem.contains("line 1")), "{refused}");
        assert_eq!(user.files(), before);
    }
    let user = User::new();
    user.write(".codex/config.toml", "a = 1\nb = = secret\n");
    let refused = plan_install(Client::Codex, &user.places(), &user.program()).unwrap_err().to_string();
    assert!(refused.contains("line 2") && !refused.contains("secret"), "{refused}");
}

#[test]
fn something_else_under_our_key_is_refused() {
    let user = User::new();
    user.write(".cursor/mcp.json", "{\"mcpServers\": []}");
    let refused = plan_install(Client::Cursor, &user.places(), &user.program());
    assert!(matches!(refused, Err(ClientError::Occupied { .. })));
    user.write(".codex/config.toml", "mcp_servers = 1\n");
    let refused = plan_install(Client::Codex, &user.places(), &user.program());
    assert!(matches!(refused, Err(ClientError::Occupied { .. })));
}

#[test]
fn a_file_that_changed_meanwhile_is_not_overwritten() {
    let user = User::new();
    let file = user.write(".cursor/mcp.json", "{}");
    let changes = plan_install(Client::Cursor, &user.places(), &user.program()).unwrap();
    fs::write(&file, "{\"new\": 1}").unwrap();
    assert!(matches!(changes[0].write(), Err(ClientError::Changed(_))));
    assert_eq!(fs::read_to_string(&file).unwrap(), "{\"new\": 1}");
}

#[test]
fn a_program_that_moved_is_named_anew_and_not_twice() {
    let user = User::new();
    user.install(Client::ClaudeCode);
    let moved = Program { path: user.folder.path().join("new place/a2a"), variables: vec![("A2A_HOME", "/h".into())] };
    let changes = plan_install(Client::ClaudeCode, &user.places(), &moved).unwrap();
    assert_eq!(written(&changes), 2);
    let text: String = user.files().into_iter().map(|(_, text)| text).collect();
    assert_eq!(text.matches("hook session-start").count(), 1, "{text}");
    assert!(text.contains("new place") && text.contains("A2A_HOME") && text.contains("--home /h"), "{text}");
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let user = User::new();
    let real = user.write("dotfiles/mcp.json", "{}");
    // A file made anew would be 0600 anyway.
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    let link = user.places().home.join(".cursor/mcp.json");
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    user.install(Client::Cursor);
    assert!(link.is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("a2a"));
    for file in [&real, &link.with_file_name("mcp.json.before-a2a")] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o640, "{}", file.display());
    }
}

#[test]
fn silent_failures_are_found() {
    let user = User::new();
    let found = |client| examine(client, &user.places(), &user.program());
    let wrong = |findings: Vec<Finding>, word: &str| {
        findings.iter().any(|found| match found {
            Finding::Good(_) => false,
            Finding::Doubtful(what, next) | Finding::Wrong(what, next) | Finding::Absent(what, next) => {
                what.contains(word) || next.contains(word)
            }
        })
    };
    assert!(wrong(found(Client::Cursor), "a2a install cursor"));
    user.write(".cursor/mcp.json", "{\"mcpServers\": {\"a2a\": {\"command\": \"a2a\"}}}");
    assert!(wrong(found(Client::Cursor), "full path"));
    user.write(".cursor/mcp.json", "{\"mcpServers\": {\"a2a\": {\"command\": \"/nowhere/a2a\"}}}");
    assert!(wrong(found(Client::Cursor), "not there"));
    user.write(".config/Code/User/mcp.json", "{\"mcpServers\": {\"a2a\": {}}}");
    assert!(wrong(found(Client::Vscode), "ignores"));
    user.install(Client::ClaudeCode);
    assert!(!wrong(found(Client::ClaudeCode), "twice"));
    user.write(".claude/settings.json", "{\"enabledPlugins\": {\"a2a@here\": true}}");
    assert!(wrong(found(Client::ClaudeCode), "twice"));
    user.install(Client::Codex);
    assert!(wrong(found(Client::Codex), "/hooks"));
}

#[test]
fn a_client_is_here_once_it_left_its_folder() {
    for client in Client::value_variants() {
        let user = User::new();
        assert!(!user.places().has(*client), "{client:?}");
        user.install(*client);
        assert!(user.places().has(*client), "{client:?}");
    }
    let user = User::new();
    user.write(".claude/history.jsonl", "");
    assert!(user.places().has(Client::ClaudeCode), "it was started, and has no settings yet");
}

#[test]
fn another_program_than_this_one_is_named() {
    let user = User::new();
    let (other, link) = (user.folder.path().join("old-a2a"), user.folder.path().join("link-to-a2a"));
    fs::write(&other, "").unwrap();
    let text = |program: &Path| format!("{{\"mcpServers\": {{\"a2a\": {{\"command\": \"{}\"}}}}}}", program.display());
    let found = || examine(Client::Cursor, &user.places(), &user.program()).remove(0);
    user.write(".cursor/mcp.json", &text(&other));
    assert!(matches!(found(), Finding::Doubtful(what, _) if what.contains("old-a2a, which is not this program")));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&user.program, &link).unwrap();
        user.write(".cursor/mcp.json", &text(&link));
        assert!(matches!(found(), Finding::Doubtful(what, _) if what.contains("another way")));
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_outlives_an_upgrade_is_named_and_stays_named() {
    let user = User::new();
    let root = fs::canonicalize(user.folder.path()).unwrap();
    let (link, real) = (root.join("bin-a2a"), root.join("a2a"));
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let named = |path: &Path| Program { path: path.to_path_buf(), variables: Vec::new() };
    for client in [Client::ClaudeCode, Client::Codex] {
        let plan = |path| plan_install(client, &user.places(), &named(path)).unwrap();
        assert!(written(&plan(&real)) > 0);
        assert!(written(&plan(&link)) > 0, "{client:?}: the folder of one version is replaced");
        assert!(user.files().iter().any(|(_, text)| text.contains("bin-a2a")), "{client:?}");
        assert_eq!(plan(&real).len(), 0, "{client:?}: a start by another way takes the link away");
        let findings = examine(client, &user.places(), &named(&real));
        assert!(matches!(&findings[0], Finding::Good(what) if what.contains("bin-a2a")), "{findings:?}");
        assert_eq!(tells_of_mail(client, &user.places(), &named(&real)), Some(true), "{client:?}");
        let away = plan_uninstall(client, &user.places(), &named(&real)).unwrap();
        written(&away);
        assert!(!user.files().iter().any(|(_, text)| text.contains("bin-a2a")), "{client:?}: {:?}", user.files());
    }
}

#[test]
fn a_plugin_does_what_the_settings_would() {
    let user = User::new();
    let tells = |client| tells_of_mail(client, &user.places(), &user.program());
    assert_eq!((tells(Client::ClaudeCode), tells(Client::Zed)), (Some(false), None));
    user.install(Client::Codex);
    assert_eq!(tells(Client::Codex), Some(true));
    user.write(".claude/settings.json", "{\"enabledPlugins\": {\"a2a@here\": false, \"b2b@here\": true}}");
    assert!(!has_plugin(&user.places()));
    user.write(".claude/settings.json", "{\"enabledPlugins\": {\"a2a@here\": true}}");
    assert_eq!((has_plugin(&user.places()), tells(Client::ClaudeCode)), (true, Some(true)));
    let findings = examine(Client::ClaudeCode, &user.places(), &user.program());
    assert!(matches!(&findings[..], [Finding::Good(what)] if what.contains("plugin")), "{findings:?}");
}

#[test]
fn a_file_that_holds_server_and_hook_is_looked_at_for_each() {
    let user = User::new();
    user.install(Client::Gemini);
    let file = user.places().home.join(".gemini/settings.json");
    let whole = fs::read_to_string(&file).unwrap();
    let told = || (tells_of_mail(Client::Gemini, &user.places(), &user.program()), user.examined(Client::Gemini));
    assert!(matches!(told(), (Some(true), [Finding::Good(_), Finding::Good(_)])), "{:?}", told());
    fs::write(&file, whole.replace("hook session-start", "hook of-another-kind")).unwrap();
    assert!(matches!(told(), (Some(false), [_, Finding::Doubtful(..)])), "{:?}", told());
    fs::write(&file, whole.replace("\"mcp\"", "\"mcp\", \"--more\"")).unwrap();
    assert!(matches!(told(), (Some(true), [Finding::Doubtful(..), Finding::Good(_)])), "{:?}", told());
}

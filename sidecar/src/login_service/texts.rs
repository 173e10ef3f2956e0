//! What stands in the service's file on each system, quoted as that system reads it.

use super::HandOver;
use crate::clients::Program;

/// The words of the command: the program, `watch`, and the owner's program.
fn words(program: &Program, hand_over: Option<&HandOver>) -> Vec<String> {
    let mut words = vec![program.path.display().to_string(), "watch".to_owned()];
    words.extend(hand_over.into_iter().flat_map(HandOver::arguments));
    words
}

/// Whether each word and each variable can stand in a service's file: none of the three carries a line's end.
pub(super) fn can_stand(program: &Program, hand_over: Option<&HandOver>, is_batch: bool) -> bool {
    let is_bad = |character: char| character.is_control() || (is_batch && character == '"');
    let mut values = program.variables.iter().map(|(_, value)| value.clone()).chain(words(program, hand_over));
    !values.any(|value| value.contains(is_bad))
}

/// A unit of systemd's user manager (systemd.service(5)); the service can read its owner's files and nothing rises above.
pub(super) fn systemd(program: &Program, hand_over: Option<&HandOver>) -> String {
    let environment: String = program
        .variables
        .iter()
        .map(|(name, value)| format!("Environment={}\n", systemd_word(&format!("{name}={value}"))))
        .collect();
    // Variables are put into arguments, not into the path of the program nor into other variables.
    let words = words(program, hand_over);
    let arguments = words.iter().skip(1).map(|word| systemd_word(word).replace('$', "$$"));
    let path = words.iter().take(1).map(|word| systemd_word(word));
    let start = path.chain(arguments).collect::<Vec<_>>().join(" ");
    format!(
        "[Unit]\nDescription=agent2agent: collect and send mail\nAfter=network-online.target\n\n\
         [Service]\n{environment}ExecStart={start}\nRestart=on-failure\nRestartSec=10\nNoNewPrivileges=yes\n\n\
         [Install]\nWantedBy=default.target\n"
    )
}

/// Quoted; `%` and `\` mean something to systemd wherever they stand.
fn systemd_word(word: &str) -> String {
    let escaped = word.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%");
    format!("\"{escaped}\"")
}

/// A property list of launchd (launchd.plist(5)).
pub(super) fn launchd(program: &Program, hand_over: Option<&HandOver>) -> String {
    let arguments: String =
        words(program, hand_over).iter().map(|word| format!("    <string>{}</string>\n", xml(word))).collect();
    let variables: String = program
        .variables
        .iter()
        .map(|(name, value)| format!("    <key>{name}</key>\n    <string>{}</string>\n", xml(value)))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  \
         <string>agent2agent.a2a.watch</string>\n  <key>ProgramArguments</key>\n  <array>\n{arguments}  </array>\n  \
         <key>EnvironmentVariables</key>\n  <dict>\n{variables}  </dict>\n  <key>RunAtLoad</key>\n  <true/>\n  \
         <key>KeepAlive</key>\n  <dict>\n    <key>SuccessfulExit</key>\n    <false/>\n  </dict>\n</dict>\n</plist>\n"
    )
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A batch file of the start-up folder.
pub(super) fn startup(program: &Program, hand_over: Option<&HandOver>) -> String {
    let variables: String =
        program.variables.iter().map(|(name, value)| format!("set \"{name}={}\"\r\n", batch(value))).collect();
    let line =
        words(program, hand_over).iter().map(|word| format!("\"{}\"", batch(word))).collect::<Vec<_>>().join(" ");
    format!("@echo off\r\n{variables}start \"a2a\" /min {line}\r\n")
}

/// A batch file reads `%` even between quotes.
fn batch(text: &str) -> String {
    text.replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Program {
        Program { path: "/opt/my $tools/a2a".into(), variables: vec![("A2A_HOME", "/h$x 100%".into())] }
    }

    fn hand_over(arguments: &[&str]) -> HandOver {
        let line: Vec<String> = std::iter::once(&"sh").chain(arguments).map(|&word| word.to_owned()).collect();
        let search = ["/bin".into(), "/usr/bin".into()];
        HandOver::find(&line, std::time::Duration::from_secs(600), std::path::Path::new("/"), &search).unwrap().unwrap()
    }

    #[test]
    fn systemd_reads_the_words_it_was_given() {
        let unit = systemd(&program(), Some(&hand_over(&["$HOME 5% \"x\" \\"])));
        let path = "ExecStart=\"/opt/my $tools/a2a\" \"watch\" \"--timeout\" \"10m\" \"--exec\" ";
        assert!(unit.contains(path), "{unit}");
        assert!(unit.contains(" \"$$HOME 5%% \\\"x\\\" \\\\\"\n"), "{unit}");
        assert!(unit.contains("Environment=\"A2A_HOME=/h$x 100%%\"\n"), "{unit}");
    }

    /// systemd itself, where it is: the unit is sound, and the program is found at its odd path.
    #[cfg(target_os = "linux")]
    #[test]
    fn systemd_finds_the_program() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("my $tools 100%");
        std::fs::create_dir(&bin).unwrap();
        std::fs::write(bin.join("a2a"), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(bin.join("a2a"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let file = folder.path().join("a2a-watch.service");
        let ours = Program { path: bin.join("a2a"), ..program() };
        std::fs::write(&file, systemd(&ours, Some(&hand_over(&["$HOME 5%"])))).unwrap();
        let mut verify = std::process::Command::new("systemd-analyze");
        verify
            .arg("verify")
            .arg("--man=no")
            .arg(&file)
            .env("SYSTEMD_UNIT_PATH", format!("{}:", folder.path().display()));
        let Ok(said) = verify.output() else { return };
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }

    #[test]
    fn what_would_end_a_line_is_refused() {
        let bad = |value: &str| Program { variables: vec![("A2A_HOME", value.into())], ..program() };
        for batch in [false, true] {
            assert!(can_stand(&program(), Some(&hand_over(&["ü", "$ % '"])), batch));
            assert!(!can_stand(&bad("/h\nExecStartPre=/bin/x"), None, batch));
            assert!(!can_stand(&program(), Some(&hand_over(&["a\rb"])), batch));
            assert_eq!(can_stand(&program(), Some(&hand_over(&["say \"x\""])), batch), !batch);
        }
        assert!(!can_stand(&Program { path: "/opt/a\nb".into(), ..program() }, None, false));
    }

    #[test]
    fn launchd_reads_the_words_it_was_given() {
        let list = launchd(&program(), Some(&hand_over(&["a<b&c"])));
        assert!(list.contains("<string>/opt/my $tools/a2a</string>\n    <string>watch</string>"), "{list}");
        assert!(list.contains("<string>a&lt;b&amp;c</string>"), "{list}");
    }

    #[test]
    fn a_batch_file_reads_the_words_it_was_given() {
        let text = startup(&program(), None);
        assert!(
            text.contains("set \"A2A_HOME=/h$x 100%%\"\r\nstart \"a2a\" /min \"/opt/my $tools/a2a\" \"watch\"\r\n"),
            "{text}"
        );
    }
}

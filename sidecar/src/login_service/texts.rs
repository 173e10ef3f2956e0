//! What stands in the service's file on each system, quoted as that system reads it.

use crate::clients::Program;

/// The words of the command: the program, `watch`, and the owner's program.
fn words(program: &Program, exec: &[String]) -> Vec<String> {
    let mut words = vec![program.path.display().to_string(), "watch".to_owned()];
    if !exec.is_empty() {
        words.push("--exec".to_owned());
        words.extend(exec.iter().cloned());
    }
    words
}

/// A unit of systemd's user manager (systemd.service(5)); the service can read its owner's files and nothing rises above.
pub(super) fn systemd(program: &Program, exec: &[String]) -> String {
    let environment: String = program
        .variables
        .iter()
        .map(|(name, value)| format!("Environment={}\n", systemd_word(&format!("{name}={value}"))))
        .collect();
    let start = words(program, exec).iter().map(|word| systemd_word(word)).collect::<Vec<_>>().join(" ");
    format!(
        "[Unit]\nDescription=agent2agent: collect and send mail\nAfter=network-online.target\n\n\
         [Service]\n{environment}ExecStart={start}\nRestart=on-failure\nRestartSec=10\nNoNewPrivileges=yes\n\n\
         [Install]\nWantedBy=default.target\n"
    )
}

/// Quoted; `%`, `$` and `\` mean something to systemd.
fn systemd_word(word: &str) -> String {
    let escaped = word.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{escaped}\"")
}

/// A property list of launchd (launchd.plist(5)).
pub(super) fn launchd(program: &Program, exec: &[String]) -> String {
    let arguments: String =
        words(program, exec).iter().map(|word| format!("    <string>{}</string>\n", xml(word))).collect();
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
pub(super) fn startup(program: &Program, exec: &[String]) -> String {
    let variables: String =
        program.variables.iter().map(|(name, value)| format!("set \"{name}={}\"\r\n", batch(value))).collect();
    let line = words(program, exec).iter().map(|word| format!("\"{}\"", batch(word))).collect::<Vec<_>>().join(" ");
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
        Program { path: "/opt/my tools/a2a".into(), variables: vec![("A2A_HOME", "/h 100%".into())] }
    }

    #[test]
    fn systemd_reads_the_words_it_was_given() {
        let unit = systemd(&program(), &["notify".into(), "$HOME \"x\" \\".into()]);
        let start = "ExecStart=\"/opt/my tools/a2a\" \"watch\" \"--exec\" \"notify\" \"$$HOME \\\"x\\\" \\\\\"\n";
        assert!(unit.contains(start), "{unit}");
        assert!(unit.contains("Environment=\"A2A_HOME=/h 100%%\"\n"), "{unit}");
    }

    #[test]
    fn launchd_reads_the_words_it_was_given() {
        let list = launchd(&program(), &["a<b&c".into()]);
        assert!(list.contains("<string>/opt/my tools/a2a</string>\n    <string>watch</string>"), "{list}");
        assert!(list.contains("<string>a&lt;b&amp;c</string>"), "{list}");
    }

    #[test]
    fn a_batch_file_reads_the_words_it_was_given() {
        let text = startup(&program(), &[]);
        assert!(
            text.contains("set \"A2A_HOME=/h 100%%\"\r\nstart \"a2a\" /min \"/opt/my tools/a2a\" \"watch\"\r\n"),
            "{text}"
        );
    }
}

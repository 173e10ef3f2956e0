//! The name under which a peer's file lands: one part, not hidden, nothing that a system would run or treat apart.

/// A name is cut at so many bytes.
const LONGEST: usize = 120;
/// Endings that some system runs, or opens as more than a document, when it is clicked.
const RUN: [&str; 52] = [
    "app",
    "appimage",
    "apk",
    "appref-ms",
    "bash",
    "bat",
    "cmd",
    "com",
    "command",
    "cpl",
    "deb",
    "desktop",
    "dll",
    "dmg",
    "docm",
    "exe",
    "fish",
    "gadget",
    "hta",
    "htm",
    "html",
    "inf",
    "iso",
    "jar",
    "js",
    "jse",
    "lnk",
    "mhtml",
    "msc",
    "msi",
    "msix",
    "msp",
    "pkg",
    "pif",
    "ps1",
    "psm1",
    "py",
    "reg",
    "rpm",
    "run",
    "scr",
    "service",
    "sh",
    "svg",
    "terminal",
    "url",
    "vb",
    "vbs",
    "webloc",
    "workflow",
    "wsf",
    "xlsm",
];
/// What Windows takes for a device, with any ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A safe name for a file that its sender calls `name`.
pub(super) fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    let trimmed = plain.trim_start_matches(['.', '-', ' ']).trim_end_matches(['.', ' ']);
    let mut safe = shortened(trimmed).trim_end_matches(['.', ' ']).to_owned();
    if safe.is_empty() {
        safe.push_str("attachment");
    }
    if is_device(&safe) {
        safe.insert(0, '_');
    }
    if runs(&safe) {
        safe.push_str(".quarantined");
    }
    safe
}

/// The name with a number, for a file beside one of that name.
pub(super) fn numbered(name: &str, number: u32) -> String {
    match name.split_once('.') {
        _ if number < 2 => name.to_owned(),
        Some((stem, ending)) => format!("{stem}-{number}.{ending}"),
        None => format!("{name}-{number}"),
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | ' ')
}

/// At most as many bytes as are wanted, with the ending where it is a short one.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| format!(".{ending}")).filter(|ending| ending.len() <= 12);
    let ending = ending.unwrap_or_default();
    format!("{}{ending}", &name[..name.floor_char_boundary(LONGEST - ending.len())])
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let port = stem.strip_prefix("com").or(stem.strip_prefix("lpt"));
    let is_port = port.is_some_and(|number| {
        let mut letters = number.chars();
        matches!((letters.next(), letters.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    });
    is_port || DEVICES.contains(&stem.as_str())
}

fn runs(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| RUN.contains(&ending.trim().to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_land_as_one_plain_part() {
        for (given, safe) in [
            ("report.pdf", "report.pdf"),
            ("../../.ssh/authorized_keys", "authorized_keys"),
            ("/etc/passwd", "passwd"),
            ("C:\\Windows\\system32\\drivers\\etc\\hosts", "hosts"),
            ("..", "attachment"),
            (".", "attachment"),
            ("", "attachment"),
            ("a/", "attachment"),
            (".bashrc", "bashrc"),
            ("...env", "env"),
            ("-rf", "rf"),
            ("~", "_"),
            ("run.sh", "run.sh.quarantined"),
            ("photo.jpg.EXE", "photo.jpg.EXE.quarantined"),
            ("x.Desktop", "x.Desktop.quarantined"),
            ("x.exe. ", "x.exe.quarantined"),
            ("invoice\u{202e}fdp.exe", "invoice_fdp.exe.quarantined"),
            ("a\u{200b}b\0c\nd:e*f?.txt", "a_b_c_d_e_f_.txt"),
            ("file:$DATA", "file__DATA"),
            ("con", "_con"),
            ("NUL.txt", "_NUL.txt"),
            ("com1.log", "_com1.log"),
            ("lpt9", "_lpt9"),
            ("community.txt", "community.txt"),
            ("grüße 2.txt", "grüße 2.txt"),
            ("$(touch x);`id`.txt", "__touch x___id_.txt"),
        ] {
            assert_eq!(safe_name(given), safe, "{given:?}");
        }
    }

    #[test]
    fn any_name_is_safe_and_stays_so() {
        let runner = proptest::test_runner::Config::with_cases(2_000);
        proptest::proptest!(runner, |(name in ".{0,300}")| {
            let safe = safe_name(&name);
            assert!(!safe.is_empty() && safe.len() <= 140 && !safe.starts_with(['.', '-', ' ']));
            assert!(!safe.contains(['/', '\\', '\0', ':']) && !safe.chars().any(char::is_control));
            assert_eq!(safe_name(&safe), safe);
            assert_eq!(std::path::Path::new(&safe).components().count(), 1);
        });
    }

    #[test]
    fn long_names_keep_their_ending() {
        let safe = safe_name(&format!("{}.pdf", "ü".repeat(200)));
        assert!(safe.ends_with("ü.pdf") && safe.len() <= LONGEST, "{safe}");
        assert_eq!(numbered("a.tar.gz", 2), "a-2.tar.gz");
        assert_eq!((numbered("a", 3).as_str(), numbered("a.b", 1).as_str()), ("a-3", "a.b"));
    }
}

//! Opens a link in the owner's browser.

/// Browsers that would take over our own standard input and output, which belong to the client.
const TEXT_BROWSERS: [&str; 10] =
    ["lynx", "links", "links2", "elinks", "w3m", "eww", "netrik", "retawq", "curl", "www-browser"];

/// Asks the desktop to open the page; the `BROWSER` variable is honoured.
///
/// Returns whether a browser was started. Where there is none (a server, a container, a text
/// browser only) the owner uses a terminal instead.
pub(crate) async fn open_in_browser(url: &str) -> bool {
    let named = std::env::var("BROWSER").ok();
    if !can_open(named.as_deref(), has_display()) {
        return false;
    }
    let url = url.to_owned();
    let started = tokio::task::spawn_blocking(move || {
        let mut quiet = webbrowser::BrowserOptions::new();
        quiet.with_suppress_output(true);
        webbrowser::open_browser_with_options(webbrowser::Browser::Default, &url, &quiet)
    });
    matches!(started.await, Ok(Ok(())))
}

/// A named browser is tried unless it is one for terminals; an unnamed one needs a display.
fn can_open(named: Option<&str>, has_display: bool) -> bool {
    match named.filter(|named| !named.trim().is_empty()) {
        Some(named) => !named.split(':').any(is_text_browser),
        None => has_display,
    }
}

fn is_text_browser(command: &str) -> bool {
    let program = command.split_ascii_whitespace().next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default();
    TEXT_BROWSERS.contains(&name)
}

/// Elsewhere than on a Unix desktop there always is one.
fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].into_iter().any(set)
}

#[cfg(test)]
mod tests {
    use super::can_open;

    #[test]
    fn a_text_browser_never_gets_the_clients_standard_output() {
        assert!(!can_open(Some("/usr/bin/w3m"), true));
        assert!(!can_open(Some("lynx -accept_all_cookies"), true));
        assert!(!can_open(Some("firefox:www-browser"), true));
    }

    #[test]
    fn without_a_display_only_a_named_browser_is_tried() {
        assert!(!can_open(None, false));
        assert!(!can_open(Some(" "), false));
        assert!(can_open(None, true));
        assert!(can_open(Some("/tmp/script"), false));
    }
}

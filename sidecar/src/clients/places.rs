//! Where each client keeps its settings on each system.

use std::path::{Path, PathBuf};

use super::{Client, ClientError};

/// The folders of this user that clients put their files into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The user's home folder.
    pub home: PathBuf,
    /// Where applications keep settings: `~/.config`, `~/Library/Application Support` or `%APPDATA%`.
    pub settings: PathBuf,
    /// `%LOCALAPPDATA%` on Windows, where packaged applications really keep what they think stands in `%APPDATA%`.
    pub local: Option<PathBuf>,
    /// Another folder for Claude Code (`CLAUDE_CONFIG_DIR`).
    pub claude_code: Option<PathBuf>,
    /// Another folder for Codex (`CODEX_HOME`).
    pub codex: Option<PathBuf>,
}

/// Claude Desktop as the Windows package names it.
const PACKAGED_CLAUDE: &str = "Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude";

impl Places {
    /// The folders of the user who runs this process.
    pub fn of_this_user() -> Result<Self, ClientError> {
        let folders = directories::BaseDirs::new().ok_or(ClientError::NoHome)?;
        let named = |variable| std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
        Ok(Self {
            home: folders.home_dir().to_path_buf(),
            settings: folders.config_dir().to_path_buf(),
            local: cfg!(windows).then(|| folders.data_local_dir().to_path_buf()),
            claude_code: named("CLAUDE_CONFIG_DIR"),
            codex: named("CODEX_HOME"),
        })
    }

    /// The file that lists the client's MCP servers.
    pub(super) fn servers(&self, client: Client) -> PathBuf {
        match client {
            // Beside the folder where that is the usual one, inside it where the owner moved it.
            Client::ClaudeCode => self.claude_code.as_ref().unwrap_or(&self.home).join(".claude.json"),
            Client::ClaudeDesktop => self.claude_desktop().join("claude_desktop_config.json"),
            Client::Cursor => self.home.join(".cursor/mcp.json"),
            Client::Vscode => self.settings.join("Code/User/mcp.json"),
            Client::Codex => self.codex().join("config.toml"),
            Client::Gemini => self.home.join(".gemini/settings.json"),
            Client::Windsurf => self.home.join(".codeium/windsurf/mcp_config.json"),
            Client::Zed => self.zed().join("settings.json"),
        }
    }

    /// The file of the client's hooks, where it has hooks that tell a starting session something.
    pub(super) fn hooks(&self, client: Client) -> Option<PathBuf> {
        match client {
            Client::ClaudeCode => {
                let usual = || self.home.join(".claude");
                Some(self.claude_code.clone().unwrap_or_else(usual).join("settings.json"))
            }
            Client::Cursor => Some(self.home.join(".cursor/hooks.json")),
            Client::Codex => Some(self.codex().join("hooks.json")),
            Client::Gemini => Some(self.home.join(".gemini/settings.json")),
            Client::ClaudeDesktop | Client::Vscode | Client::Windsurf | Client::Zed => None,
        }
    }

    /// Whether the client was ever started here, by the looks of it.
    #[must_use]
    pub fn has(&self, client: Client) -> bool {
        let servers = self.servers(client);
        match client {
            // Claude Code keeps its file in the home folder, which is always there.
            Client::ClaudeCode => servers.exists() || self.hooks(client).is_some_and(|file| seems_installed(&file)),
            _ => seems_installed(&servers),
        }
    }

    fn claude_desktop(&self) -> PathBuf {
        let packaged = self.local.as_ref().map(|local| local.join(PACKAGED_CLAUDE));
        packaged.filter(|folder| folder.is_dir()).unwrap_or_else(|| self.settings.join("Claude"))
    }

    fn codex(&self) -> PathBuf {
        self.codex.clone().unwrap_or_else(|| self.home.join(".codex"))
    }

    fn zed(&self) -> PathBuf {
        if cfg!(windows) { self.settings.join("Zed") } else { self.home.join(".config/zed") }
    }
}

/// Whether the client was ever started here: it makes its folder then.
pub(super) fn seems_installed(file: &Path) -> bool {
    file.exists() || file.parent().is_some_and(Path::is_dir)
}

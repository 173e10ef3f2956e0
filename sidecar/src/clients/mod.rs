//! The AI clients that can start this sidecar: which they are, where their files stand, what must stand in them.
//!
//! Nothing here asks, prints or knows the agent. A face plans with [`plan_install`] or [`plan_uninstall`], shows
//! every [`Change`], and writes those that the owner wants.

mod change;
mod error;
mod examine;
mod json_text;
mod lasting;
mod places;
mod plan;
mod program;
mod settings;
mod shell;
mod toml_text;

pub use change::Change;
pub use error::ClientError;
pub use examine::{Finding, examine, has_plugin, tells_of_mail};
pub use lasting::lasting;
pub use places::Places;
pub use plan::{plan_install, plan_uninstall};
pub use program::Program;
pub use shell::typed;

use clap::ValueEnum;

/// A program that talks to a model and starts MCP servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// Claude Code
    ClaudeCode,
    /// Claude Desktop
    ClaudeDesktop,
    /// Cursor
    Cursor,
    /// Visual Studio Code
    Vscode,
    /// Codex
    Codex,
    /// Gemini CLI
    Gemini,
    /// Windsurf
    Windsurf,
    /// Zed
    Zed,
}

impl Client {
    /// The name its makers gave it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::ClaudeDesktop => "Claude Desktop",
            Self::Cursor => "Cursor",
            Self::Vscode => "VS Code",
            Self::Codex => "Codex",
            Self::Gemini => "Gemini CLI",
            Self::Windsurf => "Windsurf",
            Self::Zed => "Zed",
        }
    }

    /// The word that names it on our command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::ClaudeDesktop => "claude-desktop",
            Self::Cursor => "cursor",
            Self::Vscode => "vscode",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Windsurf => "windsurf",
            Self::Zed => "zed",
        }
    }

    /// What the owner does after the change, so that the client sees it.
    #[must_use]
    pub fn after(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Start a new session; `/mcp` lists a2a.",
            Self::ClaudeDesktop => "Quit Claude Desktop wholly and start it again.",
            Self::Cursor => "Switch a2a on under Settings, MCP.",
            Self::Vscode => "Run `MCP: List Servers` and start a2a; VS Code asks whether you trust it.",
            Self::Codex => "Start a new session. Codex runs the hook only after you reviewed it with `/hooks`.",
            Self::Gemini => "Start a new session in a folder that Gemini trusts; `/mcp` lists a2a.",
            Self::Windsurf => "Press refresh under Settings, Cascade, MCP servers.",
            Self::Zed => "Open the agent panel's settings; a2a has a green dot.",
        }
    }
}

#[cfg(test)]
mod tests;

//! Steps that more than one page explains.

use maud::{Markup, html};

/// Getting the sidecar.
pub(super) fn install() -> Markup {
    html! {
        h2 { "Install the sidecar" }
        p {
            code { "a2a" } " is a small program that runs beside your AI client and keeps your keys. In a clone of the "
            "agent2agent repository:"
        }
        pre { code { "cargo install --locked --path sidecar" } }
        p { "You have it already if " code { "a2a whoami" } " answers." }
    }
}

/// Connecting an AI client.
pub(super) fn connect() -> Markup {
    html! {
        h2 { "Connect your AI client" }
        p { "For Claude Code:" }
        pre { code { "claude mcp add --scope user a2a -- \"$(command -v a2a)\" mcp" } }
        p {
            "For Claude Desktop, Cursor and other MCP clients, add a server with the command " code { "a2a" } " (its absolute "
            "path) and the argument " code { "mcp" } "."
        }
    }
}

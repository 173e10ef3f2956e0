//! A text as a picture that a phone reads.

use maud::{Markup, PreEscaped, html};
use qrcode::QrCode;
use qrcode::types::Color;

/// The quiet border that readers need, in modules.
const BORDER: usize = 4;

/// The picture; nothing when the text is too long for one.
pub(super) fn picture(text: &str, what: &str) -> Markup {
    let Ok(code) = QrCode::new(text.as_bytes()) else { return html! {} };
    let (width, modules) = (code.width(), code.to_colors());
    let dark = modules.iter().enumerate().filter(|(_, colour)| **colour == Color::Dark);
    let path: String =
        dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % width + BORDER, at / width + BORDER)).collect();
    let side = width + 2 * BORDER;
    html! {
        svg.qr role="img" aria-label=(what) viewBox={ "0 0 " (side) " " (side) } shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path fill="#000" d=(PreEscaped(path)) {}
        }
    }
}

//! One line of what an approval covers, as HTML: whose words they are stands beside them.

use maud::{Markup, html};

use crate::agent::{Detail, DetailValue};
use crate::present;

/// Where the owner types the PIN; without it the button that approves does nothing.
pub(crate) fn pin_field() -> Markup {
    html! {
        label.field.pin {
            span { "Your PIN" }
            input type="password" name="pin" required maxlength="64" autocomplete="off" spellcheck="false";
        }
    }
}

/// Words that are not ours stand in a box of their own that says so.
pub(crate) fn detail(detail: &Detail) -> Markup {
    match &detail.value {
        DetailValue::Ours(text) => html! {
            div.fact { dt { (detail.label) } dd { (text) } }
        },
        DetailValue::Own(text) => html! {
            div.fact.own { dt { (detail.label) } dd { (present::neutralise(text).as_str()) } }
        },
        DetailValue::Theirs(text) => html! {
            div.fact.theirs {
                dt { (detail.label) }
                dd { span.from { "As it was given: not checked, not an instruction." } (present::neutralise(text).as_str()) }
            }
        },
    }
}

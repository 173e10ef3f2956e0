//! The person beside the model: answers what a sidecar asks through the client.

use std::sync::{Arc, Mutex, PoisonError};

use rmcp::ClientHandler;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationCapability,
    FormElicitationCapability, Implementation, UrlElicitationCapability,
};
use rmcp::service::{RequestContext, RoleClient};

/// How the owner answers, and with that what the client says it can ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The client shows forms, and the owner accepts each.
    Accepts,
    /// The client shows forms, and the owner declines each.
    Declines,
    /// The client opens pages, and the owner presses "approve" there.
    AcceptsOnPage,
    /// The client says yes to everything, unseen: to forms, and that it opened a page without opening it.
    AcceptsUnseen,
    /// The client cannot ask anything.
    CannotBeAsked,
}

/// Everything that was asked, in order: the texts a person would have read.
#[derive(Debug, Clone, Default)]
pub struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    /// The texts so far.
    pub fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, text: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }
}

/// An MCP client whose user is an [`Owner`].
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) owner: Owner,
    pub(crate) asked: Asked,
}

impl ClientHandler for Client {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation = match self.owner {
            Owner::Accepts | Owner::Declines => {
                Some(ElicitationCapability::new().with_form(FormElicitationCapability::default()))
            }
            Owner::AcceptsOnPage => Some(ElicitationCapability::new().with_url(UrlElicitationCapability::default())),
            Owner::AcceptsUnseen => Some(
                ElicitationCapability::new()
                    .with_form(FormElicitationCapability::default())
                    .with_url(UrlElicitationCapability::default()),
            ),
            Owner::CannotBeAsked => None,
        };
        ClientConfig::new(capabilities, Implementation::new("a2a-harness", env!("CARGO_PKG_VERSION")))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, rmcp::ErrorData> {
        match request {
            ElicitRequestParams::FormElicitationParams { message, requested_schema, .. } => {
                self.asked.note(message);
                let schema = serde_json::to_value(&requested_schema).unwrap_or_default();
                Ok(self.answer_form(&schema))
            }
            ElicitRequestParams::UrlElicitationParams { message, url, .. } => {
                self.asked.note(format!("{message} {url}"));
                Ok(self.answer_page(&url).await)
            }
            _ => Ok(ElicitResult::new(ElicitationAction::Cancel)),
        }
    }
}

impl Client {
    fn answer_form(&self, schema: &serde_json::Value) -> ElicitResult {
        match self.owner {
            Owner::Accepts | Owner::AcceptsUnseen => {
                ElicitResult::new(ElicitationAction::Accept).with_content(yes_to_all(schema))
            }
            Owner::Declines => ElicitResult::new(ElicitationAction::Decline),
            Owner::AcceptsOnPage | Owner::CannotBeAsked => ElicitResult::new(ElicitationAction::Cancel),
        }
    }

    async fn answer_page(&self, url: &str) -> ElicitResult {
        if self.owner == Owner::AcceptsUnseen {
            return ElicitResult::new(ElicitationAction::Accept);
        }
        match crate::terminal::approve_on_page(url).await {
            Ok(()) => ElicitResult::new(ElicitationAction::Accept),
            Err(error) => {
                self.asked.note(format!("the page failed: {error:#}"));
                ElicitResult::new(ElicitationAction::Cancel)
            }
        }
    }
}

/// Fills a form the way an agreeing person would: every box ticked, the first choice taken.
fn yes_to_all(schema: &serde_json::Value) -> serde_json::Value {
    let mut content = serde_json::Map::new();
    let properties = schema["properties"].as_object().into_iter().flatten();
    for (name, property) in properties {
        let value = match property["type"].as_str() {
            Some("boolean") => serde_json::Value::Bool(true),
            _ => property["enum"].get(0).or(property.get("default")).cloned().unwrap_or_default(),
        };
        content.insert(name.clone(), value);
    }
    content.into()
}

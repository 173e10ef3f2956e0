//! What the client may ask of us, and the answers that need no tool.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, GetPromptRequestParams, GetPromptResponse, Implementation,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio_util::sync::CancellationToken;

use super::call::Call;
use super::consent::{Patience, Rounds};
use super::instructions::INSTRUCTIONS;
use super::lazy_agent::LazyAgent;
use super::reply::Failure;
use super::{prompts, resources, tools};
use crate::agent::{Agent, AgentConfig};

/// The server of one client. Clones share everything.
#[derive(Clone, Debug)]
pub(super) struct Server {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    agent: LazyAgent,
    rounds: Rounds,
    patience: Patience,
}

impl Server {
    /// A server whose agent works in the background until `stop`.
    pub(super) fn new(config: AgentConfig, stop: CancellationToken) -> Self {
        let agent = LazyAgent::new(config, stop);
        Self { shared: Arc::new(Shared { agent, rounds: Rounds::new(), patience: Patience::default() }) }
    }

    /// Opens the agent while the client says hello, so that mail is collected from the start.
    pub(super) fn warm_up(&self) {
        let server = self.clone();
        tokio::spawn(async move {
            if let Err(failure) = server.agent().await {
                tracing::warn!(code = failure.code, "the agent cannot be opened yet");
            }
        });
    }

    /// The agent, or why it cannot be had.
    pub(super) async fn agent(&self) -> Result<&Agent, Failure> {
        self.shared.agent.open().await
    }

    /// How many messages wait, and how many another session read.
    pub(super) async fn unread(&self) -> (u64, u64) {
        self.shared.agent.unread().await
    }

    /// Waits until the background work has ended.
    pub(super) async fn stopped(&self) {
        self.shared.agent.stopped().await;
    }

    /// The questions that are out with the client.
    pub(super) fn rounds(&self) -> &Rounds {
        &self.shared.rounds
    }

    /// How often the owner was asked.
    pub(super) fn patience(&self) -> &Patience {
        &self.shared.patience
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_prompts().enable_resources().build();
        let about = Implementation::new("a2a", env!("CARGO_PKG_VERSION")).with_title("a2a: agent to agent mail");
        ServerConfig::new(capabilities).with_server_info(about).with_instructions(INSTRUCTIONS)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::definition(name)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::definitions()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let call = Call::new(self, context, &request.name, &arguments, request.request_state, request.input_responses);
        tools::run(&request.name, call, arguments)
            .await
            .ok_or_else(|| ErrorData::invalid_params("there is no tool of that name", None))
    }

    async fn list_prompts(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::list()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::show(&request.name, &request.arguments.unwrap_or_default()).map(Into::into)
    }

    async fn list_resources(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resources::list(self).await))
    }

    async fn list_resource_templates(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(self, &request.uri).await.map(Into::into)
    }
}

"""A mock of two model APIs on loopback: it plays a script of tool calls and keeps every request it was sent.

It stands in for what cannot run here, a model behind an account. What a client asks of it is what a model would see.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT = "done"


class Model:
    """Serves Anthropic's messages and OpenAI's responses. Each request that offers our tools takes the next step."""

    def __init__(self, script, server="a2a"):
        self.script = list(script)
        self.server = server
        self.requests = []
        self._lock = threading.Lock()
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_arguments):
                pass

            def do_GET(self):
                self.answer(200, "application/json", json.dumps({"data": [], "models": []}))

            do_HEAD = do_GET

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or "{}")
                path = self.path.split("?")[0]
                if path.endswith("/v1/messages"):
                    self.answer(200, "text/event-stream", events(messages(model.next_step(body), model.server)))
                elif path.endswith("/responses"):
                    self.answer(200, "text/event-stream", events(responses(model.next_step(body), body)))
                elif path.endswith("/count_tokens"):
                    self.answer(200, "application/json", '{"input_tokens": 1}')
                else:
                    self.answer(404, "application/json", "{}")

            def answer(self, status, kind, text):
                payload = text.encode()
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._server.shutdown()
        self._server.server_close()

    def next_step(self, body):
        """The tool call to make, or nothing: then the answer is words."""
        with self._lock:
            if "a2a_send_message" not in json.dumps(body.get("tools", [])):
                return None
            self.requests.append(body)
            return self.script.pop(0) if self.script else None

    def seen(self):
        """Everything that our tools' requests held, as text with its escapes resolved."""
        return "\n".join(strings(self.requests))


def strings(value):
    """Every string within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def events(items):
    return "".join(f"event: {item['type']}\ndata: {json.dumps(item)}\n\n" for item in items)


def messages(step, server):
    """One turn as Anthropic's streaming API tells it; `server` is what the client calls ours."""
    if step is None:
        block, delta, stop = {"type": "text", "text": ""}, {"type": "text_delta", "text": TEXT}, "end_turn"
    else:
        tool, arguments = step
        block = {"type": "tool_use", "id": f"toolu_{abs(hash((tool, str(arguments))))}", "input": {}}
        block["name"] = f"mcp__{server}__{tool}"
        delta, stop = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}, "tool_use"
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "mock", "content": [], "usage": usage}
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage}
    yield {"type": "message_stop"}


def responses(step, body):
    """One turn as OpenAI's streaming API tells it."""
    if step is None:
        content = [{"type": "output_text", "text": TEXT, "annotations": []}]
        item = {"type": "message", "id": "item_1", "role": "assistant", "status": "completed", "content": content}
    else:
        tool, arguments = step
        item = {"type": "function_call", "id": "item_1", "call_id": f"call_{len(json.dumps(body))}"}
        item |= {"arguments": json.dumps(arguments), "status": "completed", **address(tool, body.get("tools", []))}
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    usage |= {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    response = {"id": "resp_1", "object": "response", "status": "completed", "output": [item], "usage": usage}
    yield {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": response}


def address(tool, tools):
    """How a client that offered these tools wants ours to be named: alone, or within a namespace."""
    for offered in tools:
        if offered.get("type") == "namespace":
            for inner in offered.get("tools", []):
                if inner.get("name", "").endswith(tool):
                    return {"name": inner["name"], "namespace": offered["name"]}
        elif offered.get("name", "").endswith(tool):
            return {"name": offered["name"]}
    return {"name": tool}

"""The agent of the crate, driven over JSON lines."""

import json
import subprocess

from a2a1.errors import Refused
from a2a1.wire import b64


class Crate:
    """Every method is one request; bytes go out as base64url."""

    def __init__(self, program, name, now):
        pipe = subprocess.PIPE
        self.child = subprocess.Popen([program], stdin=pipe, stdout=pipe, text=True, encoding="utf-8")
        self.shown = self.ask("be", name=name, now=now)

    def ask(self, request, **fields):
        fields = {name: b64(value) if isinstance(value, bytes) else value for name, value in fields.items()}
        self.child.stdin.write(json.dumps({"do": request, **fields}) + "\n")
        self.child.stdin.flush()
        said = json.loads(self.child.stdout.readline())
        if "refused" in said:
            error = Refused(said["refused"])
            error.outcome = said["refused"]
            raise error
        return said

    def end(self):
        self.child.stdin.close()
        assert self.child.wait(20) == 0, "the crate's agent ended badly"

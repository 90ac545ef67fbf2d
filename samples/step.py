"""A step of a flow: an ordinary web service that answers an event with an event.

    python3 step.py NAME [TYPE]

It adds " - NAME" to the `message` of the data and gives the event a new type if one is named.
The port is in $PORT, as for every service that Knative runs.  Nothing here knows of kne.
"""

import json
import os
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = sys.argv[1]
TYPE = sys.argv[2] if len(sys.argv) > 2 else ""


class Step(BaseHTTPRequestHandler):
    """Takes events in binary mode."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            data = json.loads(body)
            data["message"] = f"{data['message']} - {NAME}"
        except (ValueError, KeyError, TypeError) as error:
            print(f"not for me: {error}", flush=True)
            self._answer(400, b"", {})
            return
        print(data["message"], flush=True)
        reply = {
            "Ce-Specversion": "1.0",
            "Ce-Id": str(uuid.uuid4()),
            "Ce-Source": f"/steps/{NAME}",
            "Ce-Type": TYPE or self.headers.get("Ce-Type", "samples.step"),
            "Content-Type": "application/json",
        }
        self._answer(200, json.dumps(data, ensure_ascii=False).encode(), reply)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests; what a step does it prints itself."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Step).serve_forever()

"""A filter of a Parallel: lets an event pass by answering with it, or not by answering nothing.

    python3 only.py FIELD VALUE

Passes events whose data has VALUE in FIELD.  The port is in $PORT.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FIELD, VALUE = sys.argv[1:3]


class Only(BaseHTTPRequestHandler):
    """Takes events in binary mode."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            passes = str(json.loads(body)[FIELD]) == VALUE
        except (ValueError, KeyError, TypeError):
            passes = False
        self.send_response(200 if passes else 202)
        if passes:
            for name, value in self.headers.items():
                if name.lower().startswith("ce-") or name.lower() == "content-type":
                    self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if passes else 0))
        self.end_headers()
        if passes:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Only).serve_forever()

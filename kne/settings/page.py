"""The page `docs/settings.md`, rendered from the settings themselves so that it cannot lie."""

import ast
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

import kne.settings
from kne.settings import READERS, Settings, variable

_PAGE = """\
# Settings

<!-- Rendered from kne/settings by kne.settings.docs(); edit the docstrings there. -->

A value is taken from the first of these that has one:

1. the flag of the command, `--api-port` for `api_port`;
2. the variable of the environment, if it is not empty;
3. the file `kne.yaml` where kne is started, or else inside or beside a path it is given;
4. the default.

| Setting | Default | Variable | Meaning |
| --- | --- | --- | --- |
{rows}

## `services` in `kne.yaml`

A service is served as its manifest says; if that says nothing kne can run, by a mock that shows
each event and answers 202. An entry here comes before both. Its name is the service's, or
`NAMESPACE/NAME`.

```yaml
services:
  billing:
    run: uvicorn billing:app --port $PORT   # a shell command; it listens on 127.0.0.1:$PORT
    cwd: billing                            # its folder; else that of kne.yaml
    env: {{LOG_LEVEL: debug}}                 # added to kne's own environment
    ready: /healthz                         # ready when GET answers below 400; else when it listens
    watch: [billing/]                       # started again when something changes there
  shipping:
    url: http://localhost:3000/events       # a server that runs already
  audit:
    mock: {{status: 202}}                     # shows each event and answers so
  crm:
    mock:
      drop_first: 2                         # the first two events are refused ...
      status: 503                           # ... with this (503 unless it is given)
      delay: 150ms                          # waits before each answer
      reply:                                # then answers 200 with an event
        type: com.acme.crm.synced           # required
        source: /crm                        # else kne/mock/crm
        copy: [subject, region]             # attributes of the event that came, and data
        data: {{ok: true}}                    # sent as JSON
```

Exactly one of `run`, `url` and `mock` is given. Without `drop_first`, `status` is the answer to
every event. A program that ends is started again after 1, 2, 4 ... 60 seconds; an event that
arrives while it starts waits up to 30 seconds for it. Besides `PORT` a program is given
`K_SERVICE`, `K_CONFIGURATION` and `K_REVISION` if it serves a Knative Service, and the plain
variables of its container.
"""


def render() -> str:
    """The page, in Markdown."""
    return _PAGE.format(rows="\n".join(_rows()))


def _rows() -> Iterator[str]:
    for it, text in zip(fields(Settings), _texts(), strict=True):
        named = f"`{variable(it.name)}`" if it.name in READERS else ""
        yield f"| `{it.name}` | {_shown(it.default)} | {named} | {' '.join(text.split())} |"


def _texts() -> Iterator[str]:
    """The texts below the fields; Python does not keep them, so they are read from the source."""
    tree = ast.parse(Path(kne.settings.__file__).read_text("utf-8"))
    body = next(it.body for it in tree.body if isinstance(it, ast.ClassDef))
    for it in body[1:]:  # the first is the text of the class
        if isinstance(it, ast.Expr) and isinstance(it.value, ast.Constant):
            yield str(it.value.value)


def _shown(default: object) -> str:
    if default is MISSING:
        return ""
    words = default if isinstance(default, tuple) else (default,)
    return ", ".join(f"`{str(it).lower() if isinstance(it, bool) else it}`" for it in words)

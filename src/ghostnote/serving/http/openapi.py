"""The service's own description (OpenAPI 3.1), made from the contract and from what is decoded and encoded."""

from typing import Any

import msgspec
import polars as pl

from ghostnote import __version__
from ghostnote.events.schema import MAX_ID_LENGTH, POSITION, TABLES, TIME, Column
from ghostnote.serving.http.annex import Link, Visitor
from ghostnote.serving.http.models_page import Change
from ghostnote.serving.service.tables import TOLD, Told
from ghostnote.serving.wire.decisions import Decided, Rejected, Taken
from ghostnote.serving.wire.events import TABLE_OF

_LINES = "application/x-ndjson"
_ARROW = "application/vnd.apache.arrow.stream"
_JSON = "application/json"


def document() -> dict[str, Any]:
    """The description as plain data."""
    _, schemas = msgspec.json.schema_components(
        [Decided, Taken, Told, Rejected, Change, Visitor, Link], ref_template="#/components/schemas/{name}"
    )
    events = {kind.capitalize(): _event(kind) for kind in TABLE_OF}
    one_of = [{"$ref": f"#/components/schemas/{name}"} for name in events]
    named = {**schemas, **events, "Event": {"oneOf": one_of}, "Error": _ERROR}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ghostnote",
            "version": __version__,
            "description": "Decides about sign-ups, logins, plays and actions as they happen. "
            "What was answered is on disk; an event sent again gets the decision it got first.",
        },
        "security": [{"key": []}],
        "paths": {path: _methods(methods) for path, methods in _PATHS.items()},
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "gn_ID_SECRET"}},
            "schemas": named,
        },
    }


_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}


def _event(kind: str) -> dict[str, Any]:
    table = TABLES[TABLE_OF[kind]]
    columns = [column for column in table.columns if column.name != POSITION]
    return {
        "type": "object",
        "description": table.doc,
        "required": ["kind", *(column.name for column in columns if column.required)],
        "properties": {"kind": {"const": kind}, **{column.name: _column(column) for column in columns}},
    }


def _column(column: Column) -> dict[str, Any]:
    made: dict[str, Any]
    if column.dtype == TIME:
        made = {"type": "string", "format": "date-time"}
    elif column.dtype == pl.Boolean:
        made = {"type": "boolean"}
    elif column.values:
        made = {"enum": list(column.values)}
    elif column.dtype == pl.String:
        made = {"type": "string", "maxLength": MAX_ID_LENGTH, "minLength": 1}
    else:
        made = {"type": "integer", "minimum": column.low, "maximum": column.high}
    if not column.required:
        made = {"anyOf": [made, {"type": "null"}]}
    return {**made, "description": column.doc}


def _methods(methods: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {method: _operation(**about) for method, about in methods.items()}


def _operation(
    says: str,
    scope: str | None,
    answers: dict[int, str],
    *,
    returns: dict[str, Any] | None = None,
    body: dict[str, Any] | None = None,
    parameters: tuple[dict[str, Any], ...] = (),
    kind: str = _JSON,
) -> dict[str, Any]:
    if scope is not None:
        answers = {**answers, 401: "No valid key.", 403: "The key has not this scope.", 429: "More than the key may."}
        says = f"{says} Needs the scope `{scope}`."
    error = {"content": {_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}}
    made: dict[str, Any] = {
        "summary": says,
        "responses": {
            "200": {"description": "Done.", "content": {kind: {"schema": returns or {"type": "object"}}}},
            **{str(status): {"description": why, **error} for status, why in sorted(answers.items())},
        },
    }
    if body is not None:
        made["requestBody"] = {"required": True, "content": body}
    if parameters:
        made["parameters"] = list(parameters)
    if scope is None:
        made["security"] = []
    return made


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _in_path(name: str, what: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$"}
    return {"name": name, "in": "path", "required": True, "description": what, "schema": schema}


_BUSY = {413: "The body is too long.", 503: "Too much waits, or the disk is full: try again later."}
_KIND = {
    "name": "kind",
    "in": "query",
    "description": "What an Arrow stream's rows are.",
    "schema": {"enum": list(TABLE_OF), "default": "play"},
}
_WANTED = {
    "name": "decisions",
    "in": "query",
    "description": "Whether to send decisions back; then the scope `decide` is needed.",
    "schema": {"enum": ["true", "false"], "default": "false"},
}
_PATHS: dict[str, dict[str, dict[str, Any]]] = {
    "/v1/decide": {
        "post": {
            "says": "Decide about one event.",
            "scope": "decide",
            "answers": {422: "The event breaks the contract.", **_BUSY},
            "returns": _ref("Decided"),
            "body": {_JSON: {"schema": _ref("Event")}},
        }
    },
    "/v1/events": {
        "post": {
            "says": "Take in many events: JSON lines, or an Arrow stream of one kind.",
            "scope": "ingest",
            "answers": {422: "The body is no Arrow stream of that kind.", **_BUSY},
            "returns": _ref("Taken"),
            "body": {_LINES: {"schema": {"type": "string"}}, _ARROW: {"schema": {"type": "string"}}},
            "parameters": (_WANTED, _KIND),
        }
    },
    "/v1/accounts/{account}": {
        "get": {
            "says": "How an account stands, and its features as of its last event beside its peers'.",
            "scope": "read",
            "answers": {503: "The service is stopping."},
            "parameters": (_in_path("account", "The account_id."),),
        }
    },
    "/v1/tracks/{track}": {
        "get": {
            "says": "What the latest run of scoring found about a track.",
            "scope": "read",
            "answers": {404: "It had no plays then."},
            "parameters": (_in_path("track", "The track_id."),),
        }
    },
    "/v1/campaigns": {"get": {"says": "The campaigns of the latest run of scoring.", "scope": "read", "answers": {}}},
    "/v1/models": {
        "get": {"says": "Which bundle decides, and how a challenger differs.", "scope": "read", "answers": {}},
        "post": {
            "says": "Change which bundle decides.",
            "scope": "admin",
            "answers": {400: "That is not possible; the sentence says why.", 413: "The body is too long."},
            "body": {_JSON: {"schema": _ref("Change")}},
        },
    },
    "/v1/refresh": {
        "post": {
            "says": "Score the last days now, and take over how accounts stand.",
            "scope": "admin",
            "answers": {409: "That could not be done; the sentence says why."},
        }
    },
    "/v1/tables/{table}": {
        "post": {
            "says": "Tell tracks, addresses or labels: JSON lines, or an Arrow stream. Used from the next event on.",
            "scope": "ingest",
            "answers": {400: "The body cannot be read; the sentence says why.", **_BUSY},
            "returns": _ref("Told"),
            "body": {_LINES: {"schema": {"type": "string"}}, _ARROW: {"schema": {"type": "string"}}},
            "parameters": ({**_in_path("table", "Which table."), "schema": {"enum": list(TOLD)}},),
        }
    },
    "/v1/sign-in": {
        "post": {
            "says": "Let somebody into the console below /console: a link that signs them in, once.",
            "scope": "admin",
            "answers": {
                400: "There is no such role, or no name.",
                404: "This service has no console.",
                413: "The body is too long.",
            },
            "returns": _ref("Link"),
            "body": {_JSON: {"schema": _ref("Visitor")}},
        }
    },
    "/metrics": {
        "get": {
            "says": "What the service counts, for Prometheus.",
            "scope": "admin",
            "answers": {},
            "returns": {"type": "string"},
            "kind": "text/plain",
        }
    },
    "/healthz": {"get": {"says": "Whether the process works.", "scope": None, "answers": {503: "It does not."}}},
    "/readyz": {"get": {"says": "Whether events can be taken in.", "scope": None, "answers": {503: "Not now."}}},
}

"""The service's description as a page for people: what can be asked, what it takes, what comes back."""

import json
from typing import Any

from jinja2 import Environment

from ghostnote.serving.http.openapi import document

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ info.title }} {{ info.version }}: the service</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 2rem 0 .25rem; font-size: 1.05rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
table { border-collapse: collapse; width: 100%; margin: .25rem 0; }
td, th { text-align: left; padding: .2rem .75rem .2rem 0; vertical-align: top; }
th { font-weight: 600; }
.method { font-weight: 700; margin-right: .5rem; }
</style>
</head>
<body>
<main>
<h1>{{ info.title }} {{ info.version }}</h1>
<p>{{ info.description }} The same as <a href="openapi.json">OpenAPI</a>.</p>
<p>Send your key with each request: <code>Authorization: Bearer gn_...</code></p>
{% for path, methods in paths.items() %}{% for method, about in methods.items() %}
<h2><span class="method">{{ method | upper }}</span><code>{{ path }}</code></h2>
<p>{{ about.summary }}</p>
<table>
<tr><th scope="col">Status</th><th scope="col">Means</th></tr>
{% for status, answer in about.responses.items() %}
<tr><td>{{ status }}</td><td>{{ answer.description }}</td></tr>
{% endfor %}
</table>
{% endfor %}{% endfor %}
<h1>Shapes</h1>
{% for name, schema in components.schemas.items() %}
<h2 id="{{ name }}">{{ name }}</h2>
{% if schema.description %}<p>{{ schema.description }}</p>{% endif %}
{% if schema.properties %}
<table>
<tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Says</th></tr>
{% for field, value in schema.properties.items() %}
<tr><td><code>{{ field }}</code>{% if field in schema.required %} *{% endif %}</td>
<td>{{ value | kind }}</td><td>{{ value.description or "" }}</td></tr>
{% endfor %}
</table>
{% else %}<pre>{{ schema | plain }}</pre>{% endif %}
{% endfor %}
<p>* is needed.</p>
</main>
</body>
</html>
"""


def reference() -> str:
    """The page as HTML; nothing in it is fetched from elsewhere."""
    environment = Environment(autoescape=True)
    environment.filters |= {"kind": _kind, "plain": lambda schema: json.dumps(schema, indent=2)}
    return environment.from_string(_PAGE).render(**document())


def _kind(schema: dict[str, Any]) -> str:
    """A property's type in words."""
    for name in ("anyOf", "oneOf"):
        if name in schema:
            return " or ".join(_kind(each) for each in schema[name])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        inner = schema.get("items") or {}
        return f"list of {_kind(inner)}" if inner else "list"
    return str(schema.get("format", schema.get("type", "anything")))

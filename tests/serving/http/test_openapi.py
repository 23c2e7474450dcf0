"""What the service says of itself is what it does: requests thought up from its own description."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import InvalidArgument, Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from starlette.routing import Route
from tests.serving.running import Running, running
from tests.worlds import Judged, copy

from ghostnote.serving.http.app import build
from ghostnote.serving.http.openapi import document
from ghostnote.serving.http.reference import reference

EXAMPLES = 25


@pytest.fixture(scope="module")
def up(town: Judged, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("described")
    start = copy(town.lake, folder / "start", "tracks", "ips")
    with running(folder / "state", bundle=town.bundle, lake=start) as found:
        yield found


#: Changing models and scoring on end would test something else.
SKIPPED = {("/v1/refresh", "post")}
OPERATIONS = [
    (path, method)
    for path, methods in document()["paths"].items()
    for method in methods
    if (path, method) not in SKIPPED
]


@schemathesis.serializer("application/x-ndjson", "application/vnd.apache.arrow.stream")
def _as_it_is(_: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_request_breaks_it_and_every_answer_is_described(
    up: Running, path: str, method: str, mode: GenerationMode
) -> None:
    operation = schemathesis.openapi.from_dict(document())[path][method.upper()]
    statuses = set()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        answer = case.call(base_url=str(up.client.base_url))
        statuses.add(answer.status_code)
        case.validate_response(
            answer, checks=[not_a_server_error, status_code_conformance, response_schema_conformance]
        )

    try:
        ask()
    except (Unsatisfiable, InvalidArgument):
        assert mode == GenerationMode.NEGATIVE  # Some pages take nothing that could be wrong.
        return
    assert statuses
    assert up.client.get("/readyz").status_code == 200


def test_every_route_is_described_and_nothing_else(up: Running) -> None:
    routes = build(up.service, None).pages.routes
    there = {route.path.replace(":path}", "}") for route in routes if isinstance(route, Route)}
    assert there - {"/", "/openapi.json"} == set(document()["paths"])


def test_the_page_for_people_fetches_nothing_from_elsewhere(up: Running) -> None:
    answer = up.client.get("/")
    assert answer.text == reference()
    assert "<script" not in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "/v1/decide" in answer.text

"""Who may ask, and what browsers may do with the answers."""

import asyncio

import pytest
from starlette.websockets import WebSocketDisconnect
from support.web_refusals import refusal_in

from kaggle_fkd.web.app import make_app

ADDRESSES = ("/", "/v1/about", "/v1/filters/hat", "/missing")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8015", "127.0.0.1.evil.example",
                                  "localhost@evil.example", "[::1", ""])  # fmt: skip
def test_another_host_is_refused_as_its_name_may_lead_to_this_computer(client, host):
    for address in ADDRESSES:
        answer = client.get(address, headers={"Host": host})
        assert "another host than this computer" in refusal_in(answer, 403)


def test_an_address_that_is_not_utf8_is_refused_as_any_other(finder):
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/v1/faces", "query_string": b"\xff"}
    scope["headers"] = [(b"host", b"127.0.0.1")]
    asyncio.run(make_app(finder, "mine")(scope, receive, send))
    assert sent[0]["status"] == 405 and b"/v1/faces does not take GET" in sent[1]["body"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:3000",
                                    "http://localhost:8015"])  # fmt: skip
def test_the_requests_of_another_site_are_refused(client, astronaut, origin):
    answer = client.post("/v1/faces", content=astronaut, headers={"Origin": origin})
    assert "comes from another site" in refusal_in(answer, 403)
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/v1/live", headers={"Origin": origin}),
    ):
        pass


@pytest.mark.parametrize("host", ["127.0.0.1:8015", "localhost:8015", "[::1]:9000", "localhost"])
def test_the_page_of_this_computer_is_answered_by_any_of_its_names_and_ports(client, host):
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert client.get("/v1/about", headers=headers).status_code == 200
    with client.websocket_connect("/v1/live", headers=headers):
        pass


def test_every_answer_says_what_browsers_may_not_do(client):
    for address in ADDRESSES:
        headers = client.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers
    assert client.get("/v1/about").headers["cache-control"] == "no-store"

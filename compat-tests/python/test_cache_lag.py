"""How long callers go on believing in an instance that is gone, in virtual time."""

import asyncio
import http.server
import json
import threading
import time
import urllib.request

import pytest
from py_eureka_client.eureka_client import EurekaClient

from conftest import EurusError


def fetch(eurus):
    """The status of each instance, as the registry answers its clients."""
    request = urllib.request.Request(eurus.url("registry-1") + "apps", headers={"Accept": "application/json"})
    with urllib.request.urlopen(request) as answer:
        apps = json.load(answer)["applications"]["application"]
    return {instance["instanceId"]: instance["status"] for app in apps for instance in app["instance"]}


@pytest.mark.eurus_nodes("nodes.yaml")
def test_a_shutdown_is_seen_after_two_caches(eurus):
    eurus.advance(95)
    eurus.step("shutdown", "shop-1")
    assert eurus.view("gateway-1", "routable") == {"shop-1": "UP", "shop-2": "UP"}
    eurus.advance(60)
    assert eurus.view("gateway-1", "routable") == {"shop-2": "UP"}
    assert eurus.request("shop") == {"answered_by": "shop-2"}, "through the only gateway"
    assert [change["at_ms"] for change in eurus.timeline() if change["instance"] == "shop-1" and not change["to"]] == [
        95_000, 95_000, 120_000, 125_000, 125_000  # store, read-write, read-only, client-copy, routable
    ]


@pytest.mark.eurus_nodes("crash.yaml")
def test_a_balancer_goes_on_believing_in_a_crashed_instance_for_240_seconds(eurus):
    began = time.monotonic()
    copy, servers = {}, {}

    def refresh(of, source):
        of.clear()
        of.update(source())

    # Each cache is refreshed a millisecond before the one it copies: a change just misses all of them.
    eurus.advance_to(29.998)
    eurus.every(30, lambda: refresh(servers, lambda: copy))
    eurus.advance_to(29.999)
    eurus.every(30, lambda: refresh(copy, lambda: fetch(eurus)))
    eurus.advance_to(30.001)
    eurus.step("crash", "shop-1")

    eurus.advance_to(180)
    assert eurus.view("registry-1", "store") == {"shop-1": "UP"}
    eurus.advance_to(180.001)
    assert eurus.view("registry-1", "store") == {}
    eurus.advance_to(209.999)
    assert eurus.view("registry-1", "read-only") == {"shop-1": "UP"}
    eurus.advance_to(210)
    assert eurus.view("registry-1", "read-only") == {}
    eurus.advance_to(239.998)
    assert list(copy.values()) == ["UP"]
    eurus.advance_to(239.999)
    assert copy == {}
    eurus.advance_to(269.997)
    assert list(servers.values()) == ["UP"]
    eurus.advance_to(269.998)
    assert servers == {}
    print(f"270 s of virtual time, 240 s of them since the crash, in {(time.monotonic() - began) * 1000:.0f} ms")


@pytest.mark.eurus_nodes("crash.yaml")
def test_a_python_client_lives_in_virtual_time(eurus):
    eurus.advance_to(0.001)
    client = EurekaClient(
        eureka_server=eurus.url("registry-1"), app_name="python", instance_id="python-1", instance_ip="127.0.0.1",
        instance_host="127.0.0.1",
    )
    # Its thread would beat in real time.
    client._EurekaClient__heartbeat_timer = NoThread()
    asyncio.run(client.start())
    heartbeat = eurus.every(30, lambda: asyncio.run(client._EurekaClient__heartbeat()))

    def seen():
        applications = client.applications.applications
        return {one.instanceId: one.status for application in applications for one in application.instances}

    eurus.advance_to(600)
    assert eurus.view("registry-1", "store") == {"python-1": "UP"}, "it has renewed all along"
    assert seen() == {"python-1": "UP"}, "and shop-1 is gone from its copy"

    heartbeat.cancel()  # the last one was at 570.001 s: a renewed lease lives 180 s
    eurus.advance_to(780)
    assert eurus.view("registry-1", "store") == {"python-1": "UP"}
    eurus.advance_to(780.001)
    assert eurus.view("registry-1", "store") == {}


class NoThread:
    def start(self):
        pass

    def is_alive(self):
        return False


def test_a_frozen_clock_refuses(eurus):
    happened = []
    eurus.every(1, lambda: happened.append(eurus.now()))
    eurus.freeze()
    with pytest.raises(EurusError, match="the clock is frozen: thaw it first"):
        eurus.advance(5)
    eurus.thaw()
    assert (eurus.now(), happened) == (0, [])
    eurus.advance(2)
    assert happened == [1, 2]


def test_what_is_wrong_is_said(eurus, tmp_path, monkeypatch):
    with pytest.raises(EurusError, match="there is no instance 'shop-9'"):
        eurus.step("crash", "shop-9")
    with pytest.raises(EurusError, match=r"there is no layer cellar of registry-1 \(it has: store, read-write, read-only\)"):
        eurus.view("registry-1", "cellar")
    with pytest.raises(EurusError, match="there is no gateway"):
        eurus.request("shop")
    with pytest.raises(EurusError, match="the query 'for=1s' is not understood"):
        eurus.ask("/clock/advance?for=1s")
    with pytest.raises(ValueError, match="time does not go back"):
        eurus.advance(-1)
    nodes = tmp_path / "nodes.yaml"
    nodes.write_text("name: nodes\nregistries: {registry-1: {sttings: {}}}\n")
    with pytest.raises(EurusError, match=r"nodes.yaml:2: registries.registry-1.sttings: no such key"):
        type(eurus)(nodes)
    monkeypatch.setenv("EURUS_BINARY", str(tmp_path / "none"))
    with pytest.raises(EurusError, match="there is no program at .*none"):
        type(eurus)()
    monkeypatch.delenv("EURUS_BINARY")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EurusError, match="there is no 'eurus' on the PATH"):
        type(eurus)()


def program(folder, *lines):
    path = folder / "program"
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return str(path)


def test_a_node_that_ended_badly_is_reported(eurus, tmp_path, monkeypatch):
    first = "echo 'control API http://127.0.0.1:1/harness'"
    monkeypatch.setenv("EURUS_BINARY", program(tmp_path, first, "cat", "echo 'gateway-1: gone' >&2", "exit 3"))
    with pytest.raises(EurusError, match="ended badly, with exit code 3. It said:\ngateway-1: gone"):
        type(eurus)().close()


def test_an_answer_that_is_no_json_is_shown(eurus, tmp_path, monkeypatch):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(502)
            self.end_headers()
            self.wfile.write(b"<b>no gateway</b>")

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        first = f"echo 'control API http://127.0.0.1:{other.server_port}/harness'"
        monkeypatch.setenv("EURUS_BINARY", program(tmp_path, first, "exec cat"))
        with type(eurus)() as running, pytest.raises(EurusError, match="/clock answered 502 .*'<b>no gateway</b>'"):
            running.now()
        other.shutdown()

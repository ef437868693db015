"""eurus for pytest: copy this file beside your tests. It needs Python 3.9, pytest, and the `eurus` command.

A test that takes the fixture `eurus` gets a registry of its own whose time stands still until the test lets it pass:

    def test_something(eurus):
        eurus.advance(30)
        assert eurus.view("registry-1", "read-only") == {}

`@pytest.mark.eurus_nodes("nodes.yaml")` names a nodes file, relative to the test; without it one registry runs on stock
settings. The command is found by the variable EURUS_BINARY, else on the PATH.
"""

import json
import os
import pathlib
import shutil
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import deque

import pytest

FIRST_WORDS = "control API"
END_WITHIN_S = 30
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def pytest_configure(config):
    config.addinivalue_line("markers", "eurus_nodes(file): the nodes that the fixture `eurus` starts")


@pytest.fixture
def eurus(request):
    marker = request.node.get_closest_marker("eurus_nodes")
    nodes = pathlib.Path(request.path).parent / marker.args[0] if marker else None
    with Eurus(nodes) as running:
        yield running


class EurusError(Exception):
    """It did not start, is gone, or refused what was asked: the message says what to do."""


class Eurus:
    """A running harness. Spans are seconds, with up to three decimals."""

    def __init__(self, nodes=None):
        command = [_binary(), "harness", "serve", "--until-stdin-closes", *([str(nodes)] if nodes else [])]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self._said = deque(maxlen=50)
        self._listener = threading.Thread(target=lambda: self._said.extend(self._process.stderr), daemon=True)
        self._listener.start()
        self._timers = []
        line = self._process.stdout.readline()
        if not line.startswith(FIRST_WORDS):
            self._end()
            raise EurusError(f"'{' '.join(command)}' did not start. It said:\n{line}{''.join(self._said)}")
        self._api = line.split()[-1]
        threading.Thread(target=self._process.stdout.read, daemon=True).start()

    def ask(self, path="", body=None, method="POST"):
        """Any call of the control API."""
        data = None if body is None else json.dumps(body).encode()
        try:
            with _DIRECT.open(urllib.request.Request(self._api + path, data, method=method)) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            status, text = refused.status, refused.read()
        except urllib.error.URLError as error:
            raise EurusError(f"eurus cannot be asked ({error.reason}). It said:\n{''.join(self._said)}") from error

        try:
            said = json.loads(text)
            if status != 200:
                raise EurusError(said["error"])
            return said
        except (ValueError, KeyError, TypeError):
            words = text[:500].decode(errors="replace")
            raise EurusError(f"{path} answered {status} and not in eurus' words: '{words}'") from None

    def now(self):
        """Virtual seconds since the begin."""
        return self.ask("/clock", method="GET")["now_ms"] / 1000

    def advance(self, seconds):
        """Lets time pass; returns when everything that was due is done."""
        self.advance_to(self.now() + seconds)

    def advance_to(self, seconds):
        target_ms, now_ms = _ms(seconds), self._pass(0)
        if target_ms < now_ms:
            raise ValueError(f"it is {now_ms / 1000} s already: time does not go back to {seconds} s")
        while self._timers and (timer := min(self._timers, key=lambda one: one.due_ms)).due_ms <= target_ms:
            now_ms = self._pass(max(0, timer.due_ms - now_ms))
            timer.due_ms = max(timer.due_ms, now_ms) + timer.period_ms
            timer.what()
        self._pass(target_ms - now_ms)

    def every(self, seconds, what):
        """Has something happen whenever so much virtual time has passed; `cancel()` of what it returns ends that."""
        timer = _Timer(self._timers, _ms(seconds), _ms(self.now() + seconds), what)
        self._timers.append(timer)
        return timer

    def freeze(self):
        """Refuses to let time pass until `thaw()`."""
        self.ask("/clock/freeze")

    def thaw(self):
        self.ask("/clock/thaw")

    def view(self, node, layer):
        """What a layer shows: status by instance."""
        return self.ask(f"/caches/{node}/{layer}", method="GET")

    def step(self, what, whom):
        """Does now what a scenario's step does: step("crash", "shop-1")."""
        return self.ask("/steps", {what: whom})["outcome"]

    def request(self, application, through=None):
        """One request, through a gateway or a caller (None: the only gateway): {"answered_by": …} or {"failed": …}."""
        way = "" if through is None else f"?through={urllib.parse.quote(through, safe='')}"
        return self.ask(f"/requests/{urllib.parse.quote(application, safe='')}{way}")

    def timeline(self):
        """Every change that any layer has shown."""
        return self.ask("/timeline", method="GET")

    def url(self, node):
        """Where a node answers; of a registry this ends with /eureka/."""
        return self.ask(method="GET")["nodes"][node]["url"]

    def close(self):
        """Ends all nodes; an error when one of them ended badly."""
        how = self._end()
        if how:
            raise EurusError(f"eurus {how}. It said:\n{''.join(self._said)}")

    def _end(self):
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # It has ended already; how, is said below.
        how = None
        try:
            code = self._process.wait(END_WITHIN_S)
            how = f"ended badly, with exit code {code}" if code else None
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            how = f"did not end within {END_WITHIN_S} s and was killed"
        self._listener.join(1)
        return how

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _pass(self, span_ms):
        return self.ask(f"/clock/advance?by={span_ms}ms")["now_ms"]


class _Timer:
    def __init__(self, timers, period_ms, due_ms, what):
        self._timers, self.period_ms, self.due_ms, self.what = timers, period_ms, due_ms, what

    def cancel(self):
        self._timers.remove(self)


def _ms(seconds):
    return round(seconds * 1000)


def _binary():
    binary = os.environ.get("EURUS_BINARY") or shutil.which("eurus")
    if binary is None:
        raise EurusError("there is no 'eurus' on the PATH: put it there, or set EURUS_BINARY=/path/to/eurus")
    if not os.access(binary, os.X_OK):
        raise EurusError(f"there is no program at {binary}, which EURUS_BINARY names: set it to the 'eurus' command")
    return binary

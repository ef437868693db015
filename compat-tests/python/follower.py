"""Registers with py-eureka-client and follows the registry until SIGTERM; GET /copy shows what it holds."""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import py_eureka_client.eureka_client as eureka_client


def start_client():
    """An instance as a user would register it; the client heartbeats and fetches in one interval of its own."""
    return eureka_client.init(
        eureka_server=os.environ["EUREKA_URL"],
        app_name=os.environ["APP"],
        instance_id=os.environ["INSTANCE_ID"],
        instance_host=os.environ["ADDRESS"],
        instance_ip=os.environ["ADDRESS"],
        instance_port=int(os.environ["PORT"]),
        renewal_interval_in_secs=1,
        duration_in_secs=30,
        # Sent as ?regions= with every fetch.
        remote_regions=["elsewhere"],
    )


def copy_of(client):
    """The status of each instance by its id. The client keeps the hash it computes to itself."""
    instances = [instance for application in client.applications.applications for instance in application.instances]
    return {"hash": None, "instances": {instance.instanceId: instance.status for instance in instances}}


def serve(client):
    class Copy(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(copy_of(client)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Each look of a test would be a line."""

    server = ThreadingHTTPServer((os.environ["ADDRESS"], int(os.environ["PORT"])), Copy)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    terminated = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: terminated.set())
    client = start_client()
    serve(client)
    terminated.wait()
    eureka_client.stop()
    # Its heartbeat thread would register it again: stop() does not end that.
    sys.stdout.flush()
    os._exit(0)


main()

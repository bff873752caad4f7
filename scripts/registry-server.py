"""A schema registry that errs, for the tests of the client.

    registry-server.py FOLDER [CERTIFICATE KEY]

Listens on free ports of the loopback and writes their addresses into FOLDER/url and FOLDER/tls-url.
Which error an id stands for is told in `Registry.get`. Ends by itself after five minutes.
"""

import http.server
import json
import os
import ssl
import sys
import threading
import time

asked = {}


class Registry(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(data)))
        if status == 302:
            self.send_header("Location", "/schemas/ids/1")
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        asked[self.path] = asked.get(self.path, 0) + 1
        self.get(self.path.rsplit("/", 1)[-1], asked[self.path])

    def get(self, name, times):
        good = {"schema": '"string"'}
        if name == "busy" or (name == "2" and times < 3):
            self.answer(503, {"error_code": 50003, "message": "the leader is away"})
        elif name == "3":
            self.answer(404, {"error_code": 40403, "message": "Schema not found"})
        elif name == "4":
            time.sleep(1.5)
            self.close_connection = True
        elif name == "5" and times < 2:
            self.close_connection = True
        elif name == "6" and self.headers.get("Authorization") != "Basic YWxpY2U6c2VjcmV0":
            self.answer(401, {"error_code": 401, "message": "Unauthorized"})
        elif name == "7" and self.headers.get("Authorization") != "Bearer token-1":
            self.answer(401, {"error_code": 401, "message": "Unauthorized"})
        elif name == "8":
            self.answer(200, b"<html>a proxy's page</html>")
        elif name == "9":
            self.answer(302, {})
        elif name == "10":
            self.answer(200, b" " * (20 << 20))
        elif name == "11":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b'{"schema"')
            self.close_connection = True
        else:
            self.answer(200, good)

    def do_POST(self):
        size = int(self.headers.get("Content-Length", "0"))
        body = json.loads(self.rfile.read(size))
        if self.path == "/subjects/bad-value/versions":
            self.answer(409, {"error_code": 409, "message": "Schema being registered is incompatible"})
        elif self.path == "/subjects/a%2Fb-value/versions" and body == {"schema": '"long"'}:
            self.answer(200, {"id": 21})
        elif self.path == "/subjects/json-value" and body.get("schemaType") == "JSON":
            self.answer(200, {"id": 22, "version": 1})
        else:
            self.answer(422, {"error_code": 42201, "message": "not what was expected"})


def serve(folder, name, scheme, context):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = os.path.join(folder, name)
    with open(path + ".part", "w") as file:
        file.write(f"{scheme}://localhost:{server.server_address[1]}")
    os.rename(path + ".part", path)


folder = sys.argv[1]
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    serve(folder, "tls-url", "https", context)
serve(folder, "url", "http", None)
time.sleep(300)

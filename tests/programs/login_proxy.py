"""Stands before a real submission server and lets only some ways in.

    login_proxy.py PORT SERVER-PORT MECHANISM CERTIFICATE KEY

Listens at 127.0.0.1:PORT, speaks TLS with clients itself (STARTTLS) and plain
text with 127.0.0.1:SERVER-PORT.  It offers of AUTH only MECHANISM, and neither
CHUNKING nor 8BITMIME, as an old server does; a message that is not 7-bit it
hangs up on.  All else is the server's own word.  Prints "ready" when it
listens, and ends with its standard input.
"""
import socket
import socketserver
import ssl
import sys
import threading

PORT, SERVER = int(sys.argv[1]), int(sys.argv[2])
MECHANISM = sys.argv[3]
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
CONTEXT.load_cert_chain(sys.argv[4], sys.argv[5])


class Proxy(socketserver.BaseRequestHandler):
    def handle(self):
        self.client = self.request
        self.lines = self.client.makefile("rb")
        upstream = socket.create_connection(("127.0.0.1", SERVER))
        self.server = upstream.makefile("rwb")
        self.secret = False
        try:
            self.answer(self.reply())
            while line := self.lines.readline():
                self.command(line)
        except OSError:
            pass
        finally:
            upstream.close()

    def command(self, line):
        verb = line[:4].upper()
        if line.upper().startswith(b"STARTTLS"):
            self.answer([b"220 2.0.0 go\r\n"])
            self.client = CONTEXT.wrap_socket(self.client, server_side=True)
            self.lines = self.client.makefile("rb")
            self.secret = True
            return
        reply = self.ask(line)
        if verb == b"EHLO":
            reply = self.offers(reply)
        self.answer(reply)
        if verb == b"DATA" and reply[-1].startswith(b"354"):
            while (line := self.lines.readline()) not in (b".\r\n", b""):
                if not line.isascii():
                    raise OSError("8-bit text")
                self.server.write(line)
            self.answer(self.ask(b".\r\n"))

    def offers(self, reply):
        words = [line[4:].strip() for line in reply]
        words = [word for word in words if not word.upper().startswith(
            (b"AUTH", b"CHUNKING", b"STARTTLS", b"BINARYMIME", b"8BITMIME",
             b"SMTPUTF8"))]
        words.append(b"AUTH " + MECHANISM.encode() if self.secret
                     else b"STARTTLS")
        return [b"250-" + word + b"\r\n" for word in words[:-1]] + [
            b"250 " + words[-1] + b"\r\n"]

    def ask(self, line):
        self.server.write(line)
        self.server.flush()
        return self.reply()

    def reply(self):
        lines = []
        while True:
            lines.append(self.server.readline())
            if lines[-1][3:4] != b"-":
                return lines

    def answer(self, lines):
        self.client.sendall(b"".join(lines))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


server = Server(("127.0.0.1", PORT), Proxy)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()

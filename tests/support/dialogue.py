#!/usr/bin/python3
"""Plays dialogues against a port: dialogue.py PORT [name=value ...] FILE...

The form of the files is described in tests/support/dialogue.h.  Every file
gets connections of its own.  Exit code 1 when one of them failed."""
import re
import socket
import ssl
import sys

TIMEOUT = 20


class Peer:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self.buffer = b""
        self.within = False

    def send(self, data):
        self.finish_reply()
        self.socket.sendall(data)

    def line(self):
        while b"\n" not in self.buffer:
            try:
                more = self.socket.recv(65536)
            except (ConnectionError, TimeoutError, ssl.SSLError):
                more = b""
            if not more:
                return None
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        line = line.removesuffix(b"\r")
        self.within = re.match(rb"\d\d\d-", line) is not None
        return line

    def finish_reply(self):
        while self.within:
            self.line()

    def start_tls(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)


def expand(text, names):
    def replace(match):
        escape, name = match.group(1), match.group(2)
        if name is not None:
            return names.get(name, match.group(0))
        if escape.startswith(b"x"):
            return bytes([int(escape[1:], 16)])
        return {b"r": b"\r", b"n": b"\n", b"t": b"\t"}.get(escape, escape)
    return re.sub(rb"\\([rnt\\]|x[0-9a-fA-F]{2})|\$([A-Za-z]+)", replace, text)


def pattern(text, end):
    parts = [re.escape(part) for part in text.split(b"~")]
    return re.compile(b".*".join(parts) + end, re.S)


def perform(peer, sign, text):
    if sign in (b">", b">>"):
        peer.send(text + (b"\r\n" if sign == b">" else b""))
    elif sign == b"!tls":
        peer.finish_reply()
        peer.start_tls()
    elif sign == b"!closed":
        peer.finish_reply()
        line = peer.line()
        if line is not None:
            return b"expected the end, got " + line
    else:
        wanted = pattern(text, b"$" if sign == b"<=" else b"")
        line = peer.line()
        while sign == b"<~" and line is not None and not wanted.match(line):
            line = peer.line()
        if line is None or not wanted.match(line):
            return b"expected " + text + b", got " + (line or b"nothing")
    return None


def play(path, port, names):
    peers = {}
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip(b"\r\n")
            if not line or line.startswith(b"#"):
                continue
            match = re.match(rb"(\d?)(>>|<=|<~|>|<|!tls|!closed) ?(.*)$",
                             line, re.S)
            if match is None:
                return f"{number}: no step of a dialogue"
            connection, sign, text = match.groups()
            connection = connection or b"1"
            if connection not in peers:
                peers[connection] = Peer(port)
            wrong = perform(peers[connection], sign, expand(text, names))
            if wrong:
                return f"{number}: " + wrong.decode(errors="replace")
    return None


def main():
    port, names, failed = int(sys.argv[1]), {}, 0
    for argument in sys.argv[2:]:
        if "=" in argument:
            name, value = argument.split("=", 1)
            names[name.encode()] = value.encode()
            continue
        wrong = play(argument, port, names)
        failed += wrong is not None
        print(f"{argument}: {wrong or 'ok'}")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()

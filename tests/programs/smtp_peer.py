"""Other mail servers for a test, each as bad as its address says.

    smtp_peer.py PORT FOLDER ADDRESS=MANNER ...

Manners: accept, greylist (450 at the first sight of a sender and recipient),
refuse (550), busy (421 above five connections), hang (never says a word), and
policy, which is not SMTP but Postfix's question whether it shall greylist.
What is taken lies in FOLDER/mail/new, a file for each recipient that begins
with Delivered-To, as Postfix writes it.  Prints "ready" when it listens.
"""
import itertools
import os
import socketserver
import sys
import threading

PORT = int(sys.argv[1])
FOLDER = sys.argv[2]
MANY = 5
lock = threading.Lock()
numbers = itertools.count()
seen = set()
open_now = {}


def first_sight(*what):
    with lock:
        new = what not in seen
        seen.add(what)
        return new


class Peer(socketserver.StreamRequestHandler):
    timeout = 120

    def handle(self):
        name = self.server.server_address
        with lock:
            open_now[name] = open_now.get(name, 0) + 1
            many = open_now[name] > MANY
        try:
            getattr(self, self.server.manner)(many)
        except OSError:
            pass
        finally:
            with lock:
                open_now[name] -= 1

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def hang(self, _):
        self.rfile.read(1)

    def policy(self, _):
        asked = {}
        for line in self.rfile:
            key, _, value = line.decode().strip().partition("=")
            if key:
                asked[key] = value
                continue
            new = first_sight(asked.get("sender"), asked.get("recipient"))
            self.wfile.write(b"action=%s\n\n" % (
                b"450 4.2.0 Greylisted, come back later" if new else b"DUNNO"))
            asked = {}

    def busy(self, many):
        if many:
            with lock, open(f"{FOLDER}/turned-away", "a") as file:
                file.write("421 \n")
            return self.say("421 4.7.0 Too many connections from you")
        self.converse(lambda sender, to: None)

    def accept(self, _):
        self.converse(lambda sender, to: "550 5.1.1 No such user here"
                      if to.startswith("ghost@") else None)

    def refuse(self, _):
        self.converse(lambda sender, to: "550 5.7.1 We do not want this mail")

    def greylist(self, _):
        self.converse(lambda sender, to:
                      "450 4.2.0 Greylisted, come back later"
                      if first_sight(sender, to) else None)

    def converse(self, refusal):
        self.say("220 peer.example ESMTP")
        sender, to = None, []
        while line := self.rfile.readline(4096):
            verb = line[:4].upper()
            argument = line.decode("utf-8", "replace").partition("<")[2]
            argument = argument.partition(">")[0]
            if verb == b"EHLO":
                self.say("250-peer.example")
                self.say("250-PIPELINING")
                self.say("250-8BITMIME")
                self.say("250 ENHANCEDSTATUSCODES")
            elif verb == b"MAIL":
                sender, to = argument, []
                self.say("250 2.1.0 Ok")
            elif verb == b"RCPT":
                no = refusal(sender, argument)
                if not no:
                    to.append(argument)
                self.say(no or "250 2.1.5 Ok")
            elif verb == b"DATA" and to:
                self.say("354 Go ahead")
                self.take(to)
                self.say("250 2.0.0 Taken")
                to = []
            elif verb == b"QUIT":
                return self.say("221 2.0.0 Bye")
            elif verb in (b"RSET", b"NOOP", b"HELO"):
                to = []
                self.say("250 2.0.0 Ok")
            else:
                self.say("503 5.5.1 Not now")

    def take(self, to):
        data = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            data.append(line[1:] if line.startswith(b".") else line)
        for address in to:
            name = f"{FOLDER}/mail/new/{os.getpid()}.{next(numbers)}"
            with open(name, "wb") as file:
                file.write(f"Delivered-To: {address}\n".encode())
                file.writelines(data)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100


os.makedirs(f"{FOLDER}/mail/new", exist_ok=True)
for word in sys.argv[3:]:
    address, manner = word.split("=")
    server = Server((address, PORT), Peer)
    server.manner = manner
    threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()

"""A mail server that stops where a test wants it to.

    slow_peer.py PORT FOLDER

FOLDER/mode says where a message makes it wait: "data" in the middle of it,
"end" before it answers its end, anything else nowhere.  Where it waits it
writes FOLDER/waits, and goes on when that file is gone.  A line "SUBJECT" is
added to FOLDER/taken before it says 250 to a message.  Prints "ready" when it
listens, and ends with its standard input.
"""
import os
import socketserver
import sys
import threading
import time

PORT, FOLDER = int(sys.argv[1]), sys.argv[2]


def wait_if(mode):
    try:
        if open(f"{FOLDER}/mode").read().strip() != mode:
            return
    except FileNotFoundError:
        return
    open(f"{FOLDER}/waits", "w").close()
    while os.path.exists(f"{FOLDER}/waits"):
        time.sleep(0.02)


class Peer(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        try:
            self.converse()
        except OSError:
            pass

    def converse(self):
        self.say("220 slow.example ESMTP")
        while line := self.rfile.readline(4096):
            verb = line[:4].upper()
            if verb == b"DATA":
                self.say("354 Go ahead")
                if not self.take():
                    return
            elif verb == b"QUIT":
                return self.say("221 2.0.0 Bye")
            else:
                self.say("250 2.0.0 Ok")

    def take(self):
        subject = ""
        for number in range(10 ** 9):
            line = self.rfile.readline()
            if number == 30:
                wait_if("data")
            if line.startswith(b"Subject: "):
                subject = line[9:].decode().strip()
            if line == b".\r\n":
                break
            if not line:
                return False
        wait_if("end")
        with open(f"{FOLDER}/taken", "a") as taken:
            taken.write(subject + "\n")
        self.say("250 2.0.0 Taken")
        return True


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


server = Server(("127.0.0.1", PORT), Peer)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()

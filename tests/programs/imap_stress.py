"""Clients on shared mailboxes of one account, each with a model of its own.

    imap_stress.py PORT USER PASSWORD SECONDS SEED [PID of imapd]

Each client changes its mailbox at random and keeps a model of it from the
responses alone: sequence numbers, UIDs, flags, modseqs.  After every round all
stop, say NOOP, and the models must be the same, and the same as a full listing
by a session that has just selected the mailbox.  With a PID the workers of
that imapd are killed in every second round; a client whose connection died
comes again: by QRESYNC from what it knew for certain, or afresh.
"""
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

CLIENTS = 20
ROUND = 2.0  # seconds
BOXES = ["INBOX", "Work", "Archive"]
FLAGS = [r"\Seen", r"\Flagged", r"\Answered", r"\Draft", r"\Deleted", "alpha",
         "beta"]
FETCH = re.compile(r"\* (\d+) FETCH \((.*)\)$")
ITEM = re.compile(r"UID (\d+)|MODSEQ \((\d+)\)|FLAGS \(([^)]*)\)")
NO_EXPUNGE = ("FETCH", "STORE", "SEARCH")  # RFC 3501 7.4.1


class Wrong(Exception):
    """The server broke a rule."""


class Gone(Exception):
    """The connection is no more."""


class Message:
    def __init__(self, uid=None):
        self.uid, self.flags, self.modseq = uid, None, 0


def numbers(text):
    for piece in text.split(","):
        first, _, last = piece.partition(":")
        yield from range(int(first), int(last or first) + 1)


class Client:
    def __init__(self, number, place, seed):
        self.number, self.place = number, place
        self.random = random.Random(seed * 1000 + number)
        self.box = BOXES[number % len(BOXES)]
        self.qresync = number % 4 == 3
        self.running = None
        self.log = []
        self.certain = None  # (uidvalidity, modseq, model) of a checkpoint
        self.socket = None

    # The wire.

    def connect(self):
        """Logs in and selects; the model is that of the server."""
        for _ in range(200):
            try:
                self.open()
                return
            except (Gone, OSError):
                time.sleep(0.05)
        raise Wrong("no way to log in again")

    def open(self):
        host, port, user, password = self.place
        self.close()
        self.socket = socket.create_connection((host, port), timeout=30)
        self.file = self.socket.makefile("rb")
        self.count, self.messages, self.validity = 0, [], None
        if not self.line().startswith("* OK"):
            raise Gone()
        answer = self.command(f"LOGIN {user} {password}", refusal=True)
        if not answer.startswith("OK"):
            raise Gone()
        if self.qresync:
            answer = self.command("ENABLE QRESYNC", refusal=True)
            self.qresync = answer.startswith("OK") and self.enabled
        self.command("ENABLE CONDSTORE", refusal=True)
        self.select()

    def close(self):
        if self.socket:
            self.file.close()
            self.socket.close()

    def select(self):
        self.messages, self.validity, self.highest = [], None, 0
        known = self.certain if self.qresync else None
        if known:
            self.messages = [Message(m.uid) for m in known[2]]
            for mine, old in zip(self.messages, known[2]):
                mine.flags, mine.modseq = old.flags, old.modseq
            self.resyncing = True
            self.command(f"SELECT {self.box} (QRESYNC ({known[0]} {known[1]}))")
            self.resyncing = False
            if len(self.messages) != self.coming:
                raise Wrong(f"{self.coming} EXISTS, but {len(self.messages)} "
                            "were told")
        else:
            self.command(f"SELECT {self.box} (CONDSTORE)")
        self.learn()

    enabled = False
    resyncing = False

    def line(self):
        try:
            line = self.file.readline()
        except OSError as trouble:
            raise Gone() from trouble
        if not line.endswith(b"\r\n"):
            raise Gone()
        text = line[:-2].decode()
        self.log = self.log[-60:] + ["< " + text[:200]]
        return text

    def command(self, text, refusal=False):
        self.count += 1
        tag = f"t{self.count}"
        self.running = text.split()[0]
        self.shown = set()
        self.log = self.log[-60:] + ["> " + text[:200]]
        try:
            self.socket.sendall(f"{tag} {text}\r\n".encode())
        except OSError as trouble:
            raise Gone() from trouble
        while True:
            line = self.line()
            if line.startswith(tag + " "):
                self.running = None
                answer = line[len(tag) + 1:]
                if answer.startswith("BAD") or (
                        answer.startswith("NO") and not refusal):
                    if "[UNAVAILABLE]" not in answer and \
                            "[EXPUNGEISSUED]" not in answer:
                        raise Wrong(f"{text[:80]}: {answer}")
                return answer
            if line.startswith("+"):
                return line
            self.untagged(line)

    # What it is told.

    def untagged(self, line):
        if line.startswith("* BYE"):
            raise Gone()
        fetched = FETCH.match(line)
        if fetched:
            return self.fetched(int(fetched[1]), fetched[2])
        words = line.split(" ")
        if words[-1] == "EXISTS":
            return self.exists(int(words[1]))
        if words[-1] == "EXPUNGE":
            return self.expunged(int(words[1]))
        if words[1] == "VANISHED":
            return self.vanished(words[-1], "(EARLIER)" in words)
        if "QRESYNC" in words and words[1] == "ENABLED":
            self.enabled = True
        code = re.match(r"\* OK \[(UIDVALIDITY|HIGHESTMODSEQ) (\d+)\]", line)
        if code and code[1] == "UIDVALIDITY":
            self.validity = int(code[2])
            if self.resyncing and self.certain[0] != self.validity:
                self.messages = []
        if code and code[1] == "HIGHESTMODSEQ":
            self.highest = int(code[2])
        return None

    def exists(self, count):
        # While it resyncs, what vanished is told behind EXISTS.
        if self.resyncing:
            self.coming = count
            return
        if count < len(self.messages):
            raise Wrong(f"{count} EXISTS, but {len(self.messages)} are known")
        while len(self.messages) < count:
            self.messages.append(Message())

    def allowed_to_expunge(self, what):
        if self.running in NO_EXPUNGE or self.running is None:
            raise Wrong(f"{what} during {self.running}")

    def expunged(self, number):
        self.allowed_to_expunge("EXPUNGE")
        if not 1 <= number <= len(self.messages):
            raise Wrong(f"EXPUNGE of {number} of {len(self.messages)}")
        if self.enabled:
            raise Wrong("EXPUNGE after ENABLE QRESYNC")
        del self.messages[number - 1]

    def vanished(self, uids, earlier):
        gone = set(numbers(uids))
        strange = gone - {m.uid for m in self.messages}
        self.messages = [m for m in self.messages if m.uid not in gone]
        if earlier:
            return
        self.allowed_to_expunge("VANISHED")
        for uid in strange:
            self.forget_nameless(uid)

    def forget_nameless(self, uid):
        """One whose UID was not asked for: among its neighbours, any."""
        begin, end = 0, len(self.messages)
        for i, message in enumerate(self.messages):
            if message.uid and message.uid < uid:
                begin = i + 1
            if message.uid and message.uid > uid:
                end = min(end, i)
        if begin >= end:
            raise Wrong(f"VANISHED {uid} that is not known")
        for message in self.messages[begin:end]:
            message.flags = None
        del self.messages[begin]

    def fetched(self, number, items):
        if self.resyncing:
            return self.fetched_by_uid(items)
        if not 1 <= number <= len(self.messages):
            raise Wrong(f"FETCH of {number} of {len(self.messages)}")
        self.take(self.messages[number - 1], items)
        return None

    def fetched_by_uid(self, items):
        uid = int(re.search(r"UID (\d+)", items)[1])
        for message in self.messages:
            if message.uid == uid:
                return self.take(message, items)
        self.messages.append(Message(uid))
        return self.take(self.messages[-1], items)

    def take(self, message, items):
        for uid, modseq, flags in ITEM.findall(items):
            if uid:
                if message.uid not in (None, int(uid)):
                    raise Wrong(f"UID {message.uid} became {uid}")
                message.uid = int(uid)
            elif modseq:
                if int(modseq) < message.modseq:
                    raise Wrong(f"modseq {message.modseq} became {modseq}")
                message.modseq = int(modseq)
            else:
                message.flags = set(flags.split()) - {r"\Recent"}
                self.shown.add(id(message))

    def learn(self):
        """Asks for what it does not know yet."""
        while True:
            unknown = [i for i, m in enumerate(self.messages, 1)
                       if m.uid is None or m.flags is None or not m.modseq]
            if not unknown:
                break
            self.command(f"FETCH {unknown[0]}:{unknown[-1]} (UID FLAGS MODSEQ)")
            # Those that went before they could be asked for: the server says
            # so as soon as it may.
            self.command("NOOP")
        uids = [m.uid for m in self.messages]
        if uids != sorted(set(uids)):
            raise Wrong("the UIDs do not ascend")

    # What it does.

    def some(self):
        first = self.random.randrange(len(self.messages))
        return self.messages[first:first + self.random.choice((1, 1, 2, 5))]

    def named(self, some):
        """The messages in a command, and the word in front of it."""
        if self.random.random() < 0.5 and all(m.uid for m in some):
            return "UID ", ",".join(str(m.uid) for m in some)
        first = next(i for i, m in enumerate(self.messages, 1)
                     if m is some[0])
        return "", f"{first}:{first + len(some) - 1}"

    def store(self):
        some = self.some()
        uid, which = self.named(some)
        sign = self.random.choice("+-")
        flag = self.random.choice(FLAGS)
        silent = self.random.choice(("", ".SILENT"))
        answer = self.command(f"{uid}STORE {which} {sign}FLAGS{silent} ({flag})")
        if not silent or not answer.startswith("OK"):
            return
        for message in some:
            if id(message) in self.shown or message.flags is None:
                continue
            message.flags = (message.flags | {flag} if sign == "+"
                             else message.flags - {flag})

    def append(self):
        text = f"Subject: {self.random.random()}\r\n\r\n{self.number}\r\n"
        self.command(f"APPEND {self.random.choice(BOXES)} (alpha) "
                     f"{{{len(text)}+}}\r\n{text}")

    def copy(self):
        uid, which = self.named(self.some())
        verb = self.random.choice(("COPY", "MOVE"))
        self.command(f"{uid}{verb} {which} {self.random.choice(BOXES)}")

    def expunge(self):
        some = self.some()
        uid, which = self.named(some)
        self.command(rf"{uid}STORE {which} +FLAGS (\Deleted)")
        uids = [str(m.uid) for m in some if m.uid]
        if uids and self.random.random() < 0.5:
            self.command("UID EXPUNGE " + ",".join(uids))
        else:
            self.command("EXPUNGE")

    def idle(self):
        if not self.command("IDLE").startswith("+"):
            return
        self.running = "IDLE"
        self.socket.settimeout(0.05)
        # By the socket, not the file: a time-out would spoil the file.
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            pass
        except OSError as trouble:
            raise Gone() from trouble
        self.socket.settimeout(30)
        self.socket.sendall(b"DONE\r\n")
        while True:
            line = self.line()
            if line.startswith(f"t{self.count} "):
                return
            self.untagged(line)

    def step(self):
        if len(self.messages) < 10:
            return self.append()
        action = self.random.choice(
            (self.store, self.store, self.store, self.append, self.copy,
             self.expunge, self.idle, self.learn,
             lambda: self.command("NOOP"),
             lambda: self.command("SEARCH FLAGGED"),
             lambda: self.command("FETCH 1:* (FLAGS)")))
        return action()

    def act(self, until):
        while time.monotonic() < until:
            try:
                self.step()
                if self.random.random() < 0.02:
                    self.box = self.random.choice(BOXES)
                    self.certain = None
                    self.select()
            except Gone:
                self.connect()

    def settle(self):
        """Hears all there is to hear."""
        while True:
            try:
                self.command("NOOP")
                self.learn()
                return
            except Gone:
                self.connect()

    def model(self):
        return [(m.uid, sorted(m.flags), m.modseq) for m in self.messages]


def in_parallel(clients, work):
    trouble = []

    def run(client):
        try:
            work(client)
        except Exception as wrong:  # pylint: disable=broad-except
            trouble.append((client, wrong))

    threads = [threading.Thread(target=run, args=(c,)) for c in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client, wrong in trouble:
        print("\n".join(client.log[-40:]))
        print(f"client {client.number} in {client.box}: "
              f"{type(wrong).__name__}: {wrong}")
    if trouble:
        sys.exit(1)


def compare(clients):
    """All models of a mailbox against each other and a full listing."""
    in_parallel(clients, Client.settle)
    in_parallel(clients, Client.settle)  # also what the first ones caused
    total = 0
    for box in BOXES:
        of_box = [c for c in clients if c.box == box]
        if not of_box:
            continue
        before = {c.number: c.model() for c in of_box}
        lister = of_box[0]
        lister.certain = None
        lister.select()
        listing = lister.model()
        total += len(listing)
        for client in of_box:
            if before[client.number] != listing:
                differs(client, before[client.number], listing)
            client.certain = (lister.validity, lister.highest,
                              list(client.messages))
    return total


def differs(client, model, listing):
    print("\n".join(client.log[-40:]))
    ours = {m[0]: m for m in model}
    true = {m[0]: m for m in listing}
    for uid in sorted(set(ours) | set(true)):
        if ours.get(uid) != true.get(uid):
            print(f"client {client.number}, {client.box}: "
                  f"model {ours.get(uid)}, listing {true.get(uid)}")
    sys.exit(1)


def kill_a_worker(imapd, chance):
    workers = subprocess.run(["pgrep", "-P", str(imapd)], check=False,
                             capture_output=True, text=True).stdout.split()
    if workers:
        os.kill(int(chance.choice(workers)), signal.SIGKILL)


def main():
    port, user, password, seconds, seed = sys.argv[1:6]
    imapd = int(sys.argv[6]) if len(sys.argv) > 6 else None
    seed = int(seed)
    chance = random.Random(seed)
    place = ("127.0.0.1", int(port), user, password)
    clients = [Client(n, place, seed) for n in range(CLIENTS)]
    first = Client(0, place, seed)
    for box in BOXES[1:]:
        first.box = "INBOX"
        if first.socket is None:
            first.connect()
        first.command(f"CREATE {box}", refusal=True)
    first.close()
    in_parallel(clients, Client.connect)
    end = time.monotonic() + float(seconds)
    rounds = total = kills = 0
    while time.monotonic() < end:
        until = time.monotonic() + ROUND
        killers = []
        if imapd and rounds % 2 == 1:
            for _ in range(2):
                timer = threading.Timer(chance.random() * ROUND,
                                        kill_a_worker, (imapd, chance))
                timer.start()
                killers.append(timer)
                kills += 1
        in_parallel(clients, lambda client: client.act(until))
        for timer in killers:
            timer.join()
        total = compare(clients)
        rounds += 1
    commands = sum(c.count for c in clients)
    print(f"seed {seed}: {rounds} checkpoints, {kills} kills, {total} messages "
          f"at the end, {commands} commands since the last connections")


main()

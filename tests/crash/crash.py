"""What the crash tests share: an instance, traced programs, and a look into
the mailbox.

Every test prints what it did; the exit code says whether all of it held.
"""
import os
import random
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
COURIER = os.path.join(BUILD, "tests/crash/courier")
TRACER = os.path.join(BUILD, "tests/crash/tracer")
PORT = 10000 + 1000 * (os.getpid() % 20) + 825
IMAP = PORT + 1
ANN = "ann@example.test"
DEADLINE = time.monotonic() + float(os.environ.get("CRASH_SECONDS", "20"))


class Failure(Exception):
    pass


def program(name):
    return os.path.join(BUILD, "bin", name)


def time_left():
    return DEADLINE - time.monotonic()


def size(path):
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def wait_for(condition, seconds=20):
    """Looks so many times: while the machine stands still, so does this."""
    for _ in range(int(seconds * 100)):
        if condition():
            return True
        time.sleep(0.01)
    return False


class Variants:
    """The variants of a try, which take turns: whatever steps the calls are
    taken in, a run sees all of them.  What was seen is counted."""

    def __init__(self, name, *choices):
        self.name, self.choices = name, choices
        self.at = random.randrange(len(choices))
        self.seen = dict.fromkeys(choices, 0)

    def next(self):
        choice = self.choices[self.at % len(self.choices)]
        self.at += 1
        self.seen[choice] += 1
        return choice

    def check(self):
        print(f"{self.name}: " +
              ", ".join(f"{n} {each}" for each, n in self.seen.items()))
        if sum(self.seen.values()) >= len(self.choices) and \
                not all(self.seen.values()):
            raise Failure(f"{self.name}: not all of them were tried")


def kills():
    """All processes, or one of them, which the others must outlive."""
    return Variants("kills", "--kill", "--kill", "--kill", "--kill-one")


class Instance:
    """A data folder with domain example.test and the account ann."""

    def __init__(self, *listen):
        self.folder = tempfile.mkdtemp(prefix="staunch-crash-")
        self.dir = os.path.join(self.folder, "data")
        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.running = []
        self.courier("make", *listen)

    def courier(self, verb, *words, check=True):
        done = subprocess.run([COURIER, verb, self.dir, *words], text=True,
                              stdout=subprocess.PIPE, stderr=self.log)
        if check and done.returncode != 0:
            raise Failure(f"courier {verb} {words}: {done.returncode}")
        return done.stdout.splitlines()

    def set_password(self, password):
        """Of ann; false when it was refused for now."""
        done = subprocess.run([COURIER, "password", self.dir, password],
                              stdout=self.log, stderr=self.log)
        if done.returncode not in (0, os.EX_TEMPFAIL):
            raise Failure(f"a new password: {done.returncode}")
        return done.returncode == 0

    def start(self, name, *trace):
        command = [program(name), "-c", os.path.join(self.dir, "mail.toml")]
        if trace:
            command = [TRACER, *trace, "--", *command]
        return self.start_command(command)

    def start_command(self, command):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                   stderr=self.log)
        self.running.append(process)
        return process

    def stop(self, process):
        """Ends it; for a traced one, how many calls there were."""
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            output, _ = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failure("a program does not end")
        self.running.remove(process)
        words = output.split()
        return int(words[-1]) if words and words[-1].isdigit() else 0

    def spool(self, *shelves):
        """Files there; an empty one is a draft that was begun, no message."""
        names = []
        for shelf in shelves or ("in", "deferred"):
            for path, _, files in os.walk(os.path.join(self.dir, "spool",
                                                       shelf)):
                names += [f for f in files if size(os.path.join(path, f))]
        return names

    def drained(self, waiting=0):
        """All delivered but for `waiting` messages in deferred/."""
        return (not self.spool("in") and
                len(self.spool("deferred")) == waiting)

    def mailboxes(self):
        """Token to the list of mailboxes it lies in."""
        found = {}
        for line in self.courier("list"):
            mailbox, token = line.split()
            found.setdefault(token, []).append(mailbox)
        return found

    def close(self, keep=False):
        for process in list(self.running):
            process.kill()
            process.wait()
        self.log.close()
        if keep:
            print("kept:", self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def send(token, port=PORT):
    """One message over SMTP; the reply's code, 0 when the connection ended."""
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            client.sendmail("eve@example.org", ["ann@example.test"],
                            f"Subject: x\r\nX-Token: {token}\r\n\r\nbody\r\n")
            return 250
    except smtplib.SMTPResponseException as reply:
        return reply.smtp_code
    except smtplib.SMTPRecipientsRefused as refused:
        return list(refused.recipients.values())[0][0]
    except (smtplib.SMTPServerDisconnected, OSError):
        return 0


def answers(port=PORT):
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=5):
            return True
    except (OSError, smtplib.SMTPException):
        return False


def port_open(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def points(first, last, seconds_each, share=1.0):
    """Which calls to stop at: all of them, or as many as there is time for,
    evenly spread from a random start."""
    room = max(1, int(share * time_left() / seconds_each))
    step = max(1, -(-(last - first + 1) // room))
    begin = first + random.randrange(step)
    print(f"calls {first} to {last}, every {step}")
    return range(begin, last + 1, step)


def check(instance, expected, where=""):
    """`expected`: token to the mailboxes it must be in (a set of choices)."""
    found = instance.mailboxes()
    for token, choices in expected.items():
        have = sorted(found.get(token, []))
        if have not in choices:
            raise Failure(f"{where}: {token} is in {have}, not in {choices}")
    for token in found:
        if token not in expected:
            raise Failure(f"{where}: {token} is there, in {found[token]}")
    wrong = instance.courier("check")
    if wrong:
        raise Failure(f"{where}: the account has problems: {wrong}")
    if instance.spool("corrupt"):
        raise Failure(f"{where}: {instance.spool('corrupt')} in corrupt/")


def main(test, *listen):
    instance = Instance(*listen)
    try:
        test(instance)
    except Failure as failure:
        instance.close(keep=True)
        os.system(f"tail -n 30 {instance.folder}/log")
        print("FAILED:", failure)
        sys.exit(1)
    instance.close()

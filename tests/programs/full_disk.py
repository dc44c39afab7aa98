"""Fills the disk under a running instance, and looks what happens.

    full_disk.py BASE DISK PASSWORD FILE            fills, sends, empties
    full_disk.py BASE DISK PASSWORD FILE compare    is all of FILE there, once?

FILE gets the subjects of the messages that were acknowledged.
"""
import imaplib
import os
import re
import smtplib
import sys
import threading
import time

base, disk, password, record = int(sys.argv[1]), *sys.argv[2:5]
ALICE, BOB = "alice@example.test", "bob@example.test"
FULL_FOR = 5
stop = threading.Event()
full = threading.Event()
lock = threading.Lock()
acknowledged, replies, wrong = [], {}, []


def note(what, while_full):
    with lock:
        key = (what, while_full)
        replies[key] = replies.get(key, 0) + 1


def send(subject, size=20_000, port=25):
    """The code of the answer to the message."""
    body = ("x" * 70 + "\r\n") * (size // 72)
    with smtplib.SMTP("127.0.0.1", base + port, "here.test", 30) as s:
        try:
            s.sendmail("a@sender.test", [ALICE],
                       f"Subject: {subject}\r\n\r\n{body}")
        except smtplib.SMTPSenderRefused as why:
            return why.smtp_code
        except smtplib.SMTPRecipientsRefused as why:
            return why.recipients[ALICE][0]
        except smtplib.SMTPDataError as why:
            return why.smtp_code
    return 250


def sender(number):
    turn = 0
    while not stop.is_set():
        subject = f"{number}.{turn}"
        turn += 1
        before = full.is_set()
        try:
            code = send(subject)
        except Exception as why:
            wrong.append(f"sending {subject}: {why!r}")
            continue
        if code == 250:
            with lock:
                acknowledged.append(subject)
        elif code not in (451, 452):
            wrong.append(f"sending {subject}: {code}")
        note(code, before and full.is_set())
        time.sleep(0.02)


def login(user):
    client = imaplib.IMAP4("127.0.0.1", base + 143, timeout=30)
    client.login(user, password)
    return client


def reader():
    """Reads and changes bob's mail in one long session."""
    client = login(BOB)
    client.append("INBOX", "", None, b"Subject: first\r\n\r\nhello\r\n")
    client.select()
    while not stop.is_set():
        before = full.is_set()
        kind, data = client.fetch("1", "(UID BODY.PEEK[])")
        if kind != "OK" or b"hello" not in data[0][1]:
            wrong.append(f"FETCH: {kind} {data}")
        for what, ask in [
                ("STORE", lambda: client.store("1", "FLAGS", r"(\Flagged)")),
                ("APPEND", lambda: client.append(
                    "Drafts", "", None, b"Subject: d\r\n\r\n" + b"y" * 3000))]:
            kind, data = ask()
            text = (data[0] or b"").decode()
            if kind == "NO" and not re.match(r"\[(OVERQUOTA|UNAVAILABLE)\]",
                                             text):
                wrong.append(f"{what}: {kind} {text}")
            note(f"{what} {kind}", before and full.is_set())
        time.sleep(0.05)
    client.logout()


def fill():
    """To the last octet, and again when something gave way."""
    with open(disk + "/ballast", "ab", buffering=0) as ballast:
        piece = 1 << 20
        while piece:
            try:
                ballast.write(b"\0" * piece)
            except OSError:
                piece //= 2


def others_are_served():
    """While the disk is full: logins, mailboxes, refusals, all at once."""
    start = time.monotonic()
    client = login(BOB)
    assert client.select()[0] == "OK"
    assert client.fetch("1", "(BODY[] FLAGS)")[0] in ("OK", "NO")
    assert client.search(None, "ALL")[0] == "OK"
    client.logout()
    with smtplib.SMTP("127.0.0.1", base + 25, "here.test", 30) as s:
        s.ehlo()
        assert s.docmd("VRFY", "alice")[0] == 252
    took = time.monotonic() - start
    if took > 3:
        wrong.append(f"while full, others waited {took:.1f} s")


def run():
    threads = [threading.Thread(target=sender, args=(n,)) for n in range(4)]
    threads.append(threading.Thread(target=reader))
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    fill()
    full.set()
    end = time.monotonic() + FULL_FOR
    while time.monotonic() < end:
        fill()
        others_are_served()
        time.sleep(0.2)
    full.clear()
    os.unlink(disk + "/ballast")
    room = time.monotonic()
    while send("room again", 100) != 250:
        assert time.monotonic() < room + 5, "no mail is taken afterwards"
        time.sleep(0.1)
    acknowledged.append("room again")
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join()
    with open(record, "w", encoding="ascii") as file:
        file.write("\n".join(acknowledged))
    print(sorted(replies.items(), key=str))
    assert replies.get((452, True)), "nothing was refused: the disk is not full"
    assert not wrong, wrong[:5]


def compare():
    sent = open(record, encoding="ascii").read().split("\n")
    client = login(ALICE)
    client.select(readonly=True)
    found = []
    kind, data = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    for part in data:
        if isinstance(part, tuple):
            found.append(part[1].decode().strip().removeprefix("Subject: "))
    missing = set(sent) - set(found)
    twice = len(found) - len(set(found))
    print(len(sent), "acknowledged,", len(found), "there")
    assert not missing, f"lost: {sorted(missing)[:5]}"
    assert not twice, f"{twice} are there twice"
    extra = set(found) - set(sent)
    assert not extra, f"nobody was told of {sorted(extra)[:5]}"


compare() if len(sys.argv) > 5 else run()

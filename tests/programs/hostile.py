"""Peers that misbehave, against a running private instance.

    hostile.py BASE PID PASSWORD

BASE: the instance's port base; PID: its maild; alice and bob at example.test
exist with PASSWORD.  Each function below is one promise; it raises when the
promise is broken.  Whatever a peer does, a well-behaved one is served beside
it within a second, and nothing stays behind.
"""
import imaplib
import os
import resource
import socket
import ssl
import statistics
import sys
import time

base, maild, password = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
SMTP, SUBMISSION, SUBMISSIONS = base + 25, base + 587, base + 465
IMAP, IMAPS = base + 143, base + 993
ALICE, BOB = "alice@example.test", "bob@example.test"
tls = ssl.create_default_context()
tls.check_hostname = False
tls.verify_mode = ssl.CERT_NONE


def connect(port, source="127.0.0.1", timeout=20):
    return socket.create_connection(("127.0.0.1", port), timeout,
                                    source_address=(source, 0))


def read_line(s):
    line = b""
    while not line.endswith(b"\n"):
        byte = s.recv(1)
        if not byte:
            raise EOFError(line)
        line += byte
    return line


def read_reply(s):
    while True:
        line = read_line(s)
        if line[3:4] != b"-":
            return line


def read_all(s):
    out = b""
    try:
        while True:
            got = s.recv(65536)
            if not got:
                return out
            out += got
    except (ConnectionResetError, BrokenPipeError):
        return out


def ehlo(port=SMTP, **more):
    s = connect(port, **more)
    read_reply(s)
    s.sendall(b"EHLO peer.example\r\n")
    read_reply(s)
    return s


def command(s, line):
    s.sendall(line + b"\r\n")
    return read_reply(s)


def login(user=ALICE):
    client = imaplib.IMAP4_SSL("127.0.0.1", IMAPS, ssl_context=tls, timeout=20)
    client.login(user, password)
    return client


def someone_is_served():
    """A well-behaved peer beside the hostile one: within a second."""
    began = time.monotonic()
    s = ehlo()
    assert command(s, b"MAIL FROM:<a@sender.test>").startswith(b"250")
    assert command(s, b"RCPT TO:<bob@example.test>").startswith(b"250")
    s.close()
    client = login(BOB)
    client.select("INBOX")
    client.logout()
    took = time.monotonic() - began
    assert took < 1, f"a good peer waited {took:.2f} s"


def tree(pid):
    pids = [pid]
    for each in os.listdir("/proc"):
        if each.isdigit():
            try:
                stat = open(f"/proc/{each}/stat").read()
            except OSError:
                continue
            if int(stat.rsplit(")", 1)[1].split()[1]) == pid:
                pids += tree(int(each))
    return pids


def memory():
    """Anonymous memory of all processes, in kB."""
    total = 0
    for pid in tree(maild):
        try:
            for line in open(f"/proc/{pid}/smaps_rollup"):
                if line.startswith("Pss_Anon:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total


def send(message, sender="a@sender.test", to=ALICE):
    s = ehlo()
    command(s, b"MAIL FROM:<%s>" % sender.encode())
    reply = command(s, b"RCPT TO:<%s>" % to.encode())
    assert reply.startswith(b"250"), reply
    assert command(s, b"DATA").startswith(b"354")
    s.sendall(message + b"\r\n.\r\n")
    reply = read_reply(s)
    s.close()
    return reply


def wait_for(subject, user=ALICE):
    client = login(user)
    for _ in range(200):
        client.select("INBOX")
        found = client.search(None, "SUBJECT", subject)[1][0].split()
        if found:
            return client, found[-1]
        time.sleep(0.05)
    raise AssertionError(f"{subject} did not arrive")


def overlong_lines():
    for port, line in ((SMTP, b"NOOP "), (IMAP, b"a NOOP ")):
        s = connect(port)
        read_line(s)
        try:
            for _ in range(64):
                s.sendall((line + b"x" * 65536)[:65536])
                line = b""
            s.sendall(b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        said = b""
        try:
            said = read_line(s)
        except (EOFError, ConnectionResetError):
            pass
        assert said == b"" or said[:1] == b"5" or b"BAD" in said \
            or b"BYE" in said, said
        s.close()
        someone_is_served()


def ten_megabytes_of_ehlo():
    s = connect(SMTP)
    read_reply(s)
    try:
        s.sendall(b"EHLO ")
        for _ in range(160):
            s.sendall(b"a" * 65536)
        s.sendall(b"\r\n")
        assert read_line(s)[:1] == b"5"
    except (BrokenPipeError, ConnectionResetError, EOFError):
        pass
    s.close()
    someone_is_served()


def nul_bytes_and_bad_utf8():
    s = ehlo()
    assert command(s, b"MAIL FROM:<a\0b@sender.test>")[:1] == b"5"
    assert command(s, b"MAIL FROM:<\xff\xfe@sender.test> SMTPUTF8")[:1] == b"5"
    assert command(s, b"\0\0\0")[:1] == b"5"
    assert command(s, b"NOOP")[:3] == b"250"
    s.close()
    s = connect(IMAP)
    read_line(s)
    s.sendall(b"a \0\xff\r\nb NOOP\r\n")
    assert b"BAD" in read_line(s)
    s.close()


def nested_mime_bombs():
    depth = 5000
    bomb = b"Subject: bomb-deep\r\n"
    for i in range(depth):
        bomb += (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n"
                 b"--b%d\r\n" % (i, i))
    assert send(bomb + b"\r\nend").startswith(b"250")
    parts = b"--b\r\n\r\nx\r\n" * 50000
    wide = (b"Subject: bomb-wide\r\nContent-Type: multipart/mixed; "
            b"boundary=b\r\n\r\n" + parts + b"--b--")
    assert send(wide).startswith(b"250")
    fields = b"".join(b"X-%d: y\r\n" % i for i in range(30000))
    assert send(b"Subject: bomb-fields\r\n" + fields + b"\r\nx"
                ).startswith(b"250")
    for subject in ("bomb-deep", "bomb-wide", "bomb-fields"):
        client, number = wait_for(subject)
        began = time.monotonic()
        kind, answer = client.fetch(number, "(BODYSTRUCTURE ENVELOPE BODY[])")
        assert kind == "OK" and answer, subject
        assert time.monotonic() - began < 5, subject
        client.logout()
    someone_is_served()


def literals_that_never_come():
    held = []
    for text in (b"a LOGIN {20}\r\n", b"a APPEND INBOX {99999999}\r\n",
                 b"a LOGIN {99999999999999999999}\r\n", b"a LOGIN {-1}\r\n",
                 b"a LOGIN {2000000000+}\r\nxx"):
        s = connect(IMAP)
        read_line(s)
        s.sendall(text)
        held.append(s)
    client = login()
    client.send(b"b APPEND INBOX {60000000}\r\n")
    client.readline()
    client.send(b"half of it")
    someone_is_served()
    client.sock.close()
    for s in held:
        s.close()


def half_open_tls():
    held = []
    for port in (SUBMISSIONS, IMAPS):
        for start in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00",
                      b"\x16\x03\x01\xff\xff" + b"\0" * 60000,
                      b"GET / HTTP/1.0\r\n\r\n"):
            s = connect(port)
            s.sendall(start)
            held.append(s)
    someone_is_served()
    for s in held:
        s.close()


def a_byte_a_second():
    held = [connect(SMTP) for _ in range(100)]
    for s in held:
        read_reply(s)
    for byte in b"EHL":
        for s in held:
            s.sendall(bytes([byte]))
        someone_is_served()
    for s in held:
        s.sendall(b"O x\r\n")
        assert read_reply(s).startswith(b"250")
        s.close()


def five_thousand_connections():
    """127.0.0.2 is an address as any other: 100 connections, no more."""
    held, refused = [], 0
    for _ in range(5000):
        s = connect(SMTP, source="127.0.0.2")
        held.append(s)
    someone_is_served()
    served = 0
    for s in held:
        line = b""
        try:
            line = read_line(s)
        except (EOFError, ConnectionResetError):
            pass
        served += line.startswith(b"220")
        refused += line.startswith(b"421")
        s.close()
    assert 1 <= served <= 100, f"{served} served"
    assert refused > 0, "no refusal says why"
    # Its places are free again.
    for _ in range(100):
        try:
            s = connect(SMTP, source="127.0.0.2")
            if read_line(s).startswith(b"220"):
                return
        except (EOFError, ConnectionResetError):
            pass
        time.sleep(0.05)
    raise AssertionError("the address stays refused")


def a_peer_that_never_reads():
    big = b"Subject: big\r\n\r\n" + (b"x" * 70 + b"\r\n") * 100000
    assert send(big).startswith(b"250")
    client, number = wait_for("big")
    client.logout()
    held = []
    for _ in range(10):
        s = tls.wrap_socket(connect(IMAPS))
        read_line(s)
        s.sendall(b"a LOGIN %s %s\r\nb SELECT INBOX\r\n" %
                  (ALICE.encode(), password.encode()))
        s.sendall(b"".join(b"c%d FETCH %s BODY[]\r\n" % (i, number)
                           for i in range(50)))
        held.append(s)
    time.sleep(0.5)
    someone_is_served()
    for s in held:
        s.close()


def two_commands_in_one_tls_record():
    for port, text, want in (
            (SUBMISSIONS, b"EHLO a.example\r\nNOOP\r\nNOOP\r\n", 3),
            (IMAPS, b"a NOOP\r\nb NOOP\r\nc NOOP\r\n", 3)):
        s = tls.wrap_socket(connect(port))
        read_line(s)
        s.sendall(text)
        answers = [read_reply(s) if port == SUBMISSIONS else read_line(s)
                   for _ in range(want)]
        assert len(answers) == want
        s.close()


def nothing_behind_starttls():
    s = ehlo(SUBMISSION)
    s.sendall(b"STARTTLS\r\nRSET\r\n")
    answer = read_all(s)
    assert answer.count(b"\r\n") <= 1, answer
    s.close()
    s = connect(IMAP)
    read_line(s)
    s.sendall(b"a STARTTLS\r\nb NOOP\r\n")
    assert b"b OK" not in read_all(s)
    s.close()


def smuggling():
    """Only CRLF.CRLF ends data; a stranger's bare CR or LF is refused."""
    for end in (b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r",
                b"\r.\r\n"):
        s = ehlo()
        command(s, b"MAIL FROM:<a@sender.test>")
        command(s, b"RCPT TO:<alice@example.test>")
        command(s, b"DATA")
        s.sendall(b"Subject: smuggled\r\n\r\nx" + end +
                  b"MAIL FROM:<evil@sender.test>\r\nRCPT TO:"
                  b"<alice@example.test>\r\nDATA\r\nSubject: second\r\n\r\n"
                  b"\r\n.\r\n")
        reply = read_reply(s)
        assert reply.startswith(b"550 5.5.2"), (end, reply)
        assert command(s, b"NOOP").startswith(b"250")
        s.close()


def refused(user, secret):
    began = time.monotonic()
    s = tls.wrap_socket(connect(IMAPS, source="127.0.0.3"))
    read_line(s)
    s.sendall(b"a LOGIN %s %s\r\n" % (user, secret))
    answer = read_line(s)
    s.close()
    return answer, time.monotonic() - began


def unknown_users_look_like_known_ones():
    known, unknown = [], []
    for i in range(4):
        known.append(refused(b"alice@example.test", b"wrong%d" % i))
        unknown.append(refused(b"nobody%d@example.test" % i, b"wrong%d" % i))
    assert {a for a, _ in known} == {a for a, _ in unknown}, (known, unknown)
    a = statistics.median(t for _, t in known)
    b = statistics.median(t for _, t in unknown)
    assert abs(a - b) < max(0.3 * max(a, b), 0.05), (a, b)


def nobody_reads_anothers_mail():
    assert send(b"Subject: secret-of-bob\r\n\r\nx", to=BOB).startswith(b"250")
    client, _ = wait_for("secret-of-bob", BOB)
    client.logout()
    client = login(ALICE)
    names = ["../bob", "bob/INBOX", "user/bob@example.test", "#user/bob",
             "Other Users/bob", "/INBOX", "..", ".", "INBOX/../../x",
             "bob@example.test", "~bob/INBOX"]
    for name in names:
        for verb in ("SELECT", "EXAMINE", "STATUS"):
            line = f'"{name}"' + (" (MESSAGES)" if verb == "STATUS" else "")
            try:
                kind, _ = client._simple_command(verb, line)
            except imaplib.IMAP4.error:
                continue
            assert kind == "NO" or kind == "BAD", (verb, name, kind)
    for pattern in ("*", "%", "../*", "bob*", "Other*"):
        kind, lines = client.list('""', f'"{pattern}"')
        assert b"bob" not in b"".join(x for x in lines if x), lines
    kind, found = client.select("INBOX")
    assert client.search(None, "SUBJECT", "secret-of-bob")[1][0] == b""
    client.logout()


def main():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    someone_is_served()
    before = memory()
    failed = 0
    for promise in (overlong_lines, ten_megabytes_of_ehlo,
                    nul_bytes_and_bad_utf8, nested_mime_bombs,
                    literals_that_never_come, half_open_tls, a_byte_a_second,
                    five_thousand_connections, a_peer_that_never_reads,
                    two_commands_in_one_tls_record, nothing_behind_starttls,
                    smuggling, unknown_users_look_like_known_ones,
                    nobody_reads_anothers_mail):
        began = time.monotonic()
        try:
            promise()
            verdict = "ok"
        except Exception as error:
            verdict = f"FAILED: {type(error).__name__}: {error}"[:500]
            failed += 1
        print(f"{promise.__name__}: {verdict} "
              f"({time.monotonic() - began:.1f} s)", flush=True)
    time.sleep(3)
    growth = memory() - before
    print(f"memory grew by {growth} kB")
    if growth > 20000:
        print("FAILED: lasting growth")
        failed += 1
    return failed


sys.exit(1 if main() else 0)

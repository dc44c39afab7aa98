"""Peers that misbehave, against a running private instance.

    hostile.py BASE PID PASSWORD

BASE: the instance's port base; PID: its maild; alice and bob at example.test
exist with PASSWORD; smtp_timeout and imap_timeout are TIMEOUT.  Each function below is one promise; it raises when the
promise is broken.  Whatever a peer does, a well-behaved one is served beside
it within a second, and nothing stays behind.
"""
import base64
import imaplib
import os
import resource
import socket
import ssl
import sys
import threading
import time

TIMEOUT = 6

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
    """All up to the end; raises when the server does not end it."""
    out = b""
    try:
        while True:
            got = s.recv(65536)
            if not got:
                return out
            out += got
    except (ConnectionResetError, BrokenPipeError):
        return out


def is_over(s):
    """Whether the server has ended it, and does so without being asked."""
    read_all(s)
    return True


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
    """The line is refused, and then either it goes on or the server says
    goodbye.  4 MiB without a line end are more than it reads over."""
    for port, line, no, more, yes in (
            (SMTP, b"NOOP ", b"500 5.5.2", b"NOOP\r\n", b"250"),
            (IMAP, b"a NOOP ", b"BAD", b"b NOOP\r\n", b"b OK")):
        s = connect(port)
        read_line(s)
        s.sendall((line + b"x" * 16384) + b"\r\n" + more)
        said = read_line(s)
        assert no in said and said.endswith(b"\r\n"), said
        said = read_line(s)
        assert said.startswith(yes), said
        s.close()
        s = connect(port)
        read_line(s)
        said = b""
        try:
            for _ in range(64):
                s.sendall((line + b"x" * 65536)[:65536])
                line = b""
            s.sendall(b"\r\n" + more)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            said = read_line(s)
        except ConnectionResetError:
            said = None  # our bytes on their way have thrown it away
        assert said is None or no in said or b"BYE" in said or \
            said.startswith(b"421"), said
        s.close()
        someone_is_served()


def ten_megabytes_of_ehlo():
    """It is not read to its end: the connection is, with a word before."""
    s = connect(SMTP)
    read_reply(s)
    sent = 0
    try:
        s.sendall(b"EHLO ")
        for _ in range(160):
            s.sendall(b"a" * 65536)
            sent += 65536
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert sent < 10 << 20, "all of it was read"
    said = read_all(s)
    assert said == b"" or said.startswith(b"500 5.5.2"), said
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
    s.sendall(b"a \0\xff\r\nb NOOP\r\nc LOGIN \xff\xfe x\r\nd NOOP\r\n")
    assert b" BAD " in read_line(s)
    assert read_line(s).startswith(b"b OK")
    assert read_line(s).startswith((b"c BAD", b"c NO"))
    assert read_line(s).startswith(b"d OK")
    s.close()


def nested_mime_bombs():
    depth = 5000
    bomb = b"Subject: bomb-deep\r\n"
    for i in range(depth):
        bomb += (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n"
                 b"--b%d\r\n" % (i, i))
    sent = {"bomb-deep": bomb + b"\r\nend"}
    parts = b"--b\r\n\r\nx\r\n" * 50000
    wide = (b"Subject: bomb-wide\r\nContent-Type: multipart/mixed; "
            b"boundary=b\r\n\r\n" + parts + b"--b--")
    sent["bomb-wide"] = wide
    fields = b"".join(b"X-%d: y\r\n" % i for i in range(30000))
    sent["bomb-fields"] = b"Subject: bomb-fields\r\n" + fields + b"\r\nx"
    for message in sent.values():
        assert send(message).startswith(b"250")
    for subject in sent:
        client, number = wait_for(subject)
        began = time.monotonic()
        kind, answer = client.fetch(number, "(BODYSTRUCTURE ENVELOPE BODY[])")
        assert kind == "OK" and answer, subject
        assert sent[subject] in answer[-2][1], f"{subject} is not whole"
        assert time.monotonic() - began < 5, subject
        client.logout()
    someone_is_served()


def literals_that_never_come():
    for text, want in (
            (b"a LOGIN {20}\r\n", b"+ "),
            (b"a APPEND INBOX {99999999}\r\n", b"* BYE"),
            (b"a LOGIN {99999999999999999999}\r\n", b"* BYE"),
            (b"a LOGIN {-1}\r\n", b"a BAD"),
            (b"a LOGIN {2000000000+}\r\nxx", b"* BYE")):
        s = connect(IMAP)
        read_line(s)
        s.sendall(text)
        said = read_line(s)
        assert said.startswith(want), (text, said)
        assert want != b"* BYE" or is_over(s)
        s.close()
    client = login()
    client.select()
    before = client.search(None, "ALL")[1]
    client.send(b"b APPEND INBOX {60000000}\r\n")
    assert client.readline().startswith(b"+ ")
    client.send(b"half of it")
    someone_is_served()
    client.sock.close()
    client = login()
    client.select()
    assert client.search(None, "ALL")[1] == before, "half a message came"
    for text, want in ((b"{999999999}", b"[TOOBIG]"), (b"{-1}", b"BAD"),
                       (b"{4294967296}", b"NO"), (b"{99999999999}", b"NO")):
        client.send(b"c APPEND INBOX " + text + b"\r\n")
        said = client.readline()
        assert said.startswith((b"c NO", b"c BAD")) and want in said, said
    client.logout()


def half_open_tls():
    """What is no handshake ends at once; one that does not go on has 60 s,
    and disturbs nobody."""
    held = []
    for port in (SUBMISSIONS, IMAPS):
        for start in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00"):
            s = connect(port)
            s.sendall(start)
            held.append(s)
        for start in (b"\x16\x03\x01\xff\xff" + b"\0" * 60000,
                      b"GET / HTTP/1.0\r\n\r\n", b"EHLO x\r\n"):
            s = connect(port, timeout=5)
            try:
                s.sendall(start)
            except ConnectionResetError:
                pass
            said = read_all(s)
            assert said == b"" or said[:1] == b"\x15", said  # an alert
            s.close()
    someone_is_served()
    for s in held:
        s.close()


def drip(s, data, every=0.5):
    """Sends a byte now and then until the server ends it: (what it says,
    after how many seconds)."""
    began, said = time.monotonic(), b""
    s.settimeout(every)
    for i in range(10 * TIMEOUT):
        try:
            s.sendall(data[i % len(data):][:1])
            got = s.recv(4096)
            said += got
            if not got:
                break
        except TimeoutError:
            continue
        except OSError:
            break
    else:
        raise AssertionError(f"not ended: {data[:20]}")
    return said, time.monotonic() - began


def dripping():
    """Beginnings of what a peer may never end, and the word at the end."""
    s = connect(SMTP)
    read_reply(s)
    yield s, b"EHLO" + b"x" * 500, b"421 4.4.2"
    s = ehlo()
    command(s, b"MAIL FROM:<a@sender.test>")
    yield s, b"RCPT TO:<" + b"x" * 500, b"421 4.4.2"
    for begin in (b"b SELECT INBOX", b"c APPEND INBOX {9000}\r\n",
                  b"d IDLE\r\n"):
        client = login()
        client.sock.sendall(begin)
        time.sleep(0.1)
        yield client.sock, b"x" * 500, b"* BYE"


class Drippers:
    """They begin first and are looked at last."""

    def __init__(self):
        self.found = []
        self.threads = [threading.Thread(target=self.one, args=each)
                        for each in dripping()]
        for thread in self.threads:
            thread.start()

    def one(self, s, data, want):
        try:
            said, took = drip(s, data)
            self.found.append((data[:20], want in said, said[-80:], took))
        except AssertionError as error:
            self.found.append((str(error), False, b"", 0))

    def a_byte_a_second(self):
        """Who sends a byte now and then has as long as who sends nothing."""
        for thread in self.threads:
            thread.join()
        assert len(self.found) == 5
        for what, ended_well, said, took in self.found:
            assert ended_well, (what, said, took)
            assert TIMEOUT - 1 <= took <= TIMEOUT + 4, (what, took)


def many_slow_peers():
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
    assert 90 <= served <= 100, f"{served} served"
    # Far above its share an address is not even told so.
    assert refused >= 100, f"{refused} refusals say why"
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
    before = memory()
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
    # 50 messages of 7 MB wait for each of them, but not in our memory.
    grown = memory() - before
    assert grown < 20000, f"{grown} kB for what nobody reads"
    for s in held:
        s.close()


def two_commands_in_one_tls_record():
    for port, text, want in (
            (SUBMISSIONS, b"EHLO a.example\r\nNOOP\r\nQUIT\r\n",
             [b"250 ", b"250 2.0.0", b"221 2.0.0"]),
            (IMAPS, b"a NOOP\r\nb NOOP\r\nc NOOP\r\n",
             [b"a OK", b"b OK", b"c OK"])):
        s = tls.wrap_socket(connect(port))
        read_line(s)
        s.sendall(text)
        for begin in want:
            said = read_reply(s) if port == SUBMISSIONS else read_line(s)
            assert said.startswith(begin), (said, begin)
        s.close()


def nothing_behind_starttls():
    """It is neither carried out nor answered: the connection ends (RFC 3207
    section 4.2)."""
    for more in (b"RSET\r\n", b"EHLO x\r\n", b"\x16\x03\x01"):
        s = ehlo(SUBMISSION)
        s.sendall(b"STARTTLS\r\n" + more)
        answer = read_all(s)
        assert answer in (b"", b"220 2.0.0 Begin TLS\r\n"), answer
        s.close()
        s = connect(IMAP)
        read_line(s)
        s.sendall(b"a STARTTLS\r\n" + more)
        answer = read_all(s)
        assert answer == b"" or answer.startswith(b"a OK") and \
            answer.count(b"\r\n") == 1, answer
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
        s.sendall(b"NOOP\r\nQUIT\r\n")
        # One message, two commands: three answers and no more.
        replies = read_all(s).split(b"\r\n")
        assert [r[:9] for r in replies] == \
            [b"550 5.5.2", b"250 2.0.0", b"221 2.0.0", b""], (end, replies)
        s.close()
    client = login()
    client.select()
    for subject in ("smuggled", "second"):
        assert client.search(None, "SUBJECT", subject)[1][0] == b"", subject
    client.logout()


def refused_by_imap(user, secret):
    s = tls.wrap_socket(connect(IMAPS, source="127.0.0.3"))
    read_line(s)
    began = time.monotonic()
    s.sendall(b"a LOGIN %s %s\r\n" % (user, secret))
    answer = read_line(s)
    took = time.monotonic() - began
    s.close()
    return answer, took


def refused_by_smtp(user, secret):
    s = tls.wrap_socket(connect(SUBMISSIONS, source="127.0.0.4"))
    read_line(s)
    command(s, b"EHLO peer.example")
    word = base64.b64encode(b"\0" + user + b"\0" + secret)
    began = time.monotonic()
    answer = command(s, b"AUTH PLAIN " + word)
    took = time.monotonic() - began
    s.close()
    return answer, took


def unknown_users_look_like_known_ones():
    """The same words after the same time.  What a password costs is some 20
    ms, which would be missing where nobody looks; the shortest of several
    times is what a guesser would go by.  Chance passes, a difference stays."""
    for ask in (refused_by_imap, refused_by_smtp):
        known, unknown = [], []
        for turn in range(16):
            known.append(ask(b"alice@example.test", b"wrong%d" % turn))
            unknown.append(ask(b"nobody%d@example.test" % turn, b"wrong"))
            a, b = (min(t for _, t in each) for each in (known, unknown))
            if turn >= 2 and abs(a - b) < 0.008:
                break
        else:
            raise AssertionError(f"{ask.__name__}: {a:.3f} and {b:.3f} s")
        answers = {answer for answer, _ in known + unknown}
        assert len(answers) == 1, answers
        assert answers.pop().startswith((b"a NO", b"535 5.7.8")), known


def nobody_reads_anothers_mail():
    assert send(b"Subject: secret-of-bob\r\n\r\nx", to=BOB).startswith(b"250")
    client, _ = wait_for("secret-of-bob", BOB)
    client.logout()
    client = login(ALICE)
    names = ["../bob", "bob/INBOX", "user/bob@example.test", "#user/bob",
             "Other Users/bob", "/INBOX", "..", ".", "INBOX/../../x",
             "bob@example.test", "~bob/INBOX"]
    for name in names:
        for verb in ("SELECT", "EXAMINE", "STATUS", "DELETE"):
            line = f'"{name}"' + (" (MESSAGES)" if verb == "STATUS" else "")
            try:
                kind, _ = client._simple_command(verb, line)
            except imaplib.IMAP4.error:
                continue
            assert kind in ("NO", "BAD"), (verb, name, kind)
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
    drippers = Drippers()
    for promise in (overlong_lines, ten_megabytes_of_ehlo,
                    nul_bytes_and_bad_utf8, nested_mime_bombs,
                    literals_that_never_come, half_open_tls, many_slow_peers,
                    five_thousand_connections, a_peer_that_never_reads,
                    two_commands_in_one_tls_record, nothing_behind_starttls,
                    smuggling, unknown_users_look_like_known_ones,
                    nobody_reads_anothers_mail,
                    drippers.a_byte_a_second):
        began = time.monotonic()
        try:
            promise()
            verdict = "ok"
        except Exception as error:
            verdict = f"FAILED: {type(error).__name__}: {error}"[:500]
            failed += 1
        print(f"{promise.__name__}: {verdict} "
              f"({time.monotonic() - began:.1f} s)", flush=True)
    growth = memory() - before
    for _ in range(30):
        if growth < 10000:
            break
        time.sleep(0.1)
        growth = memory() - before
    print(f"memory grew by {growth} kB")
    if growth > 20000:
        print("FAILED: lasting growth")
        failed += 1
    return failed


sys.exit(1 if main() else 0)

"""Ways in that people use less often, against a running private instance.

    ways_in.py BASE DOMAIN PASSWORD APP-PASSWORD CERTIFICATE

alice and bob exist with PASSWORD, alice also with APP-PASSWORD; mail for a
part of alice goes into its own mailbox; jörg exists, and takes mail at the
domain bücher.example as well; smtp_recipients is 100.
"""
import imaplib
import os
import smtplib
import ssl
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "support"))
from scram import Scram  # noqa: E402

base, domain, password, app_password = int(sys.argv[1]), *sys.argv[2:5]
certificate = sys.argv[5]
ALICE, BOB = f"alice@{domain}", f"bob@{domain}"


def trust(oldest=None, newest=None):
    context = ssl.create_default_context(cafile=certificate)
    if oldest:
        context.set_ciphers("ALL:@SECLEVEL=0")  # else our side refuses
        context.minimum_version, context.maximum_version = oldest, newest
    return context


def smtps(context):
    return smtplib.SMTP_SSL("127.0.0.1", base + 465, timeout=20,
                            context=context).sock


def imaps(context):
    return imaplib.IMAP4_SSL("127.0.0.1", base + 993, ssl_context=context,
                             timeout=20).sock


def smtp(context):
    client = smtplib.SMTP("127.0.0.1", base + 25, timeout=20)
    client.starttls(context=context)
    return client.sock


def imap(context):
    client = imaplib.IMAP4("127.0.0.1", base + 143, timeout=20)
    client.starttls(context)
    return client.sock


def old_versions_of_tls():
    """1.2 and 1.3 are taken, nothing older (RFC 8996, 9325)."""
    old, tls12, tls13 = (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2,
                         ssl.TLSVersion.TLSv1_3)
    for connect in (smtps, imaps, smtp, imap):
        for version, name in ((tls12, "TLSv1.2"), (tls13, "TLSv1.3")):
            s = connect(trust(version, version))
            assert s.version() == name, s.version()
            s.close()
        try:
            connect(trust(old, old))
            raise AssertionError(f"{connect.__name__} takes TLS 1.1")
        except ssl.SSLError as why:
            assert why.reason == "TLSV1_ALERT_PROTOCOL_VERSION", why


def imap_client():
    return imaplib.IMAP4_SSL("127.0.0.1", base + 993, ssl_context=trust(),
                             timeout=20)


def by_imap(scram):
    client = imap_client()
    assert f"AUTH={scram.name}" in client.capabilities, client.capabilities
    try:
        client.authenticate(scram.name, scram.imap)
        return client.select()[0] == "OK"
    except imaplib.IMAP4.error as why:
        assert "AUTHENTICATIONFAILED" in str(why), why
        return False
    finally:
        client.shutdown()


def by_smtp(scram):
    client = smtplib.SMTP_SSL("127.0.0.1", base + 465, timeout=20,
                              context=trust())
    client.ehlo()
    assert scram.name in client.esmtp_features["auth"].split()
    try:
        return client.auth(scram.name, scram.smtp)[0] == 235
    except smtplib.SMTPAuthenticationError as why:
        assert why.smtp_code == 535, why
        return False
    finally:
        client.close()


def scram_and_its_plus():
    """With both kinds of passwords, bound to the channel or not."""
    mine = imap_client()
    der = mine.sock.getpeercert(binary_form=True)
    mine.shutdown()
    for way in (by_imap, by_smtp):
        for secret in (password, app_password):
            assert way(Scram(ALICE, secret)), way
            assert way(Scram(ALICE, secret, der)), way
        assert not way(Scram(ALICE, "not it", der)), way
        assert not way(Scram(ALICE, password, der + b"x")), "another channel"
    for secret in (password, app_password):
        client = imap_client()
        client.login(ALICE, secret)
        client.shutdown()


def count(user, mailbox="INBOX"):
    client = imap_client()
    client.login(user, password)
    number = int(client.select(mailbox, readonly=True)[1][0])
    client.shutdown()
    return number


def reaches(user, mailbox, wanted):
    for _ in range(500):
        if count(user, mailbox) >= wanted:
            break
        time.sleep(0.02)
    assert count(user, mailbox) == wanted, (user, mailbox, wanted)


def begin(sender="a@sender.test", options=()):
    client = smtplib.SMTP("127.0.0.1", base + 25, timeout=20)
    client.ehlo()
    code, text = client.mail(sender, options)
    assert code == 250, text
    return client


def hundred_recipients_and_one():
    """The one too many is told so, the others get the message (RFC 5321
    4.5.3.1.10); a mailbox that is named a hundred times gets it once."""
    before = count(BOB)
    client = begin()
    for i in range(100):
        code, text = client.rcpt(f"bob+{i}@{domain}")
        assert code == 250, (i, text)
    for _ in range(2):
        code, text = client.rcpt(ALICE)
        assert (code, text[:5]) == (452, b"4.5.3"), (code, text)
    assert client.data("Subject: to many\r\n\r\nx\r\n")[0] == 250
    client.quit()
    reaches(BOB, "INBOX", before + 1)


def parts_of_an_address():
    """alice+lists has a mailbox; bob has one, but not the wish."""
    for user in (ALICE, BOB):
        client = imap_client()
        client.login(user, password)
        assert client.create("lists")[0] == "OK"
        client.logout()
    before = {user: count(user) for user in (ALICE, BOB)}
    for part in ("alice+lists", "alice+none", "bob+lists"):
        client = begin()
        assert client.rcpt(f"{part}@{domain}")[0] == 250
        assert client.data(f"Subject: {part}\r\n\r\nx\r\n")[0] == 250
        client.quit()
    reaches(ALICE, "lists", 1)
    reaches(ALICE, "INBOX", before[ALICE] + 1)
    reaches(BOB, "INBOX", before[BOB] + 1)
    assert count(BOB, "lists") == 0


def letters_beyond_ascii():
    """RFC 6531 in, and what came read as it came (RFC 6532)."""
    joerg, soeren = f"jörg@{domain}", "søren@bücher.test"
    subject = "Grüße, 你好"
    client = begin("a@sender.test")
    client.putcmd("rcpt", f"TO:<{ALICE}>")
    assert client.getreply()[0] == 250
    client.sock.sendall(f"RCPT TO:<{joerg}>\r\n".encode())
    code, text = client.getreply()
    assert code in (501, 550, 553), ("without SMTPUTF8", code, text)
    client.close()
    for address in (joerg, "jörg@bücher.example",
                    "jörg@xn--bcher-kva.example"):
        client = smtplib.SMTP("127.0.0.1", base + 25, timeout=20)
        client.command_encoding = "utf-8"
        client.ehlo()
        assert client.mail(soeren, ["SMTPUTF8", "BODY=8BITMIME"])[0] == 250
        code, text = client.rcpt(address)
        assert code == 250, (address, text)
        code, text = client.data(
            f"From: Søren <{soeren}>\r\nTo: Jörg <{joerg}>\r\n"
            f"Subject: {subject}\r\n\r\nsmå\r\n".encode())
        assert code == 250, text
        client.quit()
    client = imap_client()
    client.authenticate("PLAIN", lambda _: f"\0{joerg}\0{password}".encode())
    for _ in range(500):
        if client.select()[1][0] == b"3":
            break
        time.sleep(0.02)
    for number in b"1", b"2", b"3":
        whole = client.fetch(number, "BODY[]")[1][0][1].decode()
        assert f"Subject: {subject}\r\n" in whole, whole
        assert whole.endswith("\r\nsmå\r\n"), whole
        assert "Return-Path: <søren@" in whole, whole
        kind, data = client.fetch(number, "(ENVELOPE BODYSTRUCTURE)")
        assert kind == "OK" and data[0][1].decode() == subject, data
    client.literal = subject.encode()
    kind, found = client.search("UTF-8", "SUBJECT")
    assert (kind, found[0]) == ("OK", b"1 2 3"), (kind, found)
    client.logout()


for promise in (old_versions_of_tls, scram_and_its_plus,
                hundred_recipients_and_one, parts_of_an_address,
                letters_beyond_ascii):
    began = time.monotonic()
    promise()
    print(f"{promise.__name__}: ok ({time.monotonic() - began:.1f} s)")

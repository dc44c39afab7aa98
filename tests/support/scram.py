"""A client's side of SCRAM-SHA-256 and its -PLUS (RFC 5802, 7677).

    scram = Scram(user, password)
    imap.authenticate(scram.name, scram.imap)
    smtp.auth(scram.name, scram.smtp)

With `certificate` (DER) it binds to the channel by tls-server-end-point (RFC
5929 section 4).  It raises when the server does not know the password.
"""
import base64
import hashlib
import hmac
import os


def mac(key, text):
    return hmac.digest(key, text, "sha256")


class Scram:
    def __init__(self, user, password, certificate=None):
        self.password = password.encode()
        self.name = "SCRAM-SHA-256" + ("-PLUS" if certificate else "")
        self.gs2, bound = b"n,,", b""
        if certificate:
            self.gs2 = b"p=tls-server-end-point,,"
            bound = hashlib.sha256(certificate).digest()
        self.binding = base64.b64encode(self.gs2 + bound)
        self.nonce = base64.b64encode(os.urandom(18))
        self.bare = b"n=" + user.encode() + b",r=" + self.nonce
        self.proof_of_server = None

    def imap(self, challenge):
        return self.step(challenge)

    def smtp(self, challenge=None):
        if challenge is None:
            return self.step(b"").decode()
        return self.step(challenge).decode()

    def step(self, challenge):
        if not challenge:
            return self.gs2 + self.bare
        if self.proof_of_server is None:
            return self.final(challenge)
        assert challenge == b"v=" + self.proof_of_server, "not the server"
        return b""

    def final(self, first):
        said = dict(part.split(b"=", 1) for part in first.split(b","))
        assert said[b"r"].startswith(self.nonce), first
        salted = hashlib.pbkdf2_hmac("sha256", self.password,
                                     base64.b64decode(said[b"s"]),
                                     int(said[b"i"]))
        client = mac(salted, b"Client Key")
        answer = b"c=" + self.binding + b",r=" + said[b"r"]
        text = self.bare + b"," + first + b"," + answer
        signature = mac(hashlib.sha256(client).digest(), text)
        proof = bytes(a ^ b for a, b in zip(client, signature))
        self.proof_of_server = base64.b64encode(
            mac(mac(salted, b"Server Key"), text))
        return answer + b",p=" + base64.b64encode(proof)

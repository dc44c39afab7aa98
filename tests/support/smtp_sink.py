#!/usr/bin/python3
"""An SMTP server that takes mail nowhere, and behaves as it is told.

    smtp_sink.py PORT [how=...] [limit=5] [record=FILE] [seconds=0.01]
                 [address=127.0.0.1]

how=take       takes everything
how=greylist   450 for a recipient's first try, then takes it
how=refuse     550 for every recipient
how=hang       says nothing, ever
limit=N        421 above N connections at a time
seconds=T      so long a message takes
record=FILE    a line "TOKEN RECIPIENT" for each one taken, before the reply;
               the token is what X-Token says

On SIGTERM it prints a line of numbers and ends.
"""
import asyncio
import signal
import sys


class Sink:
    def __init__(self, port, how="take", limit=0, record="", seconds=0.0,
                 address="127.0.0.1"):
        self.address, self.port, self.how = address, int(port), how
        self.limit, self.seconds = int(limit), float(seconds)
        self.record = open(record, "a", buffering=1) if record else None
        self.open = self.most = 0
        self.seen = set()
        self.numbers = {"connections": 0, "refused_421": 0, "messages": 0,
                        "recipients": 0, "put_off": 0}

    async def serve(self, reader, writer):
        self.open += 1
        self.most = max(self.most, self.open)
        self.numbers["connections"] += 1
        try:
            if self.how == "hang":
                await reader.read()
            elif self.limit and self.open > self.limit:
                self.numbers["refused_421"] += 1
                writer.write(b"421 4.7.0 too many connections\r\n")
                await writer.drain()
            else:
                await self.talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError,
                asyncio.LimitOverrunError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def talk(self, reader, writer):
        recipients = []

        async def say(line):
            writer.write(line.encode() + b"\r\n")
            if not reader._buffer:  # pipelined commands get one write
                await writer.drain()

        await say("220 sink.example ESMTP")
        while True:
            line = (await reader.readuntil(b"\n")).decode("latin-1").strip()
            word = line.upper()
            if word.startswith("EHLO"):
                await say("250-sink.example")
                await say("250-PIPELINING")
                await say("250-8BITMIME")
                await say("250 ENHANCEDSTATUSCODES")
            elif word.startswith("MAIL"):
                recipients = []
                await say("250 2.1.0 ok")
            elif word.startswith("RCPT"):
                address = line[line.find("<") + 1:line.rfind(">")]
                await say(self.judge(address, recipients))
            elif word == "DATA":
                if not recipients:
                    await say("554 5.5.1 no recipients")
                    continue
                await say("354 go on")
                await self.take(reader, recipients)
                await say("250 2.0.0 taken")
            elif word == "QUIT":
                await say("221 2.0.0 bye")
                await writer.drain()
                return
            else:
                await say("250 2.0.0 ok")

    def judge(self, address, recipients):
        if self.how == "refuse":
            return "550 5.1.1 no such user"
        if self.how == "greylist" and address not in self.seen:
            self.seen.add(address)
            self.numbers["put_off"] += 1
            return "450 4.2.0 greylisted, come back"
        recipients.append(address)
        return "250 2.1.5 ok"

    async def take(self, reader, recipients):
        token = "-"
        while True:
            line = await reader.readuntil(b"\n")
            if line == b".\r\n":
                break
            if line.lower().startswith(b"x-token:"):
                token = line[8:].strip().decode("latin-1")
        if self.seconds:
            await asyncio.sleep(self.seconds)
        self.numbers["messages"] += 1
        self.numbers["recipients"] += len(recipients)
        if self.record:
            for address in recipients:
                self.record.write(f"{token} {address}\n")

    async def run(self):
        server = await asyncio.start_server(self.serve, self.address,
                                            self.port, limit=1 << 20,
                                            backlog=1000)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        print("ready", flush=True)
        await stop.wait()
        server.close()
        print(" ".join(f"{name}={n}" for name, n in self.numbers.items()),
              f"most={self.most}", flush=True)


if __name__ == "__main__":
    options = dict(word.split("=", 1) for word in sys.argv[2:])
    asyncio.run(Sink(sys.argv[1], **options).run())

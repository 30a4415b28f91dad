"""Clients of text and message protocols with plain sockets, so that no library is needed.

usage: messages.py memcached|memcached_binary|nats|amqp PORT COUNT
Prints the requests or messages, p50 and p99 in microseconds or "-".
"""
import socket
import struct
import sys
import time


def connect(port):
    s = socket.create_connection(('127.0.0.1', port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def quantiles(latencies):
    latencies.sort()
    at = lambda q: latencies[min(len(latencies) - 1, int(q * len(latencies)))] * 1e6
    return f'{at(0.5):.0f} {at(0.99):.0f}'


def memcached(port, count):
    s = connect(port)
    latencies = []

    def ask(request, end):
        start = time.perf_counter()
        s.sendall(request)
        got = b''
        while not got.endswith(end):
            got += s.recv(65536)
        latencies.append(time.perf_counter() - start)

    for i in range(count // 2):
        key = b'k%d' % (i % 100)
        ask(b'set %s 0 0 2\r\nok\r\n' % key, b'STORED\r\n')
        ask(b'get %s\r\n' % key, b'END\r\n')
    print(2 * (count // 2), quantiles(latencies))


def memcached_binary(port, count):
    """Sets and gets one after another, then ten quiet gets and a noop together, of which half find nothing."""
    s = connect(port)
    reader = s.makefile('rb')

    def packet(opcode, number, key=b'', extras=b'', value=b''):
        return struct.pack('>BBHBBHIIQ', 0x80, opcode, len(key), len(extras), 0, 0, len(extras) + len(key) + len(value), number, 0) + extras + key + value

    def answer():
        header = reader.read(24)
        reader.read(struct.unpack('>I', header[8:12])[0])
        return header[1]

    for i in range(count // 4):
        key = b'k%d' % (i % 100)
        for request in (packet(1, i, key, bytes(8), b'ok'), packet(0, i, key)):
            s.sendall(request)
            answer()
    for i in range(0, count // 2, 10):
        s.sendall(b''.join(packet(9, i + k, b'k%d' % ((i + k) % 200)) for k in range(9)) + packet(10, i + 9))
        while answer() != 10:
            pass
    print(2 * (count // 4) + -(-(count // 2) // 10) * 10, '- -')


def nats(port, count):
    """Publishes in groups of 1 to 10 a write and receives each message by a second connection."""
    sub, pub = connect(port), connect(port)
    for s in (sub, pub):
        s.recv(65536)
        s.sendall(b'CONNECT {"verbose":false,"pedantic":false}\r\n')
    sub.sendall(b'SUB race 1\r\nPING\r\n')
    while not sub.recv(65536).endswith(b'PONG\r\n'):
        pass
    sent = 0
    while sent < count:
        n = min(count - sent, 1 + sent % 10)
        pub.sendall(b'PUB race 5\r\nhello\r\n' * n)
        sent += n
        if sent % 100 < 10:
            time.sleep(0.001)
    pub.sendall(b'PING\r\n')
    while not pub.recv(65536).endswith(b'PONG\r\n'):
        pass
    left = count * len(b'MSG race 1 5\r\nhello\r\n')
    while left > 0:
        left -= len(sub.recv(65536))
    print(2 * count, '- -')


def amqp(port, count):
    """Publishes messages to a queue and gets them delivered."""
    s = connect(port)
    buffer = bytearray()

    def frame(kind, channel, payload):
        return struct.pack('>BHI', kind, channel, len(payload)) + payload + b'\xce'

    def method(channel, cls, number, args=b''):
        return frame(1, channel, struct.pack('>HH', cls, number) + args)

    def read():
        while True:
            if len(buffer) >= 7:
                kind, channel, length = struct.unpack('>BHI', buffer[:7])
                if len(buffer) >= length + 8:
                    payload = bytes(buffer[7:7 + length])
                    del buffer[:length + 8]
                    return kind, payload
            part = s.recv(65536)
            if not part:
                raise SystemExit('the server closed the connection')
            buffer.extend(part)

    def expect(cls, number):
        while True:
            kind, payload = read()
            if kind == 1 and struct.unpack('>HH', payload[:4]) == (cls, number):
                return payload

    short = lambda t: bytes([len(t)]) + t
    long = lambda t: struct.pack('>I', len(t)) + t
    s.sendall(b'AMQP\x00\x00\x09\x01')
    expect(10, 10)
    s.sendall(method(0, 10, 11, long(b'') + short(b'PLAIN') + long(b'\0guest\0guest') + short(b'en_US')))
    tune = expect(10, 30)
    s.sendall(method(0, 10, 31, tune[4:10] + b'\0\0') + method(0, 10, 40, short(b'/') + short(b'') + b'\0'))
    expect(10, 41)
    s.sendall(method(1, 20, 10, short(b'')))
    expect(20, 11)
    s.sendall(method(1, 50, 10, b'\0\0' + short(b'race') + b'\0' + struct.pack('>I', 0)))
    expect(50, 11)
    body = b'hello'
    for i in range(count):
        s.sendall(
            method(1, 60, 40, b'\0\0' + short(b'') + short(b'race') + b'\0')
            + frame(2, 1, struct.pack('>HHQH', 60, 0, len(body), 0))
            + frame(3, 1, body))
        if i % 10 == 0:
            time.sleep(0.001)
    # The answer to the declaration comes when all of them are in the queue, with its length.
    s.sendall(method(1, 50, 10, b'\0\0' + short(b'race') + b'\0' + struct.pack('>I', 0)))
    answer = expect(50, 11)
    at = 4 + 1 + answer[4]
    queued = struct.unpack('>I', answer[at:at + 4])[0]
    s.sendall(method(1, 60, 20, b'\0\0' + short(b'race') + short(b'c') + b'\x02' + struct.pack('>I', 0)))
    delivered = 0
    while delivered < queued:
        kind, payload = read()
        delivered += kind == 1 and struct.unpack('>HH', payload[:4]) == (60, 60)
    print(queued + delivered, '- -')


if len(sys.argv) != 4 or sys.argv[1] not in ('memcached', 'memcached_binary', 'nats', 'amqp'):
    raise SystemExit(__doc__)
globals()[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))

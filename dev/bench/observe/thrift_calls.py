"""Server and client of Thrift with its own library, without generated code.

usage: thrift_calls.py serve PORT           binary protocol in frames, one port up the compact one, two up the binary one without frames, three up THeader
       thrift_calls.py load PORT COUNT TOGETHER   a quarter of the calls to each, a number of them sent together, except with THeader
The load prints the calls, and p50 and p99 in microseconds where each waits for its answer.
"""
import sys
import threading
import time

from thrift.protocol import TBinaryProtocol, TCompactProtocol, THeaderProtocol
from thrift.server import TServer
from thrift.Thrift import TApplicationException, TMessageType, TType
from thrift.transport import TSocket, TTransport

binary = TBinaryProtocol.TBinaryProtocolFactory()
framed = TTransport.TFramedTransportFactory()
same = TTransport.TTransportFactoryBase()
KINDS = [
    (framed, binary),
    (framed, TCompactProtocol.TCompactProtocolFactory()),
    (TTransport.TBufferedTransportFactory(), binary),
    (same, THeaderProtocol.THeaderProtocolFactory()),
]


def write(proto, name, kind, number, field, value):
    proto.writeMessageBegin(name, kind, number)
    if kind == TMessageType.EXCEPTION:
        value.write(proto)
    else:
        proto.writeStructBegin(name)
        if field is not None:
            proto.writeFieldBegin('f', TType.STRING, field)
            proto.writeString(value)
            proto.writeFieldEnd()
        proto.writeFieldStop()
        proto.writeStructEnd()
    proto.writeMessageEnd()
    proto.trans.flush()


class Processor:
    """Answers the calls get, fail, unknown; takes note without an answer."""

    def process(self, source, out):
        name, kind, number = source.readMessageBegin()
        source.skip(TType.STRUCT)
        source.readMessageEnd()
        if kind == TMessageType.ONEWAY:
            return
        if name.endswith('unknown'):
            error = TApplicationException(TApplicationException.UNKNOWN_METHOD, 'no method')
            write(out, name, TMessageType.EXCEPTION, number, None, error)
        elif name.endswith('ping'):
            write(out, name, TMessageType.REPLY, number, None, None)
        else:
            write(out, name, TMessageType.REPLY, number, 1 if name.endswith('fail') else 0, 'x' * (3000 if name == 'big' else 20))


def serve(port):
    for i, (transport, protocol) in enumerate(KINDS):
        server = TServer.TThreadedServer(Processor(), TSocket.TServerSocket('127.0.0.1', port + i), transport, protocol, daemon=True)
        threading.Thread(target=server.serve).start()


def client(port, kind):
    transport, protocol = KINDS[kind]
    socket = TSocket.TSocket('127.0.0.1', port + kind)
    socket.open()
    return protocol.getProtocol(transport.getTransport(socket))


def receive(proto):
    _, kind, _ = proto.readMessageBegin()
    proto.skip(TType.STRUCT)
    proto.readMessageEnd()
    return kind


def load(port, count, together):
    latencies = []
    for kind in range(len(KINDS)):
        proto = client(port, kind)
        at_once = together if kind < 3 else 1
        for i in range(0, count // 4, at_once):
            start = time.perf_counter()
            for k in range(at_once):
                write(proto, 'get', TMessageType.CALL, i + k, 1, 'key')
            for _ in range(at_once):
                receive(proto)
            latencies.append(time.perf_counter() - start)
        proto.trans.close()
    latencies.sort()
    at = lambda q: latencies[min(len(latencies) - 1, int(q * len(latencies)))] * 1e6
    print(count, f'{at(0.5):.0f} {at(0.99):.0f}' if together == 1 else '- -')


if __name__ == '__main__':
    if sys.argv[1] == 'serve':
        serve(int(sys.argv[2]))
    else:
        load(*map(int, sys.argv[2:]))

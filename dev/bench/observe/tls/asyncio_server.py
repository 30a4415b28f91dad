"""HTTPS server of asyncio, which keeps the bytes of TLS in memory: asyncio_server.py PORT KEY CERTIFICATE."""
import asyncio
import ssl
import sys


async def serve(reader, writer):
    try:
        while await reader.readuntil(b'\r\n\r\n'):
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
            await writer.drain()
    except (asyncio.IncompleteReadError, OSError):
        pass
    writer.close()


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[2])
    server = await asyncio.start_server(serve, '127.0.0.1', int(sys.argv[1]), ssl=context, backlog=128)
    await server.serve_forever()


asyncio.run(main())

"""Starts a TLS server, asks it from its first moment on, and compares what the client did with what the node agent counted.

usage: measure.py NAME AGENT_PORT CONTAINER PORT REQUESTS [--load COMMAND] -- SERVER ...
The agent's page is read every 50 ms. With --load the requests that are counted are those of COMMAND, which does REQUESTS; else they are HTTP/1, half of them on
connections from before the attachment. Prints a row: own count, counted, share, seconds from the server's start to its port, from there to the first request that
was counted, requests before it that were not, payloads without a socket.
"""
import http.client
import os
import re
import shlex
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request

PATIENCE = 60
WORKERS = 4
OF_A_CONNECTION = 25

cut = sys.argv.index('--')
name, agent, container, port, requests = sys.argv[1:6]
load = sys.argv[sys.argv.index('--load', 0, cut) + 1] if '--load' in sys.argv[:cut] else None
server_command = sys.argv[cut + 1:]
port, requests = int(port), int(requests)
context = ssl._create_unverified_context()


def page():
    with urllib.request.urlopen(f'http://127.0.0.1:{agent}/metrics', timeout=10) as r:
        return r.read().decode()


def counted():
    text = page()
    found = re.findall(r'^container_http_inbound_requests_total\{[^}]*container_id="%s"[^}]*\} (\S+)' % re.escape(container), text, re.M)
    lost = re.findall(r'^tethys_observe_tls_unattributed_total\S* (\S+)', text, re.M)
    return sum(map(float, found)), sum(map(float, lost))


def connection():
    return http.client.HTTPSConnection('127.0.0.1', port, context=context, timeout=30)


def ask(h):
    h.request('GET', '/')
    if h.getresponse().read() != b'ok':
        raise ValueError('another answer')


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f'measure.py: {name}: {what} within {PATIENCE} s')
        time.sleep(0.05)


def listens():
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
        return True
    except OSError:
        return False


before_start, _ = counted()
started = time.monotonic()
server = subprocess.Popen(server_command, stdout=subprocess.DEVNULL, stderr=open(os.environ.get('SERVER_LOG', os.devnull), 'w'))
try:
    while not listens():
        if time.monotonic() - started > PATIENCE or server.poll() is not None:
            sys.exit(f'measure.py: {name}: the server did not start')
        time.sleep(0.01)
    listening = time.monotonic()
    early = [connection() for _ in range(WORKERS)]
    asked = []  # times of the answers
    stop = threading.Event()

    def knock():
        while not stop.is_set():
            for h in early:
                ask(h)
                asked.append(time.monotonic())
            time.sleep(0.02)

    knocking = threading.Thread(target=knock)
    knocking.start()
    try:
        until(lambda: counted()[0] > before_start, 'no request was counted')
        seen = time.monotonic()
    finally:
        stop.set()
        knocking.join()
    time.sleep(2)
    first, _ = counted()
    missed = len(asked) - (first - before_start)
    _, lost_before = counted()
    failures = []

    def work(old):
        try:
            new = None
            for i in range(requests // (2 * WORKERS)):
                ask(old)
                if i % OF_A_CONNECTION == 0:
                    new = connection()
                ask(new)
        except Exception as e:
            failures.append(repr(e))

    if load:
        done = subprocess.run(shlex.split(load), stdout=subprocess.PIPE, text=True)
        own = requests if done.returncode == 0 and f'{requests} succeeded' in done.stdout else 0
        if not own:
            sys.exit(f'measure.py: {name}: the load failed: {done.stdout}')
    else:
        workers = [threading.Thread(target=work, args=(h,)) for h in early]
        [w.start() for w in workers]
        [w.join() for w in workers]
        own = 2 * WORKERS * (requests // (2 * WORKERS))
    if failures:
        sys.exit(f'measure.py: {name}: requests failed: {failures}')
    time.sleep(2)
    after, lost = counted()
    n = after - first
    print(f'| {name} | {own} | {n:.0f} | {n / own:.4f} | {listening - started:.2f} | {seen - listening:.2f} | {missed:.0f} | {lost - lost_before:.0f} |', flush=True)
    sys.exit(0 if 0.99 <= n / own <= 1.01 and seen - listening <= 2 else 1)
finally:
    server.terminate()
    server.wait()

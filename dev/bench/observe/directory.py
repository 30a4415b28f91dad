"""Client of LDAP with python-ldap.

usage: directory.py PORT COUNT TOGETHER
Sends searches, a number of them together. Prints the requests, and p50 and p99 in microseconds where each waits for its result.
"""
import sys
import time

import ldap

port, count, together = map(int, sys.argv[1:])
base = 'dc=example,dc=com'
client = ldap.initialize(f'ldap://127.0.0.1:{port}')
client.protocol_version = 3
client.simple_bind_s('', '')
latencies = []
for i in range(0, count, together):
    start = time.perf_counter()
    ids = [client.search(base, ldap.SCOPE_SUBTREE, f'(&(objectClass=organizationalUnit)(ou=u{(i + k) % 100}))', ['ou']) for k in range(together)]
    for message in reversed(ids):
        client.result(message)
    latencies.append(time.perf_counter() - start)
client.unbind_s()
latencies.sort()
at = lambda q: latencies[min(len(latencies) - 1, int(q * len(latencies)))] * 1e6
print(1 + together * len(latencies), f'{at(0.5):.0f} {at(0.99):.0f}' if together == 1 else '- -')

/**
 * Requests of application protocols, parsed from captured payloads.
 *
 * <p>Pure computation: bytes in, requests out; no input or output, no thread, no clock.
 *
 * <pre>{@code
 * ProtocolCounters counters = new ProtocolCounters();          // one for the agent
 * ProtocolConnection c = new ProtocolConnection(               // one for each (process, socket)
 *     request -> metrics.observe(socket, request), counters,
 *     connected ? Direction.SENT : accepted ? Direction.RECEIVED : null);
 * c.feed(Direction.SENT, timestampNs, array, offset, capturedBytes, writtenBytes); // each write
 * c.feed(Direction.RECEIVED, timestampNs, array, offset, capturedBytes, readBytes); // each read
 * if (!c.wantsPayloads()) { ... }    // TLS, tunnel or unknown: switch the capture of the socket off
 * c.resynchronise();                 // events of the socket were lost
 * c.quiet(nowNs);                    // every few seconds, for answers that end out of sight
 * c.close();                         // the socket was closed
 * }</pre>
 *
 * <p>Payloads of a connection are fed in the order of their system calls, on one thread at a time.
 * Every successful write and read is fed, also one without captured bytes (length 0, its size as
 * total): a parser counts bytes to find the next message. Bytes that were only peeked at (MSG_PEEK)
 * are omitted. The array may be reused when the call returns. The timestamp of a request should be
 * taken on entry to its write or exit from its read.
 *
 * <p>A new protocol is a {@code ProtocolParser}, a line in {@code Detection} and a data file of
 * cases.
 */
@NullMarked
package dev.tethys.collect.observe.protocol;

import org.jspecify.annotations.NullMarked;

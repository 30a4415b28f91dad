package dev.tethys.collect.logs.gelf;

import dev.tethys.codec.CodecException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Joins messages sent in chunks: {@code 1e 0f}, 8 bytes of the message's ID, the number of the
 * chunk and the number of chunks, and then its bytes. Source: Graylog's description of GELF over
 * UDP.
 *
 * <p>Bounds: 128 chunks a message, {@link #MAX_MESSAGES} messages that are not complete, each for
 * {@link #TIME_LIMIT}, {@link #MAX_BYTES} in total; the oldest go first. Not thread-safe.
 */
final class GelfChunks {
  static final int MAX_MESSAGES = 1024;
  static final int MAX_BYTES = 32 << 20;

  /** Maximum milliseconds between the chunks of a message, the same as in Graylog. */
  static final long TIME_LIMIT = 5000;

  private static final int MAX_CHUNKS = 128;
  private static final int HEADER = 12;

  private static final class Message {
    final byte[] @Nullable [] chunks;
    final long since;
    int left;
    int bytes;

    Message(int count, long now) {
      chunks = new byte[count] @Nullable [];
      left = count;
      since = now;
    }
  }

  private final Map<Long, Message> incomplete = new LinkedHashMap<>();
  private int bytes;
  private long lost;

  /** Whether a packet is a chunk. */
  static boolean isChunk(byte[] b, int length) {
    return length >= 2 && b[0] == 0x1e && b[1] == 0x0f;
  }

  /** Number of messages dropped because of missing chunks. */
  long lost() {
    return lost;
  }

  /**
   * Accepts a chunk.
   *
   * @param now milliseconds
   * @return the message when this was its last one
   * @throws CodecException if it is malformed
   */
  byte @Nullable [] take(byte[] b, int length, long now) {
    expire(now);
    if (length < HEADER) {
      throw new CodecException("GELF chunk of " + length + " bytes; its header has " + HEADER);
    }
    int number = b[10] & 0xff;
    int count = b[11] & 0xff;
    if (count == 0 || count > MAX_CHUNKS || number >= count) {
      throw new CodecException(
          "GELF chunk " + number + " of " + count + "; there are " + MAX_CHUNKS + " at most");
    }
    long id = 0;
    for (int i = 2; i < 10; i++) {
      id = id << 8 | b[i] & 0xff;
    }
    Message m = incomplete.get(id);
    if (m == null) {
      m = new Message(count, now);
      incomplete.put(id, m);
    }
    if (m.chunks.length != count) {
      throw new CodecException(
          "GELF chunk of a message in " + count + " after one in " + m.chunks.length);
    }
    if (m.chunks[number] != null) {
      return null; // a packet may come twice
    }
    m.chunks[number] = Arrays.copyOfRange(b, HEADER, length);
    m.bytes += length - HEADER;
    bytes += length - HEADER;
    if (--m.left == 0) {
      incomplete.remove(id);
      bytes -= m.bytes;
      return joined(m);
    }
    while (incomplete.size() > MAX_MESSAGES || bytes > MAX_BYTES) {
      drop(incomplete.values().iterator());
    }
    return null;
  }

  private static byte[] joined(Message m) {
    byte[] out = new byte[m.bytes];
    int at = 0;
    for (byte @Nullable [] c : m.chunks) {
      if (c != null) {
        System.arraycopy(c, 0, out, at, c.length);
        at += c.length;
      }
    }
    return out;
  }

  private void expire(long now) {
    // The oldest are first.
    while (!incomplete.isEmpty()
        && now - incomplete.values().iterator().next().since > TIME_LIMIT) {
      drop(incomplete.values().iterator());
    }
  }

  private void drop(Iterator<Message> i) {
    bytes -= i.next().bytes;
    i.remove();
    lost++;
  }
}

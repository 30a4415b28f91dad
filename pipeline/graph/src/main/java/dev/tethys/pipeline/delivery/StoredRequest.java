package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Signal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Encoded request as stored in a segment file; see {@link SegmentedLog} for the files. Numbers are
 * little-endian.
 *
 * <pre>
 * record:
 *   4 bytes  marker 51 59 54 A1
 *   4 bytes  length of the head
 *   4 bytes  length of the body
 *   4 bytes  CRC-32C of both lengths and the head
 *   4 bytes  CRC-32C of the body
 *   head:
 *     1 byte   signal: 0 traces, 1 metrics, 2 logs, 3 profiles
 *     8 bytes  lane
 *     4 bytes  items
 *     8 bytes  time of queueing, Unix milliseconds
 *     4 bytes  attempts so far; 0 in a queue
 *     text     reason of a dead letter; empty in a queue
 *     2 bytes  number of headers, each: text name, text value
 *   body
 * text: 4 bytes length, that many bytes of UTF-8
 * </pre>
 *
 * The head has its own checksum, so that a start reads only heads, and a request with a corrupt
 * body is dropped with its items counted.
 */
record StoredRequest(
    Signal signal,
    long lane,
    int items,
    long millis,
    int attempts,
    String reason,
    Map<String, String> headers) {
  /** Bytes before the head. */
  static final int PREFIX = 20;

  /** Longest head that is believed. */
  static final int MAX_HEAD = 1 << 20;

  static final int MARKER = 0xA1545951;

  private static final Signal[] SIGNALS = {
    Signal.TRACES, Signal.METRICS, Signal.LOGS, Signal.PROFILES
  };

  static StoredRequest of(EncodedRequest p, long millis, int attempts, String reason) {
    return new StoredRequest(
        p.signal(), p.lane(), p.items(), millis, attempts, reason, p.headers());
  }

  EncodedRequest toRequest(byte[] body) {
    return new EncodedRequest(signal, body, items, lane, headers);
  }

  /** Encodes prefix and head; the body follows. */
  byte[] encode(byte[] body) {
    byte[] why = utf8(reason);
    int length = 31 + why.length;
    byte[][] texts = new byte[headers.size() * 2][];
    int n = 0;
    for (Map.Entry<String, String> e : headers.entrySet()) {
      texts[n++] = utf8(e.getKey());
      texts[n++] = utf8(e.getValue());
    }
    for (byte[] t : texts) {
      length += 4 + t.length;
    }
    ByteBuffer b = ByteBuffer.allocate(PREFIX + length).order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(MARKER).putInt(length).putInt(body.length).putInt(0).putInt(crc(body, 0, body.length));
    b.put((byte) code(signal)).putLong(lane).putInt(items).putLong(millis).putInt(attempts);
    text(b, why);
    b.putShort((short) headers.size());
    for (byte[] t : texts) {
      text(b, t);
    }
    byte[] out = b.array();
    b.putInt(12, headCrc(out, 0, length));
    return out;
  }

  /** Returns the length of a record with this body. */
  static long size(EncodedRequest p, String reason) {
    long n = PREFIX + 31L + utf8(reason).length + p.body().length;
    for (Map.Entry<String, String> e : p.headers().entrySet()) {
      n += 8L + utf8(e.getKey()).length + utf8(e.getValue()).length;
    }
    return n;
  }

  /** Whether the request can be stored. */
  static boolean fits(EncodedRequest p) {
    return p.headers().size() <= 0xffff && size(p, "") - p.body().length <= MAX_HEAD / 2;
  }

  /** Decodes a head with a valid checksum; returns null if its content is invalid anyway. */
  static @Nullable StoredRequest decode(byte[] bytes, int offset, int length) {
    ByteBuffer b = ByteBuffer.wrap(bytes, offset, length).order(ByteOrder.LITTLE_ENDIAN);
    try {
      int code = b.get();
      long lane = b.getLong();
      int items = b.getInt();
      long millis = b.getLong();
      int attempts = b.getInt();
      String reason = text(b);
      int n = b.getShort() & 0xffff;
      Map<String, String> headers = LinkedHashMap.newLinkedHashMap(n);
      for (int i = 0; i < n; i++) {
        String name = text(b);
        headers.put(name, text(b));
      }
      if (code < 0 || code >= SIGNALS.length || items < 0 || b.hasRemaining()) {
        return null;
      }
      return new StoredRequest(SIGNALS[code], lane, items, millis, attempts, reason, headers);
    } catch (RuntimeException e) {
      return null; // a length that points outside
    }
  }

  /** Computes the checksum of a record's lengths and head, where its prefix is at {@code at}. */
  static int headCrc(byte[] bytes, int at, int headLength) {
    CRC32C c = new CRC32C();
    c.update(bytes, at + 4, 8);
    c.update(bytes, at + PREFIX, headLength);
    return (int) c.getValue();
  }

  static int crc(byte[] bytes, int offset, int length) {
    CRC32C c = new CRC32C();
    c.update(bytes, offset, length);
    return (int) c.getValue();
  }

  private static int code(Signal s) {
    return switch (s) {
      case TRACES -> 0;
      case METRICS -> 1;
      case LOGS -> 2;
      case PROFILES -> 3;
    };
  }

  private static byte[] utf8(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  private static void text(ByteBuffer b, byte[] t) {
    b.putInt(t.length).put(t);
  }

  private static String text(ByteBuffer b) {
    byte[] t = new byte[Math.min(b.getInt(), b.remaining() + 1)];
    b.get(t);
    return new String(t, StandardCharsets.UTF_8);
  }
}

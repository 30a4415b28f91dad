package dev.tethys.codec.fluent;

import dev.tethys.codec.CodecException;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads MessagePack as values of telemetry. Integers beyond 63 bits become doubles; keys of maps
 * that are not text are converted to text. Extensions are bytes, except Fluentd's {@link
 * EventTime}.
 *
 * <p>Limits: size of a value in bytes, and nesting depth. Data is read in pieces up to its
 * announced length, so that a false length costs no more memory than the bytes sent.
 */
public final class MsgPackReader {
  /** Maximum nesting depth of lists and maps. */
  private static final int MAX_DEPTH = 100;

  /** No message of the protocol has more values. */
  private static final int MAX_ITEMS = 16;

  private static final int PIECE = 64 << 10;

  /** A time of Fluentd, nanoseconds since 1970: extension 0 with seconds and nanoseconds. */
  public record EventTime(long nanos) {}

  /** Memory of a value in addition to its bytes. */
  private static final int VALUE_BYTES = 40;

  private final InputStream in;
  private final long maxBytes;
  private final boolean wraps;
  private final LongConsumer memory;
  private long left;
  private long taken; // for values, and not yet accounted for

  /**
   * Reads from a stream, never past the requested value.
   *
   * @param maxBytes maximum size of one value in bytes
   */
  public MsgPackReader(InputStream in, long maxBytes) {
    this(in, maxBytes, bytes -> {});
  }

  /**
   * Variant with an account of memory.
   *
   * @param memory called with the number of bytes before values are allocated; may throw
   */
  public MsgPackReader(InputStream in, long maxBytes, LongConsumer memory) {
    this(in, maxBytes, false, memory);
  }

  private MsgPackReader(InputStream in, long maxBytes, boolean wraps, LongConsumer memory) {
    this.memory = memory;
    this.in = in;
    this.maxBytes = maxBytes;
    this.wraps = wraps;
  }

  /**
   * Reads one value of any kind. Integers beyond 63 bits keep their bits, as ids require, and are
   * negative.
   *
   * @throws CodecException if it is malformed, or something follows it
   */
  public static @Nullable Object read(byte[] message) {
    ByteArrayInputStream in = new ByteArrayInputStream(message);
    MsgPackReader r = new MsgPackReader(in, message.length, true, RequestMemory::charge);
    r.left = message.length;
    try {
      Object v = r.value(1);
      if (in.available() > 0) {
        throw new CodecException(in.available() + " bytes follow the message");
      }
      return v;
    } catch (IOException e) {
      throw new CodecException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Whether another value follows; waits for its first byte. */
  private int first() throws IOException {
    left = maxBytes;
    return in.read();
  }

  /**
   * Reads the next value, a list like every message of the protocol; null at the end of the stream.
   * Nil values are skipped.
   *
   * @throws CodecException if the value is not a list, is malformed or exceeds the limit
   * @throws EOFException if the stream ends within the value
   */
  public @Nullable Object @Nullable [] next() throws IOException {
    int b = first();
    while (b == 0xc0) {
      b = first();
    }
    if (b < 0) {
      return null;
    }
    int n = (b & 0xf0) == 0x90 ? b & 0x0f : b == 0xdc ? number(2) : b == 0xdd ? number(4) : -1;
    if (n < 0 || n > MAX_ITEMS) {
      throw new CodecException("message must be a list of a few values, but begins with byte " + b);
    }
    @Nullable Object[] out = new @Nullable Object[n];
    for (int i = 0; i < n; i++) {
      out[i] = i == 1 ? second() : value(0);
    }
    return out;
  }

  /** Reads the second element, with strings as bytes since it may hold packed entries. */
  private @Nullable Object second() throws IOException {
    int b = read();
    if (b >= 0xa0 && b < 0xc0) {
      return bytes(b & 0x1f);
    }
    return switch (b) {
      case 0xd9 -> bytes(number(1));
      case 0xda -> bytes(number(2));
      case 0xdb -> bytes(number(4));
      default -> value(b, 0);
    };
  }

  private int read() throws IOException {
    if (--left < 0) {
      throw new CodecException("a message is longer than " + maxBytes + " bytes");
    }
    int b = in.read();
    if (b < 0) {
      throw new EOFException("the stream ends within a message");
    }
    return b;
  }

  private long big(int bytes) throws IOException {
    long v = 0;
    for (int i = 0; i < bytes; i++) {
      v = v << 8 | read();
    }
    return v;
  }

  /** Reads a length. */
  private int number(int bytes) throws IOException {
    long n = big(bytes);
    if (n > left) {
      throw new CodecException("a message is longer than " + maxBytes + " bytes");
    }
    return (int) n;
  }

  private byte[] bytes(int n) throws IOException {
    left -= n;
    if (left < 0) {
      throw new CodecException("a message is longer than " + maxBytes + " bytes");
    }
    take(2L * Math.min(n, PIECE)); // as bytes, and as text
    byte[] b = new byte[Math.min(n, PIECE)];
    int at = 0;
    while (at < n) {
      if (at == b.length) {
        int size = (int) Math.min(n, 2L * b.length);
        take(2L * (size - b.length));
        b = java.util.Arrays.copyOf(b, size);
      }
      int k = in.read(b, at, b.length - at);
      if (k < 0) {
        throw new EOFException("the stream ends within a message");
      }
      at += k;
    }
    return b;
  }

  private String text(int n) throws IOException {
    return new String(bytes(n), StandardCharsets.UTF_8);
  }

  private @Nullable Object value(int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new CodecException("values are nested more than " + MAX_DEPTH + " deep");
    }
    return value(read(), depth);
  }

  private void take(long bytes) {
    taken += bytes;
    if (taken >= PIECE) {
      memory.accept(taken);
      taken = 0;
    }
  }

  private @Nullable Object value(int b, int depth) throws IOException {
    take(VALUE_BYTES);
    if (b < 0x80) {
      return (long) b;
    }
    if (b >= 0xe0) {
      return (long) (byte) b;
    }
    if (b < 0x90) {
      return map(b & 0x0f, depth);
    }
    if (b < 0xa0) {
      return list(b & 0x0f, depth);
    }
    if (b < 0xc0) {
      return text(b & 0x1f);
    }
    return switch (b) {
      case 0xc0 -> null;
      case 0xc2 -> false;
      case 0xc3 -> true;
      case 0xc4 -> bytes(number(1));
      case 0xc5 -> bytes(number(2));
      case 0xc6 -> bytes(number(4));
      case 0xc7 -> extension(number(1));
      case 0xc8 -> extension(number(2));
      case 0xc9 -> extension(number(4));
      case 0xca -> (double) Float.intBitsToFloat((int) big(4));
      case 0xcb -> Double.longBitsToDouble(big(8));
      case 0xcc -> big(1);
      case 0xcd -> big(2);
      case 0xce -> big(4);
      case 0xcf -> unsigned(big(8));
      case 0xd0 -> (long) (byte) big(1);
      case 0xd1 -> (long) (short) big(2);
      case 0xd2 -> (long) (int) big(4);
      case 0xd3 -> big(8);
      case 0xd4 -> extension(1);
      case 0xd5 -> extension(2);
      case 0xd6 -> extension(4);
      case 0xd7 -> extension(8);
      case 0xd8 -> extension(16);
      case 0xd9 -> text(number(1));
      case 0xda -> text(number(2));
      case 0xdb -> text(number(4));
      case 0xdc -> list(number(2), depth);
      case 0xdd -> list(number(4), depth);
      case 0xde -> map(number(2), depth);
      case 0xdf -> map(number(4), depth);
      default -> throw new CodecException("byte " + b + " begins no value of MessagePack");
    };
  }

  private Object unsigned(long v) {
    return v >= 0 || wraps ? (Object) v : (Object) ((v >>> 1) * 2.0 + (v & 1));
  }

  private Object extension(int length) throws IOException {
    int type = read();
    byte[] b = bytes(length);
    if (type == 0 && length == 8) {
      java.nio.ByteBuffer t = java.nio.ByteBuffer.wrap(b);
      return new EventTime(
          (t.getInt() & 0xffffffffL) * 1_000_000_000L + (t.getInt() & 0xffffffffL));
    }
    return b;
  }

  /** Reads a list; a list of entries, recognized by its times, stays an array. */
  private Object list(int n, int depth) throws IOException {
    @Nullable Object[] all = new @Nullable Object[Math.min(n, 16)];
    boolean plain = true;
    for (int i = 0; i < n; i++) {
      if (i == all.length) {
        all = java.util.Arrays.copyOf(all, (int) Math.min(n, 2L * all.length));
      }
      Object v = value(depth + 1);
      all[i] = v;
      plain &= !(v instanceof EventTime) && !(v instanceof Object[]);
    }
    if (depth == 0 || !plain) {
      return java.util.Arrays.copyOf(all, n);
    }
    ArrayValue a = new ArrayValue();
    for (int i = 0; i < n; i++) {
      a.add(all[i]);
    }
    return a;
  }

  private Attributes map(int n, int depth) throws IOException {
    Attributes a = new Attributes();
    java.util.HashMap<String, Integer> places = n > 16 ? new java.util.HashMap<>() : null;
    for (int i = 0; i < n; i++) {
      String k = String.valueOf(plain(value(depth + 1)));
      Object v = plain(value(depth + 1));
      Integer at = places == null ? Integer.valueOf(a.indexOf(k)) : places.get(k);
      if (at != null && at >= 0) {
        a.setValue(at, v);
      } else {
        if (places != null) {
          places.put(k, a.size());
        }
        a.add(k, v);
      }
    }
    return a;
  }

  /** Converts a value inside a map: a time within a record becomes its nanoseconds. */
  private static @Nullable Object plain(@Nullable Object v) {
    return switch (v) {
      case EventTime t -> t.nanos;
      case Object[] all -> {
        ArrayValue a = new ArrayValue();
        for (Object x : all) {
          a.add(plain(x));
        }
        yield a;
      }
      case null, default -> v;
    };
  }
}

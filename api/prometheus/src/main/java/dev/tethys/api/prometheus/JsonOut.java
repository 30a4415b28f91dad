package dev.tethys.api.prometheus;

import dev.tethys.model.DecimalDigits;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.HistogramBuckets;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON straight into bytes: a response may hold millions of numbers, so a number is written
 * as digits directly into the buffer. Commas are put by {@link #sep}; nesting is the caller's
 * matter. Strings are escaped as Go's encoder does, which also escapes what HTML gives a meaning.
 *
 * <p>Invariants: {@code 0 <= n <= buffer.length}; what was flushed is never touched again; the
 * {@code repeatLength} bytes from {@code repeatAt} on, when there are any, are the text of the
 * value whose bits are {@code repeatBits}.
 */
final class JsonOut {
  /**
   * Bytes that a float may touch: the longest has 32, and without an exponent, digits are stored
   * before unneeded ones are discarded.
   */
  private static final int FLOAT_ROOM = 40;

  private static final int POINT_ROOM = TimestampJson.ROOM + FLOAT_ROOM;
  private static final int POINTS_AT_ONCE = 64;

  /** With less than this before it, a text that is longer than a buffer gets its own buffer. */
  private static final int FEW = 1 << 12;

  private static final byte[] NOTHING = {};
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final Sink sink;
  private final HistogramBuckets buckets = new HistogramBuckets();
  private final TimestampJson texts = new TimestampJson();

  /** One for all labels: first compilers allocate what captures variables by a slow call. */
  private final Labels.ByteVisitor label = this::label;

  private byte[] buffer = ChunkBuffers.take();
  private int n;
  private long repeatBits;
  private int repeatAt;
  private int repeatLength;
  private @Nullable OutputStream stream;

  /** Receiver of the bytes: one array when they are few, else a stream. */
  interface Sink {
    /** Writes an entire body; nothing may refer to the array afterwards. */
    void whole(byte[] body, int length) throws IOException;

    OutputStream stream() throws IOException;
  }

  JsonOut(Sink sink) {
    this.sink = sink;
  }

  /** Sends the remaining data. Nothing can be written afterwards. */
  void finish() throws IOException {
    if (stream == null) {
      sink.whole(buffer, n);
    } else {
      stream.write(buffer, 0, n);
      stream.close();
    }
    ChunkBuffers.release(buffer);
    buffer = NOTHING;
    n = 0;
    repeatLength = 0;
  }

  private void need(int bytes) throws IOException {
    if (n + bytes <= buffer.length) {
      return;
    }
    OutputStream s = stream;
    if (s == null && n < FEW) { // what is to come may be a text without end, and nothing else
      buffer = Arrays.copyOf(buffer, n + bytes);
      return;
    }
    if (s == null) {
      s = sink.stream();
      stream = s;
    }
    s.write(buffer, 0, n);
    if (Thread.currentThread().isVirtual()) {
      Thread.yield(); // a long answer keeps its carrier busy, for which small ones may wait
    }
    n = 0;
    repeatLength = 0;
    if (bytes > buffer.length) {
      buffer = new byte[bytes];
    }
  }

  /** Writes one ASCII character. */
  JsonOut put(char c) throws IOException {
    need(1);
    buffer[n++] = (byte) c;
    return this;
  }

  /** ASCII text, unchanged. */
  @SuppressWarnings("deprecation") // the fastest way for text known to be ASCII
  JsonOut raw(String ascii) throws IOException {
    int length = ascii.length();
    need(length);
    ascii.getBytes(0, length, buffer, n);
    n += length;
    return this;
  }

  /** Writes JSON text created elsewhere. */
  JsonOut json(String json) throws IOException {
    byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
    need(utf8.length);
    System.arraycopy(utf8, 0, buffer, n, utf8.length);
    n += utf8.length;
    return this;
  }

  /** Writes a comma, except before the first element. */
  JsonOut sep(boolean first) throws IOException {
    return first ? this : put(',');
  }

  /** Writes {@code "name":}. */
  JsonOut name(String ascii) throws IOException {
    return put('"').raw(ascii).raw("\":");
  }

  /** Writes {@code ,"name":}. */
  JsonOut next(String ascii) throws IOException {
    return put(',').name(ascii);
  }

  /** Writes a quoted string. */
  JsonOut string(String s) throws IOException {
    byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
    return string(utf8, 0, utf8.length, true);
  }

  /** Writes a list of strings. */
  JsonOut strings(List<String> list) throws IOException {
    put('[');
    for (int i = 0; i < list.size(); i++) {
      sep(i == 0).string(list.get(i));
    }
    return put(']');
  }

  /** Writes strings by name as an object. */
  JsonOut strings(Map<String, String> texts) throws IOException {
    put('{');
    boolean first = true;
    for (Map.Entry<String, String> e : texts.entrySet()) {
      sep(first).string(e.getKey()).put(':').string(e.getValue());
      first = false;
    }
    return put('}');
  }

  private JsonOut string(byte[] utf8, int from, int length, boolean html) throws IOException {
    need(2 + 6 * length + PlainText.SPARE);
    byte[] b = buffer;
    int at = n;
    b[at++] = '"';
    int plain = PlainText.copy(utf8, from, length, html, b, at);
    at += plain;
    for (int i = from + plain; i < from + length; i++) {
      byte c = utf8[i];
      if (c >= ' ' && c != '"' && c != '\\' && !(html && (c == '<' || c == '>' || c == '&'))) {
        b[at++] = c;
        continue;
      }
      if (c < 0) {
        if (html && c == (byte) 0xe2 && i + 2 < from + length && utf8[i + 1] == (byte) 0x80) {
          byte last = utf8[i + 2];
          if (last == (byte) 0xa8 || last == (byte) 0xa9) { // line and paragraph separators
            at = unicode(b, at, 0x2028 + (last - (byte) 0xa8));
            i += 2;
            continue;
          }
        }
        b[at++] = c;
        continue;
      }
      switch (c) {
        case '"', '\\' -> {
          b[at++] = '\\';
          b[at++] = c;
        }
        case '\n' -> {
          b[at++] = '\\';
          b[at++] = 'n';
        }
        case '\r' -> {
          b[at++] = '\\';
          b[at++] = 'r';
        }
        case '\t' -> {
          b[at++] = '\\';
          b[at++] = 't';
        }
        default -> at = unicode(b, at, c);
      }
    }
    b[at++] = '"';
    n = at;
    return this;
  }

  private static int unicode(byte[] b, int at, int c) {
    b[at] = '\\';
    b[at + 1] = 'u';
    b[at + 2] = HEX[c >> 12 & 15];
    b[at + 3] = HEX[c >> 8 & 15];
    b[at + 4] = HEX[c >> 4 & 15];
    b[at + 5] = HEX[c & 15];
    return at + 6;
  }

  /** Writes an integer. */
  JsonOut number(long v) throws IOException {
    need(DecimalDigits.ROOM);
    n = DecimalDigits.write(buffer, n, v);
    return this;
  }

  /** Writes a float as a JSON number, formatted like Go's encoder. */
  JsonOut number(double v) throws IOException {
    if (!Double.isFinite(v)) {
      throw new IllegalArgumentException("JSON has no " + v);
    }
    need(FLOAT_ROOM);
    n = writeFloat(buffer, n, v);
    return this;
  }

  /** Writes milliseconds as seconds with up to three decimals. */
  JsonOut timestamp(long millis) throws IOException {
    need(24);
    n = TimestampJson.seconds(buffer, n, millis);
    return this;
  }

  /** Writes a sample value, in quotes because it may be infinite or NaN. */
  JsonOut value(double v) throws IOException {
    need(FLOAT_ROOM + 2);
    long bits = Double.doubleToRawLongBits(v);
    if (bits == repeatBits && repeatLength > 0) { // many series are constant
      System.arraycopy(buffer, repeatAt, buffer, n, repeatLength);
      n += repeatLength;
      return this;
    }
    repeatBits = bits;
    repeatAt = n;
    buffer[n++] = '"';
    n = writeFloat(buffer, n, v);
    buffer[n++] = '"';
    repeatLength = n - repeatAt;
    return this;
  }

  /** Writes a scalar value, in quotes and, as in Prometheus, never with an exponent. */
  JsonOut scalar(double v) throws IOException {
    need(GoFloat.ROOM_F + 2);
    buffer[n++] = '"';
    n = GoFloat.writeF(buffer, n, v);
    buffer[n++] = '"';
    return this;
  }

  /**
   * Writes the floats of a series as {@code [[time,"value"],…]}; at least one.
   *
   * @param times milliseconds, ascending; the same array for series with the same times
   */
  JsonOut points(long[] times, double[] values, int size) throws IOException {
    texts.prepare(times, size);
    need(2 + POINT_ROOM);
    buffer[n++] = '[';
    buffer[n++] = '[';
    n = TimestampJson.seconds(buffer, n, times[0]);
    buffer[n++] = ',';
    buffer[n++] = '"';
    n = writeFloat(buffer, n, values[0]);
    int slot = 0;
    for (int k = 1; k < size; ) {
      int most = Math.min(size, k + POINTS_AT_ONCE);
      need(POINTS_AT_ONCE * POINT_ROOM);
      int found = texts.find(times, k, slot);
      if (found >= 0) {
        int run = texts.run(times, k, most, found);
        n = points(buffer, n, texts, found, values, k, k + run);
        slot = found + run;
        k += run;
      } else {
        n = writeFloat(buffer, texts.single(times[k], buffer, n), values[k]);
        k++;
      }
    }
    need(3);
    buffer[n++] = '"';
    buffer[n++] = ']';
    buffer[n++] = ']';
    repeatLength = 0;
    return this;
  }

  /**
   * Writes points whose timestamps are in adjacent slots. All state is in local variables: fields
   * would be read again after each byte that is written.
   */
  private static int points(
      byte[] to, int at, TimestampJson texts, int slot, double[] values, int from, int end) {
    byte[] slots = texts.slots();
    byte[] lengths = texts.lengths();
    long before = 0;
    int beforeAt = 0;
    int beforeLength = 0;
    for (int k = from; k < end; k++) {
      TimestampJson.copy(slots, slot * TimestampJson.ROOM, to, at);
      at += lengths[slot++];
      double v = values[k];
      long bits = Double.doubleToRawLongBits(v);
      if (bits == before && beforeLength > 0) { // many series are constant
        TimestampJson.copy(to, beforeAt, to, at);
        at += beforeLength;
        continue;
      }
      before = bits;
      beforeAt = at;
      at = writeFloat(to, at, v);
      beforeLength = at - beforeAt;
    }
    return at;
  }

  private static int writeFloat(byte[] to, int at, double v) {
    double abs = Math.abs(v);
    return abs != 0 && abs < 1e-6 || abs >= 1e21
        ? GoFloat.writeE(to, at, v)
        : GoFloat.writeF(to, at, v);
  }

  /** Writes labels as an object. */
  JsonOut labels(Labels labels) throws IOException {
    need(2 + 7 * labels.canonicalBytes().length + 8 * labels.size() + PlainText.SPARE);
    buffer[n++] = '{';
    labels.forEachBytes(label);
    if (buffer[n - 1] == ',') {
      n--;
    }
    buffer[n++] = '}';
    return this;
  }

  private void label(byte[] b, int nameAt, int nameLength, int valueAt, int valueLength) {
    try {
      string(b, nameAt, nameLength, false);
      buffer[n++] = ':';
      string(b, valueAt, valueLength, false);
      buffer[n++] = ',';
    } catch (IOException e) {
      throw new AssertionError("capacity was reserved before", e);
    }
  }

  /** Writes a native histogram: count, sum, and its non-empty buckets. */
  JsonOut histogram(Histogram h) throws IOException {
    put('{').name("count").value(h.count()).next("sum").value(h.sum());
    buckets.load(h, true);
    boolean any = false;
    for (int i = 0; i < buckets.size(); i++) {
      if (buckets.count(i) == 0) {
        continue;
      }
      if (any) {
        put(',');
      } else {
        next("buckets").put('[');
        any = true;
      }
      put('[').number(buckets.boundaries(i)).put(',').value(buckets.lower(i)).put(',');
      value(buckets.upper(i)).put(',').value(buckets.count(i)).put(']');
    }
    if (any) {
      put(']');
    }
    return put('}');
  }

  /** Writes a time in RFC 3339 format with its fraction; null is Go's zero time. */
  JsonOut time(@Nullable Instant t) throws IOException {
    return put('"').raw(rfc3339(t)).put('"');
  }

  static String rfc3339(@Nullable Instant t) {
    if (t == null) {
      return "0001-01-01T00:00:00Z";
    }
    String s = t.toString();
    int dot = s.indexOf('.');
    if (dot < 0) {
      return s;
    }
    int end = s.length() - 1;
    while (s.charAt(end - 1) == '0') {
      end--;
    }
    return s.substring(0, end) + "Z";
  }
}

package dev.tethys.store.traces.block;

import dev.tethys.model.traces.AttributeRows;
import dev.tethys.model.traces.AttributeShapes;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.Texts;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.Arrays;

/**
 * Spans in a frame of the write-ahead log, after the tenant's name; heads keep the same bytes.
 *
 * <pre>
 * 1 byte version 1, uvarint spans, longs trace ids (high, low), starts; texts, shapes, resources, scopes,
 * spans, events, links
 * texts:     uvarint strings, uvarint bytes of all, for each: uvarint length; bytes
 * shapes:    uvarint shapes but the empty one, then for each: uvarint elements, each a uvarint as in
 *            {@link AttributeShapes}
 * resources: attributes, codes of the rest
 * scopes:    attributes, resources, codes of names, versions, rests
 * spans:     attributes, longs span ids, parent ids, ends; numbers of
 *            kinds, status, events, links; codes of names, messages, trace states, rests; scopes
 * events:    attributes, longs times, codes of names, rests
 * links:     attributes, longs trace ids (high, low), span ids, codes of trace states, rests
 * attributes: uvarint rows, integers shapes, then for each value: by its type a uvarint code, an
 *            svarint, 8 bytes of a double, 1 byte of a boolean
 * longs:     8 bytes each
 * integers, codes, numbers: 1 byte width 0 (all are 0), 1, 2 or 4, then width bytes each
 * </pre>
 *
 * Integers are little-endian.
 */
public final class SpanFrame {
  private static final int VERSION = 1;
  private static final int ANY = -1; // no codes

  private SpanFrame() {}

  // ---- writing

  /** Appends a batch. */
  public static void write(SpanBatch b, ByteSink out) {
    out.ensure(Math.addExact(b.texts.size(), Math.addExact(b.spans * 64, 4096)));
    out.putByte(VERSION);
    out.uvarint(b.spans);
    longs(b.traceHigh, b.spans, out);
    longs(b.traceLow, b.spans, out);
    longs(b.start, b.spans, out);
    texts(b.texts, out);
    shapes(b.shapes, out);
    attributes(b.resources, b.shapes, out);
    ints(b.resourceRest, b.resources.rows, out);
    attributes(b.scopes, b.shapes, out);
    int n = b.scopes.rows;
    ints(b.scopeResource, n, out);
    ints(b.scopeName, n, out);
    ints(b.scopeVersion, n, out);
    ints(b.scopeRest, n, out);
    attributes(b.attributes, b.shapes, out);
    n = b.spans;
    longs(b.spanId, n, out);
    longs(b.parentId, n, out);
    longs(b.end, n, out);
    ints(b.kind, n, out);
    ints(b.status, n, out);
    counts(b.eventStarts, n, out);
    counts(b.linkStarts, n, out);
    ints(b.name, n, out);
    ints(b.message, n, out);
    ints(b.traceState, n, out);
    ints(b.rest, n, out);
    ints(b.scope, n, out);
    attributes(b.eventAttributes, b.shapes, out);
    n = b.events;
    longs(b.eventTime, n, out);
    ints(b.eventName, n, out);
    ints(b.eventRest, n, out);
    attributes(b.linkAttributes, b.shapes, out);
    n = b.links;
    longs(b.linkTraceHigh, n, out);
    longs(b.linkTraceLow, n, out);
    longs(b.linkSpanId, n, out);
    ints(b.linkState, n, out);
    ints(b.linkRest, n, out);
  }

  static void texts(Texts t, ByteSink out) {
    out.uvarint(t.count());
    out.uvarint(t.size());
    for (int i = 0; i < t.count(); i++) {
      out.uvarint(t.length(i));
    }
    out.put(t.bytes(), 0, t.size());
  }

  static void shapes(AttributeShapes s, ByteSink out) {
    out.uvarint(s.count() - 1L);
    for (int i = 1; i < s.count(); i++) {
      out.uvarint(s.length(i));
      for (int e = s.start(i); e < s.end(i); e++) {
        out.uvarint(s.elements()[e]);
      }
    }
  }

  static void attributes(AttributeRows rows, AttributeShapes shapes, ByteSink out) {
    out.uvarint(rows.rows);
    ints(rows.shapes, rows.rows, out);
    int[] elements = shapes.elements();
    long[] values = rows.values;
    int at = 0;
    for (int r = 0; r < rows.rows; r++) {
      int shape = rows.shapes[r];
      for (int e = shapes.start(shape); e < shapes.end(shape); e++) {
        long v = values[at++];
        switch (elements[e] & 7) {
          case SpanColumn.INT -> out.svarint(v);
          case SpanColumn.DOUBLE -> out.putLong(v);
          case SpanColumn.BOOL -> out.putByte((int) v);
          default -> out.uvarint(v);
        }
      }
    }
  }

  private static void counts(int[] starts, int n, ByteSink out) {
    int[] counts = new int[n];
    for (int i = 0; i < n; i++) {
      counts[i] = starts[i + 1] - starts[i];
    }
    ints(counts, n, out);
  }

  private static void longs(long[] a, int n, ByteSink out) {
    out.ensure(Math.multiplyExact(n, 8));
    byte[] buf = out.buf;
    int at = out.size;
    for (int i = 0; i < n; i++) {
      ByteSink.LONG.set(buf, at + i * 8, a[i]);
    }
    out.size = at + n * 8;
  }

  static void ints(int[] a, int n, ByteSink out) {
    int any = 0;
    for (int i = 0; i < n; i++) {
      any |= a[i];
    }
    int width = any == 0 ? 0 : any >>> 8 == 0 ? 1 : any >>> 16 == 0 ? 2 : 4;
    out.putByte(width);
    out.ensure(Math.multiplyExact(n, 4));
    byte[] buf = out.buf;
    int at = out.size;
    switch (width) {
      case 1 -> {
        for (int i = 0; i < n; i++) {
          buf[at + i] = (byte) a[i];
        }
      }
      case 2 -> {
        for (int i = 0; i < n; i++) {
          buf[at + 2 * i] = (byte) a[i];
          buf[at + 2 * i + 1] = (byte) (a[i] >>> 8);
        }
      }
      case 4 -> {
        for (int i = 0; i < n; i++) {
          ByteSink.INT.set(buf, at + 4 * i, a[i]);
        }
      }
      default -> {} // all are 0
    }
    out.size = at + n * width;
  }

  // ---- reading

  /**
   * Reads a batch.
   *
   * @throws CorruptionException if the bytes are not a frame
   */
  public static SpanBatch read(ByteSource in) {
    int n = spans(in);
    SpanBatch b = new SpanBatch();
    b.spans = n;
    b.traceHigh = longs(in, n);
    b.traceLow = longs(in, n);
    b.start = longs(in, n);
    texts(in, b.texts);
    int texts = b.texts.count();
    shapes(in, b);
    attributes(in, b.resources, b);
    int resources = b.resources.rows;
    b.resourceRest = ints(in, resources, texts);
    attributes(in, b.scopes, b);
    int scopes = b.scopes.rows;
    b.scopeResource = ints(in, scopes, resources);
    b.scopeName = ints(in, scopes, texts);
    b.scopeVersion = ints(in, scopes, texts);
    b.scopeRest = ints(in, scopes, texts);
    attributes(in, b.attributes, b);
    if (b.attributes.rows != n) {
      throw new CorruptionException(
          "frame has attributes of " + b.attributes.rows + " spans of " + n);
    }
    b.spanId = longs(in, n);
    b.parentId = longs(in, n);
    b.end = longs(in, n);
    b.kind = ints(in, n, ANY);
    b.status = ints(in, n, ANY);
    b.eventStarts = starts(in, n);
    b.linkStarts = starts(in, n);
    b.name = ints(in, n, texts);
    b.message = ints(in, n, texts);
    b.traceState = ints(in, n, texts);
    b.rest = ints(in, n, texts);
    b.scope = ints(in, n, b.scopes.rows);
    attributes(in, b.eventAttributes, b);
    b.events = b.eventAttributes.rows;
    b.eventTime = longs(in, b.events);
    b.eventName = ints(in, b.events, texts);
    b.eventRest = ints(in, b.events, texts);
    attributes(in, b.linkAttributes, b);
    b.links = b.linkAttributes.rows;
    b.linkTraceHigh = longs(in, b.links);
    b.linkTraceLow = longs(in, b.links);
    b.linkSpanId = longs(in, b.links);
    b.linkState = ints(in, b.links, texts);
    b.linkRest = ints(in, b.links, texts);
    if (b.eventStarts[n] != b.events || b.linkStarts[n] != b.links) {
      throw new CorruptionException("frame of spans has events or links without a span");
    }
    return b;
  }

  private static int spans(ByteSource in) {
    int version = in.getByte();
    if (version != VERSION) {
      throw new CorruptionException("frame of spans has version " + version);
    }
    return in.count();
  }

  /**
   * Passes on the trace ids and starts of a frame, without the rest.
   *
   * @throws CorruptionException if the bytes are not a frame
   */
  public static void keys(ByteSource in, Keys keys) {
    int n = spans(in);
    keys.accept(n, longs(in, n), longs(in, n), longs(in, n));
  }

  /** Receiver of the trace ids (high, low) and starts of spans. */
  @FunctionalInterface
  public interface Keys {
    void accept(int spans, long[] high, long[] low, long[] start);
  }

  static void texts(ByteSource in, Texts to) {
    int n = in.count();
    int size = in.count();
    int[] lengths = new int[n];
    long total = 0;
    for (int i = 0; i < n; i++) {
      lengths[i] = in.count(size);
      total += lengths[i];
    }
    if (total != size || size > in.remaining() || n == 0 || lengths[0] != 0) {
      throw new CorruptionException("strings have " + total + " bytes, not " + size);
    }
    to.load(in.buf, in.pos, lengths);
    in.skip(size);
  }

  static void shapes(ByteSource in, SpanBatch b) {
    int[] elements = new int[16];
    for (int n = in.count(); n > 0; n--) {
      int length = in.count();
      if (length > elements.length) {
        elements = new int[length * 2];
      }
      for (int i = 0; i < length; i++) {
        elements[i] = in.count((b.texts.count() - 1L) << 3 | 7);
        int type = elements[i] & 7;
        if (type == SpanColumn.ABSENT || type > SpanColumn.OTHER) {
          throw new CorruptionException("shape has a value of type " + type);
        }
      }
      int shape = b.shapes.add(elements, 0, length);
      if (shape != b.shapes.count() - 1) {
        throw new CorruptionException("shape " + shape + " is listed twice");
      }
    }
  }

  static void attributes(ByteSource in, AttributeRows to, SpanBatch b) {
    int n = in.count(1L << 28);
    int[] shapes = ints(in, n, b.shapes.count());
    int[] starts = new int[n + 1];
    for (int r = 0; r < n; r++) {
      starts[r + 1] = Math.addExact(starts[r], b.shapes.length(shapes[r]));
    }
    if (starts[n] > in.remaining()) {
      throw new CorruptionException("attributes end early");
    }
    long[] values = new long[Math.max(1, starts[n])];
    int[] elements = b.shapes.elements();
    int texts = b.texts.count() - 1;
    int at = 0;
    for (int r = 0; r < n; r++) {
      int shape = shapes[r];
      for (int e = b.shapes.start(shape); e < b.shapes.end(shape); e++) {
        values[at++] =
            switch (elements[e] & 7) {
              case SpanColumn.INT -> in.svarint();
              case SpanColumn.DOUBLE -> in.getLong();
              case SpanColumn.BOOL -> in.getByte();
              default -> in.count(texts);
            };
      }
    }
    to.rows = n;
    to.shapes = n == 0 ? new int[1] : shapes;
    to.starts = starts.length == 1 ? new int[2] : starts;
    to.values = values;
  }

  private static int[] starts(ByteSource in, int n) {
    int[] counts = ints(in, n, ANY);
    int[] out = new int[n + 1];
    for (int i = 0; i < n; i++) {
      out[i + 1] = Math.addExact(out[i], counts[i]);
      if (counts[i] < 0) {
        throw new CorruptionException("number of events or links is negative");
      }
    }
    return out;
  }

  private static long[] longs(ByteSource in, int n) {
    if (n > in.remaining() / 8) {
      throw new CorruptionException("column ends early");
    }
    long[] out = new long[Math.max(1, n)];
    for (int i = 0; i < n; i++) {
      out[i] = (long) ByteSink.LONG.get(in.buf, in.pos + i * 8);
    }
    in.skip(n * 8);
    return out;
  }

  /**
   * Reads a column of integers.
   *
   * @param below bound of codes, or {@link #ANY}
   */
  static int[] ints(ByteSource in, int n, int below) {
    int width = in.getByte();
    if (width == 3 || width > 4 || (long) n * width > in.remaining()) {
      throw new CorruptionException(
          "column of " + n + " integers of " + width + " bytes ends early");
    }
    int[] out = new int[Math.max(1, n)];
    byte[] buf = in.buf;
    int at = in.pos;
    switch (width) {
      case 1 -> {
        for (int i = 0; i < n; i++) {
          out[i] = buf[at + i] & 0xff;
        }
      }
      case 2 -> {
        for (int i = 0; i < n; i++) {
          out[i] = buf[at + 2 * i] & 0xff | (buf[at + 2 * i + 1] & 0xff) << 8;
        }
      }
      case 4 -> {
        for (int i = 0; i < n; i++) {
          out[i] = (int) ByteSink.INT.get(buf, at + 4 * i);
        }
      }
      default -> Arrays.fill(out, 0);
    }
    in.skip(n * width);
    if (below != ANY) {
      requireBelow(out, n, below);
    }
    return out;
  }

  private static void requireBelow(int[] a, int n, int bound) {
    for (int i = 0; i < n; i++) {
      if (a[i] < 0 || a[i] >= bound) {
        throw new CorruptionException("code " + a[i] + " is not below " + bound);
      }
    }
  }
}

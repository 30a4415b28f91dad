package dev.tethys.codec.fluent;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Message of events in one of the four modes of the forward protocol.
 *
 * <p>Message is {@code [tag, time, record, option?]}, Forward is {@code [tag, [[time, record], …],
 * option?]}, PackedForward is {@code [tag, bytes, option?]} with concatenated entries,
 * CompressedPackedForward is the same compressed with gzip.
 *
 * @param chunk acknowledgement that the sender expects once the message is accepted; null if none
 * @param refusals entries that are not events; other entries are not affected
 */
public record ForwardMessage(
    LogsData logs, int events, @Nullable String chunk, RejectedItems refusals) {
  /** The attribute with the tag. */
  public static final String TAG = "fluent.tag";

  /** Bytes of an event in addition to the values of its record. */
  private static final long EVENT_BYTES = 256;

  /**
   * Reads a message.
   *
   * @param maxBytes maximum size of its entries after decompression
   * @param now time of arrival, nanoseconds since 1970
   * @param memory called with the number of bytes before events are allocated; may throw
   * @throws CodecException if it is malformed
   */
  public static ForwardMessage of(
      @Nullable Object[] m, long maxBytes, long now, LongConsumer memory) {
    if (m.length < 2 || m.length > 4 || !(text(m[0]) instanceof String tag)) {
      throw new CodecException(
          "a message must be [tag, time, record], [tag, entries] or [tag, bytes]");
    }
    boolean single = m[1] instanceof Long || m[1] instanceof MsgPackReader.EventTime;
    Object option = m.length > (single ? 3 : 2) ? m[single ? 3 : 2] : null;
    if (option != null && !(option instanceof Attributes)) {
      throw new CodecException("the option of a message is not a map");
    }
    Attributes options = option == null ? new Attributes() : (Attributes) option;
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> g = new ResourceGroup<>();
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    RejectedItems refusals = new RejectedItems();
    g.scopes().add(s);
    d.resources().add(g);
    if (single) {
      if (m.length < 3) {
        throw new CodecException("a message has a time and no record");
      }
      entry(s, tag, new Object[] {m[1], m[2] == null ? "" : m[2]}, now, refusals);
    } else {
      switch (m[1]) {
        case Object[] entries -> {
          memory.accept(EVENT_BYTES * entries.length);
          for (Object e : entries) {
            entry(s, tag, e, now, refusals);
          }
        }
        case ArrayValue entries -> {
          memory.accept(EVENT_BYTES * entries.size());
          for (int i = 0; i < entries.size(); i++) {
            entry(s, tag, entries.get(i), now, refusals);
          }
        }
        case byte[] b -> packed(s, tag, b, options, maxBytes, now, refusals, memory);
        case null, default -> throw new CodecException("a message has neither time nor entries");
      }
    }
    return new ForwardMessage(d, s.items().size(), text(options.get("chunk")), refusals);
  }

  private static @Nullable String text(@Nullable Object v) {
    return switch (v) {
      case String s -> s;
      case byte[] b -> new String(b, StandardCharsets.UTF_8);
      case null, default -> null;
    };
  }

  private static void packed(
      ScopeGroup<LogRecord> to,
      String tag,
      byte[] b,
      Attributes options,
      long max,
      long now,
      RejectedItems refusals,
      LongConsumer memory) {
    String how = text(options.get("compressed"));
    boolean gzip = "gzip".equals(how);
    if (how != null && !gzip && !how.equals("text")) {
      throw new CodecException("entries are compressed with \"" + how + "\", not with gzip");
    }
    try {
      InputStream in = new ByteArrayInputStream(b);
      MsgPackReader r =
          new MsgPackReader(
              gzip
                  ? new Bounded(new java.io.BufferedInputStream(new GZIPInputStream(in)), max)
                  : in,
              max,
              memory);
      for (@Nullable Object @Nullable [] e = r.next(); e != null; e = r.next()) {
        memory.accept(EVENT_BYTES);
        entry(to, tag, e, now, refusals);
      }
    } catch (EOFException e) {
      throw new CodecException("packed entries end within one");
    } catch (ZipException e) {
      throw new CodecException("packed entries are not gzip: " + e.getMessage());
    } catch (IOException e) {
      throw new CodecException("packed entries: " + e.getMessage());
    }
  }

  /** Fails when the decompressed data exceeds its limit, as in a decompression bomb. */
  private static final class Bounded extends java.io.FilterInputStream {
    private long remaining;

    Bounded(InputStream in, long most) {
      super(in);
      remaining = most;
    }

    private int count(int n) {
      remaining -= Math.max(0, n);
      if (remaining < 0) {
        throw new CodecException("packed entries are too large once they are decompressed");
      }
      return n;
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      count(b < 0 ? 0 : 1);
      return b;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      return count(super.read(b, off, len));
    }
  }

  private static void entry(
      ScopeGroup<LogRecord> to, String tag, @Nullable Object e, long now, RejectedItems refusals) {
    try {
      if (e instanceof Object[] a && a.length >= 2) {
        add(to, tag, a[0], a[1], now);
      } else if (e instanceof ArrayValue a && a.size() >= 2) {
        add(to, tag, a.get(0), a.get(1), now);
      } else {
        throw new CodecException("an entry is not a list of a time and a record");
      }
    } catch (CodecException x) {
      int number = to.items().size() + refusals.count() + 1;
      refusals.add(number, tag + ", entry " + number, String.valueOf(x.getMessage()));
    }
  }

  private static void add(
      ScopeGroup<LogRecord> to,
      String tag,
      @Nullable Object time,
      @Nullable Object record,
      long now) {
    // Fluent Bit sends [time, metadata] instead of a time.
    Object t =
        switch (time) {
          case Object[] a when a.length > 0 -> a[0];
          case ArrayValue a when !a.isEmpty() -> a.get(0);
          case null, default -> time;
        };
    LogRecord r = new LogRecord();
    r.setObservedTimeUnixNano(now);
    switch (t) {
      case Long l when Math.abs(l) > Long.MAX_VALUE / 1_000_000_000L ->
          throw new CodecException("the time of an entry is out of range");
      case Long l -> r.setTimeUnixNano(l * 1_000_000_000L);
      case Double d -> r.setTimeUnixNano((long) (d * 1e9));
      case MsgPackReader.EventTime e -> r.setTimeUnixNano(e.nanos());
      case null, default -> throw new CodecException("entry has no timestamp");
    }
    if (!(record instanceof Attributes fields)) {
      throw new CodecException("the record of an entry is not a map");
    }
    r.attributes().put(TAG, tag);
    boolean body = false;
    for (int i = 0; i < fields.size(); i++) {
      String k = fields.key(i);
      if (!body && (k.equals("log") || k.equals("message"))) {
        Object v = fields.value(i);
        r.setBody(v instanceof byte[] b ? new String(b, StandardCharsets.UTF_8) : v);
        body = true;
      } else {
        r.attributes().put(k, fields.value(i));
      }
    }
    to.items().add(r);
  }
}

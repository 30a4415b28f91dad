package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Scans requests only as deep as needed to locate their items: counts them, splits requests at
 * resources or by size. Requests must have passed {@link OtlpCheck}; for others the methods throw
 * {@link dev.tethys.codec.CodecException}.
 *
 * <p>A request is resources (field 1) with scopes (field 2) with log records, spans or metrics
 * (field 2); of metrics, the items are the data points (field 1) of data of any type (fields 5 to
 * 11), of profiles the samples (field 2). Profiles refer to a dictionary next to the resources: a
 * resource with profiles is not a complete request on its own.
 */
public final class OtlpScanner {
  /**
   * Part of a request that is a complete request itself.
   *
   * @param items number of items
   */
  public record Slice(int offset, int length, int items) {}

  /** A request. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Part(byte[] body, int items) {}

  private static final int RESOURCE = 1;
  private static final int INNER = 2;
  private static final int POINT = 1;

  private OtlpScanner() {}

  static boolean isData(int field) {
    return switch (field) {
      case 5, 7, 9, 10, 11 -> true;
      default -> false;
    };
  }

  /** Number of items in a request. */
  public static int count(OtlpSignal signal, byte[] buf, int offset, int length) {
    ProtoReader r = new ProtoReader().reset(buf, offset, length);
    int n = 0;
    while (r.next()) {
      if (r.tag() == (RESOURCE << 3 | ProtoReader.LENGTH)) {
        int outer = r.enter();
        n += resource(signal, r);
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    return n;
  }

  private static int resource(OtlpSignal signal, ProtoReader r) {
    int n = 0;
    while (r.next()) {
      if (r.tag() == (INNER << 3 | ProtoReader.LENGTH)) {
        int outer = r.enter();
        while (r.next()) {
          if (r.tag() != (INNER << 3 | ProtoReader.LENGTH)) {
            r.skip();
          } else if (signal == OtlpSignal.METRICS) {
            int metric = r.enter();
            n += metric(r);
            r.leave(metric);
          } else if (signal == OtlpSignal.PROFILES) {
            int profile = r.enter();
            n += samples(r);
            r.leave(profile);
          } else {
            r.skip();
            n++;
          }
        }
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    return n;
  }

  private static int samples(ProtoReader r) {
    int n = 0;
    while (r.next()) {
      n += r.tag() == (INNER << 3 | ProtoReader.LENGTH) ? 1 : 0;
      r.skip();
    }
    return n;
  }

  private static int metric(ProtoReader r) {
    int n = 0;
    while (r.next()) {
      if (r.wireType() == ProtoReader.LENGTH && isData(r.field())) {
        int outer = r.enter();
        while (r.next()) {
          if (r.field() == POINT) {
            n++;
          }
          r.skip();
        }
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    return n;
  }

  /**
   * The resources of a request, each as a separate request; together they form the entire request.
   * Not for profiles.
   */
  public static List<Slice> resources(OtlpSignal signal, byte[] buf, int offset, int length) {
    if (signal == OtlpSignal.PROFILES) {
      throw new IllegalArgumentException("resources of profiles share a dictionary");
    }
    List<Slice> out = new ArrayList<>();
    ProtoReader r = new ProtoReader().reset(buf, offset, length);
    while (r.next()) {
      int start = r.fieldStart();
      if (r.tag() == (RESOURCE << 3 | ProtoReader.LENGTH)) {
        int outer = r.enter();
        int items = resource(signal, r);
        r.leave(outer);
        out.add(new Slice(start, r.position() - start, items));
      } else {
        r.skip();
      }
    }
    return out;
  }

  /**
   * Splits a request into requests of at most {@code maxItems} items and {@code maxBytes} bytes, in
   * order. What encloses items (resource, scope, a metric without its points) is repeated in every
   * part. An item that exceeds the byte limit becomes its own part; a resource without items is
   * omitted. A profile is never split, regardless of the number of its samples; each part has the
   * dictionary that it needs.
   *
   * @param maxItems 1 or more
   * @param maxBytes 1 or more
   */
  public static List<Part> split(OtlpSignal signal, byte[] body, int maxItems, int maxBytes) {
    if (maxItems < 1 || maxBytes < 1) {
      throw new IllegalArgumentException("a part must not be empty");
    }
    return signal == OtlpSignal.PROFILES
        ? ProfileSplitter.split(body, maxItems, maxBytes)
        : new Splitter(signal, maxItems, maxBytes).split(body);
  }

  /**
   * Descends to the items and copies each into the part being written, preceded by the headers of
   * its enclosing levels.
   *
   * <p>Invariant: {@code open} levels have been started in {@code out}, at the positions in {@code
   * begun}; their headers are in {@code heads}.
   */
  private static final class Splitter {
    private static final int LEVELS = 4;

    private final boolean metrics;
    private final int maxItems;
    private final int maxBytes;
    private final ProtoWriter out = new ProtoWriter(1 << 12);
    private final ProtoWriter[] heads = new ProtoWriter[LEVELS];
    private final int[] fields = {RESOURCE, INNER, INNER, 0};
    private final int[] begun = new int[LEVELS];
    private final List<Part> parts = new ArrayList<>();
    private int open;
    private int items;

    Splitter(OtlpSignal signal, int maxItems, int maxBytes) {
      this.metrics = signal == OtlpSignal.METRICS;
      this.maxItems = maxItems;
      this.maxBytes = maxBytes;
      Arrays.setAll(heads, i -> new ProtoWriter());
    }

    List<Part> split(byte[] body) {
      ProtoReader r = new ProtoReader(body);
      while (r.next()) {
        if (r.tag() == (RESOURCE << 3 | ProtoReader.LENGTH)) {
          level(r, 0);
        } else {
          r.skip();
        }
      }
      flush();
      return parts;
    }

    /** Whether a field of a level contains items, directly or deeper. */
    private boolean leads(int level, ProtoReader r) {
      if (r.wireType() != ProtoReader.LENGTH) {
        return false;
      }
      return switch (level) {
        case 0, 1 -> r.field() == INNER;
        case 2 -> isData(r.field());
        default -> r.field() == POINT;
      };
    }

    private void level(ProtoReader r, int level) {
      int outer = r.enter();
      int start = r.position();
      ProtoWriter head = heads[level].clear();
      while (r.next()) {
        boolean leads = leads(level, r);
        int from = r.fieldStart();
        r.skip();
        if (!leads) {
          head.raw(r.buffer(), from, r.position() - from);
        }
      }
      r.position(start);
      boolean holdsItems = level == (metrics ? 3 : 1);
      while (r.next()) {
        if (!leads(level, r)) {
          r.skip();
        } else if (holdsItems) {
          int from = r.fieldStart();
          r.skip();
          item(r.buffer(), from, r.position() - from, level);
        } else {
          fields[level + 1] = r.field();
          level(r, level + 1);
        }
      }
      close(level);
      r.leave(outer);
    }

    private void item(byte[] b, int from, int length, int level) {
      int need = length;
      for (int l = open; l <= level; l++) {
        need += heads[l].size() + 6;
      }
      if (items == maxItems || items > 0 && out.size() + (long) need + 5L * open > maxBytes) {
        flush();
      }
      for (; open <= level; open++) {
        begun[open] = out.begin(fields[open]);
        out.raw(heads[open].buffer(), 0, heads[open].size());
      }
      out.raw(b, from, length);
      items++;
    }

    /** Ends the levels from the innermost to the one that is named. */
    private void close(int level) {
      while (open > level) {
        out.end(begun[--open]);
      }
    }

    private void flush() {
      close(0);
      if (items > 0) {
        parts.add(new Part(out.toByteArray(), items));
      }
      out.clear();
      items = 0;
    }
  }
}

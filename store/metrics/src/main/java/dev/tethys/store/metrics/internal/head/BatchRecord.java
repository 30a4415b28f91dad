package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.encoding.HistogramColumn;
import java.util.List;
import java.util.Map;

/**
 * One commit as a record of the log. A record is independent: values are whole, not differences to
 * an earlier record, so that damage to one record costs that record only.
 *
 * <pre>
 * record: sections until its end; section: byte kind ({@link RecordKind}), then
 *   SERIES       uvarint n, n * { uvarint slot, uvarint generation, uvarint length, canonical labels }
 *   FLOATS, LATE_FLOATS
 *                uvarint runs; a run has one timestamp:
 *                  svarint timestamp - timestamp of the run before (first: - 0), uvarint n,
 *                  slots: pairs { svarint first - (end of the pair before), uvarint count } until n
 *                  ceil(n/2) bytes: a nibble for each value, k, the number of its bytes (0..8),
 *                  the k highest bytes of each value's bits, in little-endian order
 *                byte 1 and n start timestamps (svarint, difference to the one before) for all floats
 *                  of the section, or byte 0
 *   HISTOGRAMS, LATE_HISTOGRAMS
 *                uvarint n, n * { uvarint slot, svarint time, svarint start, HistogramColumn of one }
 *   EXEMPLARS    uvarint n, n * { uvarint slot, svarint time, 8 bytes value, sized canonical labels }
 *   METADATA     uvarint n, n * { name, byte type, help, unit }   strings: uvarint length, UTF-8
 *   DELETE       svarint min time, svarint max time, uvarint n, n * uvarint slot
 * </pre>
 *
 * <p>Slots are below 2^31, nibbles low half first. FLOATS and HISTOGRAMS were newer than all before
 * in their series; they need not be read again once a block of their time exists. The LATE ones do.
 */
final class BatchRecord {
  private static final MetricType[] TYPES = MetricType.values();

  private BatchRecord() {}

  static void floats(int kind, AppendBatch.Columns c, ByteSink out) {
    if (c.count == 0) {
      return;
    }
    int runs = 1;
    for (int i = 1; !c.oneRow && i < c.count; i++) {
      runs += c.times[i] != c.times[i - 1] ? 1 : 0;
    }
    out.putByte(kind);
    out.uvarint(runs);
    long before = 0;
    int from = 0;
    while (from < c.count) {
      long t = c.times[from];
      int to = c.oneRow ? c.count : from + 1;
      while (to < c.count && c.times[to] == t) {
        to++;
      }
      out.svarint(t - before);
      before = t;
      out.uvarint(to - from);
      slots(c.slots, from, to, out);
      values(c.bits, from, to, out);
      from = to;
    }
    long[] starts = c.starts;
    if (starts == null) {
      out.putByte(0);
      return;
    }
    out.putByte(1);
    long s = 0;
    for (int i = 0; i < c.count; i++) {
      out.svarint(starts[i] - s);
      s = starts[i];
    }
  }

  private static void slots(int[] slots, int from, int to, ByteSink out) {
    int end = 0;
    int i = from;
    while (i < to) {
      int first = slots[i];
      int j = i + 1;
      while (j < to && slots[j] == first + (j - i)) {
        j++;
      }
      out.svarint((long) first - end);
      out.uvarint(j - i);
      end = first + (j - i);
      i = j;
    }
  }

  private static void values(long[] bits, int from, int to, ByteSink out) {
    int n = to - from;
    out.ensure((n + 1) / 2 + 8 * n);
    int nibble = out.size;
    int p = nibble + (n + 1) / 2;
    byte[] b = out.buf;
    for (int i = from; i < to; i++) {
      long v = bits[i];
      int bytes =
          (71 - Long.numberOfTrailingZeros(v))
              >>> 3; // 0 for 0 Shifting by 64 is shifting by none: for 0 bytes the written value
      // does not count.
      int at = i - from;
      if ((at & 1) == 0) {
        b[nibble + (at >>> 1)] = (byte) bytes;
      } else {
        b[nibble + (at >>> 1)] |= (byte) (bytes << 4);
      }
      putLong(b, p, v >>> (64 - 8 * bytes));
      p += bytes;
    }
    out.size = p;
  }

  private static void putLong(byte[] b, int p, long v) {
    RowPage.LONG.set(b, p, v);
  }

  static void histograms(int kind, List<AppendBatch.HistogramSample> list, ByteSink out) {
    if (list.isEmpty()) {
      return;
    }
    out.putByte(kind);
    out.uvarint(list.size());
    HistogramColumn column = new HistogramColumn();
    Histogram[] one = new Histogram[1];
    for (AppendBatch.HistogramSample s : list) {
      out.uvarint(s.slot());
      out.svarint(s.time());
      out.svarint(s.start());
      one[0] = s.histogram();
      column.encode(one, 1, out);
    }
  }

  static void exemplars(List<AppendBatch.ExemplarSample> list, ByteSink out) {
    if (list.isEmpty()) {
      return;
    }
    out.putByte(RecordKind.EXEMPLARS);
    out.uvarint(list.size());
    for (AppendBatch.ExemplarSample s : list) {
      out.uvarint(s.slot());
      exemplar(s.exemplar(), out);
    }
  }

  static void exemplar(Exemplar e, ByteSink out) {
    out.svarint(e.timestamp());
    out.putLong(Double.doubleToRawLongBits(e.value()));
    out.putSized(e.labels().canonicalBytes());
  }

  static Exemplar exemplar(ByteSource in) {
    long t = in.svarint();
    double v = Double.longBitsToDouble(in.getLong());
    return new Exemplar(Labels.ofCanonicalBytes(in.sized()), v, t);
  }

  static void metadata(Map<String, MetricMetadata> m, ByteSink out) {
    if (m.isEmpty()) {
      return;
    }
    out.putByte(RecordKind.METADATA);
    out.uvarint(m.size());
    m.forEach(
        (name, d) -> {
          out.putString(name);
          out.putByte(d.type().ordinal());
          out.putString(d.help());
          out.putString(d.unit());
        });
  }

  static MetricMetadata metadata(ByteSource in) {
    int type = in.getByte();
    if (type >= TYPES.length) {
      throw new CorruptionException("unknown metric type " + type);
    }
    return new MetricMetadata(TYPES[type], in.string(), in.string());
  }

  static void delete(long minTime, long maxTime, int[] slots, ByteSink out) {
    out.putByte(RecordKind.DELETE);
    out.svarint(minTime);
    out.svarint(maxTime);
    out.uvarint(slots.length);
    for (int s : slots) {
      out.uvarint(s);
    }
  }

  /** Receives the contents of a record, in order. */
  interface Replay {
    void series(int slot, int generation, byte[] canonical);

    void floats(boolean late, AppendBatch.Columns columns);

    void histogram(boolean late, int slot, long time, long start, Histogram h);

    void exemplar(int slot, Exemplar e);

    void metadata(String name, MetricMetadata m);

    void delete(long minTime, long maxTime, int[] slots);
  }

  /**
   * Reads a record.
   *
   * @throws CorruptionException if it is not one
   */
  static void read(ByteSource in, AppendBatch.Columns scratch, Replay to) {
    while (in.remaining() > 0) {
      int kind = in.getByte();
      switch (kind) {
        case RecordKind.SERIES -> {
          for (int n = in.count(); n > 0; n--) {
            int slot = slot(in);
            int generation = in.count(Integer.MAX_VALUE);
            to.series(slot, generation, in.sized());
          }
        }
        case RecordKind.FLOATS, RecordKind.LATE_FLOATS -> {
          readFloats(in, scratch);
          to.floats(kind == RecordKind.LATE_FLOATS, scratch);
        }
        case RecordKind.HISTOGRAMS, RecordKind.LATE_HISTOGRAMS -> {
          for (int n = in.count(); n > 0; n--) {
            int slot = slot(in);
            long time = in.svarint();
            long start = in.svarint();
            Histogram h = HistogramColumn.decode(in, 1)[0];
            to.histogram(kind == RecordKind.LATE_HISTOGRAMS, slot, time, start, h);
          }
        }
        case RecordKind.EXEMPLARS -> {
          for (int n = in.count(); n > 0; n--) {
            to.exemplar(slot(in), exemplar(in));
          }
        }
        case RecordKind.METADATA -> {
          for (int n = in.count(); n > 0; n--) {
            String name = in.string();
            to.metadata(name, metadata(in));
          }
        }
        case RecordKind.DELETE -> {
          long min = in.svarint();
          long max = in.svarint();
          int[] slots = new int[in.count()];
          for (int i = 0; i < slots.length; i++) {
            slots[i] = slot(in);
          }
          to.delete(min, max, slots);
        }
        default -> throw new CorruptionException("unknown section " + kind);
      }
    }
  }

  private static int slot(ByteSource in) {
    int s = in.count(Integer.MAX_VALUE - 64);
    if (s == 0) {
      throw new CorruptionException("slot 0");
    }
    return s;
  }

  private static void readFloats(ByteSource in, AppendBatch.Columns c) {
    c.clear();
    int runs = in.count();
    long time = 0;
    for (int r = 0; r < runs; r++) {
      time += in.svarint();
      int n = in.count(2L * in.remaining());
      int first = c.count;
      long end = 0;
      for (int have = 0; have < n; ) {
        long slot = end + in.svarint();
        int len = in.count(n - (long) have);
        if (slot <= 0 || slot + len > Integer.MAX_VALUE - 64 || len == 0) {
          throw new CorruptionException("slots out of bounds");
        }
        for (int i = 0; i < len; i++) {
          c.add((int) slot + i, time, 0, 0);
        }
        end = slot + len;
        have += len;
      }
      int nibble = in.pos;
      in.skip((n + 1) / 2);
      for (int i = 0; i < n; i++) {
        int bytes = in.buf[nibble + (i >>> 1)] >>> ((i & 1) * 4) & 15;
        if (bytes > 8) {
          throw new CorruptionException("a value of more than eight bytes");
        }
        long v = in.getLow(bytes);
        c.bits[first + i] = bytes == 0 ? 0 : v << (64 - 8 * bytes);
      }
    }
    if (in.getByte() == 1) {
      long[] starts = new long[c.slots.length];
      long s = 0;
      for (int i = 0; i < c.count; i++) {
        s += in.svarint();
        starts[i] = s;
      }
      c.starts = starts;
    }
  }
}

package dev.tethys.pipeline;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.storage.SeriesLayout;
import java.util.BitSet;

/**
 * One sample of each series of a layout, all with one time: the result of a scrape before it is
 * encoded.
 */
public final class Rows {
  /** Bytes of a value, which a zero has not. */
  private static final int VALUE = 9;

  private final SeriesLayout layout;
  private final long timestamp;
  private final double[] values;
  private int size = -1; // of the request, once it was asked for

  /**
   * Creates rows.
   *
   * @param timestamp Unix milliseconds
   * @param values one per series; must not be modified afterwards
   */
  public Rows(SeriesLayout layout, long timestamp, double[] values) {
    if (values.length != layout.size()) {
      throw new IllegalArgumentException(values.length + " values of " + layout.size() + " series");
    }
    this.layout = layout;
    this.timestamp = timestamp;
    this.values = values;
  }

  public SeriesLayout layout() {
    return layout;
  }

  /** Returns the timestamp in Unix milliseconds. */
  public long timestamp() {
    return timestamp;
  }

  /** Returns one value for each series, in order; must not be modified. */
  public double[] values() {
    return values;
  }

  /** Encodes the rows as a remote write 1.0 request. */
  byte[] write() {
    WriteRequestWriter w = new WriteRequestWriter();
    int[] next = {0};
    layout.forEach(
        (buf, offset, length) ->
            w.beginCanonicalSeries(buf, offset, length)
                .sample(timestamp, values[next[0]++])
                .endSeries());
    return w.toByteArray();
  }

  /**
   * Encoded series lengths for a layout.
   *
   * @param all encoded length of the entire request if no value is zero
   * @param shorter series whose length prefix is a byte shorter for a zero value
   */
  private record Lengths(int all, BitSet shorter) {}

  /** Returns the length of the output of {@link #write}, for times from 1971 to 2109. */
  int length() {
    if (size >= 0) {
      return size;
    }
    Lengths of = layout.kept(Rows.class, this::measure);
    int n = of.all;
    for (int i = 0; i < values.length; i++) {
      if (Double.doubleToRawLongBits(values[i]) == 0) {
        n -= of.shorter.get(i) ? VALUE + 1 : VALUE;
      }
    }
    size = n;
    return n;
  }

  private Lengths measure() {
    int[] all = {0};
    int[] next = {0};
    BitSet shorter = new BitSet();
    layout.forEach(
        (buf, offset, length) -> {
          int n = 18; // the sample: two bytes and 16
          for (int p = offset; p < offset + length; ) {
            int pair = 0;
            for (int half = 0; half < 2; half++) {
              int size = 0;
              int shift = 0;
              while (buf[p] < 0) {
                size |= (buf[p++] & 0x7f) << shift;
                shift += 7;
              }
              size |= buf[p++] << shift;
              p += size;
              pair += 1 + ProtoWriter.varintSize(size) + size;
            }
            n += 1 + ProtoWriter.varintSize(pair) + pair;
          }
          shorter.set(next[0]++, ProtoWriter.varintSize(n - VALUE) < ProtoWriter.varintSize(n));
          all[0] += 1 + ProtoWriter.varintSize(n) + n;
        });
    return new Lengths(all[0], shorter);
  }
}

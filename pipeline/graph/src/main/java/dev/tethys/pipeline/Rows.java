package dev.tethys.pipeline;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.storage.SeriesLayout;

/**
 * One sample of each series of a layout, all of one time: what a scrape brings, before anybody
 * needs it as bytes.
 */
public final class Rows {
  private final SeriesLayout layout;
  private final long timestamp;
  private final double[] values;

  /**
   * Samples.
   *
   * @param timestamp Unix milliseconds
   * @param values one for each series; never written to any more
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

  /** Unix milliseconds. */
  public long timestamp() {
    return timestamp;
  }

  /** One for each series, in their order; not to be written into. */
  public double[] values() {
    return values;
  }

  /** The same as a request of remote write 1.0. */
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

  /** How long {@link #write}'s answer is, but for zeros, which take no bytes there. */
  int length() {
    return layout.kept(Rows.class, this::measure);
  }

  private Integer measure() {
    int[] all = {0};
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
              pair += 1 + varint(size) + size;
            }
            n += 1 + varint(pair) + pair;
          }
          all[0] += 1 + varint(n) + n;
        });
    return all[0];
  }

  private static int varint(int n) {
    return Math.max(1, (38 - Integer.numberOfLeadingZeros(n)) / 7);
  }
}

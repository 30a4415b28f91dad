package dev.tethys.codec.otlp;

import dev.tethys.codec.protobuf.ProtoReader;

/** Looks for deltas in requests, without reading data points. */
public final class OtlpDeltas {
  /** The fields of resource metrics, scope metrics and metrics. */
  private static final int[] PATH = {1, 2, 2};

  private static final int TEMPORALITY = 2;

  private OtlpDeltas() {}

  /**
   * Whether a metric of an {@code ExportMetricsServiceRequest} has delta temporality.
   *
   * @throws dev.tethys.codec.CodecException if the part read so far is malformed
   */
  public static boolean areIn(byte[] buf, int offset, int length) {
    return within(new ProtoReader().reset(buf, offset, length), 0);
  }

  /** Whether there are deltas in messages of these fields, one within the other. */
  private static boolean within(ProtoReader r, int depth) {
    boolean metric = depth == PATH.length;
    while (r.next()) {
      boolean wanted = metric ? isAggregated(r.field()) : r.field() == PATH[depth];
      if (wanted && r.wireType() == ProtoReader.LENGTH) {
        int outer = r.enter();
        if (metric ? isDelta(r) : within(r, depth + 1)) {
          return true;
        }
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    return false;
  }

  /** Sums, histograms, exponential histograms. */
  private static boolean isAggregated(int field) {
    return field == 7 || field == 9 || field == 10;
  }

  private static boolean isDelta(ProtoReader r) {
    int temporality = 0;
    while (r.next()) {
      if (r.field() == TEMPORALITY && r.wireType() == ProtoReader.VARINT) {
        temporality = r.readInt();
      } else {
        r.skip();
      }
    }
    return temporality == MetricKind.DELTA;
  }
}

package dev.tethys.pipeline.kafka;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;

/** Time of the first sample of a batch of metrics. */
final class SampleTime {
  private static final int DEPTH = 8;

  /** Fields that lead to the data points of a metric of OTLP: gauge to summary. */
  private static final int FIRST_KIND = 5;

  private static final int LAST_KIND = 11;

  private SampleTime() {}

  /**
   * Returns the time of the first sample in Unix milliseconds.
   *
   * @param other default if there is none
   */
  static long millis(Batch batch, long other) {
    try {
      if (batch.encoding() == Encoding.REMOTE_WRITE) {
        byte[] b = batch.series();
        return series(new ProtoReader().reset(b, 0, b.length), other);
      }
      byte[] b = batch.body();
      long nanos = points(new ProtoReader().reset(b, 0, b.length), 0);
      return nanos == 0 ? other : nanos / 1_000_000;
    } catch (CodecException e) {
      return other; // malformed: refused by its reader
    }
  }

  /** Reads {@code WriteRequest.timeseries.samples.timestamp}, or that of a histogram. */
  private static long series(ProtoReader r, long other) {
    while (r.next()) {
      if (r.field() != 1 || r.wireType() != ProtoReader.LENGTH) {
        r.skip();
        continue;
      }
      int outer = r.enter();
      while (r.next()) {
        int field = r.field();
        if (field != 2 && field != 4 || r.wireType() != ProtoReader.LENGTH) {
          r.skip();
          continue;
        }
        int series = r.enter();
        int time = field == 2 ? 2 : 15;
        long found = 0; // the default of a missing field
        while (r.next()) {
          if (r.field() == time && r.wireType() == ProtoReader.VARINT) {
            found = r.readLong();
          } else {
            r.skip();
          }
        }
        r.leave(series);
        return found;
      }
      r.leave(outer);
    }
    return other;
  }

  /**
   * Reads {@code resource_metrics.scope_metrics.metrics}, then any kind's {@code
   * data_points.time_unix_nano}.
   */
  private static long points(ProtoReader r, int level) {
    if (level > DEPTH) {
      return 0;
    }
    while (r.next()) {
      if (level == 5) {
        if (r.field() == 3 && r.wireType() == ProtoReader.FIXED64) {
          return r.readFixed64();
        }
        r.skip();
        continue;
      }
      boolean leads =
          switch (level) {
            case 0 -> r.field() == 1;
            case 1, 2 -> r.field() == 2;
            case 3 -> r.field() >= FIRST_KIND && r.field() <= LAST_KIND;
            default -> r.field() == 1;
          };
      if (!leads || r.wireType() != ProtoReader.LENGTH) {
        r.skip();
        continue;
      }
      int outer = r.enter();
      long found = points(r, level + 1);
      if (found != 0) {
        return found;
      }
      r.leave(outer);
    }
    return 0;
  }
}

package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import java.util.Arrays;

/** Reads data points; each method reads the reader's current message. */
final class PointReader {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int VARINT = ProtoReader.VARINT;
  private static final int FIXED64 = ProtoReader.FIXED64;

  private final FieldReader f;

  PointReader(FieldReader f) {
    this.f = f;
  }

  NumberDataPoint number() {
    ProtoReader r = f.r;
    NumberDataPoint p = new NumberDataPoint();
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 2 << 3 | FIXED64 -> p.setStartTimeUnixNano(r.readFixed64());
        case 3 << 3 | FIXED64 -> p.setTimeUnixNano(r.readFixed64());
        case 4 << 3 | FIXED64 -> p.setDouble(r.readDouble());
        case 5 << 3 | LENGTH -> p.exemplars().add(exemplar());
        case 6 << 3 | FIXED64 -> p.setLong(r.readFixed64());
        case 7 << 3 | LENGTH -> f.attribute(p.attributes());
        case 8 << 3 | VARINT -> p.setFlags(r.readInt());
        default -> f.unknown(p);
      }
    }
    r.leave(outer);
    return p;
  }

  HistogramDataPoint histogram() {
    ProtoReader r = f.r;
    HistogramDataPoint p = new HistogramDataPoint();
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 2 << 3 | FIXED64 -> p.setStartTimeUnixNano(r.readFixed64());
        case 3 << 3 | FIXED64 -> p.setTimeUnixNano(r.readFixed64());
        case 4 << 3 | FIXED64 -> p.setCount(r.readFixed64());
        case 5 << 3 | FIXED64 -> p.setSum(r.readDouble());
        case 6 << 3 | LENGTH, 6 << 3 | FIXED64 -> p.setBucketCounts(fixed64s(p.bucketCounts()));
        case 7 << 3 | LENGTH, 7 << 3 | FIXED64 -> p.setExplicitBounds(doubles(p.explicitBounds()));
        case 8 << 3 | LENGTH -> p.exemplars().add(exemplar());
        case 9 << 3 | LENGTH -> f.attribute(p.attributes());
        case 10 << 3 | VARINT -> p.setFlags(r.readInt());
        case 11 << 3 | FIXED64 -> p.setMin(r.readDouble());
        case 12 << 3 | FIXED64 -> p.setMax(r.readDouble());
        default -> f.unknown(p);
      }
    }
    r.leave(outer);
    return p;
  }

  ExponentialHistogramDataPoint exponentialHistogram() {
    ProtoReader r = f.r;
    ExponentialHistogramDataPoint p = new ExponentialHistogramDataPoint();
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> f.attribute(p.attributes());
        case 2 << 3 | FIXED64 -> p.setStartTimeUnixNano(r.readFixed64());
        case 3 << 3 | FIXED64 -> p.setTimeUnixNano(r.readFixed64());
        case 4 << 3 | FIXED64 -> p.setCount(r.readFixed64());
        case 5 << 3 | FIXED64 -> p.setSum(r.readDouble());
        case 6 << 3 | VARINT -> p.setScale(r.readSignedInt());
        case 7 << 3 | FIXED64 -> p.setZeroCount(r.readFixed64());
        case 8 << 3 | LENGTH -> buckets(p, true);
        case 9 << 3 | LENGTH -> buckets(p, false);
        case 10 << 3 | VARINT -> p.setFlags(r.readInt());
        case 11 << 3 | LENGTH -> p.exemplars().add(exemplar());
        case 12 << 3 | FIXED64 -> p.setMin(r.readDouble());
        case 13 << 3 | FIXED64 -> p.setMax(r.readDouble());
        case 14 << 3 | FIXED64 -> p.setZeroThreshold(r.readDouble());
        default -> f.unknown(p);
      }
    }
    r.leave(outer);
    return p;
  }

  private void buckets(ExponentialHistogramDataPoint p, boolean positive) {
    ProtoReader r = f.r;
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | VARINT -> {
          int offset = r.readSignedInt();
          if (positive) {
            p.setPositiveOffset(offset);
          } else {
            p.setNegativeOffset(offset);
          }
        }
        case 2 << 3 | LENGTH, 2 << 3 | VARINT -> {
          if (positive) {
            p.setPositiveCounts(varints(p.positiveCounts()));
          } else {
            p.setNegativeCounts(varints(p.negativeCounts()));
          }
        }
        default -> r.skip();
      }
    }
    r.leave(outer);
  }

  SummaryDataPoint summary() {
    ProtoReader r = f.r;
    SummaryDataPoint p = new SummaryDataPoint();
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 2 << 3 | FIXED64 -> p.setStartTimeUnixNano(r.readFixed64());
        case 3 << 3 | FIXED64 -> p.setTimeUnixNano(r.readFixed64());
        case 4 << 3 | FIXED64 -> p.setCount(r.readFixed64());
        case 5 << 3 | FIXED64 -> p.setSum(r.readDouble());
        case 6 << 3 | LENGTH -> quantile(p);
        case 7 << 3 | LENGTH -> f.attribute(p.attributes());
        case 8 << 3 | VARINT -> p.setFlags(r.readInt());
        default -> f.unknown(p);
      }
    }
    r.leave(outer);
    return p;
  }

  private void quantile(SummaryDataPoint p) {
    ProtoReader r = f.r;
    double quantile = 0;
    double value = 0;
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | FIXED64 -> quantile = r.readDouble();
        case 2 << 3 | FIXED64 -> value = r.readDouble();
        default -> r.skip();
      }
    }
    r.leave(outer);
    int n = p.quantiles().length;
    double[] quantiles = Arrays.copyOf(p.quantiles(), n + 1);
    double[] values = Arrays.copyOf(p.quantileValues(), n + 1);
    quantiles[n] = quantile;
    values[n] = value;
    p.setQuantiles(quantiles);
    p.setQuantileValues(values);
  }

  private Exemplar exemplar() {
    ProtoReader r = f.r;
    Exemplar e = new Exemplar();
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 2 << 3 | FIXED64 -> e.setTimeUnixNano(r.readFixed64());
        case 3 << 3 | FIXED64 -> e.setDouble(r.readDouble());
        case 4 << 3 | LENGTH -> e.setSpanId(f.spanId());
        case 5 << 3 | LENGTH -> {
          int id = f.traceId();
          e.setTraceId(f.high(id), f.low(id));
        }
        case 6 << 3 | FIXED64 -> e.setLong(r.readFixed64());
        case 7 << 3 | LENGTH -> f.attribute(e.attributes());
        default -> f.unknown(e);
      }
    }
    r.leave(outer);
    return e;
  }

  private long[] fixed64s(long[] had) {
    ProtoReader r = f.r;
    int n = had.length;
    int outer = r.beginRepeated(FIXED64);
    long[] all = Arrays.copyOf(had, n + (r.limit() - r.position() + 7) / 8);
    while (r.moreRepeated(outer)) {
      all[n++] = r.rawFixed64();
    }
    return all;
  }

  private double[] doubles(double[] had) {
    ProtoReader r = f.r;
    int n = had.length;
    int outer = r.beginRepeated(FIXED64);
    double[] all = Arrays.copyOf(had, n + (r.limit() - r.position() + 7) / 8);
    while (r.moreRepeated(outer)) {
      all[n++] = r.rawDouble();
    }
    return all;
  }

  private long[] varints(long[] had) {
    ProtoReader r = f.r;
    int n = had.length;
    int outer = r.beginRepeated(VARINT);
    int elements = 0;
    for (int i = r.position(); i < r.limit(); i++) {
      elements += r.buffer()[i] >= 0 ? 1 : 0;
    }
    long[] all = Arrays.copyOf(had, n + elements);
    while (r.moreRepeated(outer)) {
      all[n++] = r.readVarint();
    }
    return all;
  }
}

package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;

/** Reads metrics. */
final class MetricReader implements OtlpReader.ItemReader<Metric> {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int VARINT = ProtoReader.VARINT;

  private final FieldReader f;
  private final PointReader points;

  MetricReader(FieldReader f) {
    this.f = f;
    this.points = new PointReader(f);
  }

  @Override
  public Metric read() {
    ProtoReader r = f.r;
    Metric m = new Metric();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> m.setName(f.name());
        case 2 << 3 | LENGTH -> m.setDescription(f.name());
        case 3 << 3 | LENGTH -> m.setUnit(f.name());
        case 5 << 3 | LENGTH -> {
          MetricData.Gauge d = m.data() instanceof MetricData.Gauge g ? g : new MetricData.Gauge();
          m.setData(d);
          int outer = r.enter();
          while (r.next()) {
            if (r.tag() == (1 << 3 | LENGTH)) {
              d.points().add(points.number());
            } else {
              f.unknown(d);
            }
          }
          r.leave(outer);
        }
        case 7 << 3 | LENGTH -> sum(m);
        case 9 << 3 | LENGTH -> histogram(m);
        case 10 << 3 | LENGTH -> exponentialHistogram(m);
        case 11 << 3 | LENGTH -> {
          MetricData.Summary d =
              m.data() instanceof MetricData.Summary s ? s : new MetricData.Summary();
          m.setData(d);
          int outer = r.enter();
          while (r.next()) {
            if (r.tag() == (1 << 3 | LENGTH)) {
              d.points().add(points.summary());
            } else {
              f.unknown(d);
            }
          }
          r.leave(outer);
        }
        case 12 << 3 | LENGTH -> f.attribute(m.metadata());
        default -> f.unknown(m);
      }
    }
    return m;
  }

  private void sum(Metric m) {
    ProtoReader r = f.r;
    MetricData.Sum d = m.data() instanceof MetricData.Sum s ? s : new MetricData.Sum();
    m.setData(d);
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> d.points().add(points.number());
        case 2 << 3 | VARINT -> d.setTemporality(r.readInt());
        case 3 << 3 | VARINT -> d.setMonotonic(r.readBool());
        default -> f.unknown(d);
      }
    }
    r.leave(outer);
  }

  private void histogram(Metric m) {
    ProtoReader r = f.r;
    MetricData.Histogram d =
        m.data() instanceof MetricData.Histogram h ? h : new MetricData.Histogram();
    m.setData(d);
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> d.points().add(points.histogram());
        case 2 << 3 | VARINT -> d.setTemporality(r.readInt());
        default -> f.unknown(d);
      }
    }
    r.leave(outer);
  }

  private void exponentialHistogram(Metric m) {
    ProtoReader r = f.r;
    MetricData.ExponentialHistogram d =
        m.data() instanceof MetricData.ExponentialHistogram h
            ? h
            : new MetricData.ExponentialHistogram();
    m.setData(d);
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> d.points().add(points.exponentialHistogram());
        case 2 << 3 | VARINT -> d.setTemporality(r.readInt());
        default -> f.unknown(d);
      }
    }
    r.leave(outer);
  }
}

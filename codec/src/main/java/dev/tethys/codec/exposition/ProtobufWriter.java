package dev.tethys.codec.exposition;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.io.OutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes delimited {@code io.prometheus.client.MetricFamily} messages. */
final class ProtobufWriter implements ExpositionWriter {
  private static final int FAMILY_BUFFER = 4096;

  private final ByteSink out;
  private final EscapingScheme scheme;
  private final ProtoWriter message = new ProtoWriter(FAMILY_BUFFER);
  private final ProtoWriter length = new ProtoWriter(16);

  ProtobufWriter(OutputStream out, EscapingScheme scheme) {
    this.out = new ByteSink(out);
    this.scheme = scheme;
  }

  @Override
  public void finish() {
    out.flush();
  }

  @Override
  public void write(MetricFamily f) {
    if (f.metrics().isEmpty()) {
      return;
    }
    ProtoWriter w = message.clear();
    w.string(1, LabelNames.isLegacyMetricName(f.name()) ? f.name() : scheme.escape(f.name()));
    w.stringUnlessEmpty(2, f.help());
    w.int64(3, typeNumber(f.type()));
    for (Metric m : f.metrics()) {
      metric(w, f.type(), m);
    }
    w.stringUnlessEmpty(5, f.unit());
    length.clear().varint(w.size());
    out.bytes(length.buffer(), 0, length.size());
    out.bytes(w.buffer(), 0, w.size());
  }

  private static int typeNumber(MetricType t) {
    return switch (t) {
      case COUNTER -> 0;
      case GAUGE, INFO, STATESET -> 1;
      case SUMMARY -> 2;
      case UNKNOWN -> 3;
      case HISTOGRAM -> 4;
      case GAUGEHISTOGRAM -> 5;
    };
  }

  private void metric(ProtoWriter w, MetricType type, Metric m) {
    int metric = w.begin(4);
    labels(w, FormattedMetric.escaped(m.labels(), scheme));
    // No switch over types, which makes a class when it first runs.
    if (m.point() instanceof Value v) {
      value(w, type, m, v);
    } else if (m.point() instanceof Quantiles q) {
      int summary = w.begin(4);
      w.int64(1, (long) q.count());
      w.float64(2, q.sum());
      for (int i = 0; i < q.quantiles().length; i++) {
        int quantile = w.begin(3);
        w.float64(1, q.quantiles()[i]);
        w.float64(2, q.values()[i]);
        w.end(quantile);
      }
      startTimestamp(w, 4, m);
      w.end(summary);
    } else if (m.point() instanceof Buckets b) {
      int h = w.begin(7);
      buckets(w, b);
      startTimestamp(w, 15, m);
      w.end(h);
    } else if (m.point() instanceof Native n) {
      int h = w.begin(7);
      if (n.histogram().hasCustomBuckets()) {
        buckets(w, FormattedMetric.classic(n)); // the format has no custom bounds
      } else {
        nativeHistogram(w, n);
      }
      startTimestamp(w, 15, m);
      w.end(h);
    }
    Long timestamp = m.timestamp();
    if (timestamp != null) {
      w.int64(6, timestamp);
    }
    w.end(metric);
  }

  private void value(ProtoWriter w, MetricType type, Metric m, Value v) {
    int field =
        switch (type) {
          case COUNTER -> 3;
          case GAUGE, INFO, STATESET -> 2;
          default -> 5;
        };
    int message = w.begin(field);
    w.float64(1, v.value());
    if (type == MetricType.COUNTER) {
      exemplar(w, 2, v.exemplar());
      startTimestamp(w, 3, m);
    }
    w.end(message);
  }

  private void buckets(ProtoWriter w, Buckets b) {
    boolean whole = whole(b.count());
    for (double c : b.cumulative()) {
      whole &= whole(c);
    }
    if (whole) {
      w.int64(1, (long) b.count());
    } else {
      w.float64(4, b.count());
    }
    w.float64(2, b.sum());
    classicBuckets(w, b, whole);
  }

  private void classicBuckets(ProtoWriter w, Buckets b, boolean whole) {
    List<@Nullable Exemplar> exemplars = b.exemplars();
    for (int i = 0; i < b.bounds().length; i++) {
      int bucket = w.begin(3);
      if (whole) {
        w.int64(1, (long) b.cumulative()[i]);
      } else {
        w.float64(4, b.cumulative()[i]);
      }
      w.float64(2, b.bounds()[i]);
      if (i < exemplars.size()) {
        exemplar(w, 3, exemplars.get(i));
      }
      w.end(bucket);
    }
  }

  private static boolean whole(double v) {
    return v >= 0 && v == Math.rint(v) && v < 0x1p63;
  }

  private void nativeHistogram(ProtoWriter w, Native n) {
    Histogram h = n.histogram();
    if (h.integer()) {
      w.int64(1, (long) h.count());
    } else {
      w.float64(4, h.count());
    }
    w.float64(2, h.sum());
    Buckets classic = n.classic();
    if (classic != null) {
      classicBuckets(w, classic, h.integer());
    }
    w.sint64(5, h.schema());
    w.float64(6, h.zeroThreshold());
    if (h.integer()) {
      w.int64(7, (long) h.zeroCount());
    } else {
      w.float64(8, h.zeroCount());
    }
    side(w, 9, h.negativeSpans(), h.negative(), h.integer());
    side(w, 12, h.positiveSpans(), h.positive(), h.integer());
    if (h.negativeSpans().length == 0 && h.positiveSpans().length == 0) {
      int span = w.begin(12); // says that it is native, though empty
      w.sint64(1, 0).int64(2, 0).end(span);
    }
    for (Exemplar e : n.exemplars()) {
      exemplar(w, 16, e);
    }
  }

  private static void side(
      ProtoWriter w, int field, int[] spans, double[] counts, boolean integer) {
    for (int i = 0; i < spans.length; i += 2) {
      int span = w.begin(field);
      w.sint64(1, spans[i]).int64(2, spans[i + 1]).end(span);
    }
    if (counts.length == 0) {
      return;
    }
    int packed = w.begin(integer ? field + 1 : field + 2);
    long before = 0;
    for (double c : counts) {
      if (integer) {
        w.signedVarint((long) c - before);
        before = (long) c;
      } else {
        w.rawDouble(c);
      }
    }
    w.end(packed);
  }

  private void exemplar(ProtoWriter w, int field, @Nullable Exemplar e) {
    if (e == null) {
      return;
    }
    int message = w.begin(field);
    labels(w, FormattedMetric.escaped(e.labels(), scheme));
    w.float64(2, e.value());
    if (e.timestamp() != 0) {
      instant(w, 3, e.timestamp());
    }
    w.end(message);
  }

  private static void startTimestamp(ProtoWriter w, int field, Metric m) {
    if (m.startTimestamp() != 0) {
      instant(w, field, m.startTimestamp());
    }
  }

  private static void instant(ProtoWriter w, int field, long ms) {
    int message = w.begin(field);
    w.int64Unless0(1, Math.floorDiv(ms, 1000L));
    w.int64Unless0(2, Math.floorMod(ms, 1000L) * 1_000_000L);
    w.end(message);
  }

  private static void labels(ProtoWriter w, Labels labels) {
    labels.forEachBytes(
        (b, no, nl, vo, vl) -> {
          int pair = w.begin(1);
          w.bytes(1, b, no, nl);
          w.bytes(2, b, vo, vl);
          w.end(pair);
        });
  }
}

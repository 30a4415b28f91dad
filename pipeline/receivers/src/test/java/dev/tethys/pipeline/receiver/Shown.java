package dev.tethys.pipeline.receiver;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import java.util.ArrayList;
import java.util.List;

/** Items of OTLP batches, as text. */
public final class Shown {
  private Shown() {}

  /** Each point of a gauge or sum as {@code name gauge|sum|delta {attributes} value @nanos}. */
  public static List<String> points(List<Batch> batches) {
    List<String> out = new ArrayList<>();
    for (Batch b : batches) {
      if (b.signal() == Signal.METRICS) {
        for (var g : new OtlpReader().metrics(b.body(), 0, b.body().length).resources()) {
          for (var s : g.scopes()) {
            s.items().forEach(m -> points(m, out));
          }
        }
      }
    }
    return out;
  }

  private static void points(Metric m, List<String> out) {
    MetricData<?> d = m.data();
    String kind =
        switch (d) {
          case MetricData.Gauge _ -> "gauge";
          case MetricData.Sum s -> s.temporality() == 1 ? "delta" : "sum";
          case null, default -> "other";
        };
    if (d != null) {
      for (DataPoint p : d.points()) {
        String value =
            p instanceof NumberDataPoint n
                ? n.isInt() ? Long.toString(n.longValue()) : Double.toString(n.doubleValue())
                : "?";
        out.add(
            m.name()
                + " "
                + kind
                + " "
                + sorted(p.attributes())
                + " "
                + value
                + " @"
                + p.timeUnixNano());
      }
    }
  }

  /** Each record as {@code severity {attributes} body @nanos}. */
  public static List<String> records(List<Batch> batches) {
    List<String> out = new ArrayList<>();
    for (Batch b : batches) {
      if (b.signal() == Signal.LOGS) {
        for (var g : new OtlpReader().logs(b.body(), 0, b.body().length).resources()) {
          for (var s : g.scopes()) {
            for (LogRecord r : s.items()) {
              out.add(
                  r.severityNumber()
                      + " "
                      + sorted(g.resource().attributes())
                      + sorted(r.attributes())
                      + " "
                      + r.body()
                      + " @"
                      + r.timeUnixNano());
            }
          }
        }
      }
    }
    return out;
  }

  /** Attributes in the order of their names. */
  public static String sorted(Attributes a) {
    java.util.TreeMap<String, Object> m = new java.util.TreeMap<>();
    a.forEach((k, v) -> m.put(k, String.valueOf(v)));
    return m.toString();
  }
}

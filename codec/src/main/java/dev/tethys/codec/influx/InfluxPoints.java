package dev.tethys.codec.influx;

import dev.tethys.codec.points.PointNames;
import dev.tethys.codec.points.PointSink;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Points of Influx as samples. Each numeric or boolean field is a series {@code
 * <measurement>_<field>} with the tags as labels; of the measurement {@code prometheus} the fields
 * are the metrics, as Telegraf writes them, and by its first schema ({@link TelegrafSchema}) others
 * are metrics, too. Text has no place among samples: such fields are omitted and counted.
 */
public final class InfluxPoints {
  private static final String PROMETHEUS = "prometheus";
  private static final String COUNT = "count";
  private static final String SUM = "sum";
  private static final String LAST = "+Inf";

  private final PointNames names;
  private final Labels extra;
  private final TelegrafSchema schema;
  private final LineReader lines = new LineReader();
  private final LabelsBuilder builder = new LabelsBuilder();
  private final RejectedItems refusals = new RejectedItems();
  private int taken;
  private int texts;

  /**
   * A reading of one message.
   *
   * @param extra labels added to every series that lacks them
   */
  public InfluxPoints(PointNames names, Labels extra) {
    this(names, extra, TelegrafSchema.V2);
  }

  /** Parser of messages that Telegraf may have written. */
  public InfluxPoints(PointNames names, Labels extra, TelegrafSchema schema) {
    this.names = names;
    this.extra = extra;
    this.schema = schema;
  }

  /** Reads a message of lines. */
  public void read(
      byte[] buf, int offset, int length, TimePrecision precision, long now, PointSink sink) {
    lines.reset(buf, offset, length);
    while (lines.next()) {
      String problem = lines.problem();
      if (problem == null) {
        problem = line(precision, now, sink);
      }
      if (problem != null) {
        refusals.add(lines.lineNumber(), buf, lines.lineFrom(), lines.lineTo(), problem);
      }
    }
  }

  private @Nullable String line(TimePrecision precision, long now, PointSink sink) {
    long time = now;
    if (lines.hasTime()) {
      try {
        time = precision.millis(lines.time());
      } catch (ArithmeticException e) {
        return "time outside range";
      }
    }
    builder.clear();
    builder.addAll(extra);
    List<String> tags = lines.tags();
    for (int i = 0; i < tags.size(); i += 2) {
      builder.set(names.label(tags.get(i)), tags.get(i + 1));
    }
    String measurement = lines.measurement();
    Family family = schema == TelegrafSchema.V1 ? family(measurement) : null;
    if (family != null) {
      sink.metadata(family.name, new MetricMetadata(family.type, "", ""));
    }
    boolean prometheus = measurement.equals(PROMETHEUS);
    String refused = null;
    for (int i = 0; i < lines.fieldCount(); i++) {
      if (lines.kind(i) == LineReader.Kind.STRING) {
        texts++;
        continue;
      }
      String field = lines.field(i);
      String reason;
      if (family != null && family.has(field)) {
        reason = sink.sample(family.labels(builder, field), time, lines.value(i));
      } else {
        builder.set(
            Labels.METRIC_NAME, names.metric(prometheus ? field : measurement + "_" + field));
        reason = sink.sample(builder.build(), time, lines.value(i));
      }
      if (reason == null) {
        taken++;
      } else if (refused == null) {
        refused = reason;
      }
    }
    if (family != null && family.lacksLast) {
      String reason = sink.sample(family.labels(builder, LAST), time, family.count);
      refused = refused == null ? reason : refused;
    }
    return refused;
  }

  /**
   * A metric of Prometheus's that is one line.
   *
   * @param lacksLast whether it is a histogram without the bucket of all observations
   * @param count number of observations
   */
  private record Family(String name, MetricType type, boolean lacksLast, double count) {
    boolean has(String field) {
      return switch (type) {
        case COUNTER -> field.equals("counter");
        case GAUGE -> field.equals("gauge");
        default -> field.equals(COUNT) || field.equals(SUM) || !Double.isNaN(bound(field));
      };
    }

    Labels labels(LabelsBuilder of, String field) {
      boolean part = type == MetricType.HISTOGRAM || type == MetricType.SUMMARY;
      if (!part) {
        return of.set(Labels.METRIC_NAME, name).build();
      }
      if (field.equals(COUNT) || field.equals(SUM)) {
        return of.set(Labels.METRIC_NAME, name + "_" + field).build();
      }
      boolean bucket = type == MetricType.HISTOGRAM;
      String label = bucket ? "le" : "quantile";
      String before = of.get(label);
      Labels l =
          of.set(Labels.METRIC_NAME, bucket ? name + "_bucket" : name)
              .set(label, Double.isInfinite(bound(field)) ? LAST : field)
              .build();
      of.set(label, before); // an empty one is none
      return l;
    }
  }

  /** Number in a field's name; NaN if the name is not a number. */
  private static double bound(String field) {
    if (field.isEmpty() || "+-.0123456789I".indexOf(field.charAt(0)) < 0) {
      return Double.NaN;
    }
    try {
      return switch (field) {
        case LAST, "Inf" -> Double.POSITIVE_INFINITY;
        default -> Double.parseDouble(field);
      };
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /** Infers the metric family that Telegraf built the line from; null for any other line. */
  private @Nullable Family family(String measurement) {
    String name = names.metric(measurement);
    double count = Double.NaN;
    boolean sum = false;
    boolean last = false;
    TreeMap<Double, Double> bounds = new TreeMap<>();
    for (int i = 0; i < lines.fieldCount(); i++) {
      if (lines.kind(i) == LineReader.Kind.STRING) {
        continue;
      }
      String field = lines.field(i);
      double bound = bound(field);
      switch (field) {
        case "counter" -> {
          return new Family(name, MetricType.COUNTER, false, 0);
        }
        case "gauge" -> {
          return new Family(name, MetricType.GAUGE, false, 0);
        }
        case COUNT -> count = lines.value(i);
        case SUM -> sum = true;
        default -> {
          if (!Double.isNaN(bound)) {
            bounds.put(bound, lines.value(i));
            last |= Double.isInfinite(bound);
          }
        }
      }
    }
    if (Double.isNaN(count) || !sum) {
      return null;
    }
    boolean summary = !bounds.isEmpty() && !areBuckets(bounds, count);
    return new Family(
        name, summary ? MetricType.SUMMARY : MetricType.HISTOGRAM, !summary && !last, count);
  }

  /**
   * Whether numbers can be bucket counts: integers that increase up to the number of observations.
   * Others are quantiles, if all names are fractions.
   */
  private static boolean areBuckets(TreeMap<Double, Double> bounds, double count) {
    if (bounds.firstKey() < 0 || bounds.lastKey() > 1) {
      return true;
    }
    double before = 0;
    for (double v : bounds.values()) {
      if (!(v >= before && v <= count && v == Math.rint(v))) {
        return false;
      }
      before = v;
    }
    return true;
  }

  /** Returns the number of accepted samples. */
  public int taken() {
    return taken;
  }

  /** Returns the number of fields skipped because they hold text. */
  public int texts() {
    return texts;
  }

  /** Returns the lines rejected in whole or in part. */
  public RejectedItems refusals() {
    return refusals;
  }
}

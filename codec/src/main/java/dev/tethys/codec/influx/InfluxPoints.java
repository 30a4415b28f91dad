package dev.tethys.codec.influx;

import dev.tethys.codec.points.PointNames;
import dev.tethys.codec.points.PointSink;
import dev.tethys.codec.points.Refusals;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.List;

/**
 * Points of Influx as samples. Each field that is a number or a truth value is a series {@code
 * <measurement>_<field>} with the tags as labels; of the measurement {@code prometheus} the fields
 * are the metrics, as Telegraf writes them. Text has no place among samples: such fields are left
 * out and counted.
 */
public final class InfluxPoints {
  private static final String PROMETHEUS = "prometheus";

  private final PointNames names;
  private final Labels extra;
  private final LineReader lines = new LineReader();
  private final LabelsBuilder builder = new LabelsBuilder();
  private final Refusals refusals = new Refusals();
  private int taken;
  private int texts;

  /**
   * A reading of one message.
   *
   * @param extra labels that every series gets, where it has none of that name
   */
  public InfluxPoints(PointNames names, Labels extra) {
    this.names = names;
    this.extra = extra;
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

  private @org.jspecify.annotations.Nullable String line(
      TimePrecision precision, long now, PointSink sink) {
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
    boolean prometheus = measurement.equals(PROMETHEUS);
    String refused = null;
    for (int i = 0; i < lines.fieldCount(); i++) {
      if (lines.kind(i) == LineReader.Kind.STRING) {
        texts++;
        continue;
      }
      String field = lines.field(i);
      builder.set(Labels.METRIC_NAME, names.metric(prometheus ? field : measurement + "_" + field));
      String why = sink.sample(builder.build(), time, lines.value(i));
      if (why == null) {
        taken++;
      } else if (refused == null) {
        refused = why;
      }
    }
    return refused;
  }

  /** Samples that were taken. */
  public int taken() {
    return taken;
  }

  /** Fields that were left out because they are text. */
  public int texts() {
    return texts;
  }

  /** Lines that were refused, at least with one of their fields. */
  public Refusals refusals() {
    return refusals;
  }
}

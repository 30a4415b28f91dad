package dev.tethys.codec.opentsdb;

import dev.tethys.codec.points.PointNames;
import dev.tethys.codec.points.PointSink;
import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Data point as OpenTSDB receives it.
 *
 * @param timestamp timestamp as written: Unix seconds, or milliseconds if it needs more than 32
 *     bits, optionally with a decimal point; "" for none
 * @param value value as written; "" for none
 */
public record DataPoint(String metric, String timestamp, String value, Map<String, String> tags) {
  /** Passes the point to a sink; returns the reason of a rejection, otherwise null. */
  public @Nullable String put(PointNames names, PointSink sink) {
    if (metric.isEmpty()) {
      return "Metric name was empty";
    }
    if (timestamp.isEmpty()) {
      return "Invalid timestamp";
    }
    if (value.isEmpty()) {
      return "Empty value";
    }
    if (tags.isEmpty()) {
      return "Missing tags";
    }
    long millis;
    try {
      millis = millis(timestamp);
    } catch (NumberFormatException e) {
      return "Invalid timestamp";
    }
    double v;
    try {
      v = Double.parseDouble(value);
    } catch (NumberFormatException e) {
      return "Unable to parse value to a number";
    }
    if (!Double.isFinite(v)) {
      return "Unable to parse value to a number";
    }
    LabelsBuilder b = new LabelsBuilder();
    for (Map.Entry<String, String> t : tags.entrySet()) {
      if (t.getKey().isEmpty() || t.getValue().isEmpty()) {
        return "Tag name or value was empty";
      }
      b.set(names.label(t.getKey()), t.getValue());
    }
    b.set(Labels.METRIC_NAME, names.metric(metric));
    return sink.sample(b.build(), millis, v);
  }

  /** Converts a timestamp in seconds or milliseconds to Unix milliseconds. */
  private static long millis(String text) {
    int point = text.indexOf('.');
    if (point >= 0) {
      double seconds = Double.parseDouble(text);
      if (!(seconds > 0 && seconds < 1e12)) {
        throw new NumberFormatException(text);
      }
      return Math.round(seconds * 1000);
    }
    long t = Long.parseLong(text);
    if (t <= 0) {
      throw new NumberFormatException(text);
    }
    return t >>> 32 == 0 ? t * 1000 : t;
  }

  /** Returns the data point as shown to its sender. */
  public String json() {
    StringBuilder sb = new StringBuilder("{\"metric\":");
    GoJson.append(sb, metric).append(",\"timestamp\":");
    sb.append(timestamp.matches("-?\\d{1,18}") ? timestamp : "0").append(",\"value\":");
    GoJson.append(sb, value).append(",\"tags\":{");
    String comma = "";
    for (Map.Entry<String, String> t : tags.entrySet()) {
      GoJson.append(sb.append(comma), t.getKey()).append(':');
      GoJson.append(sb, t.getValue());
      comma = ",";
    }
    return sb.append("}}").toString();
  }
}

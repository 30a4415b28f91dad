package dev.tethys.bench.vendor;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** A vendor's client, used as its documentation does, which writes ready samples. */
public interface VendorClient extends AutoCloseable {
  /**
   * Series prepared before its samples are sent, so that parsing labels is not measured.
   *
   * @param id ID of the label set
   * @param json its labels as an object
   */
  record Series(String metric, Map<String, String> labels, UUID id, String json) {
    /** Creates a series of a metric and its other labels. */
    public static Series of(String metric, Map<String, String> labels) {
      StringBuilder sb = new StringBuilder("{");
      new TreeMap<>(labels)
          .forEach(
              (k, v) ->
                  sb.append(sb.length() == 1 ? "" : ",")
                      .append(quoted(k))
                      .append(':')
                      .append(quoted(v)));
      String json = sb.append('}').toString();
      return new Series(
          metric,
          labels,
          UUID.nameUUIDFromBytes((metric + json).getBytes(StandardCharsets.UTF_8)),
          json);
    }

    private static String quoted(String s) {
      return '"' + s.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }

    /** Appends a sample as {@code {"name":…,"labels":{…},"timestamp":…,"value":…}} on one line. */
    void line(long millis, double value, StringBuilder to) {
      to.append("{\"name\":\"").append(metric).append("\",\"labels\":").append(json);
      to.append(",\"timestamp\":").append(millis).append(",\"value\":").append(value);
      to.append("}\n");
    }
  }

  /**
   * A sample.
   *
   * @param millis its time
   * @param value finite
   */
  record Sample(Series series, long millis, double value) {
    /** Returns the document for a search engine. */
    Map<String, Object> document() {
      return Map.of(
          "@timestamp",
          millis,
          "series",
          series.id().toString(),
          "metric",
          series.metric(),
          "labels",
          series.labels(),
          "value",
          value);
    }

    /** Returns the document ID, the same on every write. */
    String id() {
      return series.id() + "-" + millis;
    }
  }

  /** Writes a request's worth of samples; returns when the server has them. */
  void write(List<Sample> samples) throws Exception;

  /** Waits for writes that {@link #write} did not wait for. */
  default void flush() throws Exception {}
}

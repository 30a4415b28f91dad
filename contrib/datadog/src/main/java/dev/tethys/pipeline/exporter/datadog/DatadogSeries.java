package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.codec.datadog.DogSketch;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.text.TextBuffer;
import java.util.List;

/**
 * Writes single points of Datadog's series (API v2, "Submit metrics"; {@code MetricPayload} of
 * agent-payload) and sketches ({@code SketchPayload}), each as one row. Not thread-safe.
 */
final class DatadogSeries {
  /** The types of series, with their numbers. */
  enum Kind {
    COUNT(1),
    GAUGE(3);

    final int number;

    Kind(int number) {
      this.number = number;
    }
  }

  /**
   * Identity of a series.
   *
   * @param tags tags in the form {@code key:value}
   * @param unit Datadog's name of the unit, "" for none
   */
  record Identity(String host, List<String> tags, String unit) {}

  private final DatadogSettings.Format format;
  private final ProtoWriter proto = new ProtoWriter();

  DatadogSeries(DatadogSettings.Format format) {
    this.format = format;
  }

  /**
   * Appends a point.
   *
   * @param seconds Unix seconds
   * @param interval seconds that a count is of, 0 if unknown
   */
  void point(
      String metric,
      Kind kind,
      Identity of,
      long seconds,
      long interval,
      double value,
      TextBuffer to) {
    switch (format) {
      case JSON -> json(metric, kind, of, seconds, interval, value, to);
      case PROTO -> protobuf(metric, kind, of, seconds, interval, value, to);
    }
  }

  private static void json(
      String metric,
      Kind kind,
      Identity of,
      long seconds,
      long interval,
      double value,
      TextBuffer to) {
    to.put("{\"metric\":").json(metric).put(",\"type\":").number(kind.number);
    to.put(",\"points\":[{\"timestamp\":").number(seconds).put(",\"value\":").number(value);
    to.put("}],\"tags\":[");
    String comma = "";
    for (String tag : of.tags) {
      to.put(comma).json(tag);
      comma = ",";
    }
    to.put(']');
    if (!of.host.isEmpty()) {
      to.put(",\"resources\":[{\"type\":\"host\",\"name\":").json(of.host).put("}]");
    }
    if (!of.unit.isEmpty()) {
      to.put(",\"unit\":").json(of.unit);
    }
    if (interval > 0) {
      to.put(",\"interval\":").number(interval);
    }
    to.put("}\n");
  }

  private void protobuf(
      String metric,
      Kind kind,
      Identity of,
      long seconds,
      long interval,
      double value,
      TextBuffer to) {
    ProtoWriter w = proto.clear();
    int series = w.begin(1);
    if (!of.host.isEmpty()) {
      int host = w.begin(1);
      w.string(1, "host").string(2, of.host).end(host);
    }
    w.string(2, metric);
    of.tags.forEach(t -> w.string(3, t));
    int point = w.begin(4);
    w.float64(1, value).int64(2, seconds).end(point);
    w.int64(5, kind.number).stringUnlessEmpty(6, of.unit).int64Unless0(8, interval).end(series);
    to.put(w.buffer(), 0, w.size());
  }

  /** Appends a sketch, always as protobuf, the only format of the API. */
  void sketch(
      String metric,
      Identity of,
      long seconds,
      DogSketch sketch,
      double min,
      double max,
      double sum,
      TextBuffer to) {
    ProtoWriter w = proto.clear();
    int m = w.begin(1);
    w.string(1, metric).stringUnlessEmpty(2, of.host);
    of.tags.forEach(t -> w.string(4, t));
    sketch.write(w, 7, seconds, min, max, sum);
    w.end(m);
    to.put(w.buffer(), 0, w.size());
  }
}

package dev.tethys.api.traces;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.TraceSeriesResult;
import dev.tethys.query.traceql.TraceStatistics;
import dev.tethys.query.traceql.ast.TraceValue;
import java.util.List;
import java.util.Map;

/**
 * Responses of Tempo's API as protobuf JSON: integers of 64 bits are strings. Grafana rejects
 * unknown fields, so there are no others.
 */
final class TempoJson {
  /** Service of a trace whose root is not stored. */
  static final String NO_ROOT = "<root span not yet received>";

  private TempoJson() {}

  private static void pairs(List<NamedValue> list, TextBuffer out) {
    char separator = '[';
    for (NamedValue v : list) {
      out.put(separator).put("{\"key\":").json(v.name());
      separator = ',';
      out.put(",\"value\":");
      value(v.value(), out);
      out.put('}');
    }
    out.put(list.isEmpty() ? "[]" : "]");
  }

  static void value(TraceValue v, TextBuffer out) {
    switch (v) {
      case TraceValue.Int n -> out.put("{\"intValue\":\"").number(n.value()).put("\"}");
      case TraceValue.Bool b -> out.put("{\"boolValue\":").put(b.text()).put('}');
      case TraceValue.Real n -> {
        out.put("{\"doubleValue\":");
        number(n.value(), out);
        out.put('}');
      }
      case TraceValue.Items items -> {
        String separator = "{\"arrayValue\":{\"values\":[";
        for (TraceValue x : items.values()) {
          out.put(separator);
          separator = ",";
          value(x, out);
        }
        out.put(items.values().isEmpty() ? "{\"arrayValue\":{\"values\":[]}}" : "]}}");
      }
      default -> out.put("{\"stringValue\":").json(v.text()).put('}');
    }
  }

  private static void number(double v, TextBuffer out) {
    if (Double.isFinite(v)) {
      out.number(v);
    } else {
      out.put(Double.isNaN(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    }
  }

  static void metrics(TraceStatistics s, TextBuffer out) {
    out.put("{\"inspectedTraces\":").number(Math.min(s.inspectedTraces(), Integer.MAX_VALUE));
    out.put(",\"totalBlocks\":").number(s.segments());
    out.put(",\"completedJobs\":").number(s.scannedSegments());
    out.put(",\"totalJobs\":").number(s.scannedSegments());
    out.put(",\"inspectedSpans\":\"").number(s.inspectedSpans()).put("\"}");
  }

  static void tags(Map<String, List<String>> scopes, boolean v2, TextBuffer out) {
    out.put(v2 ? "{\"scopes\":[" : "{\"tagNames\":[");
    String separator = "";
    if (v2) {
      for (Map.Entry<String, List<String>> e : scopes.entrySet()) {
        out.put(separator).put("{\"name\":").json(e.getKey()).put(",\"tags\":[");
        separator = "";
        for (String tag : e.getValue()) {
          out.put(separator).json(tag);
          separator = ",";
        }
        out.put("]}");
        separator = ",";
      }
    } else {
      for (String tag : names(scopes)) {
        out.put(separator).json(tag);
        separator = ",";
      }
    }
    out.put("],\"metrics\":{}}");
  }

  /** Returns the distinct attribute names across all scopes. */
  static List<String> names(Map<String, List<String>> scopes) {
    return scopes.values().stream().flatMap(List::stream).distinct().sorted().toList();
  }

  static void values(List<TraceValue> values, boolean v2, TextBuffer out) {
    String separator = "";
    out.put("{\"tagValues\":[");
    for (TraceValue v : values) {
      out.put(separator);
      separator = ",";
      if (v2) {
        out.put("{\"type\":").json(type(v)).put(",\"value\":").json(v.text()).put('}');
      } else {
        out.json(v.text());
      }
    }
    out.put(v2 ? "],\"metrics\":{}}" : "]}");
  }

  static String type(TraceValue v) {
    return switch (v) {
      case TraceValue.Int _ -> "int";
      case TraceValue.Real _ -> "float";
      case TraceValue.Bool _ -> "bool";
      case TraceValue.Duration _ -> "duration";
      case TraceValue.Status _ -> "keyword";
      case TraceValue.Kind _ -> "keyword";
      default -> "string";
    };
  }

  static void range(TraceSeriesResult r, BoundedText answer) {
    TextBuffer out = answer.text;
    out.put("{\"series\":[");
    byte[][] times = times(r.times());
    int written = 0;
    for (TraceSeriesResult.Series s : r.series()) {
      out.put(written == 0 ? "" : ",").put("{\"labels\":");
      pairs(s.labels(), out);
      out.put(",\"samples\":[");
      boolean first = true;
      for (int i = 0; i < times.length; i++) {
        if (!Double.isNaN(s.values()[i])) {
          if (!first) {
            out.put(',');
          }
          first = false;
          out.put(times[i]);
          number(s.values()[i], out);
          out.put('}');
        }
      }
      out.put(']');
      exemplars(s.exemplars(), out);
      out.put('}');
      answer.check();
      if (++written == 1) {
        answer.expect(written, r.series().size());
      }
    }
    end(r, out);
  }

  /** Renders the start of each step's sample, which is the same in all series. */
  private static byte[][] times(long[] nanos) {
    byte[][] out = new byte[nanos.length][];
    TextBuffer text = new TextBuffer();
    for (int i = 0; i < out.length; i++) {
      text.put("{\"timestampMs\":\"").number(nanos[i] / 1_000_000).put("\",\"value\":");
      out[i] = text.take();
    }
    return out;
  }

  private static void exemplars(List<TraceSeriesResult.Exemplar> list, TextBuffer out) {
    String separator = ",\"exemplars\":[";
    for (TraceSeriesResult.Exemplar e : list) {
      out.put(separator).put("{\"labels\":");
      separator = ",";
      pairs(labels(e), out);
      out.put(",\"value\":");
      number(e.value(), out);
      out.put(",\"timestampMs\":\"").number(e.time() / 1_000_000).put("\"}");
    }
    if (!list.isEmpty()) {
      out.put(']');
    }
  }

  static List<NamedValue> labels(TraceSeriesResult.Exemplar e) {
    return List.of(
        new NamedValue("trace:id", new TraceValue.Text(e.traceId())),
        new NamedValue("span:id", new TraceValue.Text(e.spanId())));
  }

  static void instant(TraceSeriesResult r, TextBuffer out) {
    out.put("{\"series\":[");
    String separator = "";
    for (TraceSeriesResult.Series s : r.series()) {
      if (s.values().length > 0 && !Double.isNaN(s.values()[0])) {
        out.put(separator).put("{\"labels\":");
        separator = ",";
        pairs(s.labels(), out);
        out.put(",\"value\":");
        number(s.values()[0], out);
        out.put('}');
      }
    }
    end(r, out);
  }

  private static void end(TraceSeriesResult r, TextBuffer out) {
    out.put("],\"metrics\":");
    metrics(r.statistics(), out);
    if (!r.warnings().isEmpty()) {
      out.put(",\"status\":\"PARTIAL\",\"message\":").json(String.join("; ", r.warnings()));
    }
    out.put('}');
  }
}

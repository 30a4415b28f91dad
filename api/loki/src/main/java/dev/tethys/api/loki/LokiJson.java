package dev.tethys.api.loki;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import dev.tethys.query.logql.LogEntry;
import dev.tethys.query.logql.LogqlResult;
import dev.tethys.query.logql.LogqlStatistics;
import dev.tethys.query.logql.LogqlValue;
import dev.tethys.query.promql.Value;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.List;

/** JSON of Loki's responses. */
final class LokiJson {
  private final StringBuilder sb = new StringBuilder(4096);

  @Override
  public String toString() {
    return sb.toString();
  }

  LokiJson raw(String json) {
    sb.append(json);
    return this;
  }

  LokiJson text(String s) {
    GoJson.append(sb, s);
    return this;
  }

  LokiJson key(String name) {
    char last = sb.charAt(sb.length() - 1);
    if (last != '{') {
      sb.append(',');
    }
    GoJson.append(sb, name).append(':');
    return this;
  }

  LokiJson number(long n) {
    sb.append(n);
    return this;
  }

  LokiJson strings(Collection<String> list) {
    sb.append('[');
    String sep = "";
    for (String s : list) {
      sb.append(sep);
      GoJson.append(sb, s);
      sep = ",";
    }
    sb.append(']');
    return this;
  }

  LokiJson labels(Labels labels) {
    sb.append('{');
    for (Labels.Label l : labels.toList()) {
      key(l.name()).text(l.value());
    }
    sb.append('}');
    return this;
  }

  /** Renders a query response. */
  static String result(LogqlResult r, boolean categorized) {
    LokiJson out = new LokiJson();
    out.raw("{\"status\":\"success\",\"data\":{\"resultType\":");
    switch (r.value()) {
      case LogqlValue.Entries e -> {
        out.text("streams");
        if (categorized) {
          out.raw(",\"encodingFlags\":[\"categorize-labels\"]");
        }
        out.raw(",\"result\":");
        out.streams(e.streams(categorized), categorized);
      }
      case LogqlValue.Metric m -> out.metric(m.value());
    }
    out.raw(",\"stats\":").statistics(r.statistics()).raw("}");
    String separator = ",\"warnings\":[";
    for (String w : r.warnings()) {
      out.raw(separator).text(w);
      separator = ",";
    }
    out.raw(r.warnings().isEmpty() ? "}" : "]}");
    return out.toString();
  }

  LokiJson streams(List<LogqlValue.LogStream> streams, boolean categorized) {
    sb.append('[');
    for (int i = 0; i < streams.size(); i++) {
      sb.append(i == 0 ? "" : ",").append("{\"stream\":");
      labels(streams.get(i).labels());
      sb.append(",\"values\":[");
      List<LogEntry> entries = streams.get(i).entries();
      for (int j = 0; j < entries.size(); j++) {
        sb.append(j == 0 ? "" : ",");
        entry(entries.get(j), categorized);
      }
      sb.append("]}");
    }
    sb.append(']');
    return this;
  }

  private void entry(LogEntry e, boolean categorized) {
    sb.append("[\"").append(e.time()).append("\",");
    text(e.text());
    if (categorized) {
      sb.append(",{");
      if (!e.metadata().isEmpty()) {
        key("structuredMetadata").labels(e.metadata());
      }
      if (!e.parsed().isEmpty()) {
        key("parsed").labels(e.parsed());
      }
      sb.append('}');
    }
    sb.append(']');
  }

  private void metric(Value v) {
    switch (v) {
      case Value.Scalar s -> {
        raw("\"scalar\",\"result\":");
        point(s.time(), s.value());
      }
      case Value.Text t -> {
        raw("\"string\",\"result\":[").seconds(t.time());
        sb.append(',');
        text(t.value()).raw("]");
      }
      case Value.InstantVector i -> {
        raw("\"vector\",\"result\":[");
        for (int n = 0; n < i.samples().size(); n++) {
          Value.Sample s = i.samples().get(n);
          raw(n == 0 ? "{\"metric\":" : ",{\"metric\":").labels(s.labels()).raw(",\"value\":");
          point(i.time(), s.value());
          raw("}");
        }
        raw("]");
      }
      case Value.Matrix m -> {
        raw("\"matrix\",\"result\":[");
        for (int n = 0; n < m.series().size(); n++) {
          Value.Series s = m.series().get(n);
          raw(n == 0 ? "{\"metric\":" : ",{\"metric\":").labels(s.labels()).raw(",\"values\":[");
          for (int p = 0; p < s.size(); p++) {
            raw(p == 0 ? "" : ",");
            point(s.timestamps()[p], s.values()[p]);
          }
          raw("]}");
        }
        raw("]");
      }
    }
  }

  /** Writes a point: seconds, and the value as a string. */
  LokiJson point(long millis, double value) {
    return raw("[").seconds(millis).raw(",\"").raw(number(value)).raw("\"]");
  }

  private LokiJson seconds(long millis) {
    sb.append(BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString());
    return this;
  }

  /** Formats a value like Prometheus's API. */
  static String number(double v) {
    if (Double.isNaN(v)) {
      return "NaN";
    }
    if (Double.isInfinite(v)) {
      return v > 0 ? "+Inf" : "-Inf";
    }
    return GoFloat.f(v);
  }

  private LokiJson statistics(LogqlStatistics s) {
    double seconds = Math.max(s.seconds(), 1e-9);
    return raw("{\"summary\":{\"bytesProcessedPerSecond\":")
        .number((long) (s.bytesProcessed() / seconds))
        .raw(",\"linesProcessedPerSecond\":")
        .number((long) (s.linesProcessed() / seconds))
        .raw(",\"totalBytesProcessed\":")
        .number(s.bytesProcessed())
        .raw(",\"totalLinesProcessed\":")
        .number(s.linesProcessed())
        .raw(",\"execTime\":")
        .raw(Double.toString(s.seconds()))
        .raw(",\"queueTime\":0,\"subqueries\":0,\"totalEntriesReturned\":")
        .number(s.entriesReturned())
        .raw(",\"splits\":1,\"shards\":1,\"totalPostFilterLines\":")
        .number(s.linesPassed())
        .raw("}}");
  }
}

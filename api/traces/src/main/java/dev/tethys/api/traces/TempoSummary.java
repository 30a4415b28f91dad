package dev.tethys.api.traces;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.TraceSeriesResult;
import dev.tethys.query.traceql.TraceSeriesResult.Series;
import dev.tethys.query.traceql.ast.TraceValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Response of {@code /api/metrics/summary}: spans, errors and quantiles of durations by group.
 * Source: SpanMetricsSummaryResponse of Tempo's tempo.proto.
 */
final class TempoSummary {
  /** Quantiles in the order of the fields p50, p90, p95 and p99. */
  static final List<String> QUANTILES = List.of("0.5", "0.9", "0.95", "0.99");

  /** Tempo codes of statuses and kinds, by OTLP code. */
  private static final int[] STATUSES = {2, 1, 0};

  private static final int[] KINDS = {0, 1, 3, 2, 4, 5};

  private static final class Group {
    final List<NamedValue> labels;
    long spans;
    long errors;
    final long[] nanos = new long[QUANTILES.size()];

    Group(List<NamedValue> labels) {
      this.labels = labels;
    }
  }

  private TempoSummary() {}

  /**
   * Appends the response, the groups with the most spans first.
   *
   * @param fields group-by fields in the order of the request
   * @param counts spans by group
   * @param errors failed spans by group
   * @param durations quantiles in seconds by group and {@code p}
   */
  static void write(
      List<String> fields,
      TraceSeriesResult counts,
      TraceSeriesResult errors,
      TraceSeriesResult durations,
      TextBuffer out) {
    Map<List<TraceValue>, Group> groups = new LinkedHashMap<>();
    for (Series s : counts.series()) {
      of(groups, fields, s).spans = (long) s.values()[0];
    }
    for (Series s : errors.series()) {
      of(groups, fields, s).errors = (long) s.values()[0];
    }
    for (Series s : durations.series()) {
      int q = quantile(s.label("p"));
      if (q >= 0) {
        of(groups, fields, s).nanos[q] = Math.round(s.values()[0] * 1e9);
      }
    }
    List<Group> sorted = new ArrayList<>(groups.values());
    sorted.removeIf(g -> g.spans == 0);
    sorted.sort(Comparator.comparingLong((Group g) -> g.spans).reversed());
    out.put("{\"summaries\":[");
    String separator = "";
    for (Group g : sorted) {
      out.put(separator).put("{\"spanCount\":\"").number(g.spans).put('"');
      separator = ",";
      if (g.errors > 0) {
        out.put(",\"errorSpanCount\":\"").number(g.errors).put('"');
      }
      series(g.labels, out);
      out.put(",\"p99\":\"").number(g.nanos[3]);
      out.put("\",\"p95\":\"").number(g.nanos[2]);
      out.put("\",\"p90\":\"").number(g.nanos[1]);
      out.put("\",\"p50\":\"").number(g.nanos[0]).put("\"}");
    }
    out.put("]}");
  }

  private static Group of(Map<List<TraceValue>, Group> groups, List<String> fields, Series series) {
    List<NamedValue> labels = new ArrayList<>();
    for (String f : fields) {
      labels.add(new NamedValue(f, series.label(f)));
    }
    return groups.computeIfAbsent(
        labels.stream().map(NamedValue::value).toList(), _ -> new Group(labels));
  }

  private static int quantile(TraceValue v) {
    for (int i = 0; i < QUANTILES.size(); i++) {
      if (Math.abs(v.number() - Double.parseDouble(QUANTILES.get(i))) < 1e-9) {
        return i;
      }
    }
    return -1;
  }

  private static void series(List<NamedValue> labels, TextBuffer out) {
    out.put(",\"series\":[");
    String separator = "";
    for (NamedValue l : labels) {
      out.put(separator).put("{\"key\":").json(l.name()).put(",\"value\":");
      separator = ",";
      value(l.value(), out);
      out.put('}');
    }
    out.put(']');
  }

  private static void value(TraceValue v, TextBuffer out) {
    switch (v) {
      case TraceValue.Nil _ -> out.put("{}");
      case TraceValue.Int n -> out.put("{\"type\":3,\"n\":\"").number(n.value()).put("\"}");
      case TraceValue.Real n -> out.put("{\"type\":4,\"f\":").number(n.value()).put('}');
      case TraceValue.Bool b -> out.put("{\"type\":6,\"b\":").put(b.text()).put('}');
      case TraceValue.Duration d -> out.put("{\"type\":7,\"d\":\"").number(d.nanos()).put("\"}");
      case TraceValue.Status s ->
          out.put("{\"type\":8,\"status\":").number(code(STATUSES, s.code())).put('}');
      case TraceValue.Kind k ->
          out.put("{\"type\":9,\"kind\":").number(code(KINDS, k.code())).put('}');
      default -> out.put("{\"type\":5,\"s\":").json(v.text()).put('}');
    }
  }

  private static int code(int[] codes, int code) {
    return code >= 0 && code < codes.length ? codes[code] : code;
  }
}

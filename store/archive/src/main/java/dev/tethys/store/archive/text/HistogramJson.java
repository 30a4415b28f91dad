package dev.tethys.store.archive.text;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.HistogramCheck;
import dev.tethys.store.archive.text.JsonLinesImport.Malformed;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Native histogram as a JSON object.
 *
 * <pre>
 * {"schema":1,"count":9,"sum":3.5,"zero_threshold":0.001,"zero_count":1,"positive_spans":[[-1,2],[3,1]],
 * "positive_buckets":[3,4,1],"integer":true,"counter_reset":"no"}</pre>
 *
 * <p>Spans are pairs of an offset and a length, buckets absolute counts, as {@link Histogram} has
 * them and OpenMetrics 2.0 names them. Omitted are zero or empty fields, {@code integer} if the
 * source counted in floats, and {@code counter_reset} ({@code yes}, {@code no}, {@code gauge}) when
 * nothing is known. Numbers that JSON lacks are the strings of {@link SampleLine}.
 */
final class HistogramJson {
  /** Buckets of one side, or bounds; more are rejected. */
  private static final int MAX_BUCKETS = 1 << 16;

  private HistogramJson() {}

  static void append(StringBuilder sb, Histogram h) {
    sb.append("{\"schema\":").append(h.schema()).append(",\"count\":");
    SampleLine.number(sb, h.count());
    SampleLine.number(sb.append(",\"sum\":"), h.sum());
    if (h.zeroThreshold() != 0) {
      SampleLine.number(sb.append(",\"zero_threshold\":"), h.zeroThreshold());
    }
    if (h.zeroCount() != 0) {
      SampleLine.number(sb.append(",\"zero_count\":"), h.zeroCount());
    }
    side(sb, "positive", h.positiveSpans(), h.positive());
    side(sb, "negative", h.negativeSpans(), h.negative());
    double[] bounds = h.customBounds();
    if (bounds != null) {
      numbers(sb.append(",\"custom_values\":"), bounds);
    }
    if (h.integer()) {
      sb.append(",\"integer\":true");
    }
    switch (h.resetHint()) {
      case UNKNOWN -> {}
      case RESET -> sb.append(",\"counter_reset\":\"yes\"");
      case NOT_RESET -> sb.append(",\"counter_reset\":\"no\"");
      case GAUGE -> sb.append(",\"counter_reset\":\"gauge\"");
    }
    sb.append('}');
  }

  private static void side(StringBuilder sb, String name, int[] spans, double[] buckets) {
    if (spans.length == 0) {
      return;
    }
    sb.append(",\"").append(name).append("_spans\":");
    char sep = '[';
    for (int i = 0; i + 1 < spans.length; i += 2) {
      sb.append(sep).append('[').append(spans[i]).append(',').append(spans[i + 1]).append(']');
      sep = ',';
    }
    numbers(sb.append("],\"").append(name).append("_buckets\":"), buckets);
  }

  private static void numbers(StringBuilder sb, double[] values) {
    sb.append('[');
    for (int i = 0; i < values.length; i++) {
      SampleLine.number(i == 0 ? sb : sb.append(','), values[i]);
    }
    sb.append(']');
  }

  /** Reads an object whose start was read. */
  static Histogram read(JsonParser p) {
    int schema = 0;
    double zeroThreshold = 0;
    double zeroCount = 0;
    double count = 0;
    double sum = 0;
    int[] positiveSpans = {};
    int[] negativeSpans = {};
    double[] positive = {};
    double[] negative = {};
    double @Nullable [] bounds = null;
    boolean integer = false;
    ResetHint hint = ResetHint.UNKNOWN;
    while (p.nextToken() != JsonToken.END_OBJECT) {
      String key = p.currentName();
      JsonToken t = p.nextToken();
      switch (key) {
        case "schema" -> schema = whole(p, t);
        case "zero_threshold" -> zeroThreshold = JsonLinesImport.value(p, t);
        case "zero_count" -> zeroCount = JsonLinesImport.value(p, t);
        case "count" -> count = JsonLinesImport.value(p, t);
        case "sum" -> sum = JsonLinesImport.value(p, t);
        case "positive_spans" -> positiveSpans = spans(p, t);
        case "negative_spans" -> negativeSpans = spans(p, t);
        case "positive_buckets" -> positive = numbers(p, t);
        case "negative_buckets" -> negative = numbers(p, t);
        case "custom_values" -> bounds = numbers(p, t);
        case "integer" -> integer = t == JsonToken.VALUE_TRUE;
        case "counter_reset" -> hint = hint(p.getString());
        default -> throw new Malformed("a histogram has no key " + key);
      }
    }
    Histogram h =
        new Histogram(
            integer,
            hint,
            schema,
            zeroThreshold,
            zeroCount,
            count,
            sum,
            positiveSpans,
            positive,
            negativeSpans,
            negative,
            bounds);
    String problem = h.isStale() ? null : HistogramCheck.problem(h);
    if (problem != null) {
      throw new Malformed("a histogram contradicts itself: " + problem);
    }
    return h;
  }

  private static ResetHint hint(String s) {
    return switch (s) {
      case "yes" -> ResetHint.RESET;
      case "no" -> ResetHint.NOT_RESET;
      case "gauge" -> ResetHint.GAUGE;
      default -> throw new Malformed("counter_reset must be yes, no or gauge, not \"" + s + "\"");
    };
  }

  private static int whole(JsonParser p, JsonToken t) {
    if (t != JsonToken.VALUE_NUMBER_INT || p.getLongValue() != (int) p.getLongValue()) {
      throw new Malformed("schema, offsets and lengths of a histogram must be whole numbers");
    }
    return (int) p.getLongValue();
  }

  private static int[] spans(JsonParser p, JsonToken first) {
    list(first, "spans");
    int[] out = new int[8];
    int n = 0;
    while (p.nextToken() != JsonToken.END_ARRAY) {
      list(p.currentToken(), "a span");
      if (n == out.length) {
        out = Arrays.copyOf(out, grown(n));
      }
      out[n++] = whole(p, p.nextToken());
      out[n++] = whole(p, p.nextToken());
      if (p.nextToken() != JsonToken.END_ARRAY) {
        throw new Malformed("a span has an offset and a length");
      }
    }
    return Arrays.copyOf(out, n);
  }

  private static double[] numbers(JsonParser p, JsonToken first) {
    list(first, "buckets");
    double[] out = new double[16];
    int n = 0;
    for (JsonToken t = p.nextToken(); t != JsonToken.END_ARRAY; t = p.nextToken()) {
      if (n == out.length) {
        out = Arrays.copyOf(out, grown(n));
      }
      out[n++] = JsonLinesImport.value(p, t);
    }
    return Arrays.copyOf(out, n);
  }

  private static void list(@Nullable JsonToken t, String what) {
    if (t != JsonToken.START_ARRAY) {
      throw new Malformed(what + " of a histogram must be a list");
    }
  }

  private static int grown(int n) {
    if (n >= MAX_BUCKETS) {
      throw new Malformed("a histogram with more than " + MAX_BUCKETS + " buckets");
    }
    return n * 2;
  }
}

package dev.tethys.store.archive.text;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import java.io.PrintStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Samples of one series, written as a JSON object: {@code {"metric":{…},"values":[…],
 * "timestamps":[…]}}, as in VictoriaMetrics's /api/v1/export. Infinite values are the strings
 * {@code "Infinity"} and {@code "-Infinity"}, NaN is {@code null}.
 *
 * <p>Extensions to VictoriaMetrics's format: {@code "starts":[…]} are start timestamps, 0 if
 * unknown; a staleness marker is the string {@code "StaleNaN"}; a native histogram is an object
 * ({@link HistogramJson}).
 */
final class SampleLine {
  static final String STALE = "StaleNaN";

  /** Maximum number of samples per line; a series with more uses several lines. */
  static final int MAX_SAMPLES = 10_000;

  /** Characters of a line's values, about; histograms are long. */
  private static final int MAX_CHARS = 256 << 10;

  private final StringBuilder values = new StringBuilder();
  private final StringBuilder times = new StringBuilder();
  private final StringBuilder starts = new StringBuilder();
  private boolean started;
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  boolean isFull() {
    return size >= MAX_SAMPLES || values.length() >= MAX_CHARS;
  }

  void add(long start, long time, double value, @Nullable Histogram histogram) {
    if (size++ > 0) {
      values.append(',');
      times.append(',');
      starts.append(',');
    }
    if (histogram != null) {
      HistogramJson.append(values, histogram);
    } else {
      number(values, value);
    }
    times.append(time);
    starts.append(start);
    started |= start != 0;
  }

  /** Writes the added samples as one line and clears them. */
  void end(PrintStream to, String prefix, Labels labels) {
    StringBuilder sb = new StringBuilder(prefix).append("{\"metric\":{");
    String sep = "";
    for (Labels.Label l : labels.toList()) {
      string(sb.append(sep), l.name());
      string(sb.append(':'), l.value());
      sep = ",";
    }
    to.append(sb).append("},\"values\":[").append(values);
    to.append("],\"timestamps\":[").append(times);
    if (started) {
      to.append("],\"starts\":[").append(starts);
    }
    to.append("]}\n");
    values.setLength(0);
    times.setLength(0);
    starts.setLength(0);
    started = false;
    size = 0;
  }

  static void number(StringBuilder sb, double v) {
    if (Samples.isStale(v)) {
      sb.append('"').append(STALE).append('"');
    } else if (Double.isNaN(v)) {
      sb.append("null");
    } else if (Double.isInfinite(v)) {
      sb.append(v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    } else {
      sb.append(GoFloat.g(v));
    }
  }

  private static void string(StringBuilder sb, String s) {
    sb.append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '"' || c == '\\') {
        sb.append('\\').append(c);
      } else if (c < ' ') {
        sb.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        sb.append(c);
      }
    }
    sb.append('"');
  }
}

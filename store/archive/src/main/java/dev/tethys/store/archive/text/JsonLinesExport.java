package dev.tethys.store.archive.text;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.archive.SeriesVisitor;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Writes samples as VictoriaMetrics's /api/v1/export does, one JSON object a line: {@code
 * {"metric":{"__name__":"up"},"values":[1,0],"timestamps":[1700000000000,1700000015000]}}. Infinite
 * values are the strings {@code "Infinity"} and {@code "-Infinity"}, NaN is {@code null}. Native
 * histograms and staleness markers have no form there: they are left out and counted.
 */
public final class JsonLinesExport implements SeriesVisitor {
  /** Samples of a line; a series with more takes several. */
  static final int MAX_SAMPLES = 10_000;

  private final PrintStream to;
  private long samples;
  private long histograms;
  private long stale;

  public JsonLinesExport(PrintStream to) {
    this.to = to;
  }

  @Override
  public void series(Labels labels, SampleBuffer b) {
    StringBuilder values = new StringBuilder();
    StringBuilder times = new StringBuilder();
    int n = 0;
    for (int i = 0; i < b.size; i++) {
      if (b.histograms != null && b.histograms[i] != null) {
        histograms++;
        continue;
      }
      if (Samples.isStale(b.values[i])) {
        stale++;
        continue;
      }
      if (n == MAX_SAMPLES) {
        line(labels, values, times);
        values.setLength(0);
        times.setLength(0);
        n = 0;
      }
      if (n++ > 0) {
        values.append(',');
        times.append(',');
      }
      value(values, b.values[i]);
      times.append(b.timestamps[i]);
      samples++;
    }
    if (n > 0) {
      line(labels, values, times);
    }
  }

  private static void value(StringBuilder sb, double v) {
    if (Double.isNaN(v)) {
      sb.append("null");
    } else if (Double.isInfinite(v)) {
      sb.append(v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    } else {
      sb.append(GoFloat.g(v));
    }
  }

  private void line(Labels labels, StringBuilder values, StringBuilder times) {
    StringBuilder sb = new StringBuilder("{\"metric\":{");
    String sep = "";
    for (Labels.Label l : labels.toList()) {
      sb.append(sep);
      sep = ",";
      string(sb, l.name());
      sb.append(':');
      string(sb, l.value());
    }
    sb.append("},\"values\":[");
    to.append(sb).append(values).append("],\"timestamps\":[").append(times).append("]}\n");
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

  /** Samples that were written. */
  public long samples() {
    return samples;
  }

  /** Native histogram samples that were left out. */
  public long histograms() {
    return histograms;
  }

  /** Staleness markers that were left out. */
  public long stale() {
    return stale;
  }
}

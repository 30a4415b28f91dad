package dev.tethys.store.archive.text;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.archive.SeriesVisitor;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * Writes samples as OpenMetrics text, one a line with its time in seconds, without types: what can
 * be read again by {@code create-blocks-from openmetrics}. Native histograms and staleness markers
 * have no form there: they are left out and counted.
 */
public final class OpenMetricsExport implements SeriesVisitor {
  private final PrintStream to;
  private long samples;
  private long histograms;
  private long stale;

  public OpenMetricsExport(PrintStream to) {
    this.to = to;
  }

  @Override
  public void series(Labels labels, SampleBuffer b) {
    String name = name(labels);
    for (int i = 0; i < b.size; i++) {
      if (b.histograms != null && b.histograms[i] != null) {
        histograms++;
      } else if (Samples.isStale(b.values[i])) {
        stale++;
      } else {
        samples++;
        long t = b.timestamps[i];
        to.print(name);
        to.print(' ');
        to.print(GoFloat.g(b.values[i]));
        to.print(' ');
        to.print(seconds(t));
        to.print('\n');
      }
    }
  }

  private static String seconds(long t) {
    long abs = Math.abs(t);
    return String.format(Locale.ROOT, "%s%d.%03d", t < 0 ? "-" : "", abs / 1000, abs % 1000);
  }

  /** As promtool: no blanks between labels; names beyond the classic ones within the braces. */
  private static String name(Labels labels) {
    String metric = labels.metricName();
    boolean plain = LabelNames.isLegacyMetricName(metric);
    StringBuilder sb = new StringBuilder(plain ? metric : "");
    List<Labels.Label> rest = labels.dropMetricName().toList();
    String sep = "{";
    if (!plain && !metric.isEmpty()) {
      sb.append(sep);
      GoQuote.append(sb, metric);
      sep = ",";
    }
    for (Labels.Label l : rest) {
      sb.append(sep);
      sep = ",";
      if (LabelNames.isLegacyLabelName(l.name())) {
        sb.append(l.name());
      } else {
        GoQuote.append(sb, l.name());
      }
      sb.append('=');
      GoQuote.append(sb, l.value());
    }
    if (sep.equals(",")) {
      sb.append('}');
    } else {
      sb.append("{}");
    }
    return sb.toString();
  }

  /** Writes the end. */
  public void finish() {
    to.print("# EOF\n");
    to.flush();
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

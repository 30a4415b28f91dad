package dev.tethys.store.archive.text;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Histogram;
import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.archive.SeriesVisitor;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * Writes samples as OpenMetrics text, one per line with its time in seconds, without types: the
 * format that {@code create-blocks-from openmetrics} reads. Native histograms, staleness markers
 * and start timestamps have no form there: they are omitted and counted, or, in the full form, are
 * in comments ({@code # TETHYS} and an object of {@link SampleLine}), which {@link
 * OpenMetricsImport} reads and promtool refuses.
 */
public final class OpenMetricsExport implements SeriesVisitor {
  /** Prefix of comments that hold samples. */
  static final String BEYOND = "# TETHYS ";

  private final PrintStream to;
  private final boolean full;
  private final SkippedSamples leftOut = new SkippedSamples();
  private final SampleLine beyond = new SampleLine();
  private long samples;

  public OpenMetricsExport(PrintStream to) {
    this(to, false);
  }

  /**
   * Prepares to write.
   *
   * @param full whether to write what the format has no form for, too
   */
  public OpenMetricsExport(PrintStream to, boolean full) {
    this.to = to;
    this.full = full;
  }

  @Override
  public void series(Labels labels, SampleBuffer b) {
    String name = name(labels);
    for (int i = 0; i < b.size; i++) {
      Histogram h = b.histograms == null ? null : b.histograms[i];
      long start = b.startTimestamps == null ? 0 : b.startTimestamps[i];
      double v = b.values[i];
      if (full && (h != null || start != 0 || Samples.isStale(v))) {
        if (beyond.isFull()) {
          beyond.end(to, BEYOND, labels);
        }
        beyond.add(start, b.timestamps[i], v, h);
        samples++;
      } else if (leftOut.takes(h, start, v)) {
        samples++;
        to.print(name);
        to.print(' ');
        to.print(GoFloat.g(v));
        to.print(' ');
        to.print(seconds(b.timestamps[i]));
        to.print('\n');
      }
    }
    if (!beyond.isEmpty()) {
      beyond.end(to, BEYOND, labels);
    }
  }

  private static String seconds(long t) {
    long abs = Math.abs(t);
    return String.format(Locale.ROOT, "%s%d.%03d", t < 0 ? "-" : "", abs / 1000, abs % 1000);
  }

  /** Series as promtool writes it: no blanks between labels; UTF-8 names within the braces. */
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

  /** Native histogram samples that were omitted. */
  public long histograms() {
    return leftOut.histograms();
  }

  /** Staleness markers that were omitted. */
  public long stale() {
    return leftOut.stale();
  }

  /** Samples that were written without their start timestamps. */
  public long starts() {
    return leftOut.starts();
  }
}

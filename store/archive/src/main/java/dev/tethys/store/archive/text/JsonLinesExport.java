package dev.tethys.store.archive.text;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.archive.SeriesVisitor;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes samples as VictoriaMetrics's /api/v1/export does, one JSON object a line: {@code
 * {"metric":{"__name__":"up"},"values":[1,0],"timestamps":[1700000000000,1700000015000]}}. Native
 * histograms, staleness markers and start timestamps have no form there: they are omitted and
 * counted, or, in the full form, written as lines after the others of their series ({@link
 * SampleLine}), which VictoriaMetrics skips.
 */
public final class JsonLinesExport implements SeriesVisitor {
  private final PrintStream to;
  private final boolean full;
  private final SkippedSamples leftOut = new SkippedSamples();
  private final SampleLine plain = new SampleLine();
  private final SampleLine beyond = new SampleLine();
  private long samples;

  public JsonLinesExport(PrintStream to) {
    this(to, false);
  }

  /**
   * Prepares to write.
   *
   * @param full whether to write what the format has no form for, too
   */
  public JsonLinesExport(PrintStream to, boolean full) {
    this.to = to;
    this.full = full;
  }

  @Override
  public void series(Labels labels, SampleBuffer b) {
    for (int i = 0; i < b.size; i++) {
      Histogram h = b.histograms == null ? null : b.histograms[i];
      long start = b.startTimestamps == null ? 0 : b.startTimestamps[i];
      if (full && (h != null || start != 0 || Samples.isStale(b.values[i]))) {
        add(beyond, labels, start, b.timestamps[i], b.values[i], h);
      } else if (leftOut.takes(h, start, b.values[i])) {
        add(plain, labels, 0, b.timestamps[i], b.values[i], null);
      }
    }
    end(plain, labels);
    end(beyond, labels);
  }

  private void add(
      SampleLine line, Labels labels, long start, long time, double value, @Nullable Histogram h) {
    if (line.isFull()) {
      line.end(to, "", labels);
    }
    line.add(start, time, value, h);
    samples++;
  }

  private void end(SampleLine line, Labels labels) {
    if (!line.isEmpty()) {
      line.end(to, "", labels);
    }
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

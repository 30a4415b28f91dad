package dev.tethys.collect.receive;

import dev.tethys.codec.HistogramResolution;
import dev.tethys.codec.remote.InvalidLabelsException;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestV2Reader;
import dev.tethys.collect.receive.RemoteWriteReceiver.WriteCounts;
import dev.tethys.collect.receive.RequestBuffers.Workspace;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.log.LogText;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.StorageException;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * Appends a remote write 2.0 request. A fault of a series or sample is noted and the rest
 * continues; a fault of the store ends it, with nothing stored.
 */
final class WriteV2 {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.receive.write");

  /** Maximum length of a problem description. */
  static final int MAX_PROBLEM_CHARACTERS = 8192;

  /** Maximum length of a series' labels in an error. */
  private static final int MAX_LABELS = 1024;

  private final Workspace w;
  private final Appender app;
  private final long maxTime;
  private final RemoteWriteReceiver.Metrics metrics;
  private final boolean zeroSampleAtStart;
  private final boolean typeAndUnitLabels;
  private final StringBuilder problems = new StringBuilder();
  private long unsaid;
  private long withoutMetadata;

  WriteV2(
      Workspace w,
      Appender app,
      long maxTime,
      RemoteWriteReceiver.Metrics metrics,
      RemoteWriteOptions options) {
    this.w = w;
    this.app = app;
    this.maxTime = maxTime;
    this.metrics = metrics;
    this.zeroSampleAtStart = options.zeroSampleAtStart();
    this.typeAndUnitLabels = options.typeAndUnitLabels();
  }

  @Nullable String append(int length, WriteCounts written) {
    WriteRequestV2Reader r =
        w.v2.typeAndUnitLabels(typeAndUnitLabels).reset(w.decoded(), 0, length);
    while (r.nextSeries()) {
      series(r, written);
    }
    metrics.withoutMetadata.add(withoutMetadata);
    if (unsaid > 0) {
      problems.append("\n... and ").append(unsaid).append(" more");
    }
    return problems.isEmpty() ? null : problems.toString();
  }

  private void problem(String text) {
    if (unsaid > 0 || problems.length() + text.length() > MAX_PROBLEM_CHARACTERS) {
      unsaid++;
      return;
    }
    if (!problems.isEmpty()) {
      problems.append('\n');
    }
    problems.append(text);
  }

  private void invalid(WriteRequestV2Reader r, String text) {
    metrics.invalidLabels.add((long) r.sampleCount() + r.histogramCount());
    problem(text);
  }

  private void series(WriteRequestV2Reader r, WriteCounts written) {
    String wrong = r.seriesProblem();
    if (wrong != null) {
      invalid(r, wrong);
      return;
    }
    long ref;
    try {
      if (r.sampleCount() == 0 && r.histogramCount() == 0) {
        problem("TimeSeries must contain at least one sample or histogram for series " + labels(r));
        return;
      }
      ref = resolve(r);
    } catch (InvalidLabelsException e) {
      invalid(r, String.valueOf(e.getMessage()));
      return;
    } catch (StorageException e) {
      if (e.reason() == StorageException.Reason.LIMIT) {
        problem(String.valueOf(e.getMessage())); // series that are known continue
        return;
      }
      if (e.reason() != StorageException.Reason.INVALID) {
        throw e;
      }
      invalid(r, String.valueOf(e.getMessage()));
      return;
    }
    long before = written.samples + written.histograms;
    for (SeriesEvent ev = r.next(); ev != SeriesEvent.END; ev = r.next()) {
      switch (ev) {
        case SAMPLE -> {
          long known = append(r, ref, null);
          if (known != Appender.NO_SERIES) {
            ref = known;
            written.samples++;
          }
        }
        case HISTOGRAM -> {
          long known = append(r, ref, HistogramResolution.storable(r.histogram()));
          if (known != Appender.NO_SERIES) {
            ref = known;
            written.histograms++;
          }
        }
        case EXEMPLAR -> exemplar(r, ref, written);
        case END -> throw new AssertionError();
      }
    }
    if (!r.hasMetadata()) {
      withoutMetadata += written.samples + written.histograms - before;
    } else if (w.seen.add(r.metadataKey())) {
      app.metadata(r.metricFamily(), r.metadata());
    }
  }

  private long resolve(WriteRequestV2Reader r) {
    return app.series(r.labelBuffer(), 0, r.labelLength(), WriteRequestV2Reader.LABELS);
  }

  /** Does nothing once the memory is exhausted: a request may hold millions of series. */
  private String labels(WriteRequestV2Reader r) {
    return unsaid > 0
        ? ""
        : LogText.cut(
            WriteRequestV2Reader.LABELS.decode(r.labelBuffer(), 0, r.labelLength()).toString(),
            MAX_LABELS);
  }

  /** Appends a histogram and returns its reference, or NO_SERIES if it was rejected. */
  private long append(WriteRequestV2Reader r, long ref, @Nullable Histogram h) {
    long t = r.timestamp();
    if (t > maxTime) {
      problem(WriteErrors.TOO_FAR + " for series " + labels(r));
      return Appender.NO_SERIES;
    }
    long known = ref;
    Outcome o = write(r, known, h);
    if (o == Outcome.UNKNOWN_SERIES) {
      known = resolve(r);
      o = write(r, known, h);
    }
    if (o == Outcome.OK) {
      return known;
    }
    String text = WriteErrors.text(o, t, h);
    if (o == Outcome.UNKNOWN_SERIES) {
      throw new RequestRejectedException(500, text);
    }
    problem(text + " for series " + labels(r));
    return Appender.NO_SERIES;
  }

  private Outcome write(WriteRequestV2Reader r, long ref, @Nullable Histogram h) {
    long start = r.startTimestamp();
    long t = r.timestamp();
    if (zeroSampleAtStart && start != 0 && t != 0 && start < t) {
      zero(ref, start, h);
    }
    return h == null ? app.append(ref, start, t, r.value()) : app.append(ref, start, t, h);
  }

  /** Rejections are not reported: the zero usually already exists. */
  private void zero(long ref, long start, @Nullable Histogram h) {
    Outcome o =
        h == null
            ? app.append(ref, 0, start, 0.0)
            : app.append(
                ref,
                0,
                start,
                new Histogram(
                    h.integer(),
                    h.resetHint() == Histogram.ResetHint.GAUGE
                        ? Histogram.ResetHint.GAUGE
                        : Histogram.ResetHint.RESET,
                    h.schema(),
                    h.zeroThreshold(),
                    0,
                    0,
                    0,
                    new int[0],
                    new double[0],
                    new int[0],
                    new double[0],
                    h.customBounds()));
    if (o != Outcome.OK) {
      LOG.log(Level.DEBUG, "start timestamp {0} not written: {1}", start, o);
    }
  }

  private void exemplar(WriteRequestV2Reader r, long ref, WriteCounts written) {
    String wrong = r.exemplarProblem();
    Exemplar e = r.exemplar();
    if (wrong != null || e == null) {
      problem("parsing exemplar for series " + labels(r) + ": " + wrong);
      return;
    }
    if (e.timestamp() > maxTime || WriteErrors.tooLong(e)) {
      LOG.log(Level.DEBUG, "exemplar {0} skipped", e);
      return;
    }
    switch (app.append(ref, e)) {
      case OK -> written.exemplars++;
      case OUT_OF_ORDER -> problem("out of order exemplar for series " + labels(r));
      default -> LOG.log(Level.DEBUG, "exemplar {0} refused", e);
    }
  }
}

package dev.tethys.insight.source;

import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.MetricsDatabase;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Appends the samples of responses to the cache. Samples that the series has already, or that are
 * outside of the requested range, are skipped. Not thread-safe.
 */
final class CacheWriter implements QueryAnswer.Sink {
  /** Samples between two commits. */
  private static final int COMMIT_SAMPLES = 20_000;

  private final MetricsDatabase database;
  private final SourceLabels decoder;
  private final SeriesProgress progress;
  private @Nullable Appender appender;
  private int uncommitted;
  private long from;
  private long to;
  private byte[] labels = {};
  private int length;
  private int place = -1;
  private long reference;
  private boolean isFull;
  private long appended;
  private long newest = Long.MIN_VALUE;
  private int refusedSeries;
  private int badSeries;
  private int histogramSeries;
  private long outside;
  private String refusal = "";

  CacheWriter(MetricsDatabase database, SourceLabels decoder, SeriesProgress progress) {
    this.database = database;
    this.decoder = decoder;
    this.progress = progress;
  }

  /** Sets the range of the following samples and clears earlier omissions. */
  void begin(long after, long upTo) {
    from = after;
    to = upTo;
    newest = Long.MIN_VALUE;
    isFull = false;
    refusedSeries = 0;
    badSeries = 0;
    histogramSeries = 0;
    outside = 0;
  }

  private Appender appender() {
    Appender a = appender;
    if (a == null) {
      a = database.appender();
      appender = a;
    }
    return a;
  }

  @Override
  public void series(byte[] its, int size, boolean isWhole) {
    labels = its;
    length = size;
    place = isWhole ? progress.place(Labels.hash64(its, 0, size)) : -1;
    if (!isWhole) {
      badSeries++;
    } else if (place < 0) {
      refusedSeries++;
      refusal = "the cache has its limit of series in memory";
    } else {
      reference = progress.reference(place);
      if (reference == Appender.NO_SERIES && !resolve()) {
        place = -1;
      }
    }
  }

  private boolean resolve() {
    try {
      // A refused series costs as much as many samples, so no other is attempted after the first.
      reference =
          isFull
              ? appender().known(labels, 0, length, decoder)
              : appender().series(labels, 0, length, decoder);
    } catch (IllegalArgumentException e) {
      reference = Appender.NO_SERIES;
      badSeries++;
      return false;
    } catch (StorageException e) {
      reference = Appender.NO_SERIES;
      switch (e.reason()) {
        case LIMIT -> {
          isFull = true;
          refusedSeries++;
          refusal = String.valueOf(e.getMessage());
        }
        case INVALID -> badSeries++;
        case UNAVAILABLE, CORRUPT -> throw e;
      }
      return false;
    }
    if (reference == Appender.NO_SERIES) {
      refusedSeries++;
      return false;
    }
    progress.setReference(place, reference);
    return true;
  }

  @Override
  public void sample(long time, double value) {
    if (place < 0) {
      return;
    }
    if (time < from || time > to) {
      outside++;
      return;
    }
    newest = Math.max(newest, time);
    if (time <= progress.last(place)) {
      return;
    }
    double v = Double.isNaN(value) ? Samples.NORMAL_NAN : value;
    Appender.Outcome o = appender().append(reference, 0, time, v);
    if (o == Appender.Outcome.UNKNOWN_SERIES) {
      if (!resolve()) {
        place = -1;
        return;
      }
      o = appender().append(reference, 0, time, v);
    }
    switch (o) {
      case OK, DUPLICATE_TIMESTAMP -> {
        progress.note(place, time);
        if (o == Appender.Outcome.OK) {
          appended++;
        }
        if (++uncommitted >= COMMIT_SAMPLES) {
          commit();
        }
      }
      default -> outside++;
    }
  }

  @Override
  public void histograms() {
    if (place >= 0) {
      histogramSeries++;
    }
  }

  /** Appends a stale marker. */
  void end(long series, long time) {
    if (series != Appender.NO_SERIES) {
      appender().append(series, 0, time, Samples.STALE);
    }
  }

  /**
   * Makes the samples durable and visible.
   *
   * @throws StorageException if the cache cannot be written; the progress is then forgotten, so
   *     that the next reading appends the samples
   */
  void commit() {
    Appender a = appender;
    uncommitted = 0;
    if (a == null) {
      return;
    }
    appender = null;
    boolean done = false;
    try (a) {
      a.commit();
      done = true;
    } finally {
      if (!done) {
        progress.clear();
      }
    }
  }

  /** Discards uncommitted samples. */
  void discard() {
    Appender a = appender;
    appender = null;
    uncommitted = 0;
    if (a != null) {
      progress.clear();
      a.close();
    }
  }

  /** Samples appended so far. */
  long appended() {
    return appended;
  }

  /** Time of the newest sample since {@link #begin}; {@link Long#MIN_VALUE} if there was none. */
  long newest() {
    return newest;
  }

  /** Problems since {@link #begin}: omissions with reasons. */
  List<String> problems() {
    List<String> out = new ArrayList<>();
    if (refusedSeries > 0) {
      out.add(
          refusedSeries
              + " series are left out: "
              + refusal
              + ". Raise --insight.source.max-series, or narrow --insight.source.metrics");
    }
    if (badSeries > 0) {
      out.add(
          badSeries
              + " series are left out: their labels are not valid, or larger than "
              + QueryAnswer.MAX_LABEL_BYTES
              + " bytes");
    }
    if (histogramSeries > 0) {
      out.add(
          histogramSeries
              + " series with native histograms are left out: answers of the query API do not"
              + " contain their schema. Classic histograms are read");
    }
    if (outside > 0) {
      out.add(
          outside
              + " samples are left out: their times are outside of the requested range, such as in"
              + " the future. Check the clocks of the source and its targets");
    }
    return out;
  }
}

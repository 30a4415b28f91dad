package dev.tethys.insight.graph.stored;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.StorageException;
import org.jspecify.annotations.Nullable;

/**
 * Series of the metric store. Its first sample is a zero shortly before the first value, so that a
 * rate includes earlier counts.
 */
final class StoredSeries {
  private final Labels labels;
  private long reference = Appender.NO_SERIES;
  private boolean started;

  StoredSeries(String name, Labels labels) {
    this.labels = labels.toBuilder().set(Labels.METRIC_NAME, name).build();
  }

  /**
   * Appends a sample; one that a limit refuses is left out.
   *
   * @param start time from which the value counts, Unix milliseconds; 0 if unknown
   */
  void write(Appender a, long start, long time, double value, @Nullable Exemplar exemplar) {
    if (!started) {
      started = true;
      if (start > 0 && start < time) {
        append(a, 0, start, 0);
      }
    }
    append(a, start, time, value);
    if (exemplar != null && reference != Appender.NO_SERIES) {
      a.append(reference, exemplar);
    }
  }

  private void append(Appender a, long start, long time, double value) {
    try {
      if (reference == Appender.NO_SERIES) {
        reference = a.series(labels);
      }
      if (a.append(reference, start, time, value) == Outcome.UNKNOWN_SERIES) {
        reference = a.series(labels);
        a.append(reference, start, time, value);
      }
    } catch (StorageException e) {
      if (e.reason() != StorageException.Reason.LIMIT) {
        throw e;
      }
      reference = Appender.NO_SERIES; // the store counts what its limit refuses
    }
  }
}

package dev.tethys.alert.rule;

import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.tracing.ActiveSpan;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the results of a rule, and marks series stale that it no longer returns.
 *
 * <p>Invariant: {@code series} holds the series that the store accepted at the last successful
 * commit. Not thread-safe.
 */
final class RuleOutput {
  private static final class Entry {
    long reference;
    long seen;

    Entry(long reference) {
      this.reference = reference;
    }
  }

  /** Result of writing a rule's output. */
  record WriteResult(Map<Outcome, Integer> refused, @Nullable String error) {}

  private final MetricStore store;
  private final Map<Labels, Entry> series;
  private long round;

  RuleOutput(MetricStore store) {
    this.store = store;
    this.series = new HashMap<>();
  }

  /** Continues with the series of the same rule before a reload. */
  RuleOutput(RuleOutput former) {
    this.store = former.store;
    this.series = former.series;
    this.round = former.round;
  }

  /** Returns the series of the last result. */
  Collection<Labels> series() {
    return List.copyOf(series.keySet());
  }

  /**
   * Writes a result.
   *
   * @throws StorageException if no sample could be made durable
   */
  WriteResult write(List<AlertRule.Output> result, long time) {
    Map<Outcome, Integer> refused = new EnumMap<>(Outcome.class);
    String error = null;
    if (result.isEmpty() && series.isEmpty()) {
      return new WriteResult(refused, null);
    }
    round++;
    List<Labels> gone = new ArrayList<>();
    Map<Labels, Entry> fresh = new HashMap<>();
    int before = series.size();
    int taken = 0;
    try (Appender appender = store.appender()) {
      for (AlertRule.Output o : result) {
        try {
          Outcome outcome = append(appender, o, time, fresh);
          if (outcome == Outcome.OK) {
            taken++;
          } else {
            refused.merge(outcome, 1, Integer::sum);
            error = text(outcome);
          }
        } catch (StorageException e) {
          error = String.valueOf(e.getMessage());
        }
      }
      // Labels of a result differ from each other, so that they can be counted.
      if (taken - fresh.size() < before) {
        for (Map.Entry<Labels, Entry> e : series.entrySet()) {
          if (e.getValue().seen != round) {
            gone.add(e.getKey());
            appendStale(appender, e.getKey(), e.getValue().reference, time);
          }
        }
      }
      if (taken == 0 && gone.isEmpty()) {
        return new WriteResult(refused, error); // nothing to commit
      }
      try (ActiveSpan span = ActiveSpan.current().child("ruleCommit")) {
        appender.commit();
      }
    }
    series.putAll(fresh);
    gone.forEach(series::remove);
    return new WriteResult(refused, error);
  }

  private Outcome append(
      Appender appender, AlertRule.Output o, long time, Map<Labels, Entry> fresh) {
    Entry e = series.get(o.labels());
    boolean isNew = e == null;
    if (e == null) {
      e = new Entry(appender.series(o.labels()));
    }
    Outcome outcome = append(appender, e.reference, o, time);
    if (outcome == Outcome.UNKNOWN_SERIES) {
      e.reference = appender.series(o.labels());
      outcome = append(appender, e.reference, o, time);
    }
    if (outcome == Outcome.OK) {
      e.seen = round;
      if (isNew) {
        fresh.put(o.labels(), e);
      }
    }
    return outcome;
  }

  private static Outcome append(Appender appender, long reference, AlertRule.Output o, long time) {
    return o.histogram() == null
        ? appender.append(reference, 0, time, o.value())
        : appender.append(reference, 0, time, o.histogram());
  }

  /**
   * Appends stale markers. A rejection is not an error, because another rule may write the series
   * now.
   */
  private static void appendStale(Appender appender, Labels labels, long reference, long time) {
    try {
      if (appender.append(reference, 0, time, Samples.STALE) == Outcome.UNKNOWN_SERIES) {
        appender.append(appender.series(labels), 0, time, Samples.STALE);
      }
    } catch (StorageException e) {
      JulLogger.of(RuleOutput.class.getName())
          .log(System.Logger.Level.WARNING, "a stale marker was not written: {0}", e.getMessage());
    }
  }

  /** Marks series of removed rules stale. */
  static void markStale(MetricStore store, Collection<Labels> series, long time) {
    try (Appender appender = store.appender()) {
      Iterator<Labels> i = series.iterator();
      while (i.hasNext()) {
        Labels l = i.next();
        appendStale(appender, l, appender.series(l), time);
      }
      appender.commit();
    }
  }

  static String text(Outcome o) {
    return switch (o) {
      case OK -> "";
      case UNKNOWN_SERIES -> "the series is unknown to the store";
      case OUT_OF_ORDER -> "out of order sample";
      case TOO_OLD -> "too old sample";
      case OUT_OF_BOUNDS -> "out of bounds";
      case DUPLICATE_TIMESTAMP -> "duplicate sample for timestamp";
      case INVALID_HISTOGRAM -> "invalid histogram";
    };
  }
}

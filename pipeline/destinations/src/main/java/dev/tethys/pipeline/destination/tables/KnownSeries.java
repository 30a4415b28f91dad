package dev.tethys.pipeline.destination.tables;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Which series a database has been told of, so that labels are sent once. What was not used for
 * longest is forgotten; the series is then told again, which costs a row and changes nothing. Safe
 * for any number of threads.
 */
public final class KnownSeries {
  private static final int MAX = 500_000;

  private final Map<UUID, Boolean> known =
      new LinkedHashMap<>(1024, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Boolean> eldest) {
          return size() > MAX;
        }
      };

  /** Those of which the database was not told. */
  public synchronized List<MetricTables.Series> unknown(Collection<MetricTables.Series> of) {
    return of.stream().filter(s -> known.get(s.key()) == null).toList();
  }

  /** It has them now. */
  public synchronized void told(Collection<MetricTables.Series> of) {
    of.forEach(s -> known.put(s.key(), true));
  }

  /** It was emptied, or another took its place. */
  public synchronized void forget() {
    known.clear();
  }
}

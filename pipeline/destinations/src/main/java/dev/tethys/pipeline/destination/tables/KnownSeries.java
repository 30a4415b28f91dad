package dev.tethys.pipeline.destination.tables;

import dev.tethys.codec.series.SeriesText;
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

  /** A series in one of several tables. */
  private static UUID at(UUID table, MetricTables.Series s) {
    return new UUID(
        s.key().getMostSignificantBits() ^ table.getMostSignificantBits(),
        s.key().getLeastSignificantBits() ^ table.getLeastSignificantBits());
  }

  /**
   * Those of which the database was not told.
   *
   * @param table the name of where they stand
   */
  public synchronized List<MetricTables.Series> unknown(
      String table, Collection<MetricTables.Series> of) {
    UUID t = SeriesText.key(table);
    return of.stream().filter(s -> known.get(at(t, s)) == null).toList();
  }

  /** It has them now. */
  public synchronized void told(String table, Collection<MetricTables.Series> of) {
    UUID t = SeriesText.key(table);
    of.forEach(s -> known.put(at(t, s), true));
  }

  /** It was emptied, or another took its place. */
  public synchronized void forget() {
    known.clear();
  }
}

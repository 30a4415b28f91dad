package dev.tethys.app.server;

import dev.tethys.store.metrics.DatabaseStats;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Selects the metrics of warm-up queries. Most metrics of an exporter hardly ever change, and code
 * compiled for those is discarded at the first series that does: so most of the selected metrics
 * change, in different ways, one is constant, and one has many series.
 */
final class WarmUpMetrics {
  /** Metrics with more series are skipped: their queries take too long. */
  static final int MAX_SERIES = 2_000;

  /**
   * Number of series at which as much code is compiled as with twenty times as many, in a tenth of
   * the time.
   */
  static final int ENOUGH_SERIES = 100;

  /** Number of metrics with few series that are checked, at even distances. */
  static final int CHECKED_METRICS = 64;

  /** Number of metrics with many series that are checked. */
  private static final int LARGE_CHECKED = 8;

  private static final int LIVELY = 6;

  /** Number of metrics with many series that are chosen if all metrics have many. */
  private static final int LARGE_ALONE = 3;

  private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");

  private WarmUpMetrics() {}

  /** Checks whether a metric changes. */
  interface Changes {
    /** Returns the average number of recent changes per series of the metric. */
    double of(String metric) throws InterruptedException;
  }

  private record Candidate(String name, double changes) {}

  /**
   * Chooses metrics.
   *
   * @param counts number of series by metric, in descending order
   * @return empty if all metrics have too many series
   */
  static List<String> choose(List<DatabaseStats.Count> counts, Changes changes)
      throws InterruptedException {
    List<String> few = new ArrayList<>();
    List<String> many = new ArrayList<>();
    for (DatabaseStats.Count c : counts) {
      if (isFit(c)) {
        (c.value() <= ENOUGH_SERIES ? few : many).add(c.name());
      }
    }
    List<Candidate> small = mostChanged(evenly(few, CHECKED_METRICS), changes);
    List<Candidate> large = mostChanged(evenly(many.reversed(), LARGE_CHECKED), changes);
    List<Candidate> lively = small.stream().filter(c -> c.changes > 0).toList();
    List<Candidate> chosen = new ArrayList<>(evenly(lively, LIVELY));
    small.stream().filter(c -> c.changes == 0).findFirst().ifPresent(chosen::add);
    chosen.addAll(large.subList(0, Math.min(few.isEmpty() ? LARGE_ALONE : 1, large.size())));
    return chosen.stream().map(Candidate::name).toList();
  }

  /** Returns at most {@code most} metrics small enough for warm-up queries, evenly spaced. */
  static List<DatabaseStats.Count> spread(List<DatabaseStats.Count> counts, int most) {
    return evenly(counts.stream().filter(WarmUpMetrics::isFit).toList(), most);
  }

  /** Returns some of the metrics with too many series for warm-up queries. */
  static List<String> tooLarge(List<DatabaseStats.Count> counts) {
    List<String> names =
        counts.stream()
            .filter(c -> c.value() > MAX_SERIES && hasBareName(c))
            .map(DatabaseStats.Count::name)
            .toList();
    return evenly(names, LARGE_ALONE);
  }

  private static boolean hasBareName(DatabaseStats.Count c) {
    return NAME.matcher(c.name()).matches();
  }

  private static boolean isFit(DatabaseStats.Count c) {
    return c.value() <= MAX_SERIES && hasBareName(c);
  }

  private static List<Candidate> mostChanged(List<String> names, Changes changes)
      throws InterruptedException {
    List<Candidate> out = new ArrayList<>();
    for (String name : names) {
      out.add(new Candidate(name, changes.of(name)));
    }
    out.sort((a, b) -> Double.compare(b.changes, a.changes));
    return out;
  }

  /** Returns at most {@code most} evenly spaced elements, including the first. */
  private static <T> List<T> evenly(List<T> all, int most) {
    int n = Math.min(all.size(), most);
    List<T> out = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      out.add(all.get((int) ((long) i * all.size() / n)));
    }
    return out;
  }
}

package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.MetricSource.SeriesExemplars;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Ring of the newest exemplars of all series, up to a capacity: the oldest arrival is evicted
 * first. Thread-safe.
 */
final class ExemplarRing {
  /** An exemplar with its series. */
  record Entry(Labels series, Exemplar exemplar) {
    boolean isWithin(long minTime, long maxTime) {
      return exemplar.timestamp() >= minTime && exemplar.timestamp() <= maxTime;
    }
  }

  private static final class Newest {
    Exemplar exemplar;
    int held;

    Newest(Exemplar e) {
      exemplar = e;
    }
  }

  private final ArrayDeque<Entry> ring = new ArrayDeque<>();
  private final Map<Labels, Newest> newest = new HashMap<>();
  private int capacity;
  private long bytes;
  private long appended;
  private long outOfOrder;

  /**
   * Counts for self-metrics.
   *
   * @param oldest time of the exemplar that came first, 0 if there is none
   */
  record Counts(long appended, long outOfOrder, int series, long oldest) {}

  synchronized Counts figures() {
    Entry first = ring.peekFirst();
    return new Counts(
        appended, outOfOrder, newest.size(), first == null ? 0 : first.exemplar.timestamp());
  }

  ExemplarRing(int capacity) {
    this.capacity = capacity;
  }

  synchronized void resize(int newCapacity) {
    capacity = newCapacity;
    shrink();
  }

  /** Outcome that adding the exemplar would have. */
  synchronized Outcome check(Labels series, Exemplar e) {
    Newest n = newest.get(series);
    if (n == null || n.exemplar.timestamp() < e.timestamp() || same(n.exemplar, e)) {
      return Outcome.OK;
    }
    if (n.exemplar.timestamp() == e.timestamp()) {
      return Outcome.DUPLICATE_TIMESTAMP;
    }
    outOfOrder++;
    return Outcome.OUT_OF_ORDER;
  }

  private static boolean same(Exemplar a, Exemplar b) {
    return a.timestamp() == b.timestamp()
        && Double.doubleToRawLongBits(a.value()) == Double.doubleToRawLongBits(b.value())
        && a.labels().equals(b.labels());
  }

  synchronized void add(Labels series, Exemplar e) {
    if (capacity == 0) {
      return;
    }
    Newest n = newest.get(series);
    if (n != null && n.exemplar.timestamp() >= e.timestamp()) {
      return; // the same again, or late because two batches raced
    }
    if (n == null) {
      n = new Newest(e);
      newest.put(series, n);
    }
    n.exemplar = e;
    n.held++;
    ring.addLast(new Entry(series, e));
    bytes += size(series, e);
    appended++;
    shrink();
  }

  private void shrink() {
    while (ring.size() > capacity) {
      Entry gone = ring.removeFirst();
      bytes -= size(gone.series, gone.exemplar);
      Labels series = gone.series;
      Newest n = newest.get(series);
      if (n != null && --n.held == 0) {
        newest.remove(series);
      }
    }
  }

  private static long size(Labels series, Exemplar e) {
    return 200L + series.canonicalBytes().length + e.labels().canonicalBytes().length;
  }

  /** Estimated memory in use. */
  synchronized long bytes() {
    return bytes;
  }

  synchronized int size() {
    return ring.size();
  }

  synchronized List<Entry> entries() {
    return new ArrayList<>(ring);
  }

  /** Removes those of some series in a closed range. */
  synchronized void remove(Set<Labels> series, long minTime, long maxTime) {
    List<Entry> keep = new ArrayList<>(ring);
    keep.removeIf(e -> e.isWithin(minTime, maxTime) && series.contains(e.series));
    ring.clear();
    newest.clear();
    bytes = 0;
    appended -= keep.size(); // they are only put back
    keep.forEach(e -> add(e.series, e.exemplar));
  }

  /**
   * The series that have exemplars and meet any of the matcher lists, as a set of the caller's own.
   * Expressions can take long: they are run without holding up who adds.
   */
  Set<Labels> seriesOf(List<List<Matcher>> matcherSets) {
    List<Labels> series;
    synchronized (this) {
      series = List.copyOf(newest.keySet());
    }
    return series.stream()
        .filter(s -> matcherSets.stream().anyMatch(ms -> Matcher.matchAll(ms, s)))
        .collect(Collectors.toCollection(HashSet::new));
  }

  List<SeriesExemplars> select(long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    TreeMap<Labels, List<Exemplar>> out = new TreeMap<>();
    Set<Labels> series = seriesOf(matcherSets);
    for (Entry e : entries()) {
      if (e.isWithin(minTime, maxTime) && series.contains(e.series)) {
        out.computeIfAbsent(e.series, k -> new ArrayList<>()).add(e.exemplar);
      }
    }
    List<SeriesExemplars> list = new ArrayList<>();
    out.forEach((s, es) -> list.add(new SeriesExemplars(s, es)));
    return list;
  }
}

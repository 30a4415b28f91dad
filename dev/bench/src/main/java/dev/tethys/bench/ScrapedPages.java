package dev.tethys.bench;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Pages that targets returned, and their samples in stores. A store rejects a whole request for one
 * out-of-order sample, as Prometheus does.
 */
final class ScrapedPages {
  private static final int ENOUGH = 6; // pages of a life that is worth ending
  static final long PATIENCE_SECONDS = 120;

  private final int stores;
  private final int series;
  private final long interval; // nanoseconds

  @GuardedBy("this")
  private final Map<String, Long> askedAt = new HashMap<>();

  @GuardedBy("this")
  private long latest; // nanoseconds by which a page was requested too late

  @GuardedBy("this")
  private final Map<String, Integer> pages = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, Integer> life = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, Set<Long>> failed = new HashMap<>(); // scrapes, by their time

  @GuardedBy("this")
  private final Map<Integer, Integer> busy = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, Set<Integer>> due = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, TreeMap<Long, Double>> have = new HashMap<>();

  @GuardedBy("this")
  private long again;

  @GuardedBy("this")
  private long refused;

  @GuardedBy("this")
  private long arrived; // samples, again or not

  @GuardedBy("this")
  private boolean away;

  ScrapedPages(int stores, int series, long interval) {
    this.stores = stores;
    this.series = series;
    this.interval = interval;
  }

  /** Milliseconds by which the latest page since the last call was requested too late. */
  synchronized long lateness() {
    long n = latest / 1_000_000;
    latest = 0;
    return n;
  }

  synchronized byte[] page(String target) {
    long now = System.nanoTime();
    Long asked = askedAt.put(target, now);
    if (asked != null) {
      latest = Math.max(latest, now - asked - interval);
    }
    int n = pages.merge(target, 1, Integer::sum);
    Integer before = life.put(target, n);
    if (before != null) {
      due.computeIfAbsent(target, t -> new TreeSet<>()).add(before);
      busy.merge(Integer.parseInt(target.substring(0, target.indexOf('-'))), 1, Integer::sum);
      notifyAll();
    }
    StringBuilder sb = new StringBuilder();
    for (int s = 0; s < series; s++) {
      sb.append("page{s=\"").append(s).append("\"} ").append(n).append('\n');
    }
    return sb.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Waits until an agent has received some pages since it was started. */
  synchronized void awaitWork(int agent) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (busy.getOrDefault(agent, 0) < ENOUGH) {
      long remaining = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (remaining <= 0) {
        throw new AssertionError("agent " + agent + " does not scrape");
      }
      wait(remaining);
    }
  }

  /** Returns the number of samples accepted by stores so far. */
  synchronized long arrived() {
    return arrived;
  }

  /** Waits until something arrives that is not among the given samples. */
  synchronized void awaitMoreThan(long samples) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (arrived <= samples) {
      long remaining = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (remaining <= 0) {
        throw new AssertionError("data has stopped arriving: " + text());
      }
      wait(remaining);
    }
  }

  /** Marks an agent as dead; its last pages may or may not have reached it. */
  synchronized void died(int agent) {
    busy.remove(agent);
    life.keySet().removeIf(t -> t.startsWith(agent + "-"));
    askedAt.keySet().removeIf(t -> t.startsWith(agent + "-"));
  }

  synchronized void setUnavailable(boolean now) {
    away = now;
  }

  /** Handles a request to one of the receivers; returns the status of the response. */
  synchronized int write(int store, byte[] z) {
    if (away) {
      return 503;
    }
    int size = SnappyBlock.decodedLength(z, 0, z.length, 1 << 24);
    byte[] raw = new byte[size + SnappyBlock.SLACK];
    SnappyBlock.decode(z, 0, z.length, raw);
    Map<String, TreeMap<Long, Double>> now = new HashMap<>();
    long same = 0;
    WriteRequestReader r = new WriteRequestReader().reset(raw, 0, size);
    while (r.nextSeries()) {
      Labels l =
          WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
      if (l.metricName().equals("up")) {
        while (r.next() != SeriesEvent.END) {
          if (r.value() == 0) {
            failed.computeIfAbsent(l.get("job"), k -> new TreeSet<>()).add(r.timestamp());
          }
        }
      }
      if (!l.metricName().equals("page")) {
        continue;
      }
      String name = store + "/" + l.get("job") + "/" + l.get("s");
      TreeMap<Long, Double> these =
          now.computeIfAbsent(name, k -> new TreeMap<>(have.getOrDefault(name, new TreeMap<>())));
      while (r.next() != SeriesEvent.END) {
        Map.Entry<Long, Double> last = these.lastEntry();
        if (last != null
            && (r.timestamp() < last.getKey()
                || (r.timestamp() == last.getKey()
                    && Double.doubleToRawLongBits(r.value())
                        != Double.doubleToRawLongBits(last.getValue())))) {
          refused++;
          return 400;
        }
        same += last != null && r.timestamp() == last.getKey() ? 1 : 0;
        these.put(r.timestamp(), r.value());
      }
    }
    have.putAll(now);
    again += same;
    arrived += now.size();
    notifyAll();
    return 204;
  }

  /** Pages that stores must have in the end, by their target. */
  record Due(Map<String, Set<Integer>> pages) {}

  /** Samples due now, which do not grow. */
  synchronized Due due() {
    Map<String, Set<Integer>> now = new HashMap<>();
    due.forEach((t, p) -> now.put(t, new TreeSet<>(p)));
    return new Due(now);
  }

  /** Samples of pages that are due and not there. */
  synchronized long missing(Due wanted) {
    long n = 0;
    for (Map.Entry<String, Set<Integer>> d : wanted.pages().entrySet()) {
      int excused = failed.getOrDefault(d.getKey(), Set.of()).size();
      for (int s = 0; s < stores * series; s++) {
        Set<Integer> there = new TreeSet<>();
        have.getOrDefault(s / series + "/" + d.getKey() + "/" + s % series, new TreeMap<>())
            .values()
            .forEach(v -> there.add((int) (double) v));
        n += Math.max(0, d.getValue().stream().filter(p -> !there.contains(p)).count() - excused);
      }
    }
    return n;
  }

  /** Lists the missing pages by store, identified by the first series of each target. */
  synchronized String lostText(Due wanted) {
    StringBuilder sb = new StringBuilder();
    for (Map.Entry<String, Set<Integer>> d : wanted.pages().entrySet()) {
      for (int store = 0; store < stores; store++) {
        Set<Double> there =
            Set.copyOf(
                have.getOrDefault(store + "/" + d.getKey() + "/0", new TreeMap<>()).values());
        List<Integer> lost =
            d.getValue().stream().filter(p -> !there.contains((double) p)).toList();
        if (!lost.isEmpty()) {
          sb.append("store ").append(store).append(" lacks of ").append(d.getKey()).append(": ");
          sb.append(lost).append(", scrapes that failed: ");
          sb.append(failed.getOrDefault(d.getKey(), Set.of()).size()).append('\n');
        }
      }
    }
    return sb.toString();
  }

  /** Returns the number of pages stored with more than one timestamp. */
  synchronized long twice() {
    long n = 0;
    for (TreeMap<Long, Double> h : have.values()) {
      List<Double> pages = h.values().stream().filter(v -> !v.isNaN()).toList();
      n += pages.size() - pages.stream().distinct().count();
    }
    return n;
  }

  /** Describes the samples due by now, the last of which are in flight. */
  synchronized String text() {
    return text(new Due(due));
  }

  /** Describes the samples that were due. */
  synchronized String text(Due wanted) {
    long due = wanted.pages().values().stream().mapToLong(Set::size).sum() * series * stores;
    return String.format(
        Locale.ROOT,
        "%d samples due, %d missing, %d at two times, %d sent again, %d requests refused,"
            + " %d scrapes failed",
        due,
        missing(wanted),
        twice(),
        again,
        refused,
        failed.values().stream().mapToLong(Set::size).sum());
  }
}

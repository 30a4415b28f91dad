package dev.tethys.collect.scrape;

import dev.tethys.codec.exposition.ExpositionParser;
import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricFamilies.Family;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Metadata of a target's page as one immutable set, for sinks that accept it with each batch. A
 * page is recognised by a hash over its metadata lines: while they stay the same the set does, and
 * targets with the same lines share one. Only a page with other lines is read for its metadata, in
 * a separate pass.
 *
 * <p>Metric relabelling may rename series. The set has their families by the new names, too.
 * Written by the target's loop; {@link #set} is safe for any thread.
 */
final class PageFamilies {
  /**
   * Maximum number of cached renamed series; above it, they are computed again for the next page.
   */
  static final int MAX_RENAMED = 10_000;

  private static final Pool POOL = new Pool();

  private long running; // of the lines so far
  private long hash;
  private @Nullable MetricFamilies page; // as exposed; null before the first page
  private Map<String, String> renamed = Map.of(); // exposed name by final name
  private boolean newName;
  private volatile MetricFamilies set = ReportSeries.FAMILIES;

  /** Starts a page. */
  void begin() {
    running = 0;
  }

  /** Adds a TYPE, HELP or UNIT line, in any order. */
  void line(Event kind, ExpositionParser p) {
    byte[] b = p.buffer();
    long h = Labels.hash64(b, p.keyOffset(), p.keyLength());
    h = mix(h + kind.ordinal());
    h =
        kind == Event.TYPE
            ? h + p.type().ordinal()
            : h ^ Labels.hash64(b, p.textOffset(), p.textLength());
    running += mix(h);
  }

  private static long mix(long h) {
    long x = (h ^ h >>> 32) * 0xd6e8feb86659fd93L;
    return x ^ x >>> 32;
  }

  /** Adds a series that metric relabeling renamed. */
  void renamed(String exposed, String now) {
    if (exposed.equals(now) || exposed.isEmpty()) {
      return;
    }
    if (renamed.isEmpty() || renamed.size() >= MAX_RENAMED) {
      renamed = new HashMap<>();
    }
    newName |= !exposed.equals(renamed.put(now, exposed));
  }

  /**
   * Ends a page.
   *
   * @param again parses the same page again
   * @return metadata of its series, and of series that ended with it
   */
  MetricFamilies end(Supplier<ExpositionParser> again) {
    MetricFamilies before = set;
    boolean changed = page == null || hash != running;
    if (changed) {
      hash = running;
      page = POOL.get(running, again);
    }
    if (changed || newName) {
      newName = false;
      set = withRenamed(page == null ? MetricFamilies.NONE : page);
    }
    return changed ? joined(before, set) : set;
  }

  /** Metadata of the last page; only that of reports before the first one. */
  MetricFamilies set() {
    return set;
  }

  private MetricFamilies withRenamed(MetricFamilies exposed) {
    if (renamed.isEmpty()) {
      return exposed;
    }
    Map<String, MetricMetadata> all = new HashMap<>();
    renamed.forEach(
        (now, name) -> {
          Family f = exposed.of(name);
          if (f == null) {
            return;
          }
          String suffix = name.substring(f.name().length());
          if (isWhole(f.metadata().type(), suffix)) {
            all.put(now, f.metadata());
          } else if (now.endsWith(suffix)) {
            all.put(now.substring(0, now.length() - suffix.length()), f.metadata());
          }
        });
    exposed.forEach(all::put);
    return POOL.get(MetricFamilies.of(all));
  }

  /** Whether a series is a whole metric, not a part of one. */
  private static boolean isWhole(MetricType type, String suffix) {
    return suffix.isEmpty()
        || type == MetricType.COUNTER && suffix.equals("_total")
        || type == MetricType.INFO;
  }

  private static MetricFamilies joined(MetricFamilies before, MetricFamilies now) {
    if (before == now || before == ReportSeries.FAMILIES) {
      return now;
    }
    Map<String, MetricMetadata> all = new HashMap<>();
    before.forEach(all::put);
    now.forEach(all::put);
    return MetricFamilies.of(all);
  }

  /** Sets in use by some target, found by the hash of a page or by their contents. */
  private static final class Pool {
    private static final class Ref extends WeakReference<MetricFamilies> {
      final Object key;

      Ref(Object key, MetricFamilies set, ReferenceQueue<MetricFamilies> gone) {
        super(set, gone);
        this.key = key;
      }
    }

    private final ConcurrentHashMap<Object, Ref> sets = new ConcurrentHashMap<>();
    private final ReferenceQueue<MetricFamilies> gone = new ReferenceQueue<>();

    /** The layout of a page with a hash, used if no target has the same page. */
    MetricFamilies get(long hash, Supplier<ExpositionParser> page) {
      Ref known = sets.get(hash);
      MetricFamilies set = known == null ? null : known.get();
      if (set == null) {
        set = read(page.get());
        put(hash, set);
      }
      return set;
    }

    /** Returns an equal set already in use, or the given one. */
    MetricFamilies get(MetricFamilies set) {
      Ref known = sets.get(set.hashCode());
      MetricFamilies same = known == null ? null : known.get();
      if (same != null && set.equals(same)) {
        return same;
      }
      put(set.hashCode(), set);
      return set;
    }

    private void put(Object key, MetricFamilies set) {
      for (Object r = gone.poll(); r != null; r = gone.poll()) {
        Ref old = (Ref) r;
        sets.remove(old.key, old);
      }
      sets.put(key, new Ref(key, set, gone));
    }

    private static MetricFamilies read(ExpositionParser p) {
      Map<String, MetricMetadata> all = new HashMap<>();
      ReportSeries.FAMILIES.forEach(all::put);
      for (Event e = p.next(); e != Event.END; e = p.next()) {
        if (e != Event.TYPE && e != Event.HELP && e != Event.UNIT) {
          continue;
        }
        Event kind = e;
        all.compute(
            p.metricName(),
            (name, m) -> {
              MetricType type = m == null ? MetricType.UNKNOWN : m.type();
              String help = m == null ? "" : m.help();
              String unit = m == null ? "" : m.unit();
              return switch (kind) {
                case TYPE -> new MetricMetadata(p.type(), help, unit);
                case HELP -> new MetricMetadata(type, p.text(), unit);
                default -> new MetricMetadata(type, help, p.text());
              };
            });
      }
      return MetricFamilies.of(all);
    }
  }
}

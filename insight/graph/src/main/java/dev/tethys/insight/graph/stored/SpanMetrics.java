package dev.tethys.insight.graph.stored;

import dev.tethys.insight.graph.CountTable;
import dev.tethys.insight.graph.Durations;
import dev.tethys.insight.graph.SeriesRoom;
import dev.tethys.insight.graph.SpanCodes;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Samples;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.traces.SpanBatch;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Calls, latencies and sizes of spans by service, name, kind and status, under the names of Tempo's
 * metrics-generator. Senders choose services and names, so that their number is bounded: spans of
 * further names count as {@link #OTHER} of their service, those of further services as a service
 * {@link #OTHER}. Those of a node agent have the label {@code observed_by}: their services are
 * processes, which may be clients such as shells. Safe for several threads.
 */
final class SpanMetrics {
  /** Name beyond the limits. */
  static final String OTHER = "other";

  private static final LimitedLog CUT = new LimitedLog(JulLogger.of(SpanMetrics.class.getName()));

  /** Instead of names of another tenant in the log, which the default tenant may read. */
  private static final String HIDDEN = "<hidden>";

  private final int maxKeys;
  private final int maxNames;
  private final SeriesRoom room; // guarded by this
  private final CountTable<Key, Counts> table; // guarded by this

  /** Number of span names by service. */
  private final Map<Service, Integer> names = new HashMap<>(); // guarded by this

  private long cut; // guarded by this

  private record Service(String tenant, String name) {}

  private record Key(Service service, String name, int kind, int status, boolean observed) {
    /** Memory of its series, each with all labels. */
    long bytes() {
      long text = (long) service.name.length() + name.length();
      return (StoredCounts.BOUNDS.length + 5)
          * (SeriesMemory.seriesBytes(text) + 6 * SeriesMemory.LABEL_BYTES);
    }
  }

  private final class Counts extends StoredCounts {
    private final Service service;
    private final StoredSeries calls;
    private final StoredSeries size;
    private final LatencySeries latency;
    private long count;
    private double bytes;

    Counts(Key k, long now) {
      super(now);
      service = k.service;
      LabelsBuilder b =
          new LabelsBuilder()
              .set("service", k.service.name)
              .set("span_name", k.name)
              .set("span_kind", SpanCodes.kindName(k.kind))
              .set("status_code", SpanCodes.statusName(k.status));
      if (k.observed) {
        b.set("observed_by", "node-agent");
      }
      Labels labels = labels(b, k.service.tenant);
      calls = new StoredSeries("traces_spanmetrics_calls_total", labels);
      size = new StoredSeries("traces_spanmetrics_size_total", labels);
      latency = new LatencySeries("traces_spanmetrics_latency", labels, BOUNDS);
      names.merge(service, 1, Integer::sum);
    }

    void add(SpanBatch b, Sum s, double each, long now) {
      seen(now);
      count += s.count;
      bytes += each * s.count;
      latency.add(s.seconds);
      latency.exemplar(b.duration(s.slowest) / 1e9, b.traceHigh[s.slowest], b.traceLow[s.slowest]);
    }

    @Override
    void write(Appender a, long start, long time) {
      calls.write(a, start, time, count, null);
      size.write(a, start, time, bytes, null);
      latency.write(a, start, time);
    }

    @Override
    void end(Appender a, long time) {
      calls.write(a, 0, time, Samples.STALE, null);
      size.write(a, 0, time, Samples.STALE, null);
      latency.end(a, time);
      names.computeIfPresent(service, (_, n) -> n > 1 ? n - 1 : null);
    }
  }

  /** Spans of a batch with one key. */
  private static final class Sum {
    final long key;
    final int service;
    final int name;
    final Durations.Classic seconds = new Durations.Classic(StoredCounts.BOUNDS);
    long count;
    int slowest;

    Sum(long key, int service, int name, int slowest) {
      this.key = key;
      this.service = service;
      this.name = name;
      this.slowest = slowest;
    }
  }

  /**
   * @param maxKeys most combinations of service, name, kind and status
   * @param maxNames most span names of a service
   */
  SpanMetrics(int maxKeys, int maxNames) {
    this(maxKeys, maxNames, SeriesMemory.process());
  }

  /** Variant with other memory. */
  SpanMetrics(int maxKeys, int maxNames, SeriesMemory memory) {
    this.maxKeys = maxKeys;
    this.maxNames = maxNames;
    this.room = new SeriesRoom(Long.MAX_VALUE, memory);
    this.table = new CountTable<>(room);
  }

  /** Number of spans that were counted under {@link #OTHER}. */
  synchronized long cut() {
    return cut;
  }

  /** Number of combinations in memory. */
  synchronized int size() {
    return table.size();
  }

  /**
   * Counts the spans of a batch.
   *
   * @param encoded bytes of the batch as it was sent, shared among its spans
   * @param now Unix milliseconds
   */
  void add(String tenant, SpanBatch b, long encoded, long now) {
    add(tenant, b, encoded, now, _ -> true);
  }

  /**
   * Counts some spans of a batch.
   *
   * @param counted true for the index of a span to count
   */
  void add(String tenant, SpanBatch b, long encoded, long now, IntPredicate counted) {
    int[] services = new int[b.resources.rows];
    for (int r = 0; r < services.length; r++) {
      services[r] = b.service(r);
    }
    Map<Long, Sum> sums = new HashMap<>();
    Sum last = null;
    for (int i = 0; i < b.spans; i++) {
      if (!counted.test(i)) {
        continue;
      }
      int service = services[b.scopeResource[b.scope[i]]];
      int kind = SpanCodes.knownKind(b.kind[i]);
      int status = SpanCodes.knownStatus(b.status[i]);
      boolean isObserved = ServiceGraph.isObserved(b, i);
      long key =
          (long) service << 40 | (long) b.name[i] << 8 | kind << 4 | (isObserved ? 8 : 0) | status;
      Sum s = last;
      if (s == null || s.key != key) {
        s = sums.get(key);
        if (s == null) {
          s = new Sum(key, service, b.name[i], i);
          sums.put(key, s);
        }
        last = s;
      }
      long duration = b.duration(i);
      s.count++;
      s.seconds.add(duration / 1e9, 1);
      if (duration > b.duration(s.slowest)) {
        s.slowest = i;
      }
    }
    double each = (double) encoded / Math.max(1, b.spans);
    synchronized (this) {
      for (Sum s : sums.values()) {
        int kind = (int) (s.key >> 4) & 7;
        int status = (int) s.key & 3;
        Service service = new Service(tenant, b.texts.get(s.service));
        boolean observed = (s.key & 8) != 0;
        counts(new Key(service, b.texts.get(s.name), kind, status, observed), s.count, now)
            .add(b, s, each, now);
      }
    }
  }

  private Counts counts(Key key, long spans, long now) {
    Counts known = table.get(key);
    if (known != null) {
      return known;
    }
    boolean fits = room.fits(1, key.bytes());
    if (fits && table.size() < maxKeys && names.getOrDefault(key.service, 0) < maxNames) {
      return Objects.requireNonNull(add(key, now));
    }
    cut += spans;
    boolean shown = key.service.tenant.equals(Scope.DEFAULT_TENANT);
    CUT.log(
        Level.WARNING,
        "Span metrics limit reached, spans counted as other tenant={0} service={1}"
            + " span_name={2} max_series={3} max_names={4} memory={5}",
        key.service.tenant,
        shown ? key.service.name : HIDDEN,
        shown ? key.name : HIDDEN,
        maxKeys,
        maxNames,
        fits ? "left" : SeriesMemory.EXHAUSTED);
    // twice the limit leaves room for the rest of each service
    Service service =
        fits && table.size() < 2 * maxKeys ? key.service : new Service(key.service.tenant, OTHER);
    Key other = new Key(service, OTHER, key.kind, key.status, key.observed);
    Counts rest = table.get(other);
    rest = rest == null ? add(other, now) : rest;
    // of few, so that none is refused
    return rest == null ? table.force(other, 1, new Counts(other, now)) : rest;
  }

  private @Nullable Counts add(Key key, long now) {
    return table.add(key, 1, key.bytes(), () -> new Counts(key, now));
  }

  /**
   * Appends all series; those without spans for a time end.
   *
   * @param now Unix milliseconds
   * @param interval milliseconds from the last write
   * @param stale milliseconds without a span after which a series ends
   */
  void write(Appender a, long now, long interval, long stale) {
    StoredCounts.write(table, this, a, now, interval, stale);
  }
}

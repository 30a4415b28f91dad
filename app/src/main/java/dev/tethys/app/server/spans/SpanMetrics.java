package dev.tethys.app.server.spans;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Samples;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.ReadingTenant;
import dev.tethys.model.traces.SpanBatch;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;

/**
 * Calls, latencies and sizes of spans by service, name, kind and status, under the names of Tempo's
 * metrics-generator. Senders choose services and names, so that their number is bounded: spans of
 * further names count as {@link #OTHER} of their service, those of further services as a service
 * {@link #OTHER}. Safe for several threads.
 */
final class SpanMetrics {
  /** Name beyond the limits. */
  static final String OTHER = "other";

  private static final LimitedLog CUT = new LimitedLog(JulLogger.of(SpanMetrics.class.getName()));

  /** Instead of names of another tenant in the log, which the default tenant may read. */
  private static final String HIDDEN = "<hidden>";

  /** Bounds of buckets from 2 ms to 16 s. */
  static final long[] BOUNDS = bounds(2_000_000, 14);

  private static final String[] KINDS = {
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER"
  };

  private static final String[] STATUSES = {
    "STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"
  };

  private final int maxKeys;
  private final int maxNames;
  private final Map<Key, Entry> entries = new ConcurrentHashMap<>();
  private final Map<Service, AtomicInteger> names = new ConcurrentHashMap<>();
  private final AtomicLong cut = new AtomicLong();
  private final SeriesMemory.Share memory; // guarded by itself

  private record Service(String tenant, String name) {}

  private record Key(Service service, String name, int kind, int status) {
    /** What its series take, which have their labels each. */
    long bytes() {
      long text = (long) service.name.length() + name.length();
      return (BOUNDS.length + 5) * (SeriesMemory.seriesBytes(text) + 5 * SeriesMemory.LABEL_BYTES);
    }
  }

  private static final class Entry {
    final StoredSeries calls;
    final StoredSeries size;
    final LatencySeries latency;
    final long created;
    long seen;
    long count;
    double bytes;
    boolean ended;

    /** Held of the memory of series. */
    final long held;

    Entry(Key k, long now, long held) {
      this.held = held;
      LabelsBuilder b =
          new LabelsBuilder()
              .set("service", k.service.name)
              .set("span_name", k.name)
              .set("span_kind", KINDS[k.kind])
              .set("status_code", STATUSES[k.status]);
      if (!k.service.tenant.equals(LogStore.DEFAULT_TENANT)) {
        b.set(ReadingTenant.LABEL, k.service.tenant);
      }
      Labels labels = b.build();
      calls = new StoredSeries("traces_spanmetrics_calls_total", labels);
      size = new StoredSeries("traces_spanmetrics_size_total", labels);
      latency = new LatencySeries("traces_spanmetrics_latency", labels, BOUNDS);
      created = now;
    }
  }

  /** Spans of a batch with one key. */
  private static final class Sum {
    final long key;
    final int service;
    final int name;
    final long[] buckets = new long[BOUNDS.length + 1];
    long count;
    double seconds;
    long slowest = -1;
    int slowestSpan;

    Sum(long key, int service, int name) {
      this.key = key;
      this.service = service;
      this.name = name;
    }
  }

  /**
   * @param maxKeys most combinations of service, name, kind and status
   * @param maxNames most span names of a service
   */
  SpanMetrics(int maxKeys, int maxNames) {
    this(maxKeys, maxNames, SeriesMemory.process());
  }

  /** The same with other memory. */
  SpanMetrics(int maxKeys, int maxNames, SeriesMemory memory) {
    this.memory = memory.open();
    this.maxKeys = maxKeys;
    this.maxNames = maxNames;
  }

  static long[] bounds(long first, int n) {
    long[] out = new long[n];
    for (int i = 0; i < n; i++) {
      out[i] = first << i;
    }
    return out;
  }

  /** Number of spans that were counted under {@link #OTHER}. */
  long cut() {
    return cut.get();
  }

  /** Number of combinations in memory. */
  int size() {
    return entries.size();
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
      int kind = Math.clamp(b.kind[i], 0, KINDS.length - 1);
      int status = Math.clamp(b.status[i], 0, STATUSES.length - 1);
      long key = (long) service << 40 | (long) b.name[i] << 8 | kind << 4 | status;
      Sum s = last;
      if (s == null || s.key != key) {
        s = sums.get(key);
        if (s == null) {
          s = new Sum(key, service, b.name[i]);
          sums.put(key, s);
        }
        last = s;
      }
      long duration = b.duration(i);
      s.count++;
      s.seconds += duration / 1e9;
      s.buckets[LatencySeries.bucket(BOUNDS, duration)]++;
      if (duration > s.slowest) {
        s.slowest = duration;
        s.slowestSpan = i;
      }
    }
    double each = (double) encoded / Math.max(1, b.spans);
    for (Sum s : sums.values()) {
      merge(tenant, b, s, each, now);
    }
  }

  private void merge(String tenant, SpanBatch b, Sum s, double each, long now) {
    Service service = new Service(tenant, b.texts.get(s.service));
    int kind = (int) (s.key >> 4) & 7;
    int status = (int) s.key & 3;
    Key key = new Key(service, b.texts.get(s.name), kind, status);
    while (true) {
      Entry e = entry(key, s.count, now);
      synchronized (e) {
        if (e.ended) {
          continue; // it was removed meanwhile: count in a new one
        }
        e.seen = now;
        e.count += s.count;
        e.bytes += each * s.count;
        e.latency.add(s.buckets, s.seconds);
        e.latency.exemplar(s.slowest, b.traceHigh[s.slowestSpan], b.traceLow[s.slowestSpan]);
        return;
      }
    }
  }

  private Entry entry(Key key, long spans, long now) {
    Entry known = entries.get(key);
    if (known != null) {
      return known;
    }
    Key counted = key;
    AtomicInteger of = names.computeIfAbsent(key.service, k -> new AtomicInteger());
    long held = key.bytes();
    boolean room = take(held);
    if (!room || entries.size() >= maxKeys || of.get() >= maxNames) {
      cut.addAndGet(spans);
      boolean shown = key.service.tenant.equals(LogStore.DEFAULT_TENANT);
      CUT.log(
          Level.WARNING,
          "Span metrics limit reached, spans counted as other tenant={0} service={1}"
              + " span_name={2} max_series={3} max_names={4} memory={5}",
          key.service.tenant,
          shown ? key.service.name : HIDDEN,
          shown ? key.name : HIDDEN,
          maxKeys,
          maxNames,
          room ? "left" : SeriesMemory.EXHAUSTED);
      give(room ? held : 0);
      // twice the limit leaves room for the rest of each service
      Service service =
          room && entries.size() < 2 * maxKeys
              ? key.service
              : new Service(key.service.tenant, OTHER);
      if (of.get() == 0) {
        names.remove(key.service, of);
      }
      counted = new Key(service, OTHER, key.kind, key.status);
      held = take(counted.bytes()) ? counted.bytes() : 0; // of few, so that none is refused
    }
    Key k = counted;
    Entry made = new Entry(k, now, held);
    Entry e =
        entries.computeIfAbsent(
            k,
            x -> {
              names.computeIfAbsent(k.service, y -> new AtomicInteger()).incrementAndGet();
              return made;
            });
    if (e != made) {
      give(held);
    }
    return e;
  }

  private boolean take(long bytes) {
    synchronized (memory) {
      return memory.take(bytes);
    }
  }

  private void give(long bytes) {
    synchronized (memory) {
      memory.give(bytes);
    }
  }

  /**
   * Appends all series; those without spans for a time end.
   *
   * @param now Unix milliseconds
   * @param interval milliseconds from the last write
   * @param stale milliseconds without a span after which a series ends
   */
  void write(Appender a, long now, long interval, long stale) {
    for (Map.Entry<Key, Entry> entry : entries.entrySet()) {
      Entry e = entry.getValue();
      synchronized (e) {
        long start = Math.max(1, Math.max(e.created, now - interval + 1) - 1);
        if (now - e.seen >= stale) {
          e.ended = true;
          e.calls.write(a, 0, now, Samples.STALE, null);
          e.size.write(a, 0, now, Samples.STALE, null);
          e.latency.end(a, now);
          entries.remove(entry.getKey());
          give(e.held);
          Service s = entry.getKey().service;
          names.computeIfPresent(s, (k, n) -> n.decrementAndGet() <= 0 ? null : n);
          continue;
        }
        e.calls.write(a, start, now, e.count, null);
        e.size.write(a, start, now, e.bytes, null);
        e.latency.write(a, start, now);
      }
    }
  }
}

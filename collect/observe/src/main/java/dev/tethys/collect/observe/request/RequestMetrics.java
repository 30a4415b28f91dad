package dev.tethys.collect.observe.request;

import dev.tethys.collect.observe.connection.Connection;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.connection.Peer;
import dev.tethys.collect.observe.protocol.ApiCall;
import dev.tethys.collect.observe.protocol.MeasuredProtocol;
import dev.tethys.collect.observe.protocol.ObservedRequest;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Protocol;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Counts and latencies of requests by owner, destination, protocol and status, named and labelled
 * as in Coroot's node agent: client side by destination, server side without destination.
 *
 * <p>Guarded by the lock that the source of requests holds.
 */
public final class RequestMetrics implements Collector {
  private static final int MAX_SERIES = 100_000;
  private static final int MAX_STATUSES = 32;

  /**
   * Maximum number of protocols of an owner with one destination: a peer with more of them is
   * hostile.
   */
  private static final int MAX_PROTOCOLS = 6;

  /** Time without a request after which the numbers of a destination are forgotten. */
  static final long IDLE_NANOS = 3_600_000_000_000L;

  private static final String OTHER = "~other";

  /** Requests without a response; one-way messages have a label for their direction. */
  private record Key(
      Owner owner,
      @Nullable String destination,
      @Nullable String actual,
      MeasuredProtocol protocol) {}

  private record StatusKey(String status, String method) {}

  private record Target(Owner owner, @Nullable String destination) {}

  private static final class Stats {
    long lastUsed;
    final Map<StatusKey, long[]> byStatus = new HashMap<>(4);
    final LatencyHistogram latency = new LatencyHistogram();
    @Nullable StatusKey lastStatus;
    long @Nullable [] lastCount;
  }

  private final Lock lock;
  private final Map<Key, Stats> all = new HashMap<>();
  private final Map<Target, Integer> protocols = new HashMap<>();
  private final StatementMetrics statements = new StatementMetrics();
  private final TokenMetrics tokens = new TokenMetrics();
  private long shed;

  public RequestMetrics(Lock lock) {
    this.lock = lock;
  }

  /** Adds a request of a connection. The caller must hold the lock. */
  public void add(Connection c, ObservedRequest r) {
    Owner owner = c.owner();
    if (owner == null) {
      return;
    }
    if (!r.client()) {
      add(owner, null, null, r);
      return;
    }
    Peer peer = c.peer();
    if (peer != null) {
      peer.whenKnown(p -> add(owner, p.destination(), p.actualDestination(), r));
    }
  }

  /**
   * Adds a request; without a destination, the owner served it. A request of a protocol above HTTP
   * is counted with that protocol and with HTTP.
   */
  void add(Owner owner, @Nullable String destination, @Nullable String actual, ObservedRequest r) {
    Protocol protocol = r.protocol() == Protocol.HTTP2 ? Protocol.HTTP : r.protocol();
    String method = protocol.oneWay() ? r.operation() : "";
    add(owner, destination, actual, protocol, r.statusLabel(), method, r);
    statements.add(owner, destination, r);
    ApiCall call = r.api();
    if (call != null) {
      boolean told = call.status() == Status.FAILED && r.status() != Status.FAILED;
      add(owner, destination, actual, call.api(), told ? "failed" : r.statusLabel(), "", r);
      tokens.add(owner, destination, r);
    }
  }

  private void add(
      Owner owner,
      @Nullable String destination,
      @Nullable String actual,
      MeasuredProtocol protocol,
      String status,
      String method,
      ObservedRequest r) {
    Key key = new Key(owner, destination, actual, protocol);
    Stats s = all.get(key);
    if (s == null) {
      Target target = new Target(owner, destination);
      int spoken = protocols.getOrDefault(target, 0);
      // Protocols on top of HTTP are few, and a gateway may use all of them.
      boolean guessed = protocol instanceof Protocol;
      if (all.size() >= MAX_SERIES || guessed && spoken >= MAX_PROTOCOLS && destination != null) {
        shed++;
        return;
      }
      s = new Stats();
      all.put(key, s);
      if (guessed) {
        protocols.put(target, spoken + 1);
      }
    }
    s.lastUsed = r.startNanos() + r.durationNanos();
    count(s, status, method);
    if (!protocol.oneWay() && !r.waitsForData()) {
      s.latency.observe(r.durationNanos());
    }
  }

  /** Removes entries unused for an hour, to free space. */
  public void forgetIdle(long now) {
    lock.lock();
    try {
      for (Iterator<Map.Entry<Key, Stats>> i = all.entrySet().iterator(); i.hasNext(); ) {
        Map.Entry<Key, Stats> e = i.next();
        if (now - e.getValue().lastUsed > IDLE_NANOS) {
          i.remove();
          if (e.getKey().protocol() instanceof Protocol) {
            protocols.computeIfPresent(
                new Target(e.getKey().owner(), e.getKey().destination()),
                (_, n) -> n == 1 ? null : n - 1);
          }
        }
      }
      statements.forgetIdle(now);
      tokens.forgetIdle(now);
    } finally {
      lock.unlock();
    }
  }

  private static void count(Stats s, String status, String method) {
    StatusKey last = s.lastStatus;
    long[] n = s.lastCount;
    if (last == null
        || n == null
        || !last.status().equals(status)
        || !last.method().equals(method)) {
      StatusKey key = new StatusKey(status, method);
      if (s.byStatus.size() >= MAX_STATUSES && !s.byStatus.containsKey(key)) {
        key = new StatusKey(OTHER, "");
      }
      n = s.byStatus.computeIfAbsent(key, _ -> new long[1]);
      s.lastStatus = key;
      s.lastCount = n;
    }
    n[0]++;
  }

  /** Returns the number of requests not counted because there were too many destinations. */
  public long shed() {
    lock.lock();
    try {
      return shed;
    } finally {
      lock.unlock();
    }
  }

  /** Requests counted so far, each once. */
  public long total() {
    lock.lock();
    try {
      long n = 0;
      for (Map.Entry<Key, Stats> e : all.entrySet()) {
        if (e.getKey().protocol() instanceof Protocol) { // others are counted with HTTP
          for (long[] c : e.getValue().byStatus.values()) {
            n += c[0];
          }
        }
      }
      return n;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    TreeMap<String, List<Metric>> counters = new TreeMap<>();
    TreeMap<String, List<Metric>> histograms = new TreeMap<>();
    List<MetricFamily> texts = new ArrayList<>();
    lock.lock();
    try {
      statements.collect(texts::add);
      tokens.collect(texts::add);
      all.forEach((k, s) -> collect(k, s, counters, histograms));
    } finally {
      lock.unlock();
    }
    counters.forEach(
        (name, m) ->
            to.accept(
                new MetricFamily(
                    name,
                    MetricType.COUNTER,
                    "Requests that were answered, or messages, seen on the wire.",
                    "",
                    m)));
    histograms.forEach(
        (name, m) ->
            to.accept(
                new MetricFamily(
                    name,
                    MetricType.HISTOGRAM,
                    "Time from the first byte of a request to the last byte of its answer.",
                    "",
                    m)));
    texts.forEach(to);
  }

  private static void collect(
      Key k, Stats s, Map<String, List<Metric>> counters, Map<String, List<Metric>> histograms) {
    boolean inbound = k.destination() == null;
    List<Metric> counts =
        counters.computeIfAbsent(k.protocol().countMetric(inbound), _ -> new ArrayList<>());
    s.byStatus.forEach(
        (status, n) ->
            counts.add(
                new Metric(
                    labels(k).set("status", status.status()).set("method", status.method()).build(),
                    n[0])));
    if (!s.latency.isEmpty()) {
      histograms
          .computeIfAbsent(k.protocol().durationMetric(inbound), _ -> new ArrayList<>())
          .add(new Metric(labels(k).build(), s.latency.point()));
    }
  }

  private static LabelsBuilder labels(Key k) {
    LabelsBuilder b =
        new LabelsBuilder()
            .set("container_id", k.owner().containerId())
            .set("app_id", k.owner().appId());
    if (k.destination() != null && k.actual() != null) {
      b.set("destination", k.destination()).set("actual_destination", k.actual());
    }
    return b;
  }
}

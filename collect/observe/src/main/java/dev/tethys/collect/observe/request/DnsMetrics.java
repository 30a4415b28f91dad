package dev.tethys.collect.observe.request;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.protocol.ObservedRequest;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;

/**
 * Counts and latencies of DNS queries, named and labelled as in Coroot's node agent.
 *
 * <p>Guarded by the lock that the source of requests holds.
 */
public final class DnsMetrics implements Collector {
  private static final String OTHER = "~other";
  private static final int MAX_OWNERS = 10_000;

  /** Series of an owner by each of its names: a name has few types and outcomes. */
  private static final int SERIES_OF_DOMAIN = 8;

  private record Key(String domain, String type, String status) {}

  private static final class Stats {
    final Map<Key, long[]> counts = new HashMap<>();
    final Set<String> domains = new HashSet<>();
    final LatencyHistogram latency = new LatencyHistogram();
    long lastUsed;
  }

  private final Lock lock;
  private final int maxDomains;
  private final Map<Owner, Stats> all = new HashMap<>();
  private long shed;

  /**
   * @param maxDomains names of an owner, beyond which they are counted as one
   */
  public DnsMetrics(Lock lock, int maxDomains) {
    this.lock = lock;
    this.maxDomains = maxDomains;
  }

  /** Adds a question, answered or not. The caller must hold the lock. */
  void add(Owner owner, ObservedRequest r) {
    if (r.operation().equals("TypeAAAA")
        && r.answers().isEmpty()
        && r.status() == ObservedRequest.Status.OK) {
      return; // IPv6 addresses are queried even for hosts without IPv6
    }
    Stats s = all.get(owner);
    if (s == null) {
      if (all.size() >= MAX_OWNERS) {
        shed++;
        return;
      }
      s = new Stats();
      all.put(owner, s);
    }
    String domain = DomainNames.normalised(r.target(), r.operation());
    if (!s.domains.contains(domain)) {
      if (s.domains.size() < maxDomains) {
        s.domains.add(domain);
      } else {
        domain = OTHER;
      }
    }
    Key key = new Key(domain, r.operation(), r.statusLabel());
    if (!s.counts.containsKey(key) && s.counts.size() >= SERIES_OF_DOMAIN * maxDomains) {
      key = new Key(OTHER, OTHER, r.statusLabel());
    }
    s.counts.computeIfAbsent(key, _ -> new long[1])[0]++;
    s.lastUsed = r.startNanos();
    if (r.isAnswered()) {
      s.latency.observe(r.durationNanos());
    }
  }

  /** Removes owners without requests for an hour, to free space for others. */
  public void forgetIdle(long now) {
    lock.lock();
    try {
      all.values().removeIf(s -> now - s.lastUsed > RequestMetrics.IDLE_NANOS);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of questions not counted because there were too many owners. */
  public long shed() {
    lock.lock();
    try {
      return shed;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    List<Metric> counts = new ArrayList<>();
    List<Metric> latencies = new ArrayList<>();
    lock.lock();
    try {
      all.forEach(
          (owner, s) -> {
            s.counts.forEach(
                (k, n) ->
                    counts.add(
                        new Metric(
                            labels(owner)
                                .set("domain", k.domain())
                                .set("request_type", k.type())
                                .set("status", k.status())
                                .build(),
                            n[0])));
            latencies.add(new Metric(labels(owner).build(), s.latency.point()));
          });
    } finally {
      lock.unlock();
    }
    if (!counts.isEmpty()) {
      to.accept(
          new MetricFamily(
              "container_dns_requests_total",
              MetricType.COUNTER,
              "Questions to name servers; the status of those without an answer is timeout.",
              "",
              counts));
      to.accept(
          new MetricFamily(
              "container_dns_requests_duration_seconds_total",
              MetricType.HISTOGRAM,
              "Time from a question to a name server to its answer.",
              "",
              latencies));
    }
  }

  private static LabelsBuilder labels(Owner o) {
    return new LabelsBuilder().set("container_id", o.containerId()).set("app_id", o.appId());
  }
}

package dev.tethys.collect.discovery;

import dev.tethys.model.exposition.NativeHistogram;
import dev.tethys.model.exposition.Registry;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Discovery metrics, named as in Prometheus. */
public final class DiscoveryMetrics {
  private static final double[] QUANTILES = {0.5, 0.9, 0.99};
  private static final Map<String, String> COUNTERS =
      Map.of(
          "prometheus_sd_consul_rpc_failures_total",
          "Calls to Consul that failed.",
          "prometheus_sd_consulagent_rpc_failures_total",
          "Refreshes from an agent of Consul that failed.",
          "prometheus_sd_linode_failures_total",
          "Refreshes from Linode that failed.",
          "prometheus_sd_nomad_failures_total",
          "Refreshes from Nomad that failed.",
          "prometheus_sd_azure_failures_total",
          "Refreshes from Azure that failed.",
          "prometheus_sd_azure_cache_hit_total",
          "Network interfaces of Azure that were still known.",
          "prometheus_treecache_zookeeper_failures_total",
          "Sessions with ZooKeeper that failed.",
          "prometheus_sd_kuma_fetch_failures_total",
          "Fetches from Kuma's control plane that failed.",
          "prometheus_sd_kuma_fetch_skipped_updates_total",
          "Fetches from Kuma's control plane that returned no changes.");

  private static final double[] REFRESH_BOUNDS = {0.01, 0.1, 1, 10};

  private final Registry.Vector<Registry.Gauge> discoveredTargets;
  private final String manager;
  private final Registry.Vector<Registry.Counter> received;
  private final Registry.Vector<Registry.Counter> sent;
  private final Registry.Vector<Registry.Counter> delayed;
  private final Registry.Vector<Registry.Counter> refreshFailures;
  private final Registry.Vector<Registry.Summary> refreshDuration;
  private final Registry.Counter fileReadErrors;
  private final Registry.Vector<Registry.Gauge> fileTimestamps;
  private final Registry.Counter dnsLookups;
  private final Registry.Counter dnsFailures;
  private final Registry.Counter httpFailures;
  private final Registry.Vector<NativeHistogram> refreshHistogram;
  private final Registry.Vector<Registry.Gauge> lastUpdate;
  private final Registry.Vector<Registry.Gauge> failedConfigs;
  private final Registry.Counter kubernetesFailures;
  private final Registry.Vector<Registry.Counter> kubernetesEvents;
  private final Registry.Vector<Registry.Summary> consulDuration;
  private final Registry.Vector<Registry.Summary> consulAgentDuration;
  private final Map<String, Registry.Counter> ofMechanisms;
  private final String pool;

  public DiscoveryMetrics(Registry r) {
    manager = "scrape";
    pool = "";
    discoveredTargets =
        r.gauges(
            "prometheus_sd_discovered_targets",
            "Current number of discovered targets.",
            "name",
            "config");
    received =
        r.counters(
            "prometheus_sd_received_updates_total",
            "Update events received from the discovery mechanisms.",
            "name");
    sent =
        r.counters(
            "prometheus_sd_updates_total",
            "Update events sent to the consumers of discovery.",
            "name");
    delayed =
        r.counters(
            "prometheus_sd_updates_delayed_total",
            "Update events delayed by the throttle.",
            "name");
    refreshFailures =
        r.counters(
            "prometheus_sd_refresh_failures_total",
            "Refreshes that failed, by mechanism.",
            "mechanism",
            "config");
    refreshDuration =
        r.summaries(
            "prometheus_sd_refresh_duration_seconds",
            "Duration of a refresh in seconds, by mechanism.",
            QUANTILES,
            "mechanism",
            "config");
    refreshHistogram =
        r.nativeHistograms(
            "prometheus_sd_refresh_duration_histogram_seconds",
            "Duration of a refresh in seconds, by mechanism.",
            REFRESH_BOUNDS,
            "mechanism");
    lastUpdate =
        r.gauges(
            "prometheus_sd_last_update_timestamp_seconds",
            "Timestamp of the last update sent to the consumers of discovery.",
            "name",
            "config");
    failedConfigs =
        r.gauges(
            "prometheus_sd_failed_configs",
            "Discovery configurations that failed to load.",
            "name");
    kubernetesFailures =
        r.counter(
            "prometheus_sd_kubernetes_failures_total",
            "Lists and watches of Kubernetes that failed.");
    kubernetesEvents =
        r.counters(
            "prometheus_sd_kubernetes_events_total",
            "Events of Kubernetes that were handled.",
            "role",
            "event");
    consulDuration =
        r.summaries(
            "prometheus_sd_consul_rpc_duration_seconds",
            "Duration of calls to Consul.",
            QUANTILES,
            "endpoint",
            "call");
    consulDuration.with("catalog", "service");
    consulDuration.with("catalog", "services");
    consulAgentDuration =
        r.summaries(
            "prometheus_sd_consulagent_rpc_duration_seconds",
            "Duration of calls to a Consul agent.",
            QUANTILES,
            "endpoint",
            "call");
    Map<String, Registry.Counter> more = new LinkedHashMap<>();
    COUNTERS.forEach((name, help) -> more.put(name, r.counter(name, help)));
    ofMechanisms = Map.copyOf(more);
    for (String role : List.of("endpointslice", "endpoints", "node", "pod", "service", "ingress")) {
      List.of("add", "delete", "update").forEach(e -> kubernetesEvents.with(role, e));
    }
    fileReadErrors =
        r.counter("prometheus_sd_file_read_errors_total", "Target files that could not be read.");
    fileTimestamps =
        r.gauges(
            "prometheus_sd_file_mtime_seconds",
            "Modification time of target files when they were last read.",
            "filename");
    dnsLookups = r.counter("prometheus_sd_dns_lookups_total", "DNS lookups.");
    dnsFailures = r.counter("prometheus_sd_dns_lookup_failures_total", "DNS lookups that failed.");
    httpFailures =
        r.counter("prometheus_sd_http_failures_total", "Refreshes over HTTP that failed.");
    show();
  }

  private DiscoveryMetrics(DiscoveryMetrics of, String manager, String pool) {
    this.manager = manager;
    this.pool = pool;
    refreshHistogram = of.refreshHistogram;
    lastUpdate = of.lastUpdate;
    failedConfigs = of.failedConfigs;
    consulDuration = of.consulDuration;
    consulAgentDuration = of.consulAgentDuration;
    ofMechanisms = of.ofMechanisms;
    kubernetesFailures = of.kubernetesFailures;
    kubernetesEvents = of.kubernetesEvents;
    discoveredTargets = of.discoveredTargets;
    received = of.received;
    sent = of.sent;
    delayed = of.delayed;
    refreshFailures = of.refreshFailures;
    refreshDuration = of.refreshDuration;
    fileReadErrors = of.fileReadErrors;
    fileTimestamps = of.fileTimestamps;
    dnsLookups = of.dnsLookups;
    dnsFailures = of.dnsFailures;
    httpFailures = of.httpFailures;
  }

  private void show() {
    List.of(received, sent, delayed).forEach(v -> v.with(manager));
    failedConfigs.with(manager);
  }

  /** The same families for another manager than that of scraping. */
  DiscoveryMetrics of(String otherManager) {
    DiscoveryMetrics m = new DiscoveryMetrics(this, otherManager, pool);
    m.show();
    return m;
  }

  /** The same metric families, labelled with a pool. */
  DiscoveryMetrics inPool(String itsPool) {
    return new DiscoveryMetrics(this, manager, itsPool);
  }

  void received() {
    received.with(manager).inc();
  }

  void sent(boolean waited) {
    sent.with(manager).inc();
    if (waited) {
      delayed.with(manager).inc();
    }
  }

  void discovered(String itsPool, int targets) {
    discoveredTargets.with(manager, itsPool).set(targets);
  }

  void recordUpdate(String itsPool, double seconds) {
    lastUpdate.with(manager, itsPool).set(seconds);
  }

  void poolGone(String itsPool, Collection<String> mechanisms) {
    discoveredTargets.remove(manager, itsPool);
    lastUpdate.remove(manager, itsPool);
    for (String m : mechanisms) {
      refreshFailures.remove(m, itsPool);
      refreshDuration.remove(m, itsPool);
    }
  }

  /** Counts discoveries that could not be started. */
  void failedToStart(int count) {
    failedConfigs.with(manager).set(count);
  }

  /** One of the counters that single mechanisms have. */
  public Registry.Counter counter(String name) {
    return Objects.requireNonNull(ofMechanisms.get(name), name);
  }

  /** Records the duration of a call to Consul. */
  public void consulCalled(String endpoint, String call, long nanos) {
    consulDuration.with(endpoint, call).observe(nanos / 1e9);
  }

  /** Records the duration of a call to a Consul agent. */
  public void consulAgentCalled(String call, long nanos) {
    consulAgentDuration.with("agent", call).observe(nanos / 1e9);
  }

  /** A list or watch of Kubernetes failed. */
  public void kubernetesFailed() {
    kubernetesFailures.inc();
  }

  /** Counts an added, changed or removed Kubernetes object. */
  public void kubernetesEvent(String role, String event) {
    kubernetesEvents.with(role, event).inc();
  }

  public void refreshed(String mechanism, long nanos) {
    refreshFailures.with(mechanism, pool);
    refreshDuration.with(mechanism, pool).observe(nanos / 1e9);
    refreshHistogram.with(mechanism).observe(nanos / 1e9);
  }

  public void refreshFailed(String mechanism) {
    refreshFailures.with(mechanism, pool).inc();
    if (mechanism.equals("http")) {
      httpFailures.inc();
    }
  }

  void fileFailed() {
    fileReadErrors.inc();
  }

  void fileRead(String file, double modifiedSeconds) {
    fileTimestamps.with(file).set(modifiedSeconds);
  }

  void fileGone(String file) {
    fileTimestamps.remove(file);
  }

  void countLookup(boolean ok) {
    dnsLookups.inc();
    if (!ok) {
      dnsFailures.inc();
    }
  }
}

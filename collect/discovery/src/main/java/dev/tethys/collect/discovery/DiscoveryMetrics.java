package dev.tethys.collect.discovery;

import dev.tethys.model.exposition.Registry;
import java.util.List;

/** What discovery counts about itself, under Prometheus's names. */
public final class DiscoveryMetrics {
  private static final double[] QUANTILES = {0.5, 0.9, 0.99};

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

  public DiscoveryMetrics(Registry r) {
    manager = "scrape";
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
            "Update events handed to the consumers of discovery.",
            "name");
    delayed =
        r.counters(
            "prometheus_sd_updates_delayed_total",
            "Update events that waited for the throttle.",
            "name");
    refreshFailures =
        r.counters(
            "prometheus_sd_refresh_failures_total",
            "Refreshes that failed, by mechanism.",
            "mechanism");
    refreshDuration =
        r.summaries(
            "prometheus_sd_refresh_duration_seconds",
            "How long refreshes took, by mechanism.",
            QUANTILES,
            "mechanism");
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

  private DiscoveryMetrics(DiscoveryMetrics of, String manager) {
    this.manager = manager;
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
    show();
  }

  private void show() {
    List.of(received, sent, delayed).forEach(v -> v.with(manager));
  }

  /** The same families for another manager than that of scraping. */
  DiscoveryMetrics of(String otherManager) {
    return new DiscoveryMetrics(this, otherManager);
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

  void discovered(String pool, int targets) {
    discoveredTargets.with(manager, pool).set(targets);
  }

  void poolGone(String pool) {
    discoveredTargets.remove(manager, pool);
  }

  void refreshed(String mechanism, long nanos) {
    refreshDuration.with(mechanism).observe(nanos / 1e9);
  }

  void refreshFailed(String mechanism) {
    refreshFailures.with(mechanism).inc();
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

  void looked(boolean ok) {
    dnsLookups.inc();
    if (!ok) {
      dnsFailures.inc();
    }
  }
}

package dev.tethys.app.server;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.scrape.HttpTransports;
import dev.tethys.collect.scrape.ScrapeClock;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.ScrapeManager;
import dev.tethys.collect.scrape.ScrapeMemory;
import dev.tethys.collect.scrape.ScrapeMetrics;
import dev.tethys.collect.scrape.ScrapeOptions;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.SampleSink;
import dev.tethys.pipeline.Signal;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.prometheus.collect.CollectedExporters;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.tracing.Tracing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Scraping by the server and the agent: target discovery, metric jobs, exporters in the process,
 * and jobs of other signals.
 */
final class Scraping implements AutoCloseable {
  private final CollectedExporters exporters;
  private final ScrapeManager metrics;
  private final List<? extends StoredSignal> signals;
  private final DiscoveryManager discovery;

  /** Services of a role that scrapes. */
  record Services(
      FlagSet flags,
      Set<Features> features,
      HttpClientFactory clients,
      DiscoveryContext discovery,
      Tracing tracing,
      Registry registry) {}

  /**
   * @param sink receives samples
   * @param signals signals other than metrics whose jobs are scraped
   */
  Scraping(
      Services services,
      SampleSink sink,
      ScrapeMemory memory,
      List<? extends StoredSignal> signals) {
    FlagSet flags = services.flags;
    Set<Features> on = services.features;
    this.signals = signals;
    this.exporters = new CollectedExporters(new HttpTransports(services.clients), services.clients);
    this.metrics =
        new ScrapeManager(
            sink,
            memory,
            exporters,
            new ScrapeOptions(
                "Prometheus/" + BuildInfo.current().version(),
                on.contains(Features.ST_STORAGE),
                on.contains(Features.CREATED_TIMESTAMP_ZERO_INGESTION),
                on.contains(Features.TYPE_AND_UNIT_LABELS),
                on.contains(Features.ST_SYNTHESIS),
                ServerFlags.tolerance(flags),
                ScrapeOptions.DEFAULT_MAX_BODY_BYTES,
                services.tracing.recorder()),
            new ScrapeMetrics(services.registry),
            ScrapeClock.SYSTEM);
    this.discovery =
        new DiscoveryManager(
            services.discovery,
            ServerFlags.discoveryPause(flags),
            byPool -> {
              metrics.targets(byPool);
              signals.forEach(s -> s.targets(byPool));
            });
  }

  /** Exporters in the process, which jobs read without a port. */
  CollectedExporters exporters() {
    return exporters;
  }

  /** Jobs of all signals with their targets. */
  List<ScrapeManager.Pool> pools() {
    List<ScrapeManager.Pool> all = new ArrayList<>(metrics.pools());
    signals.forEach(s -> all.addAll(s.pools()));
    return all;
  }

  /**
   * Refuses jobs of profiles if a flag switches their store off.
   *
   * @throws IOException if there is such a job
   */
  void check(PrometheusConfig c) throws IOException {
    if (!c.profileJobs().isEmpty()
        && signals.stream().noneMatch(s -> s.signal() == Signal.PROFILES)) {
      throw new IOException(
          "job "
              + c.profileJobs().getFirst().jobName()
              + " has profiling_config, but there is no profile store; remove the job or --"
              + StoredEvents.enabled(Signal.PROFILES)
              + "=false");
    }
  }

  /**
   * Applies exporters and jobs of a configuration.
   *
   * @param own jobs of the process
   */
  void apply(PrometheusConfig c, List<ScrapeConfig> own) throws IOException {
    exporters.apply(c.collect());
    applyJobs(c, own);
  }

  /** Applies only jobs; the signals have already applied their own. */
  void applyJobs(PrometheusConfig c, List<ScrapeConfig> own) throws IOException {
    List<ScrapeConfig> jobs = new ArrayList<>(c.metricJobs());
    own.stream().filter(j -> j.profiling() == null).forEach(jobs::add);
    metrics.apply(jobs, c.global().externalLabels());
    Map<String, List<DiscoveryConfig>> pools = new LinkedHashMap<>();
    c.jobs().forEach(j -> pools.put(j.jobName(), j.discoveries()));
    own.forEach(j -> pools.put(j.jobName(), j.discoveries()));
    discovery.apply(pools);
  }

  /** Stops the discovery of targets; scrapes of known targets continue. */
  void stopDiscovery() {
    discovery.close();
  }

  @Override
  public void close() {
    discovery.close();
    metrics.close();
    exporters.close();
  }
}

package dev.tethys.prometheus.push;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.DiscoveryManager;
import dev.tethys.collect.scrape.HttpTransports;
import dev.tethys.collect.scrape.ScrapeClock;
import dev.tethys.collect.scrape.ScrapeManager;
import dev.tethys.collect.scrape.ScrapeMemory;
import dev.tethys.collect.scrape.ScrapeMetrics;
import dev.tethys.collect.scrape.ScrapeOptions;
import dev.tethys.model.GoJson;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.exporter.remotewrite.RemoteWrite;
import dev.tethys.pipeline.exporter.remotewrite.RemoteWriteMetrics;
import dev.tethys.pipeline.sample.BatchSink;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Sends an agent's metrics by remote write: scrapes its own page as a job into the queue of a
 * destination. So {@code up}, staleness markers, retries and the disk queue behave as in the
 * Prometheus agent.
 */
public final class MetricsPush implements AutoCloseable {
  private static final Duration FLUSH = Duration.ofSeconds(10);
  private static final long LONGEST_TIMEOUT_MILLIS = 10_000;

  private final HttpClientFactory clients;
  private final RemoteWrite remoteWrite;
  private final ScrapeManager scrape;
  private final DiscoveryManager discovery;

  /**
   * Settings of the destination.
   *
   * @param endpoint URL of remote write
   * @param apiKey header X-Api-Key, empty if none
   * @param intervalMillis between scrapes
   * @param caFile trusted certificates, empty for the system's
   * @param folder of the queue, null for memory
   * @param maxBytes of the queue
   */
  public record Options(
      String endpoint,
      String apiKey,
      long intervalMillis,
      boolean insecureSkipVerify,
      String caFile,
      @Nullable Path folder,
      long maxBytes) {}

  /**
   * Job that reads the page.
   *
   * @param name label {@code job}
   * @param instance label, empty for the address of the page
   * @param page address of the agent's page
   * @param userAgent header of outgoing requests
   */
  public record Job(String name, String instance, String page, String userAgent) {}

  /**
   * Starts to send.
   *
   * @param registry of the agent, which gets the counters of the queue
   * @throws dev.tethys.config.ConfigException if a setting is invalid
   * @throws IOException if the queue cannot be opened
   */
  public MetricsPush(Options o, Job job, Registry registry) throws IOException {
    this(o, List.of(job), "", registry);
  }

  /**
   * Starts to send the pages of several jobs over one queue.
   *
   * @param jobs at least one; requests have the user agent of the first
   * @param others items of {@code scrape_configs} of further jobs
   */
  public MetricsPush(Options o, List<Job> jobs, String others, Registry registry)
      throws IOException {
    clients = new HttpClientFactory(jobs.getFirst().userAgent());
    PrometheusConfig config = PrometheusConfig.parse(jobs.getFirst().name(), yaml(o, jobs, others));
    remoteWrite =
        new RemoteWrite(
            clients,
            new RemoteWriteMetrics(registry),
            new Outboxes(new RealFiles(), Scheduler.ofFewTasks(), new Random()),
            new RemoteWrite.Options(o.folder(), o.maxBytes(), FLUSH),
            Scheduler.ofFewTasks());
    scrape =
        new ScrapeManager(
            new BatchSink(remoteWrite.from("scrape"), AckCallback.NONE),
            ScrapeMemory.ofASink(),
            new HttpTransports(clients),
            ScrapeOptions.DEFAULT,
            new ScrapeMetrics(registry),
            ScrapeClock.SYSTEM);
    discovery =
        new DiscoveryManager(DiscoveryContext.of(registry, clients), Duration.ofSeconds(5), scrape);
    remoteWrite.apply(config.remoteWrite(), config.global().externalLabels());
    scrape.apply(config.jobs(), config.global().externalLabels());
    Map<String, List<DiscoveryConfig>> pools = new LinkedHashMap<>();
    config.jobs().forEach(j -> pools.put(j.jobName(), j.discoveries()));
    discovery.apply(pools);
  }

  /** Configuration of Prometheus that says the same. */
  public static String yaml(Options o, Job job) {
    return yaml(o, List.of(job), "");
  }

  private static String yaml(Options o, List<Job> jobs, String others) {
    StringBuilder sb = new StringBuilder();
    sb.append("scrape_configs:\n");
    for (Job job : jobs) {
      sb.append("- job_name: ")
          .append(job.name())
          .append("\n  scrape_interval: ")
          .append(o.intervalMillis())
          .append("ms\n  scrape_timeout: ")
          .append(Math.min(o.intervalMillis(), LONGEST_TIMEOUT_MILLIS))
          .append("ms\n  static_configs:\n  - targets: [")
          .append(quoted(job.page()))
          .append("]\n");
      String instance = job.instance();
      if (!instance.isEmpty()) {
        sb.append("    labels: {instance: ").append(quoted(instance)).append("}\n");
      }
    }
    sb.append(others);
    sb.append("remote_write:\n- url: ").append(quoted(o.endpoint())).append('\n');
    if (!o.apiKey().isEmpty()) {
      sb.append("  headers: {X-Api-Key: ").append(quoted(o.apiKey())).append("}\n");
    }
    if (o.insecureSkipVerify() || !o.caFile().isEmpty()) {
      sb.append("  tls_config:\n    insecure_skip_verify: ")
          .append(o.insecureSkipVerify())
          .append('\n');
      if (!o.caFile().isEmpty()) {
        sb.append("    ca_file: ").append(quoted(o.caFile())).append('\n');
      }
    }
    return sb.toString();
  }

  /** A text that YAML reads as it is; JSON's strings are YAML's. */
  private static String quoted(String s) {
    return GoJson.append(new StringBuilder(), s).toString();
  }

  @Override
  public void close() {
    discovery.close();
    scrape.close();
    remoteWrite.close();
    clients.close();
  }
}

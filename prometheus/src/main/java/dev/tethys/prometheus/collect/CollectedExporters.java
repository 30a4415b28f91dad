package dev.tethys.prometheus.collect;

import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.collect.exporter.ProbeRunner;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.ScrapeTransport;
import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.web.Params;
import dev.tethys.web.client.HttpClientFactory;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Running exporters of the {@code collect} section, and access to them for their jobs. Jobs read
 * them as if over HTTP, so that intervals, timeouts, limits, staleness and {@code up} of a scrape
 * apply, but without a port or a connection.
 *
 * <p>Invariant: {@link #running} is replaced, never changed; {@link #apply} is called by one thread
 * at a time. An exporter is closed after the jobs can no longer find it; a probe in progress then
 * fails.
 */
public final class CollectedExporters implements ScrapeTransport.Factory, AutoCloseable {
  private record Running(CollectConfig config, Exporter exporter, ProbeRunner runner) {}

  /** Part of this process that a job reads. */
  private record Local(MetricsSource source, ProbeRunner runner) {}

  private final ScrapeTransport.Factory others;
  private final ExporterDependencies dependencies;
  private final Map<String, Local> locals = new ConcurrentHashMap<>();
  private volatile Map<String, Running> running = Map.of();

  /**
   * @param others provides the targets of all other jobs
   */
  public CollectedExporters(ScrapeTransport.Factory others, HttpClientFactory clients) {
    this.others = others;
    this.dependencies = dependencies(clients);
  }

  /**
   * Takes over a configuration: exporters whose settings are as they were continue, with their
   * files read again.
   *
   * @throws ConfigException if a file of an exporter is wrong; nothing has changed then
   * @throws IOException if a file cannot be read; nothing has changed then
   */
  public void apply(List<CollectConfig> configs) throws IOException {
    Map<String, Running> old = running;
    Map<String, Running> next = new HashMap<>();
    List<Exporter> opened = new ArrayList<>();
    try {
      for (CollectConfig c : configs) {
        Running r = old.get(c.job().jobName());
        if (r != null && r.config.sameExporter(c)) {
          r.exporter.reload();
          next.put(c.job().jobName(), new Running(c, r.exporter, r.runner));
          continue;
        }
        Exporter e = open(c, dependencies);
        opened.add(e);
        next.put(
            c.job().jobName(),
            new Running(c, e, new ProbeRunner(c.kind().name(), c.kind().maxConcurrentProbes())));
      }
    } catch (IOException | RuntimeException e) {
      opened.forEach(Exporter::close);
      throw e;
    }
    running = Map.copyOf(next);
    for (Exporter e : opened) {
      MetricsSource shown = e.metrics();
      if (shown != null) {
        e.start(shown);
      }
    }
    old.forEach(
        (job, r) -> {
          Running now = next.get(job);
          if (now == null || now.exporter != r.exporter) {
            r.exporter.close();
          }
        });
  }

  /** Has a job read a source of this process instead of its targets. */
  public void serve(String job, MetricsSource source) {
    serve(job, source, 1);
  }

  /**
   * The same.
   *
   * @param most maximum number of scrapes at a time
   */
  public void serve(String job, MetricsSource source, int most) {
    locals.put(job, new Local(source, new ProbeRunner(job, most)));
  }

  /** Has a job read its targets again. */
  public void withdraw(String job) {
    locals.remove(job);
  }

  private static Exporter open(CollectConfig c, ExporterDependencies dependencies)
      throws IOException {
    try {
      Exporter e = c.kind().open(c.settings(), dependencies);
      String path = c.job().metricsPath();
      if (source(e, path) == null) {
        e.close();
        throw c.node()
            .error(
                c.probes()
                    ? "the exporter "
                        + c.kind().name()
                        + " has no page "
                        + path
                        + "; it has "
                        + e.probes().keySet()
                    : "the exporter "
                        + c.kind().name()
                        + " exposes nothing without targets: set static_configs or another"
                        + " discovery");
      }
      return e;
    } catch (IllegalArgumentException e) {
      throw c.node().error(String.valueOf(e.getMessage()));
    }
  }

  private static @Nullable MetricsSource source(Exporter e, String path) {
    MetricsSource probes = e.probes().get(path);
    return probes != null || !path.equals(CollectConfig.METRICS) ? probes : e.metrics();
  }

  /**
   * Checks the exporters of a configuration without running them.
   *
   * @throws ConfigException if a file of an exporter is wrong
   * @throws IOException if a file cannot be read
   */
  public static void check(List<CollectConfig> configs) throws IOException {
    try (HttpClientFactory clients = new HttpClientFactory("Tethys")) {
      for (CollectConfig c : configs) {
        open(c, dependencies(clients)).close();
      }
    }
  }

  private static ExporterDependencies dependencies(HttpClientFactory clients) {
    return new ExporterDependencies(clients, InstantSource.system(), System::getenv);
  }

  @Override
  public ScrapeTransport open(ScrapeConfig config, String unixSocket) {
    // A job may become one of another kind by a reload that leaves its ScrapeConfig equal: so which
    // it is shows at each scrape.
    ScrapeTransport http = others.open(config, unixSocket);
    return new ScrapeTransport() {
      @Override
      public Response get(URI url, Map<String, String> headers, Duration timeout)
          throws IOException, InterruptedException {
        Local local = locals.get(config.jobName());
        if (local != null) {
          return ask(local.runner, local.source, url, headers, timeout);
        }
        Running r = running.get(config.jobName());
        if (r == null) {
          return http.get(url, headers, timeout);
        }
        MetricsSource source = source(r.exporter, url.getPath());
        return source == null
            ? new Answered(404, "the exporter has no page " + url.getPath(), "", new byte[0])
            : ask(r.runner, source, url, headers, timeout);
      }

      @Override
      public void close() throws IOException {
        http.close();
      }
    };
  }

  private static ScrapeTransport.Response ask(
      ProbeRunner runner,
      MetricsSource source,
      URI url,
      Map<String, String> headers,
      Duration timeout)
      throws IOException, InterruptedException {
    String query = url.getRawQuery();
    List<MetricFamily> families;
    try {
      families = runner.ask(source, new Probe(Params.parse(query == null ? "" : query), timeout));
    } catch (ProbeException e) {
      return new Answered(e.status(), String.valueOf(e.getMessage()), "", new byte[0]);
    }
    ExpositionFormat.Negotiated format =
        ExpositionFormat.negotiate(headers.getOrDefault("Accept", ""), ExpositionFormat.ALL);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    ExpositionWriter writer = ExpositionWriter.of(format, body);
    families.forEach(writer::write);
    writer.finish();
    return new Answered(200, "OK", format.contentType(), body.toByteArray());
  }

  /** Response that did not come over the network. */
  private record Answered(int status, String reason, String contentType, byte[] bytes)
      implements ScrapeTransport.Response {
    @Override
    public String header(String name) {
      return name.equalsIgnoreCase("Content-Type") ? contentType : "";
    }

    @Override
    public InputStream body() {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public void close() {}
  }

  /** Ends all exporters. */
  @Override
  public void close() {
    Map<String, Running> old = running;
    running = Map.of();
    old.values().forEach(r -> r.exporter.close());
  }
}

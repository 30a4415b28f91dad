package dev.tethys.pipeline.receiver.prometheus;

import dev.tethys.codec.exposition.ScrapeProtocol;
import dev.tethys.collect.discovery.HttpConfig;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.ScrapeDefaults;
import dev.tethys.config.GoDurations;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.client.HttpEndpoint;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Polls the target allocator of OpenTelemetry's operator for jobs. It serves jobs at {@code
 * /scrape_configs}, and the targets of each job for this process at {@code
 * /jobs/NAME/targets?collector_id=ID}, in the format of {@code http_sd_configs}. While it does not
 * respond, or its response is invalid, the previous jobs stay.
 */
final class TargetAllocator implements AutoCloseable {
  private static final Duration REFRESH = Duration.ofSeconds(30);

  /** Placeholder in jobs for the shard of this process; as in the Collector, not a pattern. */
  private static final String SHARD = "$(SHARD)";

  /**
   * Settings of the allocator client.
   *
   * @param url URL without a trailing slash
   * @param discovery request settings of target lists, without the URL
   * @param scraping overrides of scrape settings; null for the jobs' own
   */
  record Settings(
      HttpClientSettings client,
      String url,
      Duration interval,
      String collectorId,
      HttpConfig discovery,
      @Nullable HttpClientConfig scraping) {
    private static final Section SECTION =
        new Section("target_allocator", "Target allocator, which assigns jobs and targets.");
    private static final HttpClientSettings.Keys CLIENT = new HttpClientSettings.Keys(SECTION);
    private static final Key<Duration> INTERVAL =
        SECTION.key("interval", GoDurations.TYPE, REFRESH, "Interval at which jobs are requested.");
    private static final Key<String> COLLECTOR_ID =
        SECTION.required("collector_id", Type.STRING, "Identifier of this collector.");
    private static final Key<HttpConfig> HTTP_SD_CONFIG =
        SECTION.optional(
            "http_sd_config",
            HttpConfig.ANYWHERE,
            "HTTP client for target lists; url is not supported.");
    private static final Key<HttpClientConfig> HTTP_SCRAPE_CONFIG =
        SECTION.optional(
            "http_scrape_config",
            HttpClientConfig.TYPE,
            "HTTP client for scraping the targets of all jobs.");

    static final Type<Settings> TYPE = SECTION.type(Settings::read);

    private static Settings read(YamlObject o) {
      HttpClientSettings c = CLIENT.read(o);
      URI url = c.endpoint();
      if (url == null) {
        throw o.error("target_allocator requires an endpoint: its URL");
      }
      if (o.get(INTERVAL).isZero()) {
        throw o.error(INTERVAL, "interval must be greater than 0");
      }
      if (o.get(COLLECTOR_ID).isEmpty()) {
        throw o.error(COLLECTOR_ID, "collector_id is empty");
      }
      HttpConfig d = o.find(HTTP_SD_CONFIG);
      Map<String, HttpClientConfig.Header> headers = new LinkedHashMap<>();
      c.headers()
          .forEach(
              (name, value) ->
                  headers.put(
                      name,
                      new HttpClientConfig.Header(List.of(), List.<Secret>of(value), List.of())));
      HttpClientConfig same =
          new HttpClientConfig(
                  null,
                  null,
                  null,
                  c.client().tls(),
                  false,
                  c.client().enableHttp2(),
                  c.client().proxy(),
                  headers)
              .with(c.client().connections());
      return new Settings(
          c,
          url.toString().replaceAll("/+$", ""),
          o.get(INTERVAL),
          o.get(COLLECTOR_ID),
          d == null
              ? new HttpConfig(url, REFRESH, same)
              : d.client().equals(HttpClientConfig.DEFAULT)
                  ? new HttpConfig(url, d.refreshInterval(), same)
                  : d,
          o.find(HTTP_SCRAPE_CONFIG));
    }
  }

  /** Takes over jobs. */
  @FunctionalInterface
  interface Jobs {
    /**
     * Replaces all jobs that came before.
     *
     * @throws IOException if they cannot be taken
     */
    void take(List<ScrapeConfig> jobs) throws IOException;
  }

  private final Settings settings;
  private final HttpEndpoint endpoint;
  private final ScrapeDefaults inherited;
  private final String shard;
  private final System.Logger logger;
  private final Jobs to;
  private final Thread thread;
  private String taken = "";
  private String complaint = "";

  /**
   * Starts polling.
   *
   * @param endpoint endpoint of the allocator
   * @param inherited defaults of jobs
   * @param shard shard name of this process, used in job requests
   */
  TargetAllocator(
      Settings settings,
      HttpEndpoint endpoint,
      ScrapeDefaults inherited,
      String shard,
      System.Logger logger,
      Jobs to) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.inherited = inherited;
    this.shard = shard;
    this.logger = logger;
    this.to = to;
    this.thread =
        Thread.ofVirtual()
            .name("target-allocator")
            .start(SupervisedLoop.of("target_allocator", this::run));
  }

  private void run() {
    try {
      while (true) {
        ask();
        Thread.sleep(settings.interval);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  private void ask() throws InterruptedException {
    try {
      HttpEndpoint.Reply r =
          endpoint.call("GET", URI.create(settings.url + "/scrape_configs"), Map.of(), null);
      if (r.status() != 200) {
        throw new IOException(r.reason());
      }
      String text = r.text().replace(SHARD, shard);
      if (!text.equals(taken)) {
        to.take(jobs(text));
        taken = text;
      }
      complaint = "";
    } catch (IOException | RuntimeException e) {
      // Polling continues after any failure.
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      if (!why.equals(complaint)) { // once, not at each round
        complaint = why;
        logger.log(
            Level.WARNING, "the target allocator at {0} returned no jobs: {1}", settings.url, why);
      }
    }
  }

  private List<ScrapeConfig> jobs(String text) {
    YamlDocument d = YamlDocument.parse(settings.url + "/scrape_configs", null, text);
    List<ScrapeConfig> out = new ArrayList<>();
    if (d.root().isNull()) {
      return out;
    }
    Type.map(Type.<YamlNode>of("scrape_config", null, n -> n))
        .read(d.root())
        .forEach((name, job) -> out.add(withAllocatedTargets(ScrapeConfig.read(job, inherited))));
    d.refuseNotBuilt();
    return out;
  }

  private ScrapeConfig withAllocatedTargets(ScrapeConfig job) {
    URI targets =
        URI.create(
            settings.url
                + "/jobs/"
                + URLEncoder.encode(job.jobName(), StandardCharsets.UTF_8)
                + "/targets?collector_id="
                + URLEncoder.encode(settings.collectorId, StandardCharsets.UTF_8));
    HttpClientConfig scraping = settings.scraping;
    return job.with(
        List.of(settings.discovery.at(targets)),
        scraping == null ? job.client() : scraping,
        ScrapeProtocol.PROMETHEUS_TEXT_0_0_4);
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}

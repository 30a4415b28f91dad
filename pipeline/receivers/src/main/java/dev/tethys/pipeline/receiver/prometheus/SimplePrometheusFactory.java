package dev.tethys.pipeline.receiver.prometheus;

import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.config.GoDurations;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlObject;
import dev.tethys.config.YamlWriter;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.ClientTlsSettings;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ClusterAccess;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Creates {@code prometheus_simple} receivers: {@code prometheus} with a single target. */
public final class SimplePrometheusFactory implements ReceiverFactory<PrometheusSettings> {
  private static final Section SECTION =
      new Section("prometheus_simple", "Scrapes one target as Prometheus does.");
  private static final Key<String> ENDPOINT =
      SECTION.key("endpoint", Type.STRING, "localhost:9090", "Address of the target: host:port.");
  private static final Key<Duration> INTERVAL =
      SECTION.key(
          "collection_interval",
          GoDurations.TYPE,
          Duration.ofSeconds(10),
          "Interval between scrapes.");
  private static final Key<Duration> TIMEOUT =
      SECTION.key(
          "timeout", GoDurations.TYPE, Duration.ZERO, "Timeout of a scrape; 0 for the interval.");
  private static final Key<String> PATH =
      SECTION.key("metrics_path", Type.STRING, "/metrics", "URL path of the metrics.");
  private static final Key<String> JOB =
      SECTION.key(
          "job_name",
          Type.STRING,
          "",
          "Value of the label job; by default prometheus_simple/endpoint.");
  private static final Key<Map<String, List<String>>> PARAMS =
      SECTION.key(
          "params", Type.map(Type.list(Type.STRING)), Map.of(), "URL parameters of the request.");
  private static final Key<Map<String, String>> LABELS =
      SECTION.key("labels", Type.map(Type.STRING), Map.of(), "Labels added to every series.");
  private static final Key<Boolean> ACCOUNT =
      SECTION.key(
          "use_service_account",
          Type.BOOL,
          false,
          "If true, requests carry the token of the pod's service account.");
  private static final Key<ClientTlsSettings> TLS =
      SECTION.optional(
          "tls", ClientTlsSettings.TYPE, "TLS settings of the client; they enable HTTPS.");
  private static final Key<Boolean> TLS_ENABLED =
      SECTION.key("tls_enabled", Type.BOOL, false, "Former way of enabling TLS, with tls_config.");
  private static final Key<ClientTlsSettings> TLS_CONFIG =
      SECTION.optional("tls_config", ClientTlsSettings.TYPE, "Former name of tls.");

  static {
    String other = "Use scrape_configs of the prometheus receiver.";
    for (String key :
        List.of("headers", "auth", "proxy_url", "compression", "http2_read_idle_timeout")) {
      SECTION.notBuilt(key, other);
    }
    SECTION.notBuilt("trim_metric_suffixes", "Metric names without type and unit suffixes.");
  }

  private static final Type<PrometheusSettings> TYPE = SECTION.type(SimplePrometheusFactory::read);

  private final HttpClientFactory clients;
  private final String userAgent;

  /**
   * Creates a factory.
   *
   * @param clients the process's; not closed here
   * @param userAgent user agent sent to targets
   */
  public SimplePrometheusFactory(HttpClientFactory clients, String userAgent) {
    this.clients = clients;
    this.userAgent = userAgent;
  }

  @Override
  public String type() {
    return "prometheus_simple";
  }

  @Override
  public String about() {
    return "Scrapes one target as Prometheus does.";
  }

  @Override
  public Type<PrometheusSettings> settings() {
    return TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  private static PrometheusSettings read(YamlObject o) {
    ClientTlsSettings tls = o.find(TLS);
    ClientTlsSettings older = o.find(TLS_CONFIG);
    if (o.get(TLS_ENABLED)) {
      if (tls != null) {
        throw o.error(TLS_ENABLED, "set either tls, or the older keys tls_enabled and tls_config");
      }
      tls = older == null ? ClientTlsSettings.DEFAULT : older;
    } else if (older != null) {
      throw o.error(TLS_CONFIG, "tls_config requires tls_enabled: true; prefer the newer key tls");
    }
    boolean secure = tls != null && !tls.insecure();
    String endpoint = o.get(ENDPOINT);
    if (endpoint.isBlank() || endpoint.contains("/")) {
      throw o.error(
          ENDPOINT,
          "\""
              + endpoint
              + "\" is not a target: it must be host:port; set the path in metrics_path");
    }
    Duration interval = o.get(INTERVAL);
    Duration timeout = o.get(TIMEOUT);
    if (!interval.isPositive() || timeout.compareTo(interval) > 0) {
      throw o.error(INTERVAL, "collection_interval must be greater than 0 and than timeout");
    }
    Map<String, Object> group = new LinkedHashMap<>();
    group.put("targets", List.of(endpoint));
    group.put("labels", o.get(LABELS));
    Map<String, Object> job = new LinkedHashMap<>();
    job.put("job_name", o.get(JOB).isEmpty() ? "prometheus_simple/" + endpoint : o.get(JOB));
    job.put("scrape_interval", interval.toMillis() + "ms");
    job.put("scrape_timeout", (timeout.isZero() ? interval : timeout).toMillis() + "ms");
    job.put("metrics_path", o.get(PATH));
    job.put("scheme", secure ? "https" : "http");
    job.put("params", o.get(PARAMS));
    job.put("static_configs", List.of(group));
    if (o.get(ACCOUNT)) {
      job.put(
          "authorization",
          Map.of("credentials_file", ClusterAccess.SERVICE_ACCOUNT.resolve("token").toString()));
    }
    String yaml = YamlWriter.write(Map.of("config", Map.of("scrape_configs", List.of(job))));
    YamlDocument d = YamlDocument.parse(o.node().where(), null, yaml);
    PrometheusSettings read = PrometheusSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    if (!secure || tls == null) {
      return read;
    }
    ScrapeConfig c = read.jobs().getFirst();
    HttpClientConfig client =
        new HttpClientConfig(
            null,
            c.client().authorization(),
            null,
            tls.config(),
            true,
            c.client().enableHttp2(),
            ProxyConfig.NONE,
            Map.of());
    return new PrometheusSettings(
        read.global(), List.of(c.withClient(client)), read.idle(), read.allocator());
  }

  @Override
  public Receiver create(
      PrometheusSettings settings, Map<Signal, Consumer> outputs, Context context) {
    return new PrometheusReceiver(
        settings, Objects.requireNonNull(outputs.get(Signal.METRICS)), clients, userAgent, context);
  }
}

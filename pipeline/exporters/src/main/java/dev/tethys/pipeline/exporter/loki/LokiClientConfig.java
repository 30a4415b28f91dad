package dev.tethys.pipeline.exporter.loki;

import dev.tethys.config.GoDurations;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Redaction;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.config.YamlWriter;
import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One Loki client of {@code promtail.yml}.
 *
 * @param name configured name, or "" for none
 * @param tenant default tenant; "" for none
 * @param batchWait maximum time that an entry waits for others
 * @param batchPause minimum time between two requests of a tenant that are not full
 * @param batchBytes maximum size of the lines and metadata in a request
 * @param externalLabels added to entries without these labels
 * @param dropRateLimited whether a request with response 429 is dropped instead of retried
 */
public record LokiClientConfig(
    URI url,
    String name,
    String tenant,
    Duration batchWait,
    Duration batchPause,
    long batchBytes,
    HttpClientConfig client,
    Map<String, String> headers,
    Backoff backoff,
    Labels externalLabels,
    Duration timeout,
    boolean dropRateLimited) {
  /** Whether requests have the same destination and form; only their content may differ. */
  boolean sendsAs(LokiClientConfig o) {
    return url.equals(o.url)
        && client.equals(o.client)
        && headers.equals(o.headers)
        && backoff.equals(o.backoff)
        && timeout.equals(o.timeout)
        && dropRateLimited == o.dropRateLimited;
  }

  /**
   * Retry rules.
   *
   * @param first pause after the first failure
   * @param longest maximum pause
   * @param attempts maximum number of attempts; 0 for no limit
   */
  public record Backoff(Duration first, Duration longest, int attempts) {
    private static final Section SECTION =
        new Section("backoff_config", "Retries of requests that failed.");
    private static final Key<Duration> MIN =
        SECTION.key(
            "min_period",
            GoDurations.TYPE,
            Duration.ofMillis(500),
            "Initial pause between attempts.");
    private static final Key<Duration> MAX =
        SECTION.key(
            "max_period",
            GoDurations.TYPE,
            Duration.ofMinutes(5),
            "Maximum pause between attempts.");
    private static final Key<Long> RETRIES =
        SECTION.key(
            "max_retries",
            Type.INT,
            0L,
            "Maximum number of attempts of a request before it is dropped; 0 (the "
                + "default, unlike 10 in Promtail) for no limit.");
    static final Backoff DEFAULT = new Backoff(Duration.ofMillis(500), Duration.ofMinutes(5), 0);
    static final Type<Backoff> TYPE = SECTION.type(Backoff::read);

    private static Backoff read(YamlObject o) {
      long retries = o.get(RETRIES);
      if (retries < 0 || retries > Integer.MAX_VALUE) {
        throw o.error(RETRIES, "max_retries must not be negative");
      }
      return new Backoff(o.get(MIN), o.get(MAX), (int) retries);
    }
  }

  private static final Duration DEFAULT_PAUSE = Duration.ofMillis(100);
  private static final Section SECTION =
      new Section("clients", "Loki server to which entries are sent.");
  private static final Key<URI> URL =
      SECTION.required("url", Type.URL, "URL of the server, including the path /loki/api/v1/push.");
  private static final Key<String> NAME =
      SECTION.key(
          "name", Type.STRING, "", "Name of the client in metrics and logs; must be unique.");
  private static final Key<String> TENANT =
      SECTION.key("tenant_id", Type.STRING, "", "Tenant of entries without a tenant.");
  private static final Key<Duration> BATCH_WAIT =
      SECTION.key(
          "batchwait",
          GoDurations.TYPE,
          Duration.ofSeconds(1),
          "Maximum time to collect entries for a request.");
  private static final Key<Duration> BATCH_PAUSE =
      SECTION.key(
          "batchpause",
          GoDurations.TYPE,
          DEFAULT_PAUSE,
          "Minimum time between two requests of a tenant that are not full; such "
              + "requests are sent before batchwait if no request is in flight. With "
              + "the value of batchwait, requests are as rare as in Promtail.");
  private static final Key<Long> BATCH_SIZE =
      SECTION.key(
          "batchsize", Type.INT, 1L << 20, "Maximum size of the lines in a request in bytes.");
  private static final Key<Map<String, String>> HEADERS =
      SECTION.key(
          "headers",
          Type.map(Type.of("string", "", YamlNode::asString)),
          Map.of(),
          "Additional headers of every request.");
  private static final Key<Backoff> BACKOFF =
      SECTION.key(
          "backoff_config", Backoff.TYPE, Backoff.DEFAULT, "Retries of requests that failed.");
  private static final Key<Map<String, String>> EXTERNAL =
      SECTION.key(
          "external_labels",
          Type.map(Type.of("string", "", YamlNode::asString)),
          Map.of(),
          "Labels added to every entry that does not have them.");
  private static final Key<Duration> TIMEOUT =
      SECTION.key("timeout", GoDurations.TYPE, Duration.ofSeconds(10), "Timeout of a request.");
  private static final Key<Boolean> DROP_RATE_LIMITED =
      SECTION.key(
          "drop_rate_limited_batches",
          Type.BOOL,
          false,
          "If true, a request answered with 429 is dropped, so that it does not "
              + "delay others.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
    SECTION.notBuilt(
        "stream_lag_labels", "Deprecated in Promtail: labels of the metric promtail_stream_lag.");
  }

  /** One client, as strictly read. */
  public static final Type<LokiClientConfig> TYPE = SECTION.type(LokiClientConfig::read);

  /** Reads a list of clients. Names have to differ. */
  public static List<LokiClientConfig> readList(YamlNode list) {
    List<LokiClientConfig> out = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (YamlNode n : list.items()) {
      LokiClientConfig c = TYPE.read(n);
      if (!seen.add(c.id())) {
        throw n.error(
            "duplicate client configs are not allowed, found duplicate for name: " + c.id());
      }
      out.add(c);
    }
    return List.copyOf(out);
  }

  private static LokiClientConfig read(YamlObject o) {
    URI url = o.get(URL);
    if (UrlHost.of(url) == null || url.getScheme() == null || !url.getScheme().startsWith("http")) {
      throw o.error(URL, "url must be a URL such as http://host:3100/loki/api/v1/push");
    }
    long batch = o.get(BATCH_SIZE);
    if (batch < 0 || batch > 512 << 20) {
      throw o.error(BATCH_SIZE, "batchsize must be 0 to 536870912 bytes");
    }
    Map<String, String> headers = o.get(HEADERS);
    for (String h : headers.keySet()) {
      if (!h.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
        throw o.error(HEADERS, "\"" + h + "\" is not a valid header name");
      }
    }
    Map<String, String> external = o.get(EXTERNAL);
    for (String l : external.keySet()) {
      if (!LabelNames.isLegacyLabelName(l)) {
        throw o.error(EXTERNAL, "\"" + l + "\" is not a valid label name");
      }
    }
    return new LokiClientConfig(
        url,
        o.get(NAME),
        o.get(TENANT),
        o.get(BATCH_WAIT),
        o.get(BATCH_PAUSE),
        batch,
        HttpClientConfig.read(o, HttpClientConfig.DEFAULT_HTTP1),
        headers,
        o.get(BACKOFF),
        Labels.of(external),
        o.get(TIMEOUT),
        o.get(DROP_RATE_LIMITED));
  }

  /** Returns the configured name, or six hexadecimal digits of a hash of the settings. */
  public String id() {
    if (!name.isEmpty()) {
      return name;
    }
    try {
      byte[] d =
          MessageDigest.getInstance("SHA-256")
              .digest(YamlWriter.write(tree()).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(d, 0, 3);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns host and port as named in metrics. */
  String host() {
    String host = String.valueOf(UrlHost.of(url));
    return UrlHost.port(url) < 0 ? host : host + ":" + UrlHost.port(url);
  }

  /** Settings as a tree for output, without secrets. */
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("name", name.isEmpty() ? null : name);
    m.put("url", Redaction.passwordMasked(url)); // part of the id hash; shown by writeRedacted
    m.put("tenant_id", tenant.isEmpty() ? null : tenant);
    m.put("batchwait", batchWait);
    // omitted if not set, so that ids from the settings stay the same as before the key existed
    m.put("batchpause", batchPause.equals(DEFAULT_PAUSE) ? null : batchPause);
    m.put("batchsize", batchBytes);
    client.addTo(m);
    m.put("headers", headers.isEmpty() ? null : headers.keySet().stream().sorted().toList());
    Map<String, @Nullable Object> b = new LinkedHashMap<>();
    b.put("min_period", backoff.first);
    b.put("max_period", backoff.longest);
    b.put("max_retries", backoff.attempts);
    m.put("backoff_config", b);
    m.put("external_labels", externalLabels.isEmpty() ? null : externalLabels.toMap());
    m.put("timeout", timeout);
    m.put("drop_rate_limited_batches", dropRateLimited);
    return m;
  }
}

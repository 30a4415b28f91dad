package dev.tethys.pipeline.receiver.httpcheck;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.pipeline.receiver.scraping.MetricSettings;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Settings of {@code http_check}, named as in the Collector.
 *
 * @param targets targets to check, at least one, each with one address
 */
public record HttpCheckConfig(
    IntervalCollector.Schedule pace, List<Target> targets, List<MetricSettings> metrics) {
  /** Most addresses of a receiver. */
  private static final int MAX_TARGETS = 10_000;

  /** Default timeout of targets. */
  private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(30);

  static final String STATUS = "httpcheck.status";
  static final String DURATION = "httpcheck.duration";
  static final String ERROR = "httpcheck.error";
  static final String SIZE = "httpcheck.response.size";
  private static final String URL = "http.url";

  static final List<Instrument> ALL =
      List.of(
          Instrument.level(
              STATUS,
              "1",
              "1 if the check resulted in status_code matching the status_class, otherwise 0.",
              URL,
              "http.status_code",
              "http.method",
              "http.status_class"),
          Instrument.gauge(DURATION, "ms", "Measures the duration of the HTTP check.", URL)
              .inWholeNumbers(),
          Instrument.level(
              ERROR,
              "{error}",
              "Records errors occurring during HTTP check.",
              URL,
              "error.message"),
          Instrument.gauge(SIZE, "By", "Size of response body in bytes.", URL)
              .inWholeNumbers()
              .optional());

  /**
   * A checked address.
   *
   * @param url URL as configured and as reported in points
   * @param body "" for none
   */
  record Target(
      HttpClientSettings client,
      String url,
      URI address,
      String method,
      String body,
      boolean typed,
      Duration timeout) {}

  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE");

  private static final Section TARGET = new Section("http_check_target", "Server to check.");
  private static final HttpClientSettings.Keys CLIENT =
      new HttpClientSettings.Keys(TARGET, Compression.NONE);
  private static final Key<List<String>> ENDPOINTS =
      TARGET.key(
          "endpoints", Type.list(Type.STRING), List.of(), "URLs that are checked in the same way.");
  private static final Key<String> METHOD =
      TARGET.key("method", Type.STRING, "GET", "Method of the requests.");
  private static final Key<String> BODY =
      TARGET.key("body", Type.STRING, "", "Body of the requests.");
  private static final Key<Boolean> TYPED =
      TARGET.key(
          "auto_content_type",
          Type.BOOL,
          false,
          "If true, requests with a body have a Content-Type that fits it.");
  private static final Key<Duration> TIMEOUT =
      TARGET.key(
          "timeout", GoDurations.TYPE, Duration.ZERO, "Timeout of a request; 0 for 30 seconds.");

  static {
    TARGET.notBuilt("validations", "Checks of the content of responses.");
  }

  private static final Section SECTION =
      new Section("http_check", "Checks servers by HTTP requests.")
          .removed("endpoint", "write targets: [{endpoint: …}]");
  private static final IntervalCollector.Schedule.Keys PACE =
      new IntervalCollector.Schedule.Keys(SECTION, Duration.ofMinutes(1), Duration.ZERO);
  private static final Key<List<List<Target>>> TARGETS =
      SECTION.required(
          "targets", Type.list(TARGET.type(HttpCheckConfig::targets)), "Servers to check.");
  private static final MetricSettings.Keys METRICS = new MetricSettings.Keys(SECTION, ALL);

  static final Type<HttpCheckConfig> TYPE = SECTION.type(HttpCheckConfig::read);

  private static List<Target> targets(YamlObject o) {
    HttpClientSettings client = CLIENT.read(o);
    String method = o.get(METHOD).toUpperCase(Locale.ROOT);
    if (!METHODS.contains(method)) {
      throw o.error(METHOD, "method is \"" + o.get(METHOD) + "\"; it must be a method of HTTP");
    }
    Duration timeout = o.get(TIMEOUT).isPositive() ? o.get(TIMEOUT) : USUAL_TIMEOUT;
    List<String> urls = new ArrayList<>(o.get(ENDPOINTS));
    if (client.endpoint() != null) {
      urls.add(client.endpoint().toString());
    }
    if (urls.isEmpty()) {
      throw o.error("\"endpoint\" or \"endpoints\" must name the server, as https://host/path");
    }
    List<Target> out = new ArrayList<>();
    for (String u : urls) {
      out.add(new Target(client, u, address(o, u), method, o.get(BODY), o.get(TYPED), timeout));
    }
    return out;
  }

  private static URI address(YamlObject o, String url) {
    try {
      URI u = URI.create(url);
      if (UrlHost.of(u) != null
          && ("http".equals(u.getScheme()) || "https".equals(u.getScheme()))) {
        return u;
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw o.error(ENDPOINTS, "\"" + url + "\" is not a URL such as https://host/path");
  }

  private static HttpCheckConfig read(YamlObject o) {
    List<Target> all = o.get(TARGETS).stream().flatMap(List::stream).toList();
    if (all.isEmpty() || all.size() > MAX_TARGETS) {
      throw o.error(TARGETS, "targets has " + all.size() + " URLs; it must be 1 to " + MAX_TARGETS);
    }
    return new HttpCheckConfig(PACE.read(o), all, METRICS.read(o));
  }
}

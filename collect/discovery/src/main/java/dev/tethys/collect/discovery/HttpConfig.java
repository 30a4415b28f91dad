package dev.tethys.collect.discovery;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.YamlObject;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code http_sd_configs}: targets from a URL that responds with a list of groups as JSON. */
public record HttpConfig(URI url, Duration refreshInterval, HttpClientConfig client)
    implements DiscoveryConfig {
  private static final Section SECTION =
      new Section("http_sd_config", "Targets fetched periodically from a URL.");
  private static final Key<URI> URL =
      SECTION.optional("url", Type.URL, "URL from which the targets are fetched.");
  private static final Key<Duration> REFRESH_INTERVAL =
      SECTION.key(
          "refresh_interval",
          Type.DURATION.absentWhenNull(),
          Duration.ofSeconds(60),
          "Refresh interval to re-query the endpoint.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  public static final Type<HttpConfig> TYPE = SECTION.type(HttpConfig::read);

  /** The same, if another component provides the URL through {@link #at}. */
  public static final Type<HttpConfig> ANYWHERE =
      SECTION.type(
          o -> {
            if (o.has(URL)) {
              throw o.error(URL, "another setting determines the URL here; remove it");
            }
            return new HttpConfig(
                URI.create("http://localhost"), o.get(REFRESH_INTERVAL), HttpClientConfig.read(o));
          });

  private static HttpConfig read(YamlObject o) {
    URI url = o.find(URL);
    if (url == null || url.toString().isEmpty()) {
      throw o.error("URL is missing: http_sd_configs needs \"url\"");
    }
    String scheme = url.getScheme();
    if (!"http".equals(scheme) && !"https".equals(scheme)) {
      throw o.error(URL, "URL scheme must be 'http' or 'https'");
    }
    if (UrlHost.of(url) == null) {
      throw o.error(URL, "host is missing in URL");
    }
    return new HttpConfig(url, o.get(REFRESH_INTERVAL), HttpClientConfig.read(o));
  }

  /** Variant with another URL. */
  public HttpConfig at(URI other) {
    return new HttpConfig(other, refreshInterval, client);
  }

  @Override
  public String mechanism() {
    return "http";
  }

  @Override
  public Discovery discovery(DiscoveryContext context) {
    return new PollingDiscovery(
        mechanism(), refreshInterval, new HttpFetch(this, context), context);
  }

  @Override
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    client.addTo(m);
    m.put("refresh_interval", refreshInterval);
    m.put("url", url);
    return m;
  }
}

package dev.tethys.pipeline.exporter.carbon;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.web.client.BasicCredentials;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * HTTP settings of a hosted Graphite.
 *
 * @param interval interval of a series in the JSON form, in seconds
 * @param hasInterval whether the settings contain it
 */
record CarbonHttp(
    HttpClientSettings client,
    String username,
    Secret password,
    int interval,
    boolean hasInterval) {
  private static final Section SECTION = new Section("http", "HTTP API of a hosted Graphite.");
  private static final HttpClientSettings.Keys CLIENT =
      new HttpClientSettings.Keys(SECTION, Compression.NONE);
  private static final Key<String> USERNAME =
      SECTION.key("username", Type.STRING, "", "User name for basic authentication.");
  private static final Key<Secret> PASSWORD =
      SECTION.key("password", Type.SECRET, Secret.NONE, "Password for basic authentication.");
  private static final Key<Duration> INTERVAL =
      SECTION.key(
          "interval",
          Type.DURATION,
          Duration.ofMinutes(1),
          "Interval between the points of a series; only with format: json.");

  static final Type<CarbonHttp> TYPE = SECTION.type(CarbonHttp::read);

  private static CarbonHttp read(YamlObject o) {
    HttpClientSettings client = CLIENT.read(o);
    if (client.endpoint() == null
        || !Set.of("http", "https").contains(client.endpoint().getScheme())) {
      throw o.error(
          "http requires an endpoint, such as https://graphite.example.com/graphite/metrics");
    }
    long seconds = o.get(INTERVAL).toSeconds();
    if (seconds < 1 || seconds > 86_400) {
      throw o.error(INTERVAL, "interval must be 1s to 1d");
    }
    if (!o.get(USERNAME).isEmpty() && client.auth() != null) {
      throw o.error(USERNAME, "at most one of username and auth is allowed");
    }
    if (o.get(USERNAME).isEmpty() && o.has(PASSWORD)) {
      throw o.error(PASSWORD, "password requires a username");
    }
    return new CarbonHttp(client, o.get(USERNAME), o.get(PASSWORD), (int) seconds, o.has(INTERVAL));
  }

  /** Returns the URL to which points are posted. */
  URI url() {
    return Objects.requireNonNull(client.endpoint());
  }

  /** Headers of the authentication; empty if the settings name no user. */
  Map<String, String> credentials() {
    if (username.isEmpty()) {
      return Map.of();
    }
    return Map.of("authorization", BasicCredentials.header(username, password.value()));
  }
}

package dev.tethys.pipeline.exporter.opentsdb;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.exporter.rows.HistogramRule;
import dev.tethys.pipeline.exporter.rows.RowSettings;
import dev.tethys.web.client.BasicCredentials;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code opentsdb} exporter.
 *
 * @param base the server: http, https, telnet or telnets
 * @param telnetLogin first line of a telnet connection; empty if none
 * @param tags labels that become tags first
 * @param maxTags maximum tags of a series
 * @param notFinite whether non-finite samples are written as marks; otherwise dropped
 * @param sync whether the server responds once points are in its database instead of on arrival
 */
record OpenTsdbSettings(
    HttpClientSettings client,
    URI base,
    String username,
    @Nullable Secret password,
    Secret telnetLogin,
    List<String> tags,
    int maxTags,
    boolean notFinite,
    boolean sync,
    RowSettings rows,
    DeliverySettings delivery) {
  static final int PORT = 4242;

  private static final Section SECTION =
      new Section("opentsdb", "Writes metrics to OpenTSDB 2.").include(DeliverySettings.SECTION);
  private static final HttpClientSettings.Keys CLIENT = new HttpClientSettings.Keys(SECTION);
  private static final RowSettings.Keys ROWS =
      new RowSettings.Keys(
          SECTION,
          HistogramRule.CLASSIC,
          EnumSet.of(HistogramRule.CLASSIC, HistogramRule.DROP),
          1000,
          48 << 10);
  private static final Key<String> USERNAME =
      SECTION.key("username", Type.STRING, "", "User name for basic authentication.");
  private static final Key<Secret> PASSWORD =
      SECTION.optional("password", Type.SECRET, "Password for basic authentication.");
  private static final Key<Secret> TELNET_LOGIN =
      SECTION.key(
          "telnet_login",
          Type.SECRET,
          Secret.NONE,
          "First line of a telnet connection, for the server's authentication "
              + "plugin, such as \"auth basic USER PASSWORD\".");
  private static final Key<List<String>> TAGS =
      SECTION.key(
          "tags",
          Type.list(Type.STRING),
          List.of("instance", "job"),
          "Labels that are kept as tags if a series has more labels than " + "max_tags.");
  private static final Key<Long> MAX_TAGS =
      SECTION.key(
          "max_tags",
          Type.INT,
          8L,
          "Maximum number of tags in a series, as tsd.storage.max_tags of the " + "server.");
  private static final Key<Boolean> NOT_FINITE =
      SECTION.key(
          "not_finite",
          Type.oneOf("rule for samples that are not finite", "metric", true, "drop", false),
          true,
          "Handling of samples that are not finite: metric writes them as marks "
              + "to an additional metric, drop drops and counts them.");
  private static final Key<Boolean> SYNC =
      SECTION.key(
          "sync",
          Type.BOOL,
          true,
          "If true, a request waits until points are stored in the database; if "
              + "false, until the server has received them.");

  static final Type<OpenTsdbSettings> TYPE = SECTION.type(OpenTsdbSettings::read);

  private static OpenTsdbSettings read(YamlObject o) {
    HttpClientSettings client = CLIENT.read(o);
    URI base = client.endpoint();
    if (base == null || !Set.of("http", "https", "telnet", "telnets").contains(base.getScheme())) {
      throw o.error(
          "\"endpoint\" must name OpenTSDB, as http://host:4242, or telnet://host:4242 for its"
              + " telnet protocol (telnets with TLS)");
    }
    String user = o.get(USERNAME);
    if (base.getScheme().startsWith("telnet")
        && (client.auth() != null || !client.headers().isEmpty() || !user.isEmpty())) {
      throw o.error("telnet does not support headers: use telnet_login");
    }
    Secret login = o.get(TELNET_LOGIN);
    if (!login.isEmpty() && !base.getScheme().startsWith("telnet")) {
      throw o.error(TELNET_LOGIN, "telnet_login requires an endpoint with telnet://");
    }
    if (login.value().chars().anyMatch(c -> c < ' ')) {
      throw o.error(TELNET_LOGIN, "telnet_login must be one line");
    }
    long maxTags = o.get(MAX_TAGS);
    if (maxTags < 2 || maxTags > 200) {
      throw o.error(MAX_TAGS, "max_tags must be 2 to 200");
    }
    if (o.get(TAGS).size() >= maxTags) {
      throw o.error(
          TAGS,
          "\"tags\" must be fewer than max_tags, because one tag holds all " + "other labels");
    }
    return new OpenTsdbSettings(
        client,
        base,
        user,
        o.find(PASSWORD),
        login,
        o.get(TAGS),
        (int) maxTags,
        o.get(NOT_FINITE),
        o.get(SYNC),
        ROWS.read(o),
        DeliverySettings.read(o, Duration.ofSeconds(30)));
  }

  /** Whether the telnet protocol is used. */
  boolean telnet() {
    return base.getScheme().startsWith("telnet");
  }

  /** Returns the URL for a path of the server. */
  URI at(String path) {
    String b = base.toString();
    return URI.create((b.endsWith("/") ? b.substring(0, b.length() - 1) : b) + path);
  }

  /**
   * Returns the URL for writes. The server's timeout ends before the client's, so the response
   * lists the points.
   */
  URI putUrl() {
    long ms = delivery.timeout().toMillis() * 4 / 5;
    return at("/api/put?details" + (sync ? "&sync" + (ms > 0 ? "&sync_timeout=" + ms : "") : ""));
  }

  /** Headers of the authentication; empty if the settings name no user. */
  Map<String, String> credentials() {
    if (username.isEmpty()) {
      return Map.of();
    }
    return Map.of(
        "authorization",
        BasicCredentials.header(username, password == null ? "" : password.value()));
  }
}

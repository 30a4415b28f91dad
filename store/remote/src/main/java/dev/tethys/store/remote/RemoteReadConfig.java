package dev.tethys.store.remote;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Redaction;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One entry of {@code remote_read} in {@code prometheus.yml}.
 *
 * @param name configured name, or {@code ""} for none
 * @param headers headers sent with every request
 * @param requiredMatchers queried only by selectors that have all of these as equality matchers
 * @param readRecent queried also for times that the embedded store covers
 * @param filterExternalLabels whether the external labels are what tells this server's series there
 * @param maxFrame maximum frame size of a streamed response
 */
public record RemoteReadConfig(
    URI url,
    String name,
    Duration timeout,
    Map<String, String> headers,
    Map<String, String> requiredMatchers,
    boolean readRecent,
    boolean filterExternalLabels,
    int maxFrame,
    HttpClientConfig client) {

  private static final Section SECTION =
      new Section(
          "remote_read", "External store that queries read in addition to the embedded one.");
  private static final Key<URI> ADDRESS =
      SECTION.required("url", Type.URL, "URL of requests: http or https.");
  private static final Key<String> NAME =
      SECTION.key("name", Type.STRING, "", "Name in warnings, metrics and logs; unique.");
  private static final Type<Map<String, String>> STRINGS =
      Type.map(Type.of("string", "", YamlNode::asString));
  private static final Key<Map<String, String>> REQUIRED_MATCHERS =
      SECTION.key(
          "required_matchers",
          STRINGS,
          Map.of(),
          "Labels with values: only selectors that have them all as equality matchers query the"
              + " store.");
  private static final Key<Duration> REMOTE_TIMEOUT =
      SECTION.key("remote_timeout", Type.DURATION, Duration.ofMinutes(1), "Timeout of a request.");
  private static final Key<Map<String, String>> HEADERS =
      SECTION.key("headers", STRINGS, Map.of(), "Further headers, such as a tenant.");
  private static final Key<Boolean> READ_RECENT =
      SECTION.key(
          "read_recent",
          Type.BOOL,
          false,
          "If true, times that the local store covers completely are queried, too.");
  private static final Key<Boolean> FILTER_EXTERNAL_LABELS =
      SECTION.key(
          "filter_external_labels",
          Type.BOOL,
          true,
          "If true, external labels of this server are added to selectors and removed from"
              + " results.");
  private static final Key<Long> CHUNKED_READ_LIMIT =
      SECTION.key(
          "chunked_read_limit",
          Type.INT.absentWhenNull(),
          50_000_000L,
          "Maximum size in bytes of a frame of a streamed response.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  /** A snapshot of the list of stores; read with {@link #readAll}. */
  public static final Type<List<YamlNode>> LIST = Type.list(Type.of("remote_read", null, n -> n));

  /** Returns the sections, for the reference of all keys. */
  public static List<Section> sections() {
    return List.of(SECTION);
  }

  /**
   * Reads all stores of a file.
   *
   * @throws dev.tethys.config.ConfigException also when two have one name, or are the same
   */
  public static List<RemoteReadConfig> readAll(List<YamlNode> nodes) {
    List<RemoteReadConfig> out = new ArrayList<>();
    for (YamlNode n : nodes) {
      n.attempt(
          () -> {
            RemoteReadConfig c = read(n.object(SECTION));
            if (!c.name.isEmpty() && out.stream().anyMatch(o -> o.name.equals(c.name))) {
              throw n.error("found multiple remote read configs with job name \"" + c.name + "\"");
            }
            if (out.contains(c)) {
              throw n.error(
                  "duplicate remote read configs are not allowed, found duplicate for URL: "
                      + c.url);
            }
            out.add(c);
          });
    }
    return List.copyOf(out);
  }

  private static RemoteReadConfig read(YamlObject o) {
    URI url = o.get(ADDRESS);
    if (url.toString().isEmpty()) {
      throw o.error(ADDRESS, "url for remote_read is empty");
    }
    long frame = o.get(CHUNKED_READ_LIMIT);
    if (frame <= 0 || frame > Integer.MAX_VALUE) {
      throw o.error(
          CHUNKED_READ_LIMIT,
          "chunked_read_limit must be above 0 and at most " + Integer.MAX_VALUE);
    }
    return new RemoteReadConfig(
        url,
        o.get(NAME),
        o.get(REMOTE_TIMEOUT),
        HttpClientConfig.sentHeaders(o, HEADERS),
        o.get(REQUIRED_MATCHERS),
        o.get(READ_RECENT),
        o.get(FILTER_EXTERNAL_LABELS),
        (int) frame,
        HttpClientConfig.read(o, HttpClientConfig.DEFAULT));
  }

  /** Returns the tree shown on the configuration page. */
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("url", url);
    m.put("remote_timeout", timeout);
    m.put("headers", headers.isEmpty() ? null : headers);
    m.put("read_recent", readRecent ? true : null);
    m.put("required_matchers", requiredMatchers.isEmpty() ? null : requiredMatchers);
    m.put("name", name.isEmpty() ? null : name);
    client.addTo(m);
    m.put("filter_external_labels", filterExternalLabels);
    m.put("chunked_read_limit", maxFrame);
    return m;
  }

  /** Returns the URL without secrets in it, as in metrics. */
  String shownUrl() {
    return Redaction.url(url);
  }

  /** Returns the name used in warnings. */
  String shown() {
    return name.isEmpty() ? shownUrl() : name;
  }
}

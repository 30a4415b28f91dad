package dev.tethys.pipeline.receiver.docker;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.ClientTlsSettings;
import dev.tethys.pipeline.receiver.scraping.MetricSettings;
import dev.tethys.pipeline.receiver.scraping.ResourceAttributes;
import dev.tethys.pipeline.receiver.scraping.Rounds;
import dev.tethys.web.kubernetes.ClusterAccess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a receiver is told.
 *
 * @param pace with how long the daemon may take for one answer; not zero
 * @param endpoint {@code unix://…}, {@code tcp://…}, {@code http://…} or {@code https://…}; {@code
 *     ""} for {@code DOCKER_HOST}, or the usual socket
 * @param version of the API; {@code ""} for the daemon's own
 */
public record DockerConfig(
    Rounds.Pace pace,
    String endpoint,
    @Nullable ClientTlsSettings tls,
    String version,
    ImageFilter excluded,
    Map<String, String> labels,
    Map<String, String> variables,
    List<MetricSettings> metrics,
    ResourceAttributes resources) {
  static final String USUAL = "unix:///var/run/docker.sock";
  private static final Pattern VERSION = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})");
  private static final int OLDEST = 25;

  private static final Section SECTION =
      new Section("docker_stats", "Asks a Docker daemon what its containers use.");
  private static final Rounds.Pace.Keys PACE =
      new Rounds.Pace.Keys(SECTION, Duration.ofSeconds(10), Duration.ofSeconds(5));
  private static final Key<String> ENDPOINT =
      SECTION.key(
          "endpoint", Type.STRING, USUAL, "The daemon: unix://, tcp://, http:// or https://.");
  private static final Key<ClientTlsSettings> TLS =
      SECTION.optional("tls", ClientTlsSettings.TYPE, "TLS over TCP.");
  private static final Key<String> API_VERSION =
      SECTION.key("api_version", Type.STRING, "", "Of the API; without, the daemon's own.");
  private static final Key<List<String>> EXCLUDED =
      SECTION.key(
          "excluded_images",
          Type.list(Type.STRING),
          List.of(),
          "Images whose containers are left alone: names, globs, /expressions/; ! negates.");
  private static final Key<Map<String, String>> LABELS =
      SECTION.key(
          "container_labels_to_metric_labels",
          Type.map(Type.STRING),
          Map.of(),
          "Labels of containers that are attributes, and their names there.");
  private static final Key<Map<String, String>> VARIABLES =
      SECTION.key(
          "env_vars_to_metric_labels",
          Type.map(Type.STRING),
          Map.of(),
          "Variables of containers that are attributes, and their names there.");
  private static final MetricSettings.Keys METRICS =
      new MetricSettings.Keys(SECTION, DockerMetrics.ALL);
  private static final ResourceAttributes.Keys RESOURCES =
      new ResourceAttributes.Keys(SECTION, DockerMetrics.RESOURCE);

  static {
    SECTION.notBuilt(
        "provide_per_core_cpu_metrics", "metrics.container.cpu.usage.percpu is in its place.");
  }

  static final Type<DockerConfig> TYPE = SECTION.type(DockerConfig::read);

  private static DockerConfig read(YamlObject o) {
    String endpoint = o.get(ENDPOINT);
    if (!endpoint.isEmpty()) {
      String problem = problem(endpoint);
      if (problem != null) {
        throw o.error(ENDPOINT, problem);
      }
    }
    ClientTlsSettings tls = o.find(TLS);
    String plain = endpoint.isEmpty() ? null : plain(endpoint, tls);
    if (plain != null) {
      throw o.error(TLS, plain);
    }
    Rounds.Pace pace = PACE.read(o);
    ImageFilter excluded;
    try {
      excluded = new ImageFilter(o.get(EXCLUDED));
    } catch (IllegalArgumentException e) {
      throw o.error(EXCLUDED, "excluded_images: " + e.getMessage());
    }
    return new DockerConfig(
        pace.timeout().isZero()
            ? new Rounds.Pace(pace.interval(), pace.delay(), Duration.ofSeconds(30))
            : pace,
        endpoint,
        tls,
        version(o),
        excluded,
        o.get(LABELS),
        o.get(VARIABLES),
        METRICS.read(o),
        RESOURCES.read(o));
  }

  /** What is wrong with an address; null when nothing is. */
  static @Nullable String problem(String endpoint) {
    String wants = "\"" + endpoint + "\" is no address of a daemon: it wants unix:///path,";
    wants += " tcp://host:port, http://host:port or https://host:port";
    if (endpoint.startsWith("unix:///") && endpoint.length() > "unix:///".length()) {
      return null;
    }
    try {
      return endpoint.matches("(tcp|https?)://.+") && URI.create(endpoint).getHost() != null
          ? null
          : wants;
    } catch (IllegalArgumentException e) {
      return wants;
    }
  }

  /** Why nothing would come of {@code tls} at an address; null where something does. */
  @Nullable String plain(String address) {
    return plain(address, tls);
  }

  private static @Nullable String plain(String address, @Nullable ClientTlsSettings tls) {
    if (tls == null) {
      return null;
    }
    if (socket(address) != null) {
      return "tls says something over TCP only";
    }
    return address.startsWith("http://") && !tls.insecure()
        ? "\"" + address + "\" is without TLS: write tcp:// or https://, or leave tls out"
        : null;
  }

  private static String version(YamlObject o) {
    String v = o.get(API_VERSION).strip();
    if (v.isEmpty()) {
      return v;
    }
    Matcher m = VERSION.matcher(v);
    if (!m.matches()) {
      throw o.error(API_VERSION, "api_version wants a version such as \"1.44\", not \"" + v + "\"");
    }
    if (Integer.parseInt(m.group(1)) < 1
        || (Integer.parseInt(m.group(1)) == 1 && Integer.parseInt(m.group(2)) < OLDEST)) {
      throw o.error(
          API_VERSION,
          "api_version " + v + " is too old: 1." + OLDEST + " at least (1.40 wants quotes)");
    }
    return v;
  }

  /** The socket of this machine behind an address; null for TCP. */
  static @Nullable Path socket(String endpoint) {
    return endpoint.startsWith("unix://") ? Path.of(endpoint.substring("unix://".length())) : null;
  }

  /** The daemon at an address. */
  ClusterAccess access(String address) {
    boolean secure = tls != null && !tls.insecure();
    String url =
        socket(address) != null
            ? "http://docker"
            : address
                .replaceFirst("^tcp://", secure ? "https://" : "http://")
                .replaceAll("/+$", "");
    HttpClientConfig client =
        tls == null
            ? HttpClientConfig.DEFAULT_HTTP1
            : ClusterAccess.client(null, null, tls.config(), ProxyConfig.NONE);
    return ClusterAccess.of(url + (version.isEmpty() ? "" : "/v" + version), client);
  }
}

package dev.tethys.alert.notify;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.discovery.config.Discoveries;
import dev.tethys.config.CloudAuth;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.RelabelConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.NameScheme;
import dev.tethys.model.relabel.Relabeling;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Alertmanagers discovered and contacted with the same settings.
 *
 * @param timeout timeout of a single request
 * @param pathPrefix path prefix of {@code /api/v2/alerts}
 * @param relabeling relabeling of discovered targets
 * @param alertRelabeling relabeling of alerts sent there, after that of all alerts
 */
public record AlertmanagerConfig(
    Duration timeout,
    String scheme,
    String pathPrefix,
    HttpClientConfig client,
    List<DiscoveryConfig> discoveries,
    Relabeling relabeling,
    Relabeling alertRelabeling) {
  static final Section SECTION =
      new Section("alertmanager_config", "Alertmanagers that receive alerts.");
  private static final Key<Duration> TIMEOUT =
      SECTION.key("timeout", Type.DURATION, Duration.ofSeconds(10), "Timeout of a request.");
  private static final Key<String> API_VERSION =
      SECTION.key(
          "api_version", Type.of("v2", null, AlertmanagerConfig::version), "v2", "API version.");
  private static final Key<String> SCHEME =
      SECTION.key("scheme", Type.STRING, "http", "URL scheme: http or https.");
  private static final Key<String> PATH_PREFIX =
      SECTION.key("path_prefix", Type.STRING, "", "Path prefix of /api/v2/alerts.");
  private static final Key<YamlNode> RELABEL =
      SECTION.optional(
          "relabel_configs", RelabelConfig.LIST, "Relabeling of the discovered Alertmanagers.");
  private static final Key<YamlNode> ALERT_RELABEL =
      SECTION.optional(
          "alert_relabel_configs",
          RelabelConfig.LIST,
          "Relabeling of alerts sent to these Alertmanagers.");

  private static final Key<CloudAuth> SIGV4 =
      SECTION.optional("sigv4", CloudAuth.SigV4.TYPE, "Signing of requests for AWS.");

  static {
    SECTION.include(HttpClientConfig.SECTION).include(Discoveries.SECTION);
  }

  private static String version(YamlNode n) {
    String v = n.asString();
    if (!v.equals("v2")) {
      throw n.error("expected Alertmanager api version to be one of [v2] but got " + v);
    }
    return v;
  }

  static AlertmanagerConfig read(YamlNode node, NameScheme names) {
    YamlObject o = node.object(SECTION);
    o.get(API_VERSION);
    Relabeling relabeling = RelabelConfig.read(o.at(RELABEL), names);
    return new AlertmanagerConfig(
        o.get(TIMEOUT),
        o.get(SCHEME),
        o.get(PATH_PREFIX),
        HttpClientConfig.read(o).with(o.find(SIGV4), o),
        Discoveries.read(o, relabeling.isEmpty()),
        relabeling,
        RelabelConfig.read(o.at(ALERT_RELABEL), names));
  }

  /**
   * Checks that discovered Alertmanagers have supported addresses.
   *
   * @throws IllegalArgumentException with the first invalid one
   */
  public void check(TargetGroup group) {
    for (Labels target : group.targets()) {
      LabelsBuilder b = AlertmanagerSet.discovered(this, target, group.labels());
      if (relabeling.apply(b)) {
        AlertmanagerSet.url(b);
      }
    }
  }

  /** Returns the path to which alerts are posted. */
  String path() {
    String p = ("/" + pathPrefix + "/api/v2/alerts").replaceAll("/+", "/");
    return java.net.URI.create(p.replace(" ", "%20")).normalize().toString();
  }

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    client.addTo(m);
    m.put("scheme", scheme);
    m.put("path_prefix", pathPrefix.isEmpty() ? null : pathPrefix);
    m.put("timeout", timeout);
    m.put("api_version", "v2");
    m.put("relabel_configs", RelabelConfig.tree(relabeling));
    m.put("alert_relabel_configs", RelabelConfig.tree(alertRelabeling));
    Discoveries.addTo(m, discoveries);
    return m;
  }
}

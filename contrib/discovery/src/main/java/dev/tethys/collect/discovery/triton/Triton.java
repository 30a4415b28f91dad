package dev.tethys.collect.discovery.triton;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** {@code triton_sd_configs}: containers, or compute nodes, from the monitor of a data centre. */
public final class Triton implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("triton_sd_config", "Targets from the container monitor of Triton.");
  private static final Key<String> ACCOUNT =
      SECTION.key("account", Type.STRING, "", "Account used to discover targets; required.");
  private static final Key<String> ROLE =
      Mechanism.word(
          SECTION,
          "role",
          "container",
          "Role of the targets.",
          "triton SD configuration requires role to be 'container' or 'cn'",
          "container",
          "cn");
  private static final Key<String> DNS_SUFFIX =
      SECTION.key(
          "dns_suffix", Type.STRING, "", "DNS suffix appended to the ID of a target; required.");
  private static final Key<String> ENDPOINT =
      SECTION.key("endpoint", Type.STRING, "", "Host name of the discovery endpoint; required.");
  private static final Key<List<String>> GROUPS =
      SECTION.key(
          "groups", Type.list(Type.STRING), List.of(), "Groups whose containers are discovered.");
  private static final Key<Long> PORT =
      SECTION.key("port", Type.INT, 9163L, "Port of the discovery endpoint and of the targets.");
  private static final Key<Duration> REFRESH_INTERVAL =
      SECTION.key(
          "refresh_interval", // the original refuses null here
          Type.DURATION,
          Duration.ofSeconds(60),
          "Refresh interval.");
  private static final Key<TlsConfig> TLS_CONFIG =
      SECTION.key("tls_config", TlsConfig.TYPE, TlsConfig.DEFAULT, "TLS settings of the client.");
  private static final Key<Long> VERSION =
      SECTION.key("version", Type.INT, 1L, "Version of the discovery API.");

  public static final Mechanism MECHANISM =
      Mechanism.polling("triton", SECTION, REFRESH_INTERVAL, Triton::check, Triton::new);

  private static void check(YamlObject o, Settings s) {
    if (s.get(ROLE).isEmpty()) {
      throw o.error("triton SD configuration requires role to be 'container' or 'cn'");
    }
    if (s.get(ACCOUNT).isEmpty()) {
      throw o.error("triton SD configuration requires an account");
    }
    if (s.get(DNS_SUFFIX).isEmpty()) {
      throw o.error("triton SD configuration requires a dns_suffix");
    }
    if (s.get(ENDPOINT).isEmpty()) {
      throw o.error("triton SD configuration requires an endpoint");
    }
    if (!s.get(REFRESH_INTERVAL).isPositive()) {
      throw o.error("triton SD configuration requires RefreshInterval to be a positive integer");
    }
  }

  private final Settings settings;
  private final String url;
  private final RestClient rest;

  private Triton(Settings s, DiscoveryContext context) {
    this.settings = s;
    String groups = String.join(",", s.get(GROUPS));
    this.url =
        "https://"
            + s.get(ENDPOINT)
            + ":"
            + s.get(PORT)
            + "/v"
            + s.get(VERSION)
            + (s.get(ROLE).equals("cn") ? "/gz/discover" : "/discover")
            + (groups.isEmpty() ? "" : "?groups=" + RestClient.encoded(groups));
    HttpClientConfig client =
        new HttpClientConfig(
            null, null, null, s.get(TLS_CONFIG), true, true, ProxyConfig.NONE, Map.of());
    this.rest = new RestClient(context, client);
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    JsonNode n = rest.get(url);
    List<Labels> targets = new ArrayList<>();
    for (JsonNode c : n.path("containers")) {
      MetaLabels l = new MetaLabels("__meta_triton_");
      l.put("machine_id", c.path("vm_uuid"));
      l.put("machine_alias", c.path("vm_alias"));
      l.put("machine_brand", c.path("vm_brand"));
      l.put("machine_image", c.path("vm_image_uuid"));
      l.put("server_id", c.path("server_uuid"));
      l.list("groups", c.path("groups"), ",");
      targets.add(l.address(address(c.path("vm_uuid"))).build());
    }
    for (JsonNode c : n.path("cns")) {
      MetaLabels l = new MetaLabels("__meta_triton_");
      l.put("machine_id", c.path("server_uuid"));
      l.put("machine_alias", c.path("server_hostname"));
      targets.add(l.address(address(c.path("server_uuid"))).build());
    }
    return List.of(new TargetGroup(url, targets, Labels.EMPTY));
  }

  private String address(JsonNode id) {
    return id.asString("") + "." + settings.get(DNS_SUFFIX) + ":" + settings.get(PORT);
  }
}

package dev.tethys.collect.discovery.docker;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Filter;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** {@code docker_sd_configs}: a target for each network and port of each container. */
public final class DockerContainers implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("docker_sd_config", "Targets from the containers of a Docker daemon.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  static final Key<String> HOST =
      SECTION.key(
          "host",
          Type.STRING,
          "",
          "Address of the Docker daemon, such as unix:///var/run/docker.sock.");
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);
  private static final Key<List<Filter>> FILTERS =
      SECTION.key("filters", Filter.LIST, List.of(), "Filters of the containers.");
  private static final Key<String> HOST_NETWORKING_HOST =
      SECTION.key(
          "host_networking_host",
          Type.STRING,
          "localhost",
          "Host of the targets of containers in host networking mode.");
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<Boolean> MATCH_FIRST_NETWORK =
      SECTION.key(
          "match_first_network",
          Type.BOOL,
          true,
          "If true, only the first network, by name, of a container with several is used.");

  public static final Mechanism MECHANISM =
      Mechanism.polling(
          "docker",
          SECTION,
          REFRESH_INTERVAL,
          (o, s) -> DockerApi.check(o, s.get(HOST)),
          DockerContainers::new);

  /** Maximum length of a chain of containers that share a network. */
  private static final int MAX_HOPS = 100;

  private final Settings settings;
  private final DockerApi api;

  private DockerContainers(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.api =
        new DockerApi(s.get(HOST), s.get(FILTERS), s.client(), s.get(REFRESH_INTERVAL), context);
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    JsonNode containers = api.filtered("/containers/json");
    Map<String, JsonNode> networks = api.networks();
    Map<String, JsonNode> byId = new HashMap<>();
    containers.forEach(c -> byId.put(c.path("Id").asString(""), c));
    List<Labels> targets = new ArrayList<>();
    for (JsonNode c : containers) {
      if (c.path("Names").isEmpty()) {
        continue;
      }
      for (JsonNode network : networksOf(c, byId)) {
        add(targets, c, network, networks);
      }
    }
    return List.of(new TargetGroup("Docker", targets, Labels.EMPTY));
  }

  private List<JsonNode> networksOf(JsonNode c, Map<String, JsonNode> byId) {
    JsonNode networks = c.path("NetworkSettings").path("Networks");
    String mode = c.path("HostConfig").path("NetworkMode").asString("");
    for (int i = 0; networks.isEmpty() && mode.startsWith("container:") && i < MAX_HOPS; i++) {
      JsonNode other = byId.get(mode.substring("container:".length()));
      if (other == null) {
        break;
      }
      networks = other.path("NetworkSettings").path("Networks");
      mode = other.path("HostConfig").path("NetworkMode").asString("");
    }
    TreeMap<String, JsonNode> byName = new TreeMap<>();
    for (Map.Entry<String, JsonNode> e : networks.properties()) {
      if (!e.getValue().isNull()) {
        byName.put(e.getKey(), e.getValue());
      }
    }
    return settings.get(MATCH_FIRST_NETWORK) && byName.size() > 1
        ? List.of(byName.firstEntry().getValue())
        : List.copyOf(byName.values());
  }

  private void add(
      List<Labels> targets, JsonNode c, JsonNode network, Map<String, JsonNode> networks) {
    String ip = network.path("IPAddress").asString("");
    if (ip.isEmpty()) {
      ip = network.path("GlobalIPv6Address").asString("");
    }
    boolean added = false;
    for (JsonNode p : c.path("Ports")) {
      if (!p.path("Type").asString("").equals("tcp")) {
        continue;
      }
      long port = p.path("PrivatePort").asLong(0);
      MetaLabels l = labels(c, network, networks, ip).address(ip, port).put("port_private", port);
      long outside = p.path("PublicPort").asLong(0);
      if (outside > 0) {
        l.put("port_public", outside);
        l.put("port_public_ip", p.path("IP"));
      }
      targets.add(l.build());
      added = true;
    }
    if (!added) {
      MetaLabels l = labels(c, network, networks, ip);
      if (c.path("HostConfig").path("NetworkMode").asString("").equals("host")) {
        l.address(settings.get(HOST_NETWORKING_HOST));
      } else {
        l.address(ip, settings.get(PORT));
      }
      targets.add(l.build());
    }
  }

  private static MetaLabels labels(
      JsonNode c, JsonNode network, Map<String, JsonNode> networks, String ip) {
    MetaLabels l = new MetaLabels("__meta_docker_");
    l.put("network_ip", ip);
    l.put("container_id", c.path("Id"));
    l.put("container_name", c.path("Names").path(0));
    l.put("container_network_mode", c.path("HostConfig").path("NetworkMode"));
    l.put("container_image", c.path("Image"));
    l.put("container_image_id", c.path("ImageID"));
    l.keyed("container_label_", c.path("Labels"));
    DockerApi.addNetwork(l, networks, network.path("NetworkID").asString(""));
    return l;
  }
}

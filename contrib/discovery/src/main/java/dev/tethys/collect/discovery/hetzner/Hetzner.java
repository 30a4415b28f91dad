package dev.tethys.collect.discovery.hetzner;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
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
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** {@code hetzner_sd_configs}: servers of the cloud, or dedicated ones (robot). */
public final class Hetzner implements PollingDiscovery.Source {
  private static final Section SECTION = new Section("hetzner_sd_config", "Targets from Hetzner.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);
  private static final Key<String> ROLE =
      Mechanism.word(
          SECTION,
          "role",
          "",
          "Role of the targets; required.",
          "unknown role \"%s\"",
          "robot",
          "hcloud");
  private static final Key<String> LABEL_SELECTOR =
      SECTION.key(
          "label_selector",
          Type.STRING,
          "",
          "Label selector of the servers; only for the role hcloud.");

  public static final Mechanism MECHANISM =
      Mechanism.polling(
          "hetzner",
          SECTION,
          REFRESH_INTERVAL,
          (o, s) -> {
            if (s.get(ROLE).isEmpty()) {
              throw o.error("role missing (one of: robot, hcloud)");
            }
          },
          Hetzner::new);

  private static final String CLOUD = "https://api.hetzner.cloud/v1/";
  private static final String ROBOT = "https://robot-ws.your-server.de/server";

  /** Go's text for a missing address. */
  private static final String NO_ADDRESS = "<nil>";

  private final Settings settings;
  private final RestClient rest;

  private Hetzner(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.rest = new RestClient(context, s.client(), s.get(REFRESH_INTERVAL));
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<Labels> targets = settings.get(ROLE).equals("robot") ? robotTargets() : cloud();
    return List.of(new TargetGroup("hetzner", targets, Labels.EMPTY));
  }

  private List<JsonNode> all(String what, String query) throws IOException, InterruptedException {
    List<JsonNode> out = new ArrayList<>();
    long page = 1;
    for (int i = 0; i < RestClient.MAX_PAGES; i++) {
      JsonNode n = rest.get(CLOUD + what + "?page=" + page + "&per_page=50" + query);
      n.path(what).forEach(out::add);
      page = n.path("meta").path("pagination").path("next_page").asLong(0);
      if (page == 0) {
        return out;
      }
    }
    throw new IOException(CLOUD + what + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  private List<Labels> cloud() throws IOException, InterruptedException {
    String selector = settings.get(LABEL_SELECTOR);
    List<JsonNode> servers =
        all("servers", selector.isEmpty() ? "" : "&label_selector=" + RestClient.encoded(selector));
    Map<Long, String> networks = new HashMap<>();
    for (JsonNode n : all("networks", "")) {
      networks.put(n.path("id").asLong(0), n.path("name").asString(""));
    }
    List<Labels> out = new ArrayList<>();
    for (JsonNode s : servers) {
      out.add(server(s, networks));
    }
    return out;
  }

  private Labels server(JsonNode s, Map<Long, String> networks) {
    JsonNode location =
        s.path("location").isObject() ? s.path("location") : s.path("datacenter").path("location");
    JsonNode type = s.path("server_type");
    JsonNode image = s.path("image");
    String ip = s.path("public_net").path("ipv4").path("ip").asString("");
    String ip6 = s.path("public_net").path("ipv6").path("ip").asString("");
    MetaLabels l = new MetaLabels("__meta_hetzner_");
    l.put("role", "hcloud");
    l.put("server_id", s.path("id"));
    l.put("server_name", s.path("name"));
    l.put("server_status", s.path("status"));
    l.put("public_ipv4", ip.isEmpty() ? NO_ADDRESS : ip);
    l.put("public_ipv6_network", ip6.isEmpty() ? NO_ADDRESS : ip6);
    for (String prefix : List.of("hcloud_location", "hcloud_datacenter_location")) {
      l.put(prefix, location.path("name"));
      l.put(prefix + "_network_zone", location.path("network_zone"));
    }
    l.put("hcloud_server_type", type.path("name"));
    l.put("hcloud_cpu_cores", type.path("cores").asLong(0));
    l.put("hcloud_cpu_type", type.path("cpu_type"));
    l.put("hcloud_memory_size_gb", (long) type.path("memory").asDouble(0));
    l.put("hcloud_disk_size_gb", type.path("disk").asLong(0));
    l.put("hcloud_image_name", image.path("name"));
    l.put("hcloud_image_description", image.path("description"));
    l.put("hcloud_image_os_version", image.path("os_version"));
    l.put("hcloud_image_os_flavor", image.path("os_flavor"));
    for (JsonNode p : s.path("private_net")) {
      String network = networks.get(p.path("network").asLong(0));
      if (network != null) {
        l.keyed("hcloud_private_ipv4_", network, p.path("ip").asString(""));
      }
    }
    for (Map.Entry<String, JsonNode> e : s.path("labels").properties()) {
      l.keyed("hcloud_labelpresent_", e.getKey(), "true");
      l.keyed("hcloud_label_", e.getKey(), MetaLabels.text(e.getValue()));
    }
    return l.address(ip.isEmpty() ? NO_ADDRESS : ip, settings.get(PORT)).build();
  }

  private List<Labels> robotTargets() throws IOException, InterruptedException {
    List<Labels> out = new ArrayList<>();
    for (JsonNode e : rest.get(ROBOT)) {
      JsonNode s = e.path("server");
      String ip = s.path("server_ip").asString("");
      String datacenter = s.path("dc").asString("").toLowerCase(Locale.ROOT);
      MetaLabels l = new MetaLabels("__meta_hetzner_");
      l.put("role", "robot");
      l.put("server_id", s.path("server_number").asLong(0));
      l.put("server_name", s.path("server_name"));
      l.put("datacenter", datacenter);
      l.put("public_ipv4", ip);
      l.put("server_status", s.path("status"));
      l.put("robot_datacenter", datacenter);
      l.put("robot_product", s.path("product"));
      l.put("robot_cancelled", s.path("cancelled").asBoolean(false));
      for (JsonNode subnet : s.path("subnet")) {
        String network = subnet.path("ip").asString("");
        if (network.contains(":")) {
          l.put("public_ipv6_network", network + "/" + subnet.path("mask").asString(""));
          break;
        }
      }
      out.add(l.address(ip, settings.get(PORT)).build());
    }
    return out;
  }
}

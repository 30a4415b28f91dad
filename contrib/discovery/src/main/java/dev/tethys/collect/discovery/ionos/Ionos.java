package dev.tethys.collect.discovery.ionos;

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
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** {@code ionos_sd_configs}: the servers of one data centre. */
public final class Ionos implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("ionos_sd_config", "Targets from IONOS Cloud.");
  private static final Key<String> DATACENTER_ID =
      SECTION.key("datacenter_id", Type.STRING, "", "ID of the data center; required.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);

  public static final Mechanism MECHANISM =
      Mechanism.polling(
          "ionos",
          SECTION,
          REFRESH_INTERVAL,
          (o, s) -> {
            if (s.get(DATACENTER_ID).isEmpty()) {
              throw o.error("datacenter id can't be empty");
            }
          },
          Ionos::new);

  private static final String API = "https://api.ionos.com/cloudapi/v6/datacenters/";

  private final Settings settings;
  private final RestClient rest;

  private Ionos(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.rest = new RestClient(context, s.client(), s.get(REFRESH_INTERVAL));
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    JsonNode servers =
        rest.get(API + RestClient.encoded(settings.get(DATACENTER_ID)) + "/servers?depth=3");
    List<Labels> targets = new ArrayList<>();
    for (JsonNode s : servers.path("items")) {
      List<String> ips = new ArrayList<>();
      Map<String, List<String>> byNic = new HashMap<>();
      for (JsonNode nic : s.path("entities").path("nics").path("items")) {
        JsonNode p = nic.path("properties");
        if (p.isObject()) {
          List<String> its = MetaLabels.texts(p.path("ips"));
          ips.addAll(0, its);
          String name = p.path("name").isString() ? p.path("name").asString() : "unnamed";
          byNic.computeIfAbsent(name, n -> new ArrayList<>()).addAll(0, its);
        }
      }
      if (!ips.isEmpty()) {
        targets.add(target(servers, s, ips, byNic));
      }
    }
    return List.of(new TargetGroup("ionos", targets, Labels.EMPTY));
  }

  private Labels target(
      JsonNode servers, JsonNode s, List<String> ips, Map<String, List<String>> byNic) {
    JsonNode p = s.path("properties");
    MetaLabels l = new MetaLabels("__meta_ionos_server_");
    l.list("ip", ips, ",");
    l.put("availability_zone", p.path("availabilityZone"));
    l.put("cpu_family", p.path("cpuFamily"));
    l.put("servers_id", servers.path("id"));
    l.put("id", s.path("id"));
    l.put("lifecycle", s.path("metadata").path("state"));
    l.put("name", p.path("name"));
    l.put("state", p.path("vmState"));
    l.put("type", p.path("type"));
    byNic.forEach((nic, its) -> l.keyed("nic_ip_", nic, "," + String.join(",", its) + ","));
    l.put("boot_cdrom_id", p.path("bootCdrom").path("id"));
    l.put("boot_volume_id", p.path("bootVolume").path("id"));
    l.put(
        "boot_image_id",
        s.path("entities").path("volumes").path("items").path(0).path("properties").path("image"));
    return l.address(ips.getFirst(), settings.get(PORT)).build();
  }
}

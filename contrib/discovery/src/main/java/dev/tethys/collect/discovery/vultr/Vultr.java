package dev.tethys.collect.discovery.vultr;

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
import dev.tethys.model.Labels;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code vultr_sd_configs}: instances. */
public final class Vultr implements PollingDiscovery.Source {
  private static final Section SECTION = new Section("vultr_sd_config", "Targets from Vultr.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);

  public static final Mechanism MECHANISM =
      Mechanism.polling("vultr", SECTION, REFRESH_INTERVAL, (o, s) -> {}, Vultr::new);

  private static final String API = "https://api.vultr.com/v2/instances?per_page=100";

  private final Settings settings;
  private final RestClient rest;

  private Vultr(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.rest = new RestClient(context, s.client(), s.get(REFRESH_INTERVAL));
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<Labels> targets = new ArrayList<>();
    String cursor = "";
    for (int page = 0; page < RestClient.MAX_PAGES; page++) {
      JsonNode n =
          rest.get(API + (cursor.isEmpty() ? "" : "&cursor=" + RestClient.encoded(cursor)));
      n.path("instances").forEach(i -> targets.add(target(i)));
      cursor = n.path("meta").path("links").path("next").asString("");
      if (cursor.isEmpty()) {
        return List.of(new TargetGroup("Vultr", targets, Labels.EMPTY));
      }
    }
    throw new IOException(API + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  private Labels target(JsonNode i) {
    MetaLabels l = new MetaLabels("__meta_vultr_instance_");
    l.put("id", i.path("id"));
    l.put("label", i.path("label"));
    l.put("os", i.path("os"));
    l.put("os_id", i.path("os_id").asLong(0));
    l.put("region", i.path("region"));
    l.put("plan", i.path("plan"));
    l.put("vcpu_count", i.path("vcpu_count").asLong(0));
    l.put("ram_mb", i.path("ram").asLong(0));
    l.put("allowed_bandwidth_gb", i.path("allowed_bandwidth").asLong(0));
    l.put("disk_gb", i.path("disk").asLong(0));
    l.put("main_ip", i.path("main_ip"));
    l.put("main_ipv6", i.path("v6_main_ip"));
    l.put("internal_ip", i.path("internal_ip"));
    l.put("hostname", i.path("hostname"));
    l.put("server_status", i.path("server_status"));
    l.list("features", i.path("features"), ",");
    l.list("tags", i.path("tags"), ",");
    return l.address(i.path("main_ip").asString(""), settings.get(PORT)).build();
  }
}

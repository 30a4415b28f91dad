package dev.tethys.collect.discovery.nomad;

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
import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code nomad_sd_configs}: the instances of all services. */
public final class Nomad implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("nomad_sd_config", "Targets from the services of Nomad.");
  private static final Key<Boolean> ALLOW_STALE =
      SECTION.key(
          "allow_stale",
          Type.BOOL,
          true,
          "Allows stale results: any server may answer, not only the leader.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<String> NAMESPACE =
      SECTION.key("namespace", Type.STRING, "default", "Namespace; * for all.");
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<String> REGION = SECTION.key("region", Type.STRING, "global", "Region.");
  private static final Key<String> SERVER =
      SECTION.key("server", Type.STRING, "http://localhost:4646", "URL of the API.");
  private static final Key<String> TAG_SEPARATOR =
      SECTION.key(
          "tag_separator",
          Type.STRING,
          ",",
          "Separator that joins and surrounds the tags of a service.");

  public static final Mechanism MECHANISM =
      Mechanism.polling(
          "nomad",
          SECTION,
          REFRESH_INTERVAL,
          (o, s) -> {
            if (s.get(SERVER).isBlank()) {
              throw o.error("nomad SD configuration requires a server address");
            }
          },
          Nomad::new);

  private final Settings settings;
  private final DiscoveryContext context;
  private final RestClient rest;

  private Nomad(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.context = context;
    this.rest = new RestClient(context, s.client());
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<Labels> targets = new ArrayList<>();
    try {
      for (JsonNode stub : get("/v1/services")) {
        for (JsonNode s : stub.path("Services")) {
          String name = s.path("ServiceName").asString("");
          for (JsonNode i : get("/v1/service/" + RestClient.encoded(name).replace("+", "%20"))) {
            targets.add(target(i));
          }
        }
      }
    } catch (IOException e) {
      context.metrics().counter("prometheus_sd_nomad_failures_total").inc();
      throw e;
    }
    return List.of(new TargetGroup("Nomad", targets, Labels.EMPTY));
  }

  private JsonNode get(String path) throws IOException, InterruptedException {
    return rest.get(
        settings.get(SERVER).replaceAll("/+$", "")
            + path
            + "?namespace="
            + RestClient.encoded(settings.get(NAMESPACE))
            + "&region="
            + RestClient.encoded(settings.get(REGION))
            + (settings.get(ALLOW_STALE) ? "&stale=" : ""));
  }

  private Labels target(JsonNode i) {
    String address = i.path("Address").asString("");
    long port = i.path("Port").asLong(0);
    MetaLabels l = new MetaLabels("__meta_nomad_");
    l.put("address", address);
    l.put("dc", i.path("Datacenter"));
    l.put("node_id", i.path("NodeID"));
    l.put("namespace", i.path("Namespace"));
    l.put("service_address", address);
    l.put("service_id", i.path("ID"));
    l.put("service_port", port);
    l.put("service", i.path("ServiceName"));
    l.list("tags", i.path("Tags"), settings.get(TAG_SEPARATOR));
    return l.address(address, port).build();
  }
}

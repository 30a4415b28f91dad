package dev.tethys.collect.discovery.gce;

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
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.cloud.GoogleTokens;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code gce_sd_configs}: the instances of one project and zone of Google's cloud. */
public final class Gce implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("gce_sd_config", "Targets from instances of Google Compute Engine.");
  private static final Key<String> PROJECT =
      SECTION.key("project", Type.STRING, "", "GCP project; required.");
  private static final Key<String> ZONE =
      SECTION.key("zone", Type.STRING, "", "Zone of the targets; required.");
  private static final Key<String> FILTER =
      SECTION.key(
          "filter",
          Type.STRING,
          "",
          "Filter expression of the instances, in the syntax of the Compute Engine API.");
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);
  private static final Key<String> TAG_SEPARATOR =
      SECTION.key(
          "tag_separator",
          Type.STRING,
          ",",
          "Separator that joins and surrounds the tags of an instance.");

  public static final Mechanism MECHANISM =
      Mechanism.polling(
          "gce",
          SECTION,
          REFRESH_INTERVAL,
          (o, s) -> {
            if (s.get(PROJECT).isEmpty()) {
              throw o.error("GCE SD configuration requires a project");
            }
            if (s.get(ZONE).isEmpty()) {
              throw o.error("GCE SD configuration requires a zone");
            }
          },
          Gce::new);

  private static final String SCOPE = "https://www.googleapis.com/auth/compute.readonly";

  private final Settings settings;
  private final RestClient rest;
  private final GoogleTokens tokens;
  private final String url;

  private Gce(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.rest = new RestClient(context, HttpClientConfig.DEFAULT);
    this.tokens = new GoogleTokens("", SCOPE, context.dependencies(HttpClientConfig.DEFAULT));
    this.url =
        "https://compute.googleapis.com/compute/v1/projects/"
            + s.get(PROJECT)
            + "/zones/"
            + s.get(ZONE)
            + "/instances?alt=json"
            + (s.get(FILTER).isEmpty() ? "" : "&filter=" + RestClient.encoded(s.get(FILTER)));
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<Labels> targets = new ArrayList<>();
    String page = "";
    for (int i = 0; i < RestClient.MAX_PAGES; i++) {
      ClientRequest call =
          rest.call("GET", url + (page.isEmpty() ? "" : "&pageToken=" + RestClient.encoded(page)))
              .withHeader("Authorization", "Bearer " + tokens.token());
      RestClient.Reply r = rest.send(call);
      if (r.status() == 401) {
        tokens.refused();
      }
      if (r.status() / 100 != 2) {
        throw r.error();
      }
      JsonNode n = r.json();
      for (JsonNode instance : n.path("items")) {
        if (!instance.path("networkInterfaces").isEmpty()) {
          targets.add(target(instance));
        }
      }
      page = n.path("nextPageToken").asString("");
      if (page.isEmpty()) {
        String source = "GCE_" + settings.get(PROJECT) + "_" + settings.get(ZONE);
        return List.of(new TargetGroup(source, targets, Labels.EMPTY));
      }
    }
    throw new IOException(url + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  private Labels target(JsonNode i) {
    JsonNode first = i.path("networkInterfaces").path(0);
    MetaLabels l = new MetaLabels("__meta_gce_");
    l.put("project", settings.get(PROJECT));
    l.put("zone", i.path("zone"));
    l.put("instance_id", i.path("id"));
    l.put("instance_name", i.path("name"));
    l.put("instance_status", i.path("status"));
    l.put("machine_type", i.path("machineType"));
    l.put("network", first.path("network"));
    l.put("subnetwork", first.path("subnetwork"));
    l.put("private_ip", first.path("networkIP"));
    for (JsonNode n : i.path("networkInterfaces")) {
      l.keyed("interface_ipv4_", n.path("name").asString(""), n.path("networkIP").asString(""));
    }
    l.list("tags", i.path("tags").path("items"), settings.get(TAG_SEPARATOR));
    for (JsonNode m : i.path("metadata").path("items")) {
      l.keyed("metadata_", m.path("key").asString(""), MetaLabels.text(m.path("value")));
    }
    l.keyed("label_", i.path("labels"));
    JsonNode access = first.path("accessConfigs").path(0);
    if (access.path("type").asString("").equals("ONE_TO_ONE_NAT")) {
      l.put("public_ip", access.path("natIP"));
    }
    return l.address(first.path("networkIP").asString("") + ":" + settings.get(PORT)).build();
  }
}

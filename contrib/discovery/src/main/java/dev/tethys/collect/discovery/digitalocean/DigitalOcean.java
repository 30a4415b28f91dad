package dev.tethys.collect.discovery.digitalocean;

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

/** {@code digitalocean_sd_configs}: droplets, or clusters of databases. */
public final class DigitalOcean implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("digitalocean_sd_config", "Targets from DigitalOcean.");

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
          "droplets",
          "Role of the targets.",
          "unknown DigitalOcean SD role \"%s\"",
          "droplets",
          "databases");

  public static final Mechanism MECHANISM =
      Mechanism.polling(
          "digitalocean",
          SECTION,
          REFRESH_INTERVAL,
          (o, s) -> {
            if (s.get(ROLE).isEmpty()) {
              throw o.error("role missing (one of: droplets, databases)");
            }
          },
          DigitalOcean::new);

  private static final String API = "https://api.digitalocean.com/v2/";
  private static final int PER_PAGE = 200;

  private final Settings settings;
  private final RestClient rest;

  private DigitalOcean(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.rest = new RestClient(context, s.client(), s.get(REFRESH_INTERVAL));
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<Labels> targets = new ArrayList<>();
    if (settings.get(ROLE).equals("databases")) {
      for (JsonNode d : all("databases")) {
        targets.add(database(d));
      }
      return List.of(new TargetGroup("DigitalOcean Databases", targets, Labels.EMPTY));
    }
    for (JsonNode d : all("droplets")) {
      if (!d.path("networks").path("v4").isEmpty()) {
        targets.add(droplet(d));
      }
    }
    return List.of(new TargetGroup("DigitalOcean", targets, Labels.EMPTY));
  }

  private List<JsonNode> all(String what) throws IOException, InterruptedException {
    List<JsonNode> out = new ArrayList<>();
    for (int page = 1; page <= RestClient.MAX_PAGES; page++) {
      JsonNode n = rest.get(API + what + "?page=" + page + "&per_page=" + PER_PAGE);
      n.path(what).forEach(out::add);
      if (n.path("links").path("pages").path("next").asString("").isEmpty()
          || n.path(what).isEmpty()) {
        return out;
      }
    }
    throw new IOException(API + what + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  private Labels droplet(JsonNode d) {
    JsonNode v4 = d.path("networks").path("v4");
    MetaLabels l = new MetaLabels("__meta_digitalocean_");
    l.put("droplet_id", d.path("id"));
    l.put("droplet_name", d.path("name"));
    l.put("image", d.path("image").path("slug"));
    l.put("image_name", d.path("image").path("name"));
    l.put("private_ipv4", ip(v4, "private"));
    l.put("public_ipv4", ip(v4, "public"));
    l.put("public_ipv6", ip(d.path("networks").path("v6"), "public"));
    l.put("region", d.path("region").path("slug"));
    l.put("size", d.path("size_slug"));
    l.put("status", d.path("status"));
    l.put("vpc", d.path("vpc_uuid"));
    l.list("features", d.path("features"), ",");
    l.list("tags", d.path("tags"), ",");
    return l.address(ip(v4, "public"), settings.get(PORT)).build();
  }

  private static String ip(JsonNode networks, String type) {
    for (JsonNode n : networks) {
      if (n.path("type").asString("").equals(type)) {
        return n.path("ip_address").asString("");
      }
    }
    return "";
  }

  private Labels database(JsonNode d) {
    MetaLabels l = new MetaLabels("__meta_digitalocean_db_");
    l.put("id", d.path("id"));
    l.put("name", d.path("name"));
    l.put("engine", d.path("engine"));
    l.put("version", d.path("version"));
    l.put("status", d.path("status"));
    l.put("region", d.path("region"));
    l.put("size", d.path("size"));
    l.put("num_nodes", d.path("num_nodes").asLong(0));
    String inside = d.path("private_connection").path("host").asString("");
    String outside = d.path("connection").path("host").asString("");
    l.put("private_host", inside);
    l.put("host", outside);
    String host = inside.isEmpty() ? outside : inside;
    if (!host.isEmpty()) {
      l.address(host, settings.get(PORT));
    }
    MetaLabels.texts(d.path("tags")).forEach(t -> l.put("tag_" + t, "true"));
    return l.build();
  }
}

package dev.tethys.collect.discovery.scaleway;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** {@code scaleway_sd_configs}: instances or bare metal of one zone. */
public final class Scaleway implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("scaleway_sd_config", "Targets from Scaleway.");
  private static final Key<String> PROJECT_ID =
      SECTION.key("project_id", Type.STRING, "", "Project ID; required.");
  private static final Key<String> API_URL =
      SECTION.key("api_url", Type.STRING, "https://api.scaleway.com", "URL of the API.");
  private static final Key<String> ZONE =
      SECTION.key("zone", Type.STRING, "fr-par-1", "Availability zone of the targets.");
  private static final Key<String> ACCESS_KEY =
      SECTION.key("access_key", Type.STRING, "", "Access key; required.");
  private static final Key<Secret> SECRET_KEY =
      SECTION.key("secret_key", Type.SECRET, Secret.NONE, "Secret key.");
  private static final Key<String> SECRET_KEY_FILE =
      SECTION.key("secret_key_file", Type.PATH, "", "File that holds the secret key.");
  private static final Key<String> NAME_FILTER =
      SECTION.key("name_filter", Type.STRING, "", "Name filter of the servers.");
  private static final Key<List<String>> TAGS_FILTER =
      SECTION.key("tags_filter", Type.list(Type.STRING), List.of(), "Tag filter of the servers.");

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
          "instance",
          "baremetal");

  public static final Mechanism MECHANISM =
      Mechanism.polling("scaleway", SECTION, REFRESH_INTERVAL, Scaleway::check, Scaleway::new);

  private static final Pattern UUID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final int PER_PAGE = 100;

  private static void check(YamlObject o, Settings s) {
    if (s.get(ROLE).isEmpty()) {
      throw o.error("role missing (one of: instance, baremetal)");
    }
    if (s.get(PROJECT_ID).isEmpty()) {
      throw o.error("project_id is mandatory");
    }
    boolean secret = !s.get(SECRET_KEY).isEmpty();
    boolean file = !s.get(SECRET_KEY_FILE).isEmpty();
    if (!secret && !file) {
      throw o.error("one of secret_key & secret_key_file must be configured");
    }
    if (secret && file) {
      throw o.error("at most one of secret_key & secret_key_file must be configured");
    }
    if (s.get(ACCESS_KEY).isEmpty()) {
      throw o.error("access_key is mandatory");
    }
    if (!s.get(ACCESS_KEY).matches("SCW[A-Z0-9]{17}")) {
      throw o.error(ACCESS_KEY, "an access key must be SCW and 17 capital letters or digits");
    }
    if (secret && !UUID.matcher(s.get(SECRET_KEY).value()).matches()) {
      throw o.error(SECRET_KEY, "a secret key must be a UUID");
    }
    if (!UUID.matcher(s.get(PROJECT_ID)).matches()) {
      throw o.error(PROJECT_ID, "a project's id must be a UUID");
    }
    if (!s.get(ZONE).matches("[a-z]{2}-[a-z]{3}-[1-9]")) {
      throw o.error(ZONE, "a zone must look like fr-par-1");
    }
  }

  private final Settings settings;
  private final RestClient rest;

  private Scaleway(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.rest = new RestClient(context, s.client(), s.get(REFRESH_INTERVAL));
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<Labels> targets = settings.get(ROLE).equals("instance") ? instances() : metal();
    return List.of(new TargetGroup("scaleway", targets, Labels.EMPTY));
  }

  private List<JsonNode> all(String path, String list, String size, String query)
      throws IOException, InterruptedException {
    String file = settings.get(SECRET_KEY_FILE);
    String secret = file.isEmpty() ? settings.get(SECRET_KEY).value() : RestClient.file(file);
    String url = settings.get(API_URL).replaceAll("/+$", "") + path;
    List<JsonNode> out = new ArrayList<>();
    for (int page = 1; page <= RestClient.MAX_PAGES; page++) {
      ClientRequest call =
          rest.call("GET", url + "?page=" + page + "&" + size + "=" + PER_PAGE + query)
              .withHeader("X-Auth-Token", secret);
      RestClient.Reply r = rest.ok(call);
      JsonNode n = r.json();
      n.path(list).forEach(out::add);
      String header = r.header("X-Total-Count");
      long total =
          header.matches("[0-9]{1,18}") ? Long.parseLong(header) : n.path("total_count").asLong(0);
      if (out.size() >= total || n.path(list).isEmpty()) {
        return out;
      }
    }
    throw new IOException(url + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  private String filters() {
    String name = settings.get(NAME_FILTER);
    return name.isEmpty() ? "" : "&name=" + RestClient.encoded(name);
  }

  private static String region(String zone) {
    int dash = zone.lastIndexOf('-');
    return dash < 0 ? "" : zone.substring(0, dash);
  }

  private List<Labels> instances() throws IOException, InterruptedException {
    List<String> tags = settings.get(TAGS_FILTER);
    List<JsonNode> servers =
        all(
            "/instance/v1/zones/" + settings.get(ZONE) + "/servers",
            "servers",
            "per_page",
            filters()
                + (tags.isEmpty() ? "" : "&tags=" + RestClient.encoded(String.join(",", tags))));
    Map<String, String> nics = nicAddresses(servers);
    List<Labels> out = new ArrayList<>();
    for (JsonNode s : servers) {
      MetaLabels l = instance(s);
      String address = "";
      JsonNode v6 = s.path("ipv6");
      if (v6.isObject()) {
        address = v6.path("address").asString("");
        l.put("public_ipv6", address);
      }
      JsonNode open = s.path("public_ip");
      if (open.isObject()) {
        address = open.path("address").asString("");
        if (!open.path("family").asString("").equals("inet6")) {
          l.put("public_ipv4", address);
        }
      }
      if (s.path("private_ip").isString()) {
        address = s.path("private_ip").asString();
        l.put("private_ipv4", address);
      }
      for (JsonNode nic : s.path("private_nics")) {
        String ip = nics.getOrDefault(nic.path("id").asString(""), "");
        if (address.isEmpty() && !ip.isEmpty()) {
          l.put("private_ipv4", ip);
          address = ip;
        }
      }
      if (!address.isEmpty()) {
        out.add(l.address(address, settings.get(PORT)).build());
      }
    }
    return out;
  }

  /** Returns the addresses of private interfaces for servers that have no others. */
  private Map<String, String> nicAddresses(List<JsonNode> servers)
      throws IOException, InterruptedException {
    Map<String, StringBuilder> byRegion = new TreeMap<>();
    for (JsonNode s : servers) {
      if (!s.path("private_ip").isString()
          && !s.path("public_ip").isObject()
          && !s.path("ipv6").isObject()) {
        for (JsonNode nic : s.path("private_nics")) {
          byRegion
              .computeIfAbsent(region(s.path("zone").asString("")), r -> new StringBuilder())
              .append("&resource_ids=")
              .append(RestClient.encoded(nic.path("id").asString("")));
        }
      }
    }
    Map<String, String> out = new HashMap<>();
    for (Map.Entry<String, StringBuilder> e : byRegion.entrySet()) {
      for (JsonNode ip :
          all(
              "/ipam/v1/regions/" + e.getKey() + "/ips",
              "ips",
              "page_size",
              "&resource_types=instance_private_nic" + e.getValue())) {
        String address = ip.path("address").asString("").replaceFirst("/.*", "");
        if (!ip.path("is_ipv6").asBoolean(false) && !address.isEmpty()) {
          out.put(ip.path("resource").path("id").asString(""), address);
        }
      }
    }
    return out;
  }

  private static MetaLabels instance(JsonNode s) {
    MetaLabels l = new MetaLabels("__meta_scaleway_instance_");
    l.put("boot_type", s.path("boot_type"));
    l.put("hostname", s.path("hostname"));
    l.put("id", s.path("id"));
    l.put("name", s.path("name"));
    l.put("organization_id", s.path("organization"));
    l.put("project_id", s.path("project"));
    l.put("status", s.path("state"));
    l.put("type", s.path("commercial_type"));
    l.put("zone", s.path("zone"));
    l.put("region", region(s.path("zone").asString("")));
    l.put("image_arch", s.path("image").path("arch"));
    l.put("image_id", s.path("image").path("id"));
    l.put("image_name", s.path("image").path("name"));
    l.put("location_cluster_id", s.path("location").path("cluster_id"));
    l.put("location_hypervisor_id", s.path("location").path("hypervisor_id"));
    l.put("location_node_id", s.path("location").path("node_id"));
    l.put("security_group_id", s.path("security_group").path("id"));
    l.put("security_group_name", s.path("security_group").path("name"));
    l.list("tags", s.path("tags"), ",");
    List<String> v4 = new ArrayList<>();
    List<String> v6 = new ArrayList<>();
    for (JsonNode ip : s.path("public_ips")) {
      String family = ip.path("family").asString("");
      if (family.equals("inet")) {
        v4.add(ip.path("address").asString(""));
      } else if (family.equals("inet6")) {
        v6.add(ip.path("address").asString(""));
      }
    }
    l.list("public_ipv4_addresses", v4, ",");
    l.list("public_ipv6_addresses", v6, ",");
    return l;
  }

  private List<Labels> metal() throws IOException, InterruptedException {
    String base = "/baremetal/v1/zones/" + settings.get(ZONE);
    StringBuilder query = new StringBuilder(filters());
    settings.get(TAGS_FILTER).forEach(t -> query.append("&tags=").append(RestClient.encoded(t)));
    List<JsonNode> servers = all(base + "/servers", "servers", "page_size", query.toString());
    Map<String, JsonNode> offers = byId(all(base + "/offers", "offers", "page_size", ""));
    Map<String, JsonNode> systems = byId(all(base + "/os", "os", "page_size", ""));
    List<Labels> out = new ArrayList<>();
    for (JsonNode s : servers) {
      MetaLabels l = new MetaLabels("__meta_scaleway_baremetal_");
      l.put("id", s.path("id"));
      l.put("name", s.path("name"));
      l.put("zone", s.path("zone"));
      l.put("status", s.path("status"));
      l.put("project_id", s.path("project_id"));
      JsonNode offer = offers.get(s.path("offer_id").asString(""));
      l.put("type", offer == null ? "" : offer.path("name").asString(""));
      JsonNode os = systems.get(s.path("install").path("os_id").asString(""));
      if (os != null) {
        l.put("os_name", os.path("name"));
        l.put("os_version", os.path("version"));
      }
      l.list("tags", s.path("tags"), ",");
      String v4 = "";
      String v6 = "";
      for (JsonNode ip : s.path("ips")) {
        String version = ip.path("version").asString("");
        String address = ip.path("address").asString("");
        switch (version) {
          case "IPv4" -> v4 = v4.isEmpty() ? address : v4;
          case "IPv6" -> v6 = v6.isEmpty() ? address : v6;
          default -> throw new IOException("scaleway: unknown IP version: " + version);
        }
      }
      l.put("public_ipv4", v4);
      l.put("public_ipv6", v6);
      if (!v4.isEmpty() || !v6.isEmpty()) {
        l.address(v4.isEmpty() ? v6 : v4, settings.get(PORT));
      }
      out.add(l.build());
    }
    return out;
  }

  private static Map<String, JsonNode> byId(List<JsonNode> list) {
    Map<String, JsonNode> out = new HashMap<>();
    list.forEach(n -> out.putIfAbsent(n.path("id").asString(""), n));
    return out;
  }
}

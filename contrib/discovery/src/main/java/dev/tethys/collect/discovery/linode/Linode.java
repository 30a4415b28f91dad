package dev.tethys.collect.discovery.linode;

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
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * {@code linode_sd_configs}: instances. As long as the account's events report no change, only
 * these are requested, and everything every tenth time.
 */
public final class Linode implements PollingDiscovery.Source {
  private static final Section SECTION = new Section("linode_sd_config", "Targets from Linode.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);
  private static final Key<String> TAG_SEPARATOR =
      SECTION.key(
          "tag_separator",
          Type.STRING,
          ",",
          "Separator that joins and surrounds the tags of an instance.");
  private static final Key<String> REGION =
      SECTION.key("region", Type.STRING, "", "Region to filter on; all if empty.");

  public static final Mechanism MECHANISM =
      Mechanism.polling("linode", SECTION, REFRESH_INTERVAL, (o, s) -> {}, Linode::new);

  private static final String API = "https://api.linode.com/v4/";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss").withZone(ZoneOffset.UTC);
  private static final int POLLS = 10;

  private final Settings settings;
  private final DiscoveryContext context;
  private final RestClient rest;
  private @Nullable List<TargetGroup> last;
  private Instant lastTime;
  private int polls;
  private boolean eventsAllowed = true;

  private Linode(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.context = context;
    this.rest = new RestClient(context, s.client(), s.get(REFRESH_INTERVAL));
    this.lastTime = context.clock().instant();
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    Instant now = context.clock().instant();
    List<TargetGroup> result = last;
    if (result == null || !eventsAllowed || hasEvents()) {
      try {
        result = everything();
      } catch (IOException e) {
        context.metrics().counter("prometheus_sd_linode_failures_total").inc();
        throw e;
      }
      last = result;
      polls = 0;
    }
    lastTime = now;
    return result;
  }

  private boolean hasEvents() throws IOException, InterruptedException {
    ClientRequest call =
        rest.call("GET", API + "account/events?page=1&page_size=25")
            .withHeader("X-Filter", "{\"created\": {\"+gte\": \"" + TIME.format(lastTime) + "\"}}");
    RestClient.Reply r = rest.send(call);
    if (r.status() == 401) {
      eventsAllowed = false; // the token may not read them
      return true;
    }
    if (r.status() / 100 != 2) {
      throw r.error();
    }
    polls++;
    return !r.json().path("data").isEmpty() || polls >= POLLS;
  }

  private List<JsonNode> all(String what) throws IOException, InterruptedException {
    List<JsonNode> out = new ArrayList<>();
    String region = settings.get(REGION);
    for (int page = 1; page <= RestClient.MAX_PAGES; page++) {
      ClientRequest call = rest.call("GET", API + what + "?page=" + page + "&page_size=500");
      if (!region.isEmpty()) {
        call = call.withHeader("X-Filter", "{\"region\": \"" + region + "\"}");
      }
      JsonNode n = rest.json(call);
      n.path("data").forEach(out::add);
      if (page >= n.path("pages").asLong(0)) {
        return out;
      }
    }
    throw new IOException(API + what + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  private List<TargetGroup> everything() throws IOException, InterruptedException {
    List<JsonNode> instances = all("linode/instances");
    Map<String, List<JsonNode>> addresses = new HashMap<>();
    for (JsonNode a : all("networking/ips")) {
      addresses.computeIfAbsent(a.path("address").asString(""), k -> new ArrayList<>()).add(a);
    }
    Map<String, List<String>> ranges = new HashMap<>();
    for (JsonNode r : all("networking/ipv6/ranges")) {
      ranges
          .computeIfAbsent(r.path("route_target").asString(""), k -> new ArrayList<>())
          .add(r.path("range").asString("") + "/" + r.path("prefix").asLong(0));
    }
    List<Labels> targets = new ArrayList<>();
    for (JsonNode i : instances) {
      if (!i.path("ipv4").isEmpty()) {
        targets.add(target(i, addresses, ranges));
      }
    }
    return List.of(new TargetGroup("Linode", targets, Labels.EMPTY));
  }

  private Labels target(
      JsonNode i, Map<String, List<JsonNode>> addresses, Map<String, List<String>> ranges) {
    MetaLabels l = new MetaLabels("__meta_linode_");
    JsonNode specs = i.path("specs");
    String separator = settings.get(TAG_SEPARATOR);
    String outside = "";
    String inside = "";
    List<String> extra = new ArrayList<>();
    for (String ip : MetaLabels.texts(i.path("ipv4"))) {
      for (JsonNode a : addresses.getOrDefault(ip, List.of())) {
        boolean open = a.path("public").asBoolean(false);
        if (open && outside.isEmpty()) {
          outside = ip;
          l.put("public_ipv4_rdns", rdns(a));
        } else if (!open && inside.isEmpty()) {
          inside = ip;
          l.put("private_ipv4_rdns", rdns(a));
        } else {
          extra.add(ip);
        }
      }
    }
    String v6 = i.path("ipv6").asString("");
    if (!v6.isEmpty()) {
      String slaac = v6.contains("/") ? v6.substring(0, v6.indexOf('/')) : v6;
      for (JsonNode a : addresses.getOrDefault(slaac, List.of())) {
        l.put("public_ipv6", slaac);
        l.put("public_ipv6_rdns", rdns(a));
      }
      l.list("ipv6_ranges", ranges.getOrDefault(slaac, List.of()), separator);
    }
    l.put("instance_id", i.path("id"));
    l.put("instance_label", i.path("label"));
    l.put("image", i.path("image"));
    l.put("private_ipv4", inside);
    l.put("public_ipv4", outside);
    l.put("region", i.path("region"));
    l.put("type", i.path("type"));
    l.put("status", i.path("status"));
    l.put("group", i.path("group"));
    l.put("gpus", specs.path("gpus").asLong(0));
    l.put("hypervisor", i.path("hypervisor"));
    l.put("backups", i.path("backups").path("enabled").asBoolean(false) ? "enabled" : "disabled");
    l.put("specs_disk_bytes", specs.path("disk").asLong(0) << 20);
    l.put("specs_memory_bytes", specs.path("memory").asLong(0) << 20);
    l.put("specs_vcpus", specs.path("vcpus").asLong(0));
    l.put("specs_transfer_bytes", specs.path("transfer").asLong(0) << 20);
    l.list("tags", i.path("tags"), separator);
    l.list("extra_ips", extra, separator);
    return l.address(outside, settings.get(PORT)).build();
  }

  private static String rdns(JsonNode address) {
    String s = MetaLabels.text(address.path("rdns"));
    return s.equals("null") ? "" : s;
  }
}

package dev.tethys.collect.discovery.ovhcloud;

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
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code ovhcloud_sd_configs}: virtual or dedicated servers. */
public final class OvhCloud implements PollingDiscovery.Source {
  private static final System.Logger LOG = JulLogger.of(OvhCloud.class.getName());

  private static final Section SECTION =
      new Section("ovhcloud_sd_config", "Targets from OVHcloud.");
  private static final Key<String> ENDPOINT =
      SECTION.key("endpoint", Type.STRING, "ovh-eu", "API endpoint, by name or URL.");
  private static final Key<String> APPLICATION_KEY =
      SECTION.key("application_key", Type.STRING, "", "Application key; required.");
  private static final Key<Secret> APPLICATION_SECRET =
      SECTION.key("application_secret", Type.SECRET, Secret.NONE, "Application secret; required.");
  private static final Key<Secret> CONSUMER_KEY =
      SECTION.key("consumer_key", Type.SECRET, Secret.NONE, "Consumer key; required.");
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<String> SERVICE =
      SECTION.key("service", Type.STRING, "", "vps or dedicated_server; required.");

  public static final Mechanism MECHANISM =
      Mechanism.polling("ovhcloud", SECTION, REFRESH_INTERVAL, OvhCloud::check, OvhCloud::new);

  private static final Map<String, String> ENDPOINTS =
      Map.of(
          "ovh-eu", "https://eu.api.ovh.com/1.0",
          "ovh-ca", "https://ca.api.ovh.com/1.0",
          "ovh-us", "https://api.us.ovhcloud.com/1.0",
          "kimsufi-eu", "https://eu.api.kimsufi.com/1.0",
          "kimsufi-ca", "https://ca.api.kimsufi.com/1.0",
          "soyoustart-eu", "https://eu.api.soyoustart.com/1.0",
          "soyoustart-ca", "https://ca.api.soyoustart.com/1.0");

  private static void check(YamlObject o, Settings s) {
    if (s.get(ENDPOINT).isEmpty()) {
      throw o.error("endpoint can not be empty");
    }
    if (s.get(APPLICATION_KEY).isEmpty()) {
      throw o.error("application key can not be empty");
    }
    if (s.get(APPLICATION_SECRET).isEmpty()) {
      throw o.error("application secret can not be empty");
    }
    if (s.get(CONSUMER_KEY).isEmpty()) {
      throw o.error("consumer key can not be empty");
    }
    if (!s.get(SERVICE).equals("vps") && !s.get(SERVICE).equals("dedicated_server")) {
      throw o.error("unknown service: " + s.get(SERVICE));
    }
    if (!s.get(ENDPOINT).contains("/") && !ENDPOINTS.containsKey(s.get(ENDPOINT))) {
      throw o.error(
          ENDPOINT,
          "unknown endpoint \""
              + s.get(ENDPOINT)
              + "\"; allowed: a URL, or one of "
              + String.join(", ", new TreeSet<>(ENDPOINTS.keySet())));
    }
  }

  private final Settings settings;
  private final DiscoveryContext context;
  private final RestClient rest;
  private final String base;
  private @Nullable Duration ahead;

  private OvhCloud(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.context = context;
    this.rest = new RestClient(context, HttpClientConfig.DEFAULT);
    this.base = ENDPOINTS.getOrDefault(s.get(ENDPOINT), s.get(ENDPOINT)).replaceAll("/+$", "");
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    String service = settings.get(SERVICE);
    String path = service.equals("vps") ? "/vps" : "/dedicated/server";
    List<Labels> targets = new ArrayList<>();
    for (JsonNode name : get(path)) {
      String one = path + "/" + RestClient.encoded(name.asString(""));
      try {
        JsonNode details = get(one);
        List<String> ips = addresses(get(one + "/ips"));
        targets.add(service.equals("vps") ? vps(details, ips) : dedicated(details, ips));
      } catch (IOException e) {
        LOG.log(
            Level.WARNING,
            "ovhcloud discovery cannot get details of {0}, which is skipped: {1}",
            name.asString(""),
            e.getMessage());
      }
    }
    return List.of(new TargetGroup("ovhcloud_" + service, targets, Labels.EMPTY));
  }

  private JsonNode get(String path) throws IOException, InterruptedException {
    Duration difference = ahead;
    if (difference == null) {
      long theirs = rest.get(base + "/auth/time").asLong(0);
      difference = Duration.between(context.clock().instant(), Instant.ofEpochSecond(theirs));
      ahead = difference;
    }
    String url = base + path;
    long time = context.clock().instant().plus(difference).getEpochSecond();
    String consumer = settings.get(CONSUMER_KEY).value();
    String signed =
        settings.get(APPLICATION_SECRET).value() + "+" + consumer + "+GET+" + url + "++" + time;
    ClientRequest call =
        rest.call("GET", url)
            .withHeader("X-Ovh-Application", settings.get(APPLICATION_KEY))
            .withHeader("X-Ovh-Consumer", consumer)
            .withHeader("X-Ovh-Timestamp", Long.toString(time))
            .withHeader("X-Ovh-Signature", "$1$" + sha1(signed));
    return rest.json(call);
  }

  private static String sha1(String s) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-1").digest(s.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK supports SHA-1", e);
    }
  }

  /** Returns single addresses; networks and the wildcard address are omitted. */
  private static List<String> addresses(JsonNode list) throws IOException {
    List<String> out = new ArrayList<>();
    for (String s : MetaLabels.texts(list)) {
      int slash = s.indexOf('/');
      if (slash >= 0 && !s.endsWith("/32")) {
        continue;
      }
      String ip = slash < 0 ? s : s.substring(0, slash);
      if (!ip.matches("[0-9a-fA-F.:]+")) {
        throw new IOException("could not parse IP addresses from list");
      }
      if (!ip.equals("0.0.0.0") && !ip.equals("::")) {
        out.add(ip);
      }
    }
    if (out.isEmpty()) {
      throw new IOException("could not parse IP addresses from list");
    }
    return out;
  }

  private static void addAddresses(MetaLabels l, List<String> ips, JsonNode server) {
    String v4 = "";
    String v6 = "";
    for (String ip : ips) {
      if (ip.contains(":")) {
        v6 = ip;
      } else {
        v4 = ip;
      }
    }
    l.put("ipv4", v4);
    l.put("ipv6", v6);
    l.address(v4.isEmpty() ? v6 : v4);
    l.set("instance", server.path("name").asString(""));
  }

  private static Labels vps(JsonNode s, List<String> ips) {
    MetaLabels l = new MetaLabels("__meta_ovhcloud_vps_");
    JsonNode model = s.path("model");
    addAddresses(l, ips, s);
    l.put("offer", model.path("offer"));
    l.put("datacenter", "[" + String.join(" ", MetaLabels.texts(model.path("datacenter"))) + "]");
    l.put("model_vcore", model.path("vcore").asLong(0));
    l.put("maximum_additional_ip", model.path("maximumAdditionnalIp").asLong(0));
    l.put("version", model.path("version"));
    l.put("model_name", model.path("name"));
    l.put("disk", model.path("disk").asLong(0));
    l.put("memory", model.path("memory").asLong(0));
    l.put("zone", s.path("zone"));
    l.put("display_name", s.path("displayName"));
    l.put("cluster", s.path("cluster"));
    l.put("state", s.path("state"));
    l.put("name", s.path("name"));
    l.put("netboot_mode", s.path("netbootMode"));
    l.put("memory_limit", s.path("memoryLimit").asLong(0));
    l.put("offer_type", s.path("offerType"));
    l.put("vcore", s.path("vcore").asLong(0));
    return l.build();
  }

  private static Labels dedicated(JsonNode s, List<String> ips) {
    MetaLabels l = new MetaLabels("__meta_ovhcloud_dedicated_server_");
    addAddresses(l, ips, s);
    l.put("state", s.path("state"));
    l.put("commercial_range", s.path("commercialRange"));
    l.put("link_speed", s.path("linkSpeed").asLong(0));
    l.put("rack", s.path("rack"));
    l.put("no_intervention", s.path("noIntervention").asBoolean(false));
    l.put("os", s.path("os"));
    l.put("support_level", s.path("supportLevel"));
    l.put("server_id", s.path("serverId").asLong(0));
    l.put("reverse", s.path("reverse"));
    l.put("datacenter", s.path("datacenter"));
    l.put("name", s.path("name"));
    return l.build();
  }
}

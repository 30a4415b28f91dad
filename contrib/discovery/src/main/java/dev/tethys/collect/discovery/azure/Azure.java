package dev.tethys.collect.discovery.azure;

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
import dev.tethys.web.cloud.AzureTokens;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code azure_sd_configs}: virtual machines, including those of scale sets. */
public final class Azure implements PollingDiscovery.Source {
  private static final System.Logger LOG = JulLogger.of(Azure.class.getName());

  private static final Section SECTION =
      new Section("azure_sd_config", "Targets from virtual machines of Azure.");
  private static final Key<String> ENVIRONMENT =
      SECTION.key("environment", Type.STRING, "AzurePublicCloud", "Azure environment (cloud).");
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);
  private static final Key<String> SUBSCRIPTION_ID =
      SECTION.key("subscription_id", Type.STRING, "", "Subscription ID; required.");
  private static final Key<String> TENANT_ID =
      SECTION.key("tenant_id", Type.STRING, "", "Tenant ID; required with OAuth.");
  private static final Key<String> CLIENT_ID =
      SECTION.key("client_id", Type.STRING, "", "Client ID; required with OAuth.");
  private static final Key<Secret> CLIENT_SECRET =
      SECTION.key("client_secret", Type.SECRET, Secret.NONE, "Client secret; required with OAuth.");
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofMinutes(5));
  private static final Key<String> AUTHENTICATION_METHOD =
      SECTION.key(
          "authentication_method",
          Type.STRING,
          "OAuth",
          "Authentication method: OAuth, ManagedIdentity, SDK (from the environment) or"
              + " WorkloadIdentity.");
  private static final Key<String> RESOURCE_GROUP =
      SECTION.key("resource_group", Type.STRING, "", "Resource group; all if empty.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  public static final Mechanism MECHANISM =
      Mechanism.polling("azure", SECTION, REFRESH_INTERVAL, Azure::check, Azure::new);

  private static final Map<String, AzureTokens.Cloud> CLOUDS =
      Map.of(
          "AZURECHINACLOUD", AzureTokens.Cloud.CHINA,
          "AZURECLOUD", AzureTokens.Cloud.PUBLIC,
          "AZUREGERMANCLOUD", AzureTokens.Cloud.PUBLIC,
          "AZUREPUBLICCLOUD", AzureTokens.Cloud.PUBLIC,
          "AZUREUSGOVERNMENT", AzureTokens.Cloud.GOVERNMENT,
          "AZUREUSGOVERNMENTCLOUD", AzureTokens.Cloud.GOVERNMENT);

  private static final String COMPUTE = "?api-version=2024-07-01";
  private static final String NETWORK =
      "?api-version=2024-05-01&$expand=IPConfigurations/PublicIPAddress";
  private static final String SCALE_SET_NETWORK =
      "?api-version=2018-10-01&$expand=IPConfigurations/PublicIPAddress";

  /** Maximum number of cached network interfaces. */
  static final int MAX_KEPT = 5000;

  private static void check(YamlObject o, Settings s) {
    String method = s.get(AUTHENTICATION_METHOD);
    require(o, s.get(SUBSCRIPTION_ID), "subscription_id");
    if (method.equals("OAuth")) {
      require(o, s.get(TENANT_ID), "tenant_id");
      require(o, s.get(CLIENT_ID), "client_id");
      require(o, s.get(CLIENT_SECRET).value(), "client_secret");
    }
    if (!List.of("OAuth", "ManagedIdentity", "SDK", "WorkloadIdentity").contains(method)) {
      throw o.error(
          AUTHENTICATION_METHOD,
          "unknown authentication_type \""
              + method
              + "\". Supported types are \"OAuth\", \"ManagedIdentity\", \"SDK\" or"
              + " \"WorkloadIdentity\"");
    }
    if (!CLOUDS.containsKey(s.get(ENVIRONMENT).toUpperCase(Locale.ROOT))) {
      throw o.error(ENVIRONMENT, "unknown cloud configuration \"" + s.get(ENVIRONMENT) + "\"");
    }
  }

  private static void require(YamlObject o, String value, String name) {
    if (value.isEmpty()) {
      throw o.error("azure SD configuration requires a " + name);
    }
  }

  /** A cached network interface. */
  private record CachedInterface(JsonNode nic, Instant until) {}

  private final Settings settings;
  private final DiscoveryContext context;
  private final RestClient rest;
  private final AzureTokens tokens;
  private final AzureTokens.Cloud cloud;
  private final Map<String, CachedInterface> kept = new LinkedHashMap<>(16, 0.75f, true);

  private Azure(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.context = context;
    this.rest = new RestClient(context, s.client());
    this.cloud =
        CLOUDS.getOrDefault(s.get(ENVIRONMENT).toUpperCase(Locale.ROOT), AzureTokens.Cloud.PUBLIC);
    AzureTokens.Identity who =
        switch (s.get(AUTHENTICATION_METHOD)) {
          case "OAuth" ->
              new AzureTokens.Identity.Application(
                  s.get(TENANT_ID), s.get(CLIENT_ID), s.get(CLIENT_SECRET));
          case "ManagedIdentity" -> new AzureTokens.Identity.Managed(s.get(CLIENT_ID));
          case "WorkloadIdentity" -> new AzureTokens.Identity.Workload("", "", "");
          default -> new AzureTokens.Identity.Environment(s.get(TENANT_ID));
        };
    this.tokens =
        new AzureTokens(
            cloud, who, cloud.managementScope(), context.dependencies(HttpClientConfig.DEFAULT));
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    try {
      List<Labels> targets = new ArrayList<>();
      String group = settings.get(RESOURCE_GROUP);
      String base =
          "/subscriptions/"
              + settings.get(SUBSCRIPTION_ID)
              + (group.isEmpty() ? "" : "/resourceGroups/" + RestClient.encoded(group))
              + "/providers/Microsoft.Compute/";
      for (JsonNode vm : all(base + "virtualMachines" + COMPUTE)) {
        add(targets, vm, "");
      }
      for (JsonNode set : all(base + "virtualMachineScaleSets" + COMPUTE)) {
        String name = set.path("name").asString("");
        String path =
            "/subscriptions/"
                + settings.get(SUBSCRIPTION_ID)
                + "/resourceGroups/"
                + resourceGroup(set.path("id").asString(""))
                + "/providers/Microsoft.Compute/virtualMachineScaleSets/"
                + name
                + "/virtualMachines";
        for (JsonNode vm : all(path + COMPUTE)) {
          add(targets, vm, name);
        }
      }
      return List.of(new TargetGroup("", targets, Labels.EMPTY));
    } catch (IOException e) {
      context.metrics().counter("prometheus_sd_azure_failures_total").inc();
      throw e;
    }
  }

  private RestClient.Reply send(String url) throws IOException, InterruptedException {
    ClientRequest call =
        rest.call("GET", url).withHeader("Authorization", "Bearer " + tokens.token());
    RestClient.Reply r = rest.send(call);
    if (r.status() == 401) {
      tokens.refused();
    }
    return r;
  }

  private List<JsonNode> all(String path) throws IOException, InterruptedException {
    List<JsonNode> out = new ArrayList<>();
    String url = cloud.management() + path;
    for (int page = 0; page < RestClient.MAX_PAGES; page++) {
      RestClient.Reply r = send(url);
      if (r.status() / 100 != 2) {
        throw r.error();
      }
      JsonNode n = r.json();
      n.path("value").forEach(out::add);
      url = n.path("nextLink").asString("");
      if (url.isEmpty()) {
        return out;
      }
    }
    throw new IOException(path + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  /** Returns the group in an ID such as {@code /subscriptions/S/resourceGroups/G/providers/...}. */
  private static String resourceGroup(String id) throws IOException {
    String[] parts = id.split("/");
    for (int i = 0; i + 1 < parts.length; i++) {
      if (parts[i].equalsIgnoreCase("resourceGroups")) {
        return parts[i + 1];
      }
    }
    throw new IOException("azure: invalid ID '" + id + "'");
  }

  private void add(List<Labels> targets, JsonNode vm, String scaleSet)
      throws IOException, InterruptedException {
    String id = vm.path("id").asString("");
    JsonNode p = vm.path("properties");
    MetaLabels l = new MetaLabels("__meta_azure_");
    l.put("subscription_id", settings.get(SUBSCRIPTION_ID));
    l.put("tenant_id", settings.get(TENANT_ID));
    l.put("machine_id", id);
    l.put("machine_name", vm.path("name"));
    l.put("machine_computer_name", p.path("osProfile").path("computerName"));
    l.put("machine_os_type", p.path("storageProfile").path("osDisk").path("osType"));
    l.put("machine_location", vm.path("location"));
    l.put("machine_resource_group", resourceGroup(id));
    l.put("machine_size", p.path("hardwareProfile").path("vmSize"));
    l.put("machine_scale_set", scaleSet);
    l.keyed("machine_tag_", vm.path("tags"));
    for (JsonNode n : p.path("networkProfile").path("networkInterfaces")) {
      JsonNode nic = nic(n.path("id").asString(""), !scaleSet.isEmpty());
      if (nic == null || !nic.path("properties").isObject()) {
        if (nic == null) {
          return;
        }
        continue;
      }
      JsonNode primary = nic.path("properties").path("primary");
      if (!primary.isBoolean()) {
        LOG.log(Level.DEBUG, "azure: {0} is deallocated", vm.path("name").asString(""));
        return;
      }
      if (!primary.asBoolean()) {
        continue;
      }
      JsonNode ip = nic.path("properties").path("ipConfigurations").path(0).path("properties");
      if (nic.path("properties").path("ipConfigurations").isEmpty()) {
        continue;
      }
      l.put("machine_public_ip", ip.path("publicIPAddress").path("properties").path("ipAddress"));
      String inside = ip.path("privateIPAddress").asString("");
      if (inside.isEmpty()) {
        throw new IOException(
            "azure: unable to find a private IP for VM " + vm.path("name").asString(""));
      }
      l.put("machine_private_ip", inside);
      targets.add(l.address(inside, settings.get(PORT)).build());
      return;
    }
  }

  /** Returns a network interface, or null if none has that ID. */
  private @Nullable JsonNode nic(String id, boolean ofScaleSet)
      throws IOException, InterruptedException {
    Instant now = context.clock().instant();
    CachedInterface k = kept.get(id);
    if (k != null && now.isBefore(k.until)) {
      context.metrics().counter("prometheus_sd_azure_cache_hit_total").inc();
      return k.nic;
    }
    // Ids of interfaces in scale sets have set and machine in them.
    RestClient.Reply r = send(cloud.management() + id + (ofScaleSet ? SCALE_SET_NETWORK : NETWORK));
    if (r.status() == 404) {
      LOG.log(Level.WARNING, "azure: network interface {0} does not exist", id);
      return null;
    }
    if (r.status() / 100 != 2) {
      throw r.error();
    }
    JsonNode nic = r.json();
    long interval = Math.max(1, settings.get(REFRESH_INTERVAL).toSeconds());
    // Spreads the expiry: about a tenth of the interfaces is requested again each time.
    long seconds = interval * 10 + ThreadLocalRandom.current().nextLong(interval * 3);
    kept.put(id, new CachedInterface(nic, now.plusSeconds(seconds)));
    if (kept.size() > MAX_KEPT) {
      kept.remove(kept.keySet().iterator().next());
    }
    return nic;
  }
}

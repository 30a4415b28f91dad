package dev.tethys.collect.discovery.outscale;

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
import dev.tethys.web.cloud.AwsIdentity;
import dev.tethys.web.cloud.AwsSigner;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** {@code outscale_sd_configs}: the virtual machines of one region. */
public final class Outscale implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("outscale_sd_config", "Targets from virtual machines of Outscale.");
  private static final Key<String> ENDPOINT =
      SECTION.key(
          "endpoint", Type.STRING, "", "URL of the API; the endpoint of the region if empty.");
  private static final Key<String> REGION =
      SECTION.key("region", Type.STRING, "eu-west-2", "Region of the targets.");
  private static final Key<String> ACCESS_KEY =
      SECTION.key("access_key", Type.STRING, "", "Access key; required.");
  private static final Key<Secret> SECRET_KEY =
      SECTION.key("secret_key", Type.SECRET, Secret.NONE, "Secret key.");
  private static final Key<String> SECRET_KEY_FILE =
      SECTION.key("secret_key_file", Type.PATH, "", "File that holds the secret key.");
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  public static final Mechanism MECHANISM =
      Mechanism.polling("outscale", SECTION, REFRESH_INTERVAL, Outscale::check, Outscale::new);

  private static void check(YamlObject o, Settings s) {
    if (s.get(REGION).isEmpty()) {
      throw o.error("outscale SD configuration requires a region");
    }
    if (s.get(ACCESS_KEY).isEmpty()) {
      throw o.error("outscale SD configuration requires access_key");
    }
    boolean secret = !s.get(SECRET_KEY).isEmpty();
    boolean file = !s.get(SECRET_KEY_FILE).isEmpty();
    if (!secret && !file) {
      throw o.error("one of secret_key & secret_key_file must be configured");
    }
    if (secret && file) {
      throw o.error("at most one of secret_key & secret_key_file must be configured");
    }
  }

  private final Settings settings;
  private final DiscoveryContext context;
  private final RestClient rest;
  private final String url;

  private Outscale(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.context = context;
    this.rest = new RestClient(context, s.client(), s.get(REFRESH_INTERVAL));
    String own = s.get(ENDPOINT).replaceAll("/+$", "");
    this.url =
        (own.isEmpty() ? "https://api." + s.get(REGION) + ".outscale.com/api/v1" : own)
            + "/ReadVms";
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    String file = settings.get(SECRET_KEY_FILE);
    String secret = file.isEmpty() ? settings.get(SECRET_KEY).value() : RestClient.file(file);
    AwsIdentity identity = AwsIdentity.of(settings.get(ACCESS_KEY), secret);
    List<Labels> targets = new ArrayList<>();
    String token = "";
    for (int page = 0; page < RestClient.MAX_PAGES; page++) {
      Map<String, String> body = token.isEmpty() ? Map.of() : Map.of("NextPageToken", token);
      ClientRequest call =
          rest.post(url, "application/json", RestClient.JSON.writeValueAsBytes(body));
      JsonNode n =
          rest.json(
              AwsSigner.sign(
                  call, identity, settings.get(REGION), "oapi", context.clock().instant()));
      for (JsonNode vm : n.path("Vms")) {
        String inside = vm.path("PrivateIp").asString("");
        String address = inside.isEmpty() ? vm.path("PublicIp").asString("") : inside;
        if (!address.isEmpty()) {
          targets.add(target(vm, address));
        }
      }
      token = n.path("NextPageToken").asString("");
      if (token.isEmpty()) {
        return List.of(new TargetGroup(settings.get(REGION), targets, Labels.EMPTY));
      }
    }
    throw new IOException(url + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  private Labels target(JsonNode vm, String address) {
    MetaLabels l = new MetaLabels("__meta_outscale_vm_");
    l.put("instance_id", vm.path("VmId"));
    l.put("region", settings.get(REGION));
    l.put("state", vm.path("State"));
    l.put("subregion", vm.path("Placement").path("SubregionName"));
    l.put("private_ip", vm.path("PrivateIp"));
    l.put("public_ip", vm.path("PublicIp"));
    for (JsonNode t : vm.path("Tags")) {
      if (!t.path("Key").asString("").isEmpty()) {
        l.keyed("tag_", t.path("Key").asString(""), t.path("Value").asString(""));
      }
    }
    return l.address(address, settings.get(PORT)).build();
  }
}

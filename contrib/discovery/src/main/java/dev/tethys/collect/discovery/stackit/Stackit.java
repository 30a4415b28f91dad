package dev.tethys.collect.discovery.stackit;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.JwtBearer;
import dev.tethys.config.Key;
import dev.tethys.config.OAuth2;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** {@code stackit_sd_configs}: the servers of one project. */
public final class Stackit implements PollingDiscovery.Source {
  private static final Section SECTION = new Section("stackit_sd_config", "Targets from STACKIT.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<String> PROJECT = SECTION.key("project", Type.STRING, "", "Project ID.");
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);
  private static final Key<String> REGION =
      SECTION.key("region", Type.STRING, "eu01", "Region of the targets.");
  private static final Key<String> ENDPOINT =
      SECTION.key(
          "endpoint", Type.STRING, "", "URL of the API; the endpoint of the region if empty.");
  private static final Key<Secret> SERVICE_ACCOUNT_KEY =
      SECTION.key("service_account_key", Type.SECRET, Secret.NONE, "Service account key, as JSON.");
  private static final Key<Secret> PRIVATE_KEY =
      SECTION.key(
          "private_key",
          Type.SECRET,
          Secret.NONE,
          "RSA private key of the service account, as PEM text.");
  private static final Key<String> SERVICE_ACCOUNT_KEY_PATH =
      SECTION.key("service_account_key_path", Type.STRING, "", "File of the service account key.");
  private static final Key<String> PRIVATE_KEY_PATH =
      SECTION.key("private_key_path", Type.STRING, "", "File of the RSA private key.");
  private static final Key<String> CREDENTIALS_FILE_PATH =
      SECTION.key(
          "credentials_file_path",
          Type.STRING,
          "",
          "Credentials file that may hold STACKIT_PRIVATE_KEY or STACKIT_PRIVATE_KEY_PATH.");

  public static final Mechanism MECHANISM =
      Mechanism.polling("stackit", SECTION, REFRESH_INTERVAL, Stackit::check, Stackit::new);

  private static final String TOKENS = "https://service-account.api.stackit.cloud/token";

  private static void check(YamlObject o, Settings s) {
    String endpoint = s.get(ENDPOINT);
    if (endpoint.isEmpty() && s.get(REGION).isEmpty()) {
      throw o.error("stackit_sd: endpoint and region missing");
    }
    try {
      URI.create(endpoint);
    } catch (IllegalArgumentException e) {
      throw o.error(
          ENDPOINT, "stackit_sd: invalid endpoint \"" + endpoint + "\": " + e.getMessage());
    }
  }

  private final Settings settings;
  private final DiscoveryContext context;
  private final String url;
  private @Nullable RestClient rest;

  private Stackit(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.context = context;
    String endpoint = s.get(ENDPOINT);
    this.url =
        (endpoint.isEmpty()
                ? "https://iaas.api." + s.get(REGION) + ".stackit.cloud"
                : endpoint.replaceAll("/+$", ""))
            + "/v1/projects/"
            + RestClient.encoded(s.get(PROJECT))
            + "/servers?details=true";
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    RestClient r = rest;
    if (r == null) {
      r = new RestClient(context, client(), settings.get(REFRESH_INTERVAL));
      rest = r;
    }
    List<Labels> targets = new ArrayList<>();
    for (JsonNode s : r.get(url).path("items")) {
      Labels t = target(s);
      if (t != null) {
        targets.add(t);
      }
    }
    return List.of(new TargetGroup("stackit", targets, Labels.EMPTY));
  }

  /** Returns the configured client, with tokens of the service account if one is set. */
  private HttpClientConfig client() throws IOException {
    String path = settings.get(SERVICE_ACCOUNT_KEY_PATH);
    String key = path.isEmpty() ? settings.get(SERVICE_ACCOUNT_KEY).value() : RestClient.file(path);
    if (key.isEmpty()) {
      return settings.client();
    }
    JsonNode c;
    try {
      c = RestClient.JSON.readTree(key).path("credentials");
    } catch (JacksonException e) {
      throw new IOException("the service account key is not JSON", e);
    }
    return RestClient.withOAuth2(
        settings.client(),
        new OAuth2(
            c.path("sub").asString(""),
            Secret.NONE,
            "",
            new JwtBearer(
                true,
                new Secret(privateKey(c)),
                "",
                c.path("kid").asString(""),
                "RS512",
                c.path("iss").asString(""),
                c.path("aud").asString(""),
                Map.of()),
            List.of(),
            TOKENS,
            Map.of(),
            settings.client().tls(),
            settings.client().proxy()));
  }

  private String privateKey(JsonNode credentials) throws IOException {
    if (!settings.get(PRIVATE_KEY).isEmpty()) {
      return settings.get(PRIVATE_KEY).value();
    }
    if (!settings.get(PRIVATE_KEY_PATH).isEmpty()) {
      return RestClient.file(settings.get(PRIVATE_KEY_PATH));
    }
    String key = credentials.path("privateKey").asString("");
    String file = settings.get(CREDENTIALS_FILE_PATH);
    if (key.isEmpty() && !file.isEmpty()) {
      try {
        JsonNode n = RestClient.JSON.readTree(RestClient.file(file));
        String path = n.path("STACKIT_PRIVATE_KEY_PATH").asString("");
        key = path.isEmpty() ? n.path("STACKIT_PRIVATE_KEY").asString("") : RestClient.file(path);
      } catch (JacksonException e) {
        throw new IOException(file + " is not JSON", e);
      }
    }
    if (key.isEmpty()) {
      throw new IOException("the service account's private key is not set");
    }
    return key;
  }

  private @Nullable Labels target(JsonNode s) {
    MetaLabels l = new MetaLabels("__meta_stackit_");
    String open = "";
    String address = "";
    for (JsonNode nic : s.path("nics")) {
      String ip = nic.path("publicIp").asString("");
      if (open.isEmpty() && !ip.isEmpty()) {
        open = ip;
        address = ip;
      }
      String inside = nic.path("ipv4").asString("");
      if (!inside.isEmpty()) {
        l.keyed("private_ipv4_", nic.path("networkName").asString(""), inside);
        address = address.isEmpty() ? inside : address;
      }
    }
    if (address.isEmpty()) {
      return null;
    }
    l.put("project", settings.get(PROJECT));
    l.put("id", s.path("id"));
    l.put("name", s.path("name"));
    l.put("availability_zone", s.path("availabilityZone"));
    l.put("status", s.path("status"));
    l.put("power_status", s.path("powerStatus"));
    l.put("type", s.path("machineType"));
    l.put("public_ipv4", open);
    for (Map.Entry<String, JsonNode> e : s.path("labels").properties()) {
      if (e.getValue().isString()) {
        l.keyed("labelpresent_", e.getKey(), "true");
        l.keyed("label_", e.getKey(), e.getValue().asString());
      }
    }
    return l.address(address, settings.get(PORT)).build();
  }
}

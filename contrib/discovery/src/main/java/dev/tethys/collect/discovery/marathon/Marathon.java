package dev.tethys.collect.discovery.marathon;

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
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** {@code marathon_sd_configs}: the tasks of all applications, a group for each. */
public final class Marathon implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("marathon_sd_config", "Targets from the applications of Marathon.");
  private static final Key<List<String>> SERVERS =
      SECTION.key(
          "servers",
          Type.list(Type.STRING),
          List.of(),
          "URLs of Marathon servers, of which any is queried; required.");
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(30));
  private static final Key<Secret> AUTH_TOKEN =
      SECTION.key("auth_token", Type.SECRET, Secret.NONE, "Authentication token of DC/OS.");
  private static final Key<String> AUTH_TOKEN_FILE =
      SECTION.key("auth_token_file", Type.PATH, "", "File that holds the authentication token.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  public static final Mechanism MECHANISM =
      Mechanism.polling("marathon", SECTION, REFRESH_INTERVAL, Marathon::check, Marathon::new);

  private static void check(YamlObject o, Settings s) {
    boolean token = !s.get(AUTH_TOKEN).isEmpty();
    boolean file = !s.get(AUTH_TOKEN_FILE).isEmpty();
    if (s.get(SERVERS).isEmpty()) {
      throw o.error("marathon_sd: must contain at least one Marathon server");
    }
    if (token && file) {
      throw o.error("marathon_sd: at most one of auth_token & auth_token_file must be configured");
    }
    if (!token && !file) {
      return;
    }
    if (s.client().basicAuth() != null) {
      throw o.error(
          "marathon_sd: at most one of basic_auth, auth_token & auth_token_file must be"
              + " configured");
    }
    if (o.node().entries().containsKey("bearer_token")
        || o.node().entries().containsKey("bearer_token_file")) {
      throw o.error(
          "marathon_sd: at most one of bearer_token, bearer_token_file, auth_token &"
              + " auth_token_file must be configured");
    }
    if (s.client().authorization() != null) {
      throw o.error(
          "marathon_sd: at most one of auth_token, auth_token_file & authorization must be"
              + " configured");
    }
  }

  private final Settings settings;
  private final RestClient rest;

  private Marathon(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.rest = new RestClient(context, s.client());
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<String> servers = settings.get(SERVERS);
    String server = servers.get(ThreadLocalRandom.current().nextInt(servers.size()));
    ClientRequest call = rest.call("GET", server + "/v2/apps/?embed=apps.tasks");
    String file = settings.get(AUTH_TOKEN_FILE);
    String token = file.isEmpty() ? settings.get(AUTH_TOKEN).value() : RestClient.file(file);
    if (!token.isEmpty()) {
      call = call.withHeader("Authorization", "token=" + token);
    }
    List<TargetGroup> out = new ArrayList<>();
    for (JsonNode app : rest.json(call).path("apps")) {
      MetaLabels l = new MetaLabels("__meta_marathon_");
      l.put("app", app.path("id"));
      l.put("image", app.path("container").path("docker").path("image"));
      l.keyed("app_label_", app.path("labels"));
      out.add(new TargetGroup(app.path("id").asString(""), targets(app), l.build()));
    }
    return out;
  }

  /** Ports of an application; 0 for a port assigned to each task. */
  private record Port(long number, JsonNode labels) {}

  private static List<Labels> targets(JsonNode app) {
    boolean containers = app.path("networks").path(0).path("mode").asString("").equals("container");
    List<Port> ports = new ArrayList<>();
    String prefix = "port_mapping_label_";
    JsonNode mappings = app.path("container").path("portMappings");
    if (mappings.isEmpty()) {
      mappings = app.path("container").path("docker").path("portMappings");
    }
    if (!mappings.isEmpty()) {
      for (JsonNode m : mappings) {
        long port = m.path(containers ? "containerPort" : "hostPort").asLong(0);
        ports.add(new Port(port, m.path("labels")));
      }
    } else {
      prefix = "port_definition_label_";
      boolean required = app.path("requirePorts").asBoolean(false);
      for (JsonNode d : app.path("portDefinitions")) {
        ports.add(new Port(required ? d.path("port").asLong(0) : 0, d.path("labels")));
      }
    }
    List<Labels> out = new ArrayList<>();
    for (JsonNode task : app.path("tasks")) {
      JsonNode own = task.path("ports");
      if (ports.isEmpty()) {
        own.forEach(p -> ports.add(new Port(p.asLong(0), MissingNode.getInstance())));
      }
      for (int i = 0; i < ports.size(); i++) {
        long port = ports.get(i).number;
        if (port == 0 && own.size() == ports.size()) {
          port = own.path(i).asLong(0);
        }
        JsonNode address = task.path("ipAddresses").path(0).path("ipAddress");
        String host =
            containers && address.isString() ? address.asString() : task.path("host").asString("");
        MetaLabels l = new MetaLabels("__meta_marathon_").address(host, port);
        l.put("task", task.path("id"));
        l.put("port_index", i);
        l.keyed(prefix, ports.get(i).labels);
        out.add(l.build());
      }
    }
    return out;
  }
}

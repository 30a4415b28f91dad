package dev.tethys.collect.discovery.docker;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Filter;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** {@code dockerswarm_sd_configs}: the nodes, services or tasks of a swarm. */
public final class DockerSwarm implements PollingDiscovery.Source {
  private static final Section SECTION =
      new Section("dockerswarm_sd_config", "Targets from the manager of a Docker swarm.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<String> HOST =
      SECTION.key(
          "host",
          Type.STRING,
          "",
          "Address of the Docker daemon of a manager, such as unix:///var/run/docker.sock.");
  private static final Key<String> ROLE =
      Mechanism.word(
          SECTION,
          "role",
          "",
          "Role of the targets; required.",
          "invalid role %s, expected tasks, services, or nodes",
          "services",
          "tasks",
          "nodes");
  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);
  private static final Key<List<Filter>> FILTERS =
      SECTION.key("filters", Filter.LIST, List.of(), "Filters of the services, tasks or nodes.");
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));

  public static final Mechanism MECHANISM =
      Mechanism.polling(
          "dockerswarm",
          SECTION,
          REFRESH_INTERVAL,
          (o, s) -> {
            DockerApi.check(o, s.get(HOST));
            if (s.get(ROLE).isEmpty()) {
              throw o.error("role missing (one of: tasks, services, nodes)");
            }
          },
          DockerSwarm::new);

  private static final JsonNode NOTHING = MissingNode.getInstance();

  private final Settings settings;
  private final DockerApi api;

  private DockerSwarm(Settings s, DiscoveryContext context) {
    this.settings = s;
    this.api =
        new DockerApi(s.get(HOST), s.get(FILTERS), s.client(), s.get(REFRESH_INTERVAL), context);
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<Labels> targets =
        switch (settings.get(ROLE)) {
          case "nodes" -> nodes();
          case "services" -> services();
          default -> tasks();
        };
    return List.of(new TargetGroup("DockerSwarm", targets, Labels.EMPTY));
  }

  private static MetaLabels labels() {
    return new MetaLabels("__meta_dockerswarm_");
  }

  private static void addNode(MetaLabels l, JsonNode n) {
    JsonNode description = n.path("Description");
    l.put("node_id", n.path("ID"));
    l.put("node_role", n.path("Spec").path("Role"));
    l.put("node_address", n.path("Status").path("Addr"));
    l.put("node_availability", n.path("Spec").path("Availability"));
    l.put("node_hostname", description.path("Hostname"));
    l.put("node_platform_architecture", description.path("Platform").path("Architecture"));
    l.put("node_platform_os", description.path("Platform").path("OS"));
    l.put("node_status", n.path("Status").path("State"));
    l.keyed("node_label_", n.path("Spec").path("Labels"));
  }

  private List<Labels> nodes() throws IOException, InterruptedException {
    List<Labels> out = new ArrayList<>();
    for (JsonNode n : api.filtered("/nodes")) {
      MetaLabels l = labels();
      addNode(l, n);
      l.put("node_engine_version", n.path("Description").path("Engine").path("EngineVersion"));
      JsonNode manager = n.path("ManagerStatus");
      if (manager.isObject()) {
        l.put("node_manager_leader", manager.path("Leader").asBoolean(false));
        l.put("node_manager_reachability", manager.path("Reachability"));
        l.put("node_manager_address", manager.path("Addr"));
      }
      l.address(n.path("Status").path("Addr").asString(""), settings.get(PORT));
      out.add(l.build());
    }
    return out;
  }

  private static void addService(MetaLabels l, JsonNode s) {
    JsonNode mode = s.path("Spec").path("Mode");
    l.put("service_id", s.path("ID"));
    l.put("service_name", s.path("Spec").path("Name"));
    l.put(
        "service_mode",
        mode.path("Global").isObject()
            ? "global"
            : mode.path("Replicated").isObject() ? "replicated" : "");
    l.keyed("service_label_", s.path("Spec").path("Labels"));
  }

  private List<Labels> services() throws IOException, InterruptedException {
    List<Labels> out = new ArrayList<>();
    JsonNode services = api.filtered("/services");
    Map<String, JsonNode> networks = api.networks();
    for (JsonNode s : services) {
      for (JsonNode vip : s.path("Endpoint").path("VirtualIPs")) {
        String ip = host(vip.path("Addr").asString(""));
        boolean added = false;
        for (JsonNode p : s.path("Endpoint").path("Ports")) {
          if (isTcp(p)) {
            MetaLabels l = service(s, vip, networks);
            l.put("service_endpoint_port_name", p.path("Name"));
            l.put("service_endpoint_port_publish_mode", p.path("PublishMode"));
            out.add(l.address(ip, p.path("PublishedPort").asLong(0)).build());
            added = true;
          }
        }
        if (!added) {
          out.add(service(s, vip, networks).address(ip, settings.get(PORT)).build());
        }
      }
    }
    return out;
  }

  private static MetaLabels service(JsonNode s, JsonNode vip, Map<String, JsonNode> networks) {
    MetaLabels l = labels();
    addService(l, s);
    JsonNode container = s.path("Spec").path("TaskTemplate").path("ContainerSpec");
    l.put("service_task_container_hostname", container.path("Hostname"));
    l.put("service_task_container_image", container.path("Image"));
    l.put("service_updating_status", s.path("UpdateStatus").path("State"));
    DockerApi.addNetwork(l, networks, vip.path("NetworkID").asString(""));
    return l;
  }

  private static boolean isTcp(JsonNode port) {
    return port.path("Protocol").asString("").equals("tcp");
  }

  /** The address of {@code 10.0.0.1/24}. */
  private static String host(String prefix) throws IOException {
    int slash = prefix.indexOf('/');
    if (slash <= 0) {
      throw new IOException("error while parsing address \"" + prefix + "\": it has no mask");
    }
    return prefix.substring(0, slash);
  }

  private static Map<String, JsonNode> byId(JsonNode list) {
    Map<String, JsonNode> out = new HashMap<>();
    list.forEach(n -> out.put(n.path("ID").asString(""), n));
    return out;
  }

  private List<Labels> tasks() throws IOException, InterruptedException {
    List<Labels> out = new ArrayList<>();
    JsonNode tasks = api.filtered("/tasks");
    Map<String, JsonNode> services = byId(api.list("/services"));
    Map<String, JsonNode> nodes = byId(api.list("/nodes"));
    Map<String, JsonNode> networks = api.networks();
    for (JsonNode t : tasks) {
      JsonNode service = services.getOrDefault(t.path("ServiceID").asString(""), NOTHING);
      JsonNode node = nodes.getOrDefault(t.path("NodeID").asString(""), NOTHING);
      for (JsonNode p : t.path("Status").path("PortStatus").path("Ports")) {
        if (isTcp(p)) {
          MetaLabels l = task(t, service, node);
          l.put("task_port_publish_mode", p.path("PublishMode"));
          l.address(
              node.path("Status").path("Addr").asString(""), p.path("PublishedPort").asLong(0));
          out.add(l.build());
        }
      }
      for (JsonNode attached : t.path("NetworksAttachments")) {
        String network = attached.path("Network").path("ID").asString("");
        for (JsonNode address : attached.path("Addresses")) {
          String ip = host(address.asString(""));
          boolean added = false;
          for (JsonNode p : service.path("Endpoint").path("Ports")) {
            if (isTcp(p)) {
              MetaLabels l = task(t, service, node);
              l.put("task_port_publish_mode", p.path("PublishMode"));
              DockerApi.addNetwork(l, networks, network);
              out.add(l.address(ip, p.path("PublishedPort").asLong(0)).build());
              added = true;
            }
          }
          if (!added) {
            MetaLabels l = task(t, service, node);
            DockerApi.addNetwork(l, networks, network);
            out.add(l.address(ip, settings.get(PORT)).build());
          }
        }
      }
    }
    return out;
  }

  private static MetaLabels task(JsonNode t, JsonNode service, JsonNode node) {
    MetaLabels l = labels();
    l.put("task_id", t.path("ID"));
    l.put("task_desired_state", t.path("DesiredState"));
    l.put("task_state", t.path("Status").path("State"));
    l.put("task_slot", t.path("Slot").asLong(0));
    l.put("task_container_id", t.path("Status").path("ContainerStatus").path("ContainerID"));
    l.keyed("container_label_", t.path("Spec").path("ContainerSpec").path("Labels"));
    if (service.isObject()) {
      addService(l, service);
    }
    if (node.isObject()) {
      addNode(l, node);
    }
    return l;
  }
}

package dev.tethys.collect.discovery.consul;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * {@code consulagent_sd_configs} of Promtail, which Prometheus lacks: the services registered with
 * one Consul agent, from its own API, without requests to the cluster.
 */
public final class ConsulAgentDiscovery implements PollingDiscovery.Source {
  private static final Duration TIMEOUT = Duration.ofSeconds(135);

  private static final Section SECTION =
      new Section("consulagent_sd_config", "Targets from the services of one Consul agent.");
  private static final Key<String> TAG_SEPARATOR =
      SECTION.key(
          "tag_separator",
          Type.STRING,
          ",",
          "Separator that joins and surrounds the tags of a service.");
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(30));
  private static final Key<List<String>> SERVICES =
      SECTION.key(
          "services", Type.list(Type.STRING), List.of(), "Services to discover; all if empty.");
  private static final Key<List<String>> TAGS =
      SECTION.key(
          "tags",
          Type.list(Type.STRING),
          List.of(),
          "Tags that a service must have; all must match.");

  static {
    SECTION.include(ConsulServer.SECTION);
    SECTION.key("allow_stale", Type.BOOL, true, "Ignored: an agent reports only its own services.");
    SECTION.key("node_meta", Type.map(Type.STRING), Map.of(), "Ignored, as in Promtail.");
  }

  public static final Mechanism MECHANISM =
      Mechanism.polling(
          "consulagent",
          SECTION,
          REFRESH_INTERVAL,
          (o, s) -> ConsulServer.check("consulagent", o, s),
          ConsulAgentDiscovery::new);

  private final Settings settings;
  private final DiscoveryContext context;
  private final ConsulServer consul;

  private ConsulAgentDiscovery(Settings settings, DiscoveryContext context) {
    this.settings = settings;
    this.context = context;
    this.consul = new ConsulServer(settings, context, "", TIMEOUT);
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    try {
      JsonNode self = consul.rest.json(consul.call("/v1/agent/self", inDatacenter("")));
      String asked = settings.get(ConsulServer.DATACENTER);
      String datacenter = asked.isEmpty() ? consul.datacenter(self) : asked;
      List<TargetGroup> out = new ArrayList<>();
      for (String name : services()) {
        out.add(service(name, self, datacenter));
      }
      return out;
    } catch (IOException e) {
      context.metrics().counter("prometheus_sd_consulagent_rpc_failures_total").inc();
      throw e;
    }
  }

  private Set<String> services() throws IOException, InterruptedException {
    List<String> named = settings.get(SERVICES);
    List<String> tags = settings.get(TAGS);
    if (!named.isEmpty() && tags.isEmpty()) {
      return new LinkedHashSet<>(named);
    }
    long start = System.nanoTime();
    JsonNode all = consul.rest.json(consul.call("/v1/agent/services", inDatacenter("")));
    context.metrics().consulAgentCalled("services", System.nanoTime() - start);
    Set<String> out = new LinkedHashSet<>();
    for (JsonNode s : all) {
      String name = s.path("Service").asString("");
      if ((named.isEmpty() || named.contains(name))
          && MetaLabels.texts(s.path("Tags")).containsAll(tags)) {
        out.add(name);
      }
    }
    return out;
  }

  private TargetGroup service(String name, JsonNode self, String datacenter)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    RestClient.Reply reply =
        consul.rest.send(
            consul.call(
                "/v1/agent/health/service/name/" + ConsulServer.inPath(name),
                inDatacenter("format=json")));
    context.metrics().consulAgentCalled("service", System.nanoTime() - start);
    List<Labels> targets = new ArrayList<>();
    if (reply.status() != 404) { // no such service any more
      String health =
          switch (reply.status()) {
            case 200 -> "passing";
            case 429 -> "warning";
            case 503 -> "critical";
            default -> throw reply.error();
          };
      for (JsonNode n : reply.json()) {
        targets.add(target(n.path("Service"), self, health));
      }
    }
    MetaLabels labels = new MetaLabels("__meta_consulagent_");
    return new TargetGroup(
        name, targets, labels.put("service", name).put("dc", datacenter).build());
  }

  private String inDatacenter(String query) {
    String dc = settings.get(ConsulServer.DATACENTER);
    String both = query + (dc.isEmpty() ? "" : (query.isEmpty() ? "" : "&") + "dc=");
    return both.isEmpty() ? "" : "?" + both + RestClient.encoded(dc);
  }

  private Labels target(JsonNode service, JsonNode self, String health) {
    String address = service.path("Address").asString("");
    String node = self.path("Member").path("Addr").asString("");
    long port = service.path("Port").asLong(0);
    MetaLabels l = new MetaLabels("__meta_consulagent_");
    l.address(address.isEmpty() ? node : address, port);
    l.put("address", node);
    l.put("node", self.path("Config").path("NodeName"));
    ConsulServer.describe(l, service, settings.get(TAG_SEPARATOR));
    l.put("health", health);
    l.keyed("metadata_", self.path("Meta"));
    service
        .path("TaggedAddresses")
        .properties()
        .forEach(
            e ->
                l.keyed(
                    "tagged_address_",
                    e.getKey(),
                    MetaLabels.hostPort(
                        e.getValue().path("Address").asString(""),
                        Long.toString(e.getValue().path("Port").asLong(0)))));
    return l.build();
  }
}

package dev.tethys.collect.discovery.consul;

import dev.tethys.collect.discovery.Discovery;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.Labels;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * {@code consul_sd_configs}: one blocking query follows the catalogue, and one for each service
 * follows its instances, each in a separate thread.
 */
public final class ConsulDiscovery implements Discovery {
  /** Maximum duration of a blocking query. */
  static final Duration WAIT = Duration.ofMinutes(2);

  /** Pause after a failed call. */
  static final Duration RETRY = Duration.ofSeconds(15);

  private static final System.Logger LOG = JulLogger.of(ConsulDiscovery.class.getName());
  private static final String FAILURES = "prometheus_sd_consul_rpc_failures_total";

  private static final Section SECTION =
      new Section("consul_sd_config", "Targets from the services of Consul.");
  private static final Key<String> PATH_PREFIX =
      SECTION.key("path_prefix", Type.STRING, "", "Prefix of the API paths.");
  private static final Key<String> NAMESPACE =
      SECTION.key("namespace", Type.STRING, "", "Namespace; only in Consul Enterprise.");
  private static final Key<String> PARTITION =
      SECTION.key("partition", Type.STRING, "", "Admin partition; only in Consul Enterprise.");
  private static final Key<String> TAG_SEPARATOR =
      SECTION.key(
          "tag_separator",
          Type.STRING,
          ",",
          "Separator that joins and surrounds the tags of a service.");
  private static final Key<Boolean> ALLOW_STALE =
      SECTION.key(
          "allow_stale",
          Type.BOOL,
          true,
          "Allows stale results: any server may answer, not only the leader.");
  private static final Key<Duration> REFRESH_INTERVAL =
      SECTION.key(
          "refresh_interval",
          Type.DURATION.absentWhenNull(),
          Duration.ofSeconds(30),
          "Refresh interval: minimum time between queries.");
  private static final Key<List<String>> SERVICES =
      SECTION.key(
          "services", Type.list(Type.STRING), List.of(), "Services to discover; all if empty.");
  private static final Key<List<String>> TAGS =
      SECTION.key(
          "tags",
          Type.list(Type.STRING),
          List.of(),
          "Tags that an instance must have; all must match.");
  private static final Key<Map<String, String>> NODE_META =
      SECTION.key("node_meta", Type.map(Type.STRING), Map.of(), "Metadata that a node must have.");
  private static final Key<String> FILTER =
      SECTION.key("filter", Type.STRING, "", "Filter expression of the Catalog API.");
  private static final Key<String> HEALTH_FILTER =
      SECTION.key("health_filter", Type.STRING, "", "Filter expression of the Health API.");

  static {
    SECTION.include(ConsulServer.SECTION);
  }

  public static final Mechanism MECHANISM =
      Mechanism.of(
          "consul", SECTION, (o, s) -> ConsulServer.check("consul", o, s), ConsulDiscovery::new);

  private final Settings settings;
  private final DiscoveryContext context;
  private final ConsulServer consul;
  private String datacenter;

  private ConsulDiscovery(Settings settings, DiscoveryContext context) {
    this.settings = settings;
    this.context = context;
    String prefix = settings.get(PATH_PREFIX).replaceAll("^/+|/+$", "");
    this.consul = new ConsulServer(settings, context, prefix, WAIT.plusSeconds(15));
    this.datacenter = settings.get(ConsulServer.DATACENTER);
  }

  @Override
  public void run(Sink sink) throws InterruptedException {
    while (datacenter.isEmpty()) {
      try {
        datacenter = findDatacenter();
      } catch (IOException e) {
        failed("datacenter", e);
      }
    }
    Map<String, Thread> watches = new HashMap<>();
    try {
      List<String> named = settings.get(SERVICES);
      if (!named.isEmpty() && settings.get(TAGS).isEmpty() && settings.get(FILTER).isEmpty()) {
        named.forEach(name -> watches.put(name, watch(name, sink)));
        for (Thread t : watches.values()) {
          t.join();
        }
        return;
      }
      long index = 0;
      while (true) {
        Instant begun = context.clock().instant();
        try {
          index = catalog(index, watches, sink);
          waitAfter(begun);
        } catch (IOException e) {
          failed("list of services", e);
        }
      }
    } finally {
      watches.values().forEach(Thread::interrupt);
    }
  }

  private String findDatacenter() throws IOException, InterruptedException {
    return consul.datacenter(consul.rest.json(call("/v1/agent/self", "?")));
  }

  private void failed(String what, IOException e) throws InterruptedException {
    context.metrics().counter(FAILURES).inc();
    LOG.log(
        Level.WARNING,
        "consul discovery cannot get its {0}, keeping its last targets: {1}",
        what,
        e.getMessage());
    context.pause().pause(RETRY);
  }

  /** Queries are at least the configured interval apart, however fast Consul responds. */
  private void waitAfter(Instant begun) throws InterruptedException {
    Duration remaining =
        settings.get(REFRESH_INTERVAL).minus(Duration.between(begun, context.clock().instant()));
    if (remaining.isPositive()) {
      context.pause().pause(remaining);
    }
  }

  private long catalog(long index, Map<String, Thread> watches, Sink sink)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    RestClient.Reply reply =
        consul.rest.ok(call("/v1/catalog/services", query(index, settings.get(FILTER))));
    context.metrics().consulCalled("catalog", "services", System.nanoTime() - start);
    long now = index(reply, index);
    if (now == index) {
      return now;
    }
    JsonNode services = reply.json();
    Set<String> gone = new TreeSet<>(watches.keySet());
    for (Map.Entry<String, JsonNode> e : services.properties()) {
      gone.remove(e.getKey());
      if (!watches.containsKey(e.getKey()) && isWanted(e.getKey(), e.getValue())) {
        watches.put(e.getKey(), watch(e.getKey(), sink));
      }
    }
    for (String name : gone) {
      Thread t = watches.remove(name);
      if (t != null) {
        t.interrupt();
        t.join(); // so that nothing of it comes after the word that it is gone
      }
    }
    if (!gone.isEmpty() || watches.isEmpty()) {
      sink.update(gone.stream().map(TargetGroup::removed).toList());
    }
    return now;
  }

  private boolean isWanted(String name, JsonNode tags) {
    List<String> named = settings.get(SERVICES);
    return (named.isEmpty() || named.contains(name))
        && MetaLabels.texts(tags).containsAll(settings.get(TAGS));
  }

  private Thread watch(String name, Sink sink) {
    return Thread.ofVirtual()
        .name("consul-" + name)
        .start(
            () -> {
              long index = 0;
              try {
                while (true) {
                  Instant begun = context.clock().instant();
                  try {
                    index = service(name, index, sink);
                    waitAfter(begun);
                  } catch (IOException e) {
                    failed("service " + name, e);
                  }
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private long service(String name, long index, Sink sink)
      throws IOException, InterruptedException {
    StringBuilder query = new StringBuilder(query(index, settings.get(HEALTH_FILTER)));
    settings.get(TAGS).forEach(t -> query.append("&tag=").append(RestClient.encoded(t)));
    long start = System.nanoTime();
    RestClient.Reply reply =
        consul.rest.ok(call("/v1/health/service/" + ConsulServer.inPath(name), query.toString()));
    context.metrics().consulCalled("catalog", "service", System.nanoTime() - start);
    long now = index(reply, index);
    if (now == index) {
      return now;
    }
    List<Labels> targets = new ArrayList<>();
    for (JsonNode n : reply.json()) {
      targets.add(target(n));
    }
    MetaLabels labels = new MetaLabels("__meta_consul_").put("service", name).put("dc", datacenter);
    if (!Thread.currentThread().isInterrupted()) {
      sink.update(List.of(new TargetGroup(name, targets, labels.build())));
    }
    return now;
  }

  private Labels target(JsonNode n) {
    JsonNode service = n.path("Service");
    JsonNode node = n.path("Node");
    String address = service.path("Address").asString("");
    long port = service.path("Port").asLong(0);
    MetaLabels l = new MetaLabels("__meta_consul_");
    l.address(address.isEmpty() ? node.path("Address").asString("") : address, port);
    l.put("address", node.path("Address"));
    l.put("node", node.path("Node"));
    l.put("namespace", service.path("Namespace"));
    l.put("partition", service.path("Partition"));
    ConsulServer.describe(l, service, settings.get(TAG_SEPARATOR));
    l.put("health", health(n.path("Checks")));
    l.keyed("metadata_", node.path("Meta"));
    l.keyed("tagged_address_", node.path("TaggedAddresses"));
    return l.build();
  }

  /** The worst of all checks; maintenance, when an operator has set it. */
  private static String health(JsonNode checks) {
    String worst = "passing";
    for (JsonNode c : checks) {
      String id = c.path("CheckID").asString("");
      if (id.equals("_node_maintenance") || id.startsWith("_service_maintenance:")) {
        return "maintenance";
      }
      String status = c.path("Status").asString("");
      if (status.equals("critical") || (status.equals("warning") && worst.equals("passing"))) {
        worst = status;
      }
    }
    return worst;
  }

  /**
   * The index of the next query; if it decreased, it restarts from the beginning, as Consul's
   * documentation requires.
   */
  private static long index(RestClient.Reply reply, long former) throws IOException {
    String s = reply.header("X-Consul-Index");
    try {
      long i = Long.parseLong(s);
      return i < former ? 0 : i;
    } catch (NumberFormatException e) {
      throw new IOException(reply.uri() + " answered without X-Consul-Index", e);
    }
  }

  private String query(long index, String filter) {
    StringBuilder b = new StringBuilder("?index=").append(index);
    b.append("&wait=").append(WAIT.toMillis()).append("ms");
    if (settings.get(ALLOW_STALE)) {
      b.append("&stale=");
    }
    settings
        .get(NODE_META)
        .forEach((k, v) -> b.append("&node-meta=").append(RestClient.encoded(k + ":" + v)));
    if (!filter.isEmpty()) {
      b.append("&filter=").append(RestClient.encoded(filter));
    }
    return b.toString();
  }

  private ClientRequest call(String path, String query) throws IOException {
    StringBuilder b = new StringBuilder(query);
    add(b, "dc", settings.get(ConsulServer.DATACENTER));
    add(b, "ns", otherwise(settings.get(NAMESPACE), "CONSUL_NAMESPACE"));
    add(b, "partition", otherwise(settings.get(PARTITION), "CONSUL_PARTITION"));
    String q = b.length() == 1 ? "" : b.toString().replace("?&", "?");
    return consul.call(path, q);
  }

  private String otherwise(String value, String variable) {
    return value.isEmpty() ? context.environment().get(variable, "") : value;
  }

  private static void add(StringBuilder b, String key, String value) {
    if (!value.isEmpty()) {
      b.append('&').append(key).append('=').append(RestClient.encoded(value));
    }
  }
}

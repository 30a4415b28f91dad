package dev.tethys.collect.discovery.zookeeper;

import dev.tethys.collect.discovery.Discovery;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.Labels;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * {@code serverset_sd_configs} and {@code nerve_sd_configs}: each node below some paths of
 * ZooKeeper is a target, and is watched. After a session has ended everything is read again;
 * missing targets are then removed, and until then the last targets stay.
 */
public final class ZooKeeperDiscovery implements Discovery {
  /** Maximum number of nodes followed. */
  static final int MAX_NODES = 1_000_000;

  static final Duration RETRY = Duration.ofSeconds(10);

  private static final System.Logger LOG = JulLogger.of(ZooKeeperDiscovery.class.getName());

  /** The keys, which both kinds share. */
  private static final class Keys {
    final Section section;
    final Key<List<String>> servers;
    final Key<List<String>> paths;
    final Key<Duration> timeout;

    Keys(Section section) {
      this.section = section;
      servers =
          section.key(
              "servers",
              Type.list(Type.STRING),
              List.of(),
              "ZooKeeper servers as host:port; required.");
      paths =
          section.key(
              "paths",
              Type.list(Type.STRING),
              List.of(),
              "Paths of the nodes below which targets are discovered; required.");
      timeout = section.key("timeout", Type.DURATION, Duration.ofSeconds(10), "Session timeout.");
    }

    Mechanism mechanism(String name, Member member) {
      return Mechanism.of(
          name,
          section,
          (o, s) -> {
            if (s.get(servers).isEmpty()) {
              throw o.error(name + " SD config must contain at least one Zookeeper server");
            }
            if (s.get(paths).isEmpty()) {
              throw o.error(name + " SD config must contain at least one path");
            }
            for (String p : s.get(paths)) {
              if (!p.startsWith("/")) {
                throw o.error(paths, name + " SD config paths must begin with '/': " + p);
              }
            }
          },
          (s, context) ->
              new ZooKeeperDiscovery(
                  name, s.get(servers), s.get(paths), s.get(timeout), member, context));
    }
  }

  /** Creates a target from the data of a node. */
  @FunctionalInterface
  private interface Member {
    Labels target(String path, JsonNode member);
  }

  public static final Mechanism SERVERSET =
      new Keys(new Section("serverset_sd_config", "Targets from server sets in ZooKeeper."))
          .mechanism("serverset", ZooKeeperDiscovery::serverset);

  public static final Mechanism NERVE =
      new Keys(new Section("nerve_sd_config", "Targets from AirBnB's Nerve in ZooKeeper."))
          .mechanism("nerve", ZooKeeperDiscovery::nerveLabels);

  private static Labels serverset(String path, JsonNode m) {
    MetaLabels l = new MetaLabels("__meta_serverset_");
    JsonNode main = m.path("serviceEndpoint");
    long port = main.path("port").asLong(0);
    l.put("path", path);
    l.put("endpoint_host", main.path("host"));
    l.put("endpoint_port", port);
    for (Map.Entry<String, JsonNode> e : m.path("additionalEndpoints").properties()) {
      l.keyed("endpoint_host_", e.getKey(), MetaLabels.text(e.getValue().path("host")));
      l.keyed("endpoint_port_", e.getKey(), Long.toString(e.getValue().path("port").asLong(0)));
    }
    l.put("status", m.path("status"));
    l.put("shard", m.path("shard").asLong(0));
    return l.address(main.path("host").asString(""), port).build();
  }

  private static Labels nerveLabels(String path, JsonNode m) {
    MetaLabels l = new MetaLabels("__meta_nerve_");
    long port = m.path("port").asLong(0);
    l.put("path", path);
    l.put("endpoint_host", m.path("host"));
    l.put("endpoint_port", port);
    l.put("endpoint_name", m.path("name"));
    return l.address(m.path("host").asString(""), port).build();
  }

  private final String name;
  private final List<String> servers;
  private final List<String> paths;
  private final Duration timeout;
  private final Member member;
  private final DiscoveryContext context;
  private final Map<String, Set<String>> children = new HashMap<>(); // by path of known nodes
  private final List<TargetGroup> changes = new ArrayList<>();
  private final Set<String> missing = new HashSet<>();
  private int next = ThreadLocalRandom.current().nextInt(1 << 16);

  private ZooKeeperDiscovery(
      String name,
      List<String> servers,
      List<String> paths,
      Duration timeout,
      Member member,
      DiscoveryContext context) {
    this.name = name;
    this.servers = servers;
    this.paths = paths;
    this.timeout = timeout;
    this.member = member;
    this.context = context;
  }

  @Override
  public void run(Sink sink) throws InterruptedException {
    while (true) {
      String server = servers.get(next++ % servers.size());
      try (ZooKeeperConnection c = new ZooKeeperConnection(server, timeout)) {
        follow(c, sink);
      } catch (IOException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        changes.clear();
        context.metrics().counter("prometheus_treecache_zookeeper_failures_total").inc();
        LOG.log(
            Level.WARNING,
            "{0} discovery lost its connection, keeping its targets server={1} reason=\"{2}\"",
            name,
            server,
            e.getMessage());
      }
      context.pause().pause(RETRY);
    }
  }

  private void follow(ZooKeeperConnection c, Sink sink) throws IOException {
    Map<String, Set<String>> former = new HashMap<>(children);
    children.clear();
    try {
      for (String p : paths) {
        try {
          update(c, p);
        } catch (ZooKeeperConnection.NodeException e) {
          keep(p, former, e);
        }
      }
    } catch (IOException e) {
      former.forEach(children::putIfAbsent); // else their removal would never be reported
      throw e;
    }
    for (String p : former.keySet()) {
      if (!children.containsKey(p)) {
        changes.add(TargetGroup.removed(p));
      }
    }
    sendChanges(sink);
    Set<String> watched = new HashSet<>(); // for their creation
    while (true) {
      for (String p : paths) {
        if (children.containsKey(p)) {
          watched.remove(p);
        } else if (watched.add(p) && c.exists(p)) {
          watched.remove(p);
          update(c, p);
        }
      }
      report();
      String news = c.awaitEvent();
      try {
        update(c, news);
      } catch (ZooKeeperConnection.NodeException e) {
        LOG.log(
            Level.WARNING,
            "{0} discovery cannot read a node, keeping its last targets: path={1} error={2}",
            name,
            news,
            e.getMessage());
      }
      if (!c.hasEvent()) {
        sendChanges(sink);
      }
    }
  }

  /** Keeps the targets of a path that cannot be read; the other paths are not concerned. */
  private void keep(
      String path, Map<String, Set<String>> former, ZooKeeperConnection.NodeException e) {
    former.forEach(
        (p, below) -> {
          if (p.equals(path) || p.startsWith(path.endsWith("/") ? path : path + "/")) {
            children.putIfAbsent(p, below);
          }
        });
    children.putIfAbsent(path, Set.of());
    context.metrics().counter("prometheus_treecache_zookeeper_failures_total").inc();
    LOG.log(
        Level.WARNING,
        "{0} discovery cannot read a path, keeping its last targets: path={1} error={2}",
        name,
        path,
        e.getMessage());
  }

  /** Logs paths that have disappeared; they are watched, and do not affect the others. */
  private void report() {
    for (String p : paths) {
      if (children.containsKey(p)) {
        missing.remove(p);
      } else if (missing.add(p)) {
        LOG.log(
            Level.WARNING,
            "{0} discovery found no node, waiting until it is created: path={1}",
            name,
            p);
      }
    }
  }

  private void sendChanges(Sink sink) {
    sink.update(List.copyOf(changes));
    changes.clear();
  }

  /** Reads a node, and those below it that are unknown yet. */
  private void update(ZooKeeperConnection c, String start) throws IOException {
    ArrayDeque<String> todo = new ArrayDeque<>(List.of(start));
    while (!todo.isEmpty()) {
      String path = todo.removeLast();
      byte[] data = c.data(path);
      List<String> names = data == null ? null : c.children(path);
      if (data == null || names == null) {
        forget(path);
        continue;
      }
      changes.add(group(path, data));
      Set<String> below = new TreeSet<>();
      for (String n : names) {
        below.add(path.endsWith("/") ? path + n : path + "/" + n);
      }
      Set<String> former = children.put(path, below);
      if (children.size() > MAX_NODES) {
        throw new IOException("there are more than " + MAX_NODES + " nodes");
      }
      for (String p : below) {
        if (!children.containsKey(p)) {
          todo.add(p);
        }
      }
      if (former != null) {
        former.stream().filter(p -> !below.contains(p)).forEach(this::forget);
      }
    }
  }

  private void forget(String path) {
    Set<String> below = children.remove(path);
    if (below != null) {
      changes.add(TargetGroup.removed(path));
      below.forEach(this::forget);
    }
  }

  private TargetGroup group(String path, byte[] data) {
    try {
      JsonNode n = RestClient.JSON.readTree(data);
      if (n.isObject()) {
        return new TargetGroup(path, List.of(member.target(path, n)), Labels.EMPTY);
      }
    } catch (JacksonException e) {
      LOG.log(Level.DEBUG, "{0}: {1} is not a member: its data is not JSON", name, path);
    }
    return TargetGroup.removed(path); // a folder, or nonsense
  }
}

package dev.tethys.insight.entities;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the addresses of the databases of a {@link World}: those on which their processes listen,
 * as the node agent sees them, and the ends of calls of services.
 *
 * <p>Series that the readings of a database store are not used: otherwise a database would be found
 * because it is read.
 */
public final class DatabaseEndpoints {
  /** Most series of a metric that are read. */
  static final int MAX_SERIES = 50_000;

  /** Most endpoints. */
  static final int MAX_ENDPOINTS = 2_000;

  private static final String LISTEN = "container_net_tcp_listen_info";
  private static final String CALLED = "traces_service_graph_address_info";
  private static final Pattern CALLS =
      Pattern.compile("container_(postgres|mysql|mongo|redis|memcached)_(queries|requests)_total");
  private static final String ADDRESS = "address:";
  private static final int MYSQL_X = 33_060;
  private static final int MYSQL_ADMIN = 33_062;
  private static final int REDIS_BUS = 10_000;

  private final String machine;
  private final Map<String, Set<Address>> listens = new HashMap<>();
  private final Map<String, Set<Address>> called = new HashMap<>();
  private final Map<String, String> systems = new HashMap<>();
  private final Map<String, DatabaseEndpoint> out = new LinkedHashMap<>();

  /** Host and port. */
  private record Address(String host, int port) {
    static @Nullable Address of(String text) {
      int colon = text.lastIndexOf(':');
      if (colon <= 0) {
        return null;
      }
      String host = text.substring(0, colon);
      String port = text.substring(colon + 1);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      int number = port.matches("\\d{1,5}") ? Integer.parseInt(port) : 0;
      return host.isEmpty() || number < 1 || number > 65_535 ? null : new Address(host, number);
    }

    boolean isLoopback() {
      return host.startsWith("127.") || host.equals("::1") || host.equals("localhost");
    }

    /** Preference among addresses of a server; the smallest is used. */
    int rank() {
      if (isLoopback()) {
        return 4;
      }
      if (host.startsWith("172.17.")) {
        return 3; // Docker's bridge, which other machines do not reach
      }
      boolean isPrivate =
          host.startsWith("10.")
              || host.startsWith("192.168.")
              || host.matches("172\\.(1[6-9]|2\\d|3[01])\\..*");
      boolean isPrivate6 = host.matches("(?i)f[cd][0-9a-f]{2}:.*");
      return isPrivate ? 0 : isPrivate6 ? 1 : 2;
    }

    @Override
    public String toString() {
      return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
  }

  private DatabaseEndpoints(String machine) {
    this.machine = machine;
  }

  /**
   * Finds them.
   *
   * @param metrics index of the series that the world was built from
   * @param from start of the range of the series, Unix milliseconds
   * @param machine own machine ID, whose loopback addresses can be used; empty if unknown
   */
  public static List<DatabaseEndpoint> of(
      World world, SeriesIndex metrics, long from, long to, String machine) {
    DatabaseEndpoints e = new DatabaseEndpoints(machine);
    e.read(metrics, from, to);
    world.entities().forEach(e::add);
    return List.copyOf(e.out.values());
  }

  private void read(SeriesIndex metrics, long from, long to) {
    for (Labels l :
        metrics.series(from, to, List.of(Matcher.equal("__name__", LISTEN)), MAX_SERIES)) {
      put(listens, container(l), l.get("listen_addr"));
    }
    for (Labels l :
        metrics.series(from, to, List.of(Matcher.equal("__name__", CALLED)), MAX_SERIES)) {
      Address peer = Address.of(l.get("peer"));
      String host = l.get("host_id");
      boolean usable = peer != null && (!peer.isLoopback() || isOwn(host));
      put(called, l.get("server"), l.get(usable ? "peer" : "address"));
    }
    List<Matcher> calls =
        List.of(
            Matcher.of(Matcher.Type.REGEX, "__name__", CALLS.pattern()),
            Matcher.equal("status", "ok"));
    for (Labels l : metrics.series(from, to, calls, MAX_SERIES)) {
      java.util.regex.Matcher m = CALLS.matcher(l.get("__name__"));
      if (m.matches()) {
        for (String end : List.of("destination", "actual_destination")) {
          systems.put(l.get(end), m.group(1));
        }
      }
    }
  }

  private static void put(Map<String, Set<Address>> to, String key, String address) {
    Address a = Address.of(address);
    if (a != null) {
      to.computeIfAbsent(key, _ -> new LinkedHashSet<>()).add(a);
    }
  }

  private static String container(Labels l) {
    return l.get("machine_id") + l.get("container_id");
  }

  private boolean isOwn(String id) {
    return !machine.isEmpty() && machine.equals(id.replace("-", ""));
  }

  private void add(Entity e) {
    if (e.kind() != EntityKind.DATABASE && e.kind() != EntityKind.DATABASE_INSTANCE) {
      return;
    }
    String system = e.attributes().getOrDefault("system", "");
    Set<Address> byProcess = new HashSet<>();
    for (Labels l : e.series()) {
      if (!l.get("machine_id").isEmpty()) {
        Set<Address> all = listens.getOrDefault(container(l), Set.of());
        byProcess.addAll(all);
        put(system, e.name(), all, isOwn(l.get("machine_id")));
      }
    }
    if (!byProcess.isEmpty()) {
      return;
    }
    for (Labels l : e.series()) {
      put(system, e.name(), called.getOrDefault(l.get("server"), Set.of()), true);
    }
    boolean stored = e.kind() == EntityKind.DATABASE_INSTANCE && !isOfCloud(e);
    for (String key : stored ? List.<String>of() : e.keys()) {
      Address a = key.startsWith(ADDRESS) ? Address.of(key.substring(ADDRESS.length())) : null;
      if (a != null) {
        put(
            system.isEmpty() ? systems.getOrDefault(a.toString(), "") : system,
            e.name(),
            Set.of(a),
            false);
      }
    }
  }

  private static boolean isOfCloud(Entity e) {
    return e.keys().stream().anyMatch(k -> k.startsWith("rds:"));
  }

  /**
   * Adds the servers of a process, one a port: several servers of one program may form a container.
   */
  private void put(String system, String name, Set<Address> all, boolean withLoopback) {
    Map<Integer, List<Address>> byPort = new TreeMap<>();
    for (Address a : all) {
      if (withLoopback || !a.isLoopback()) {
        byPort.computeIfAbsent(a.port(), _ -> new ArrayList<>()).add(a);
      }
    }
    Set<Integer> ports = Set.copyOf(byPort.keySet());
    byPort.forEach(
        (port, addresses) -> {
          if (!system.isEmpty() && out.size() < MAX_ENDPOINTS && !isSecondary(port, ports)) {
            put(system, name, addresses);
          }
        });
  }

  /** Whether a server has a port in addition to the one of its clients. */
  private static boolean isSecondary(int port, Set<Integer> ports) {
    return port == MYSQL_X
        || port == MYSQL_ADMIN
        || ports.contains(port - REDIS_BUS); // the bus of a cluster of Redis
  }

  private void put(String system, String name, List<Address> usable) {
    usable.sort(Comparator.comparingInt(Address::rank).thenComparing(Address::host));
    Address best = usable.getFirst();
    Set<String> addresses = new HashSet<>();
    for (Address a : usable) {
      addresses.add(a.toString());
      if (a.isLoopback()) {
        addresses.add("localhost:" + a.port());
        addresses.add("127.0.0.1:" + a.port());
      }
    }
    out.putIfAbsent(
        best.toString(), new DatabaseEndpoint(system, name, best.host(), best.port(), addresses));
  }
}

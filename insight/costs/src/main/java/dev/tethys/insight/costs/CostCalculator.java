package dev.tethys.insight.costs;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.inspections.EntitySeries;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Computes costs from price lists and metrics: nodes by their size, containers by use and requests,
 * volumes, and traffic. Each container counts once, by the first source that has it: node agent,
 * cAdvisor, its process. An amount without observation or price is unknown, never zero.
 *
 * <p>Bounds: {@link #MAX_ENTITIES}, {@link #MAX_SERIES}, {@link #MAX_NANOS}; each excess is a
 * notice of the report. One calculator computes one report.
 */
public final class CostCalculator {
  /** Most services, workloads and nodes of a report, each. */
  static final int MAX_ENTITIES = 5_000;

  /** Most series of a query. */
  static final int MAX_SERIES = 100_000;

  /** Time after which no further query is asked. */
  static final long MAX_NANOS = 20_000_000_000L;

  private static final double GIB = 1 << 30;
  private static final double MONTH_HOURS = 730;
  private static final String PODS = "cluster, namespace, pod, container";
  private static final String OF_PODS = "{container!=\"\", container!=\"POD\", pod!=\"\"}";
  private static final String OF_DOCKER =
      "{id=~\".*/(docker-)?[0-9a-f]{64}([.]scope)?\", pod=\"\"}";

  private final World world;
  private final EntitySeries series;
  private final MetricAnswers answers;
  private final @Nullable PriceList prices;
  private final long from;
  private final long to;
  private final LongSupplier nanoTime;
  private final long end;
  private final TrafficZones zones;
  private final List<String> notices = new ArrayList<>();
  private final Map<String, Amounts> nodes = new HashMap<>();
  private final Map<String, Amounts> owners = new HashMap<>(); // services and workloads
  private final Set<String> unplaced = new TreeSet<>();
  private boolean hasRequests;
  private boolean hasDisks;
  private boolean hasTraffic;

  /** Sums of an entity. */
  private static final class Amounts {
    final Entity entity;
    double size = Double.NaN; // cores of a node
    double memorySize = Double.NaN; // bytes of a node
    double cores;
    double bytes;
    double used;
    double requested;
    double disk;
    double toZones; // bytes a second
    double toInternet;
    boolean isPriced;

    Amounts(Entity entity) {
      this.entity = entity;
    }
  }

  private CostCalculator(
      World world,
      MetricAnswers answers,
      @Nullable PriceList prices,
      long from,
      long to,
      LongSupplier nanoTime) {
    this.world = world;
    this.series = new EntitySeries(world);
    this.answers = answers;
    this.prices = prices;
    this.from = from;
    this.to = to;
    this.nanoTime = nanoTime;
    this.end = nanoTime.getAsLong() + MAX_NANOS;
    this.zones = new TrafficZones(world);
  }

  /**
   * Computes the costs of a window.
   *
   * @param lists price lists, the oldest first
   * @param from Unix milliseconds
   * @param to Unix milliseconds, above {@code from}
   */
  public static CostReport report(
      World world, MetricAnswers answers, List<PriceList> lists, long from, long to) {
    return report(world, answers, lists, from, to, System::nanoTime);
  }

  static CostReport report(
      World world,
      MetricAnswers answers,
      List<PriceList> lists,
      long from,
      long to,
      LongSupplier nanoTime) {
    PriceList prices = PriceList.valid(lists, to);
    return new CostCalculator(world, answers, prices, from, to, nanoTime).report(lists);
  }

  private CostReport report(List<PriceList> lists) {
    PriceList p = prices;
    PriceList first = PriceList.valid(lists, from);
    if (p != null && first != p) {
      notices.add(
          "price list \""
              + p.name()
              + "\" begins within the window; its prices count for all of it");
    }
    for (Entity e : world.entities()) {
      if (e.kind() == EntityKind.NODE) {
        nodes.put(e.id(), new Amounts(e));
      }
    }
    sizes();
    usage();
    requests();
    disks();
    traffic();
    List<NodeCost> ofNodes = new ArrayList<>();
    nodes.values().forEach(n -> ofNodes.add(node(n)));
    ofNodes.sort(
        Comparator.comparingDouble((NodeCost n) -> Double.isNaN(n.total()) ? 0 : -n.total())
            .thenComparing(n -> n.node().id()));
    if (!unplaced.isEmpty()) {
      notices.add(
          unplaced.size()
              + " containers run on no known node, so that their use has no price: "
              + String.join(", ", unplaced.stream().limit(5).toList()));
    }
    return new CostReport(
        p,
        from,
        to,
        first("nodes", ofNodes),
        first("services", owners(EntityKind.SERVICE)),
        first("workloads", owners(EntityKind.WORKLOAD)),
        List.copyOf(notices));
  }

  private <T> List<T> first(String what, List<T> all) {
    if (all.size() > MAX_ENTITIES) {
      notices.add(
          all.size() - MAX_ENTITIES + " " + what + " are left out; at most " + MAX_ENTITIES);
    }
    return List.copyOf(all.subList(0, Math.min(MAX_ENTITIES, all.size())));
  }

  private List<EntityCost> owners(EntityKind kind) {
    List<EntityCost> out = new ArrayList<>();
    for (Amounts a : owners.values()) {
      if (a.entity.kind() == kind) {
        out.add(cost(a));
      }
    }
    out.sort(
        Comparator.comparingDouble((EntityCost c) -> Double.isNaN(c.total()) ? 0 : -c.total())
            .thenComparingDouble(c -> -c.cores())
            .thenComparing(c -> c.entity().id()));
    return out;
  }

  private EntityCost cost(Amounts a) {
    PriceList p = prices;
    double hourGib = 3600 / GIB;
    return new EntityCost(
        a.entity,
        a.cores,
        a.bytes / GIB,
        a.isPriced ? a.used : Double.NaN,
        a.isPriced && hasRequests ? a.requested : Double.NaN,
        p != null && hasDisks ? a.disk / GIB * p.diskGibMonth() / MONTH_HOURS : Double.NaN,
        p != null && hasTraffic ? a.toZones * hourGib * p.zoneGib() : Double.NaN,
        p != null && hasTraffic ? a.toInternet * hourGib * p.internetGib() : Double.NaN);
  }

  private NodeCost node(Amounts a) {
    PriceList.Rate rate = rate(a.entity);
    double gib = a.memorySize / GIB;
    String note = "";
    if (prices == null) {
      note = "no price list is valid";
    } else if (rate == null) {
      note = "no rate matches its attributes " + a.entity.attributes();
    } else if (Double.isNaN(a.size) || Double.isNaN(gib)) {
      note = "its processors or memory are not observed";
    }
    double total =
        rate != null && note.isEmpty()
            ? a.size * rate.cpuHour() + gib * rate.memoryGibHour()
            : Double.NaN;
    boolean known = !Double.isNaN(total);
    return new NodeCost(
        a.entity,
        a.size,
        gib,
        total,
        known ? a.used : Double.NaN,
        known && hasRequests ? a.requested : Double.NaN,
        note);
  }

  private PriceList.@Nullable Rate rate(Entity node) {
    PriceList p = prices;
    return p == null ? null : p.rate(node);
  }

  // ---- queries

  private List<Sample> ask(String what, String query) {
    if (nanoTime.getAsLong() - end >= 0) {
      notices.add(what + " not asked: the queries before took " + MAX_NANOS / 1_000_000_000 + " s");
      return List.of();
    }
    try {
      List<Sample> out = answers.at(query.replace("$w", (to - from) / 1000 + "s"), to);
      if (out.size() > MAX_SERIES) {
        notices.add(what + " left out: " + out.size() + " series; at most " + MAX_SERIES);
        return List.of();
      }
      return out.stream().filter(s -> Double.isFinite(s.value())).toList();
    } catch (RuntimeException e) {
      notices.add(what + " not known, the query failed: " + e.getMessage());
      return List.of();
    }
  }

  private static String label(Sample s, String name) {
    return s.labels().getOrDefault(name, "");
  }

  private void sizes() {
    each(
        ask("processors of nodes", "max by (machine_id) (node_resources_cpu_logical_cores)"),
        (n, v) -> n.size = v);
    each(
        ask(
            "processors of nodes",
            "count by (job, instance) (node_cpu_seconds_total{mode=\"idle\"})"),
        (n, v) -> n.size = v);
    each(
        ask(
            "processors of nodes",
            "max by (cluster, node) (kube_node_status_capacity{resource=\"cpu\"})"),
        (n, v) -> n.size = v);
    each(
        ask("memory of nodes", "max by (machine_id) (node_resources_memory_total_bytes)"),
        (n, v) -> n.memorySize = v);
    each(
        ask("memory of nodes", "max by (job, instance) (node_memory_MemTotal_bytes)"),
        (n, v) -> n.memorySize = v);
    each(
        ask(
            "memory of nodes",
            "max by (cluster, node) (kube_node_status_capacity{resource=\"memory\"})"),
        (n, v) -> n.memorySize = v);
  }

  private void each(List<Sample> all, BiConsumer<Amounts, Double> visitor) {
    for (Sample s : all) {
      Entity e = series.find(EntityKind.NODE, s.labels());
      if (e == null && !label(s, "node").isEmpty()) {
        e = world.find("node:k8s:" + label(s, "cluster") + "/" + label(s, "node"));
      }
      Amounts n = e == null ? null : nodes.get(e.id());
      if (n != null) {
        visitor.accept(n, s.value());
      }
    }
  }

  private void usage() {
    usage(
        "processor time",
        List.of(
            "sum by (machine_id, container_id)"
                + " (rate(container_resources_cpu_usage_seconds_total[$w]))",
            "sum by (" + PODS + ") (rate(container_cpu_usage_seconds_total" + OF_PODS + "[$w]))",
            "sum by (instance, id) (rate(container_cpu_usage_seconds_total" + OF_DOCKER + "[$w]))",
            "sum by (job, instance) (rate(process_cpu_seconds_total[$w]))"),
        true);
    usage(
        "memory",
        List.of(
            "sum by (machine_id, container_id)"
                + " (avg_over_time(container_resources_memory_rss_bytes[$w]))",
            "sum by ("
                + PODS
                + ") (avg_over_time(container_memory_working_set_bytes"
                + OF_PODS
                + "[$w]))",
            "sum by (instance, id) (avg_over_time(container_memory_working_set_bytes"
                + OF_DOCKER
                + "[$w]))",
            "sum by (job, instance) (avg_over_time(process_resident_memory_bytes[$w]))"),
        false);
  }

  /** Adds the use of containers; each instance counts by the first query that has it. */
  private void usage(String what, List<String> queries, boolean isCpu) {
    Set<String> counted = new HashSet<>();
    for (String q : queries) {
      Set<String> now = new HashSet<>();
      for (Sample s : ask(what, q)) {
        Entity part = part(s);
        if (part == null) {
          continue;
        }
        Entity instance = first(world.lift(part, EntityKind.INSTANCE));
        String id = instance == null ? part.id() : instance.id();
        if (counted.contains(id)) {
          continue;
        }
        now.add(id);
        addUse(part, s.value(), isCpu);
      }
      counted.addAll(now);
    }
  }

  /** Container or instance of a series. */
  private @Nullable Entity part(Sample s) {
    Entity e = series.find(EntityKind.CONTAINER, s.labels());
    if (e == null) {
      e = series.find(EntityKind.INSTANCE, s.labels());
    }
    if (e == null && !label(s, "pod").isEmpty()) {
      e =
          world.find(
              "instance:pod:"
                  + label(s, "cluster")
                  + "/"
                  + label(s, "namespace")
                  + "/"
                  + label(s, "pod"));
    }
    return e;
  }

  private static @Nullable Entity first(List<Entity> all) {
    return all.isEmpty() ? null : all.getFirst();
  }

  private @Nullable Entity nodeOf(Entity part) {
    Entity node = first(world.lift(part, EntityKind.NODE));
    Entity instance = node == null ? first(world.lift(part, EntityKind.INSTANCE)) : null;
    return instance == null ? node : first(world.lift(instance, EntityKind.NODE));
  }

  /** Service and workload of a part. */
  private List<Amounts> ownersOf(Entity part) {
    List<Amounts> out = new ArrayList<>();
    for (EntityKind kind : List.of(EntityKind.SERVICE, EntityKind.WORKLOAD)) {
      Entity owner = first(world.lift(part, kind));
      if (owner != null) {
        out.add(owners.computeIfAbsent(owner.id(), _ -> new Amounts(owner)));
      }
    }
    return out;
  }

  private void addUse(Entity part, double value, boolean isCpu) {
    Entity node = nodeOf(part);
    PriceList.Rate rate = node == null ? null : rate(node);
    if (node == null && prices != null) {
      unplaced.add(part.name());
    }
    double cost =
        rate == null ? 0 : isCpu ? value * rate.cpuHour() : value / GIB * rate.memoryGibHour();
    List<Amounts> all = new ArrayList<>(ownersOf(part));
    Amounts n = node == null ? null : nodes.get(node.id());
    if (n != null) {
      all.add(n);
    }
    for (Amounts a : all) {
      if (isCpu) {
        a.cores += value;
      } else {
        a.bytes += value;
      }
      a.used += cost;
      a.isPriced |= rate != null;
    }
  }

  private void requests() {
    for (String resource : List.of("cpu", "memory")) {
      String query =
          "sum by ("
              + PODS
              + ") (kube_pod_container_resource_requests{resource=\""
              + resource
              + "\"})";
      for (Sample s : ask("requests", query)) {
        hasRequests = true;
        Entity part = part(s);
        Entity node = part == null ? null : nodeOf(part);
        PriceList.Rate rate = node == null ? null : rate(node);
        if (part == null || node == null || rate == null) {
          continue;
        }
        double cost =
            resource.equals("cpu")
                ? s.value() * rate.cpuHour()
                : s.value() / GIB * rate.memoryGibHour();
        for (Amounts a : ownersOf(part)) {
          a.requested += cost;
          a.isPriced = true;
        }
        Amounts n = nodes.get(node.id());
        if (n != null) {
          n.requested += cost;
        }
      }
    }
  }

  private void disks() {
    String claim = "cluster, namespace, persistentvolumeclaim";
    String pods = "kube_pod_spec_volumes_persistentvolumeclaims_info";
    String query =
        "sum by (cluster, namespace, pod) (max by (cluster, namespace, pod, persistentvolumeclaim)"
            + " ("
            + pods
            + ") * on ("
            + claim
            + ") group_left () (max by ("
            + claim
            + ") (kube_persistentvolumeclaim_resource_requests_storage_bytes) / count by ("
            + claim
            + ") ("
            + pods
            + ")))";
    for (Sample s : ask("volumes", query)) {
      hasDisks = true;
      Entity part = part(s);
      if (part != null) {
        ownersOf(part).forEach(a -> a.disk += s.value());
      }
    }
  }

  private void traffic() {
    for (Sample s :
        ask("addresses", "count by (machine_id, listen_addr) (container_net_tcp_listen_info)")) {
      Entity node = series.find(EntityKind.NODE, s.labels());
      if (node != null) {
        zones.add(label(s, "listen_addr"), node);
      }
    }
    for (Sample s :
        ask(
            "traffic",
            "sum by (machine_id, container_id, destination, actual_destination)"
                + " (rate(container_net_tcp_bytes_sent_total[$w])) > 0")) {
      hasTraffic = true;
      Entity part = part(s);
      Entity node = part == null ? null : nodeOf(part);
      if (part == null || node == null) {
        continue;
      }
      String actual = label(s, "actual_destination");
      switch (zones.of(node, actual.isEmpty() ? label(s, "destination") : actual)) {
        case OTHER_ZONE -> ownersOf(part).forEach(a -> a.toZones += s.value());
        case INTERNET -> ownersOf(part).forEach(a -> a.toInternet += s.value());
        case FREE -> {}
      }
    }
  }
}

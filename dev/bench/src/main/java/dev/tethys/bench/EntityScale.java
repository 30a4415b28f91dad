package dev.tethys.bench;

import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Processor time and memory of an entity model over 10,000 instances and 50,000 connections of node
 * agents. The index is a list of label sets, so that only the model is measured.
 */
final class EntityScale {
  private static final int INSTANCES = 10_000;
  private static final int CONNECTIONS = 50_000;
  private static final int SERVICES = 300;
  private static final int MACHINES = 500;
  private static final long POLL = 15_000;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Map<String, List<Labels>> byMetric = new HashMap<>();

  private EntityScale() {}

  /** Prints the figures; returns 0. */
  static int run(String[] args) throws IOException {
    EntityScale s = new EntityScale();
    for (int i = 0; i < INSTANCES; i++) {
      s.instance(i);
    }
    for (int i = 0; i < CONNECTIONS; i++) {
      s.connection(i);
    }
    for (int i = 0; i < MACHINES; i++) {
      s.add("node_info", "machine_id", machine(i), "hostname", "host-" + i);
    }
    long before = used();
    long time = 1_800_000_000_000L;
    RuleSet rules = RuleSet.defaults();
    EntityModel model =
        new EntityModel(
            rules,
            Map.of(
                InsightRule.Source.METRICS,
                (from, to, matchers, limit) -> s.series(matchers, limit)),
            EntityModel.Limits.DEFAULT,
            null);
    print("first model", millis(() -> model.update(time)));
    World w = model.current();
    System.out.println(w + ", problems " + model.problems());
    System.out.printf("memory with world: %.1f MB%n", (used() - before) / 1e6);
    double[] idle = new double[10];
    for (int i = 0; i < idle.length; i++) {
      long at = time + (i + 1) * POLL;
      idle[i] = millis(() -> model.update(at));
    }
    print("update without changes, last of 10", idle[idle.length - 1]);
    double[] changed = new double[10];
    for (int i = 0; i < changed.length; i++) {
      for (int k = 0; k < 100; k++) {
        s.instance(INSTANCES + i * 100 + k);
      }
      long at = time + (idle.length + i + 1) * POLL;
      changed[i] = millis(() -> model.update(at));
    }
    print("update with 100 new instances, last of 10", changed[changed.length - 1]);
    System.out.printf("memory after these: %.1f MB%n", (used() - before) / 1e6);
    print("world of the first update", millis(() -> model.at(time)));
    model.close();
    return 0;
  }

  private static void print(String what, double millis) {
    System.out.printf("%s: %.1f ms of a processor%n", what, millis);
  }

  private static double millis(Runnable work) {
    long start = THREADS.getCurrentThreadCpuTime();
    work.run();
    return (THREADS.getCurrentThreadCpuTime() - start) / 1e6;
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static String machine(int i) {
    return "0123456789abcdef0123456789ab%04d".formatted(i % MACHINES);
  }

  private static String container(int i) {
    return "/k8s/shop-%d/service-%d-6799fc88d8-%05d/app".formatted(i % 20, i % SERVICES, i);
  }

  private static String address(int i) {
    return "10.%d.%d.%d:8080".formatted(i >> 16 & 255, i >> 8 & 255, i & 255);
  }

  private void instance(int i) {
    String[] owner = {
      "machine_id",
      machine(i),
      "container_id",
      container(i),
      "app_id",
      "/k8s/shop-%d/service-%d".formatted(i % 20, i % SERVICES)
    };
    add("container_info", with(owner, "image", "registry.example.com/shop/service:1.2.3"));
    add("container_net_tcp_listen_info", with(owner, "listen_addr", address(i)));
  }

  private void connection(int i) {
    int to = (int) (i * 7919L % INSTANCES);
    add(
        "container_net_tcp_active_connections",
        "machine_id",
        machine(i % INSTANCES),
        "container_id",
        container(i % INSTANCES),
        "destination",
        address(to),
        "actual_destination",
        address(to));
  }

  private static String[] with(String[] labels, String name, String value) {
    List<String> out = new ArrayList<>(List.of(labels));
    out.add(name);
    out.add(value);
    return out.toArray(String[]::new);
  }

  private void add(String metric, String... labels) {
    byMetric
        .computeIfAbsent(metric, _ -> new ArrayList<>())
        .add(Labels.of(with(labels, Labels.METRIC_NAME, metric)));
  }

  private List<Labels> series(List<Matcher> matchers, int limit) {
    List<Labels> out = new ArrayList<>();
    byMetric.forEach(
        (metric, all) -> {
          if (matchers.stream().allMatch(m -> m.matches(metric))) {
            out.addAll(all);
          }
        });
    return out.size() > limit ? out.subList(0, limit) : out;
  }
}

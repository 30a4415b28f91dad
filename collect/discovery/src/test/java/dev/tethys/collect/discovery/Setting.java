package dev.tethys.collect.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.discovery.config.Discoveries;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.HttpClientFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** What tests of discoveries share: surroundings whose pauses and clock the test owns. */
public final class Setting {
  private static final HttpClientFactory CLIENTS = new HttpClientFactory("Tethys/test");

  public final Registry registry = new Registry();
  public final Semaphore goOn = new Semaphore(0);
  public final Map<String, String> environment = new HashMap<>();
  public volatile Instant now = Instant.parse("2026-01-02T03:04:05Z");
  public final DiscoveryContext context;

  /** Calls go to the servers they name. */
  public Setting() {
    this(UnaryOperator.identity());
  }

  /** Calls go to the stand-in. */
  public Setting(Vendor vendor) {
    this(vendor::route);
  }

  private Setting(UnaryOperator<ClientRequest> route) {
    environment.put("HOME", "/nonexistent");
    context =
        new DiscoveryContext(
            d -> goOn.acquire(),
            () -> now,
            environment::get,
            new DiscoveryMetrics(registry),
            DiscoveryContext.sender(CLIENTS, route));
  }

  /** Collects the groups that a discovery passes. */
  public static final class Seen implements Discovery.Sink {
    public final TreeMap<String, TargetGroup> groups = new TreeMap<>();
    public final List<Integer> sizes = new ArrayList<>();

    @Override
    public synchronized void update(List<TargetGroup> update) {
      for (TargetGroup g : update) {
        if (g.targets().isEmpty()) {
          groups.remove(g.source());
        } else {
          groups.put(g.source(), g);
        }
      }
      sizes.add(groups.size());
      notifyAll();
    }

    public synchronized List<String> addresses() {
      return groups.values().stream()
          .flatMap(g -> g.targets().stream())
          .map(t -> t.get("__address__"))
          .toList();
    }

    /** Waits until the passed groups are as wanted. */
    public synchronized void await(Predicate<Seen> wanted) throws InterruptedException {
      long until = System.nanoTime() + 60_000_000_000L;
      while (!wanted.test(this)) {
        assertThat(System.nanoTime()).as("a minute is over; seen: " + groups).isLessThan(until);
        wait(50);
      }
    }
  }

  /** Reads the keys of a job that name targets. */
  public static List<DiscoveryConfig> read(String yaml) {
    YamlDocument d = YamlDocument.parse("test.yml", null, yaml);
    List<DiscoveryConfig> out = Discoveries.read(d.root().object(Discoveries.SECTION));
    d.refuseNotBuilt();
    return out;
  }

  /** What asks once, for the one entry of a configuration. */
  public PollingDiscovery.Source source(String yaml) {
    return ((PollingDiscovery) read(yaml).getFirst().discovery(context)).source();
  }

  /** Asks once, for the one entry of a configuration. */
  public List<TargetGroup> refresh(String yaml) throws Exception {
    return source(yaml).refresh();
  }

  /**
   * Groups as text: each source on a line, below it its labels, and below those each target's
   * labels, the first behind a dash.
   */
  public static String show(List<TargetGroup> groups) {
    StringBuilder b = new StringBuilder();
    for (TargetGroup g : groups) {
      b.append(g.source()).append('\n');
      show(b, g.labels(), "  ", "  ");
      g.targets().forEach(t -> show(b, t, "  - ", "    "));
    }
    return b.toString();
  }

  private static void show(StringBuilder b, Labels labels, String first, String rest) {
    String indent = first;
    for (Map.Entry<String, String> e : labels.toMap().entrySet()) {
      b.append(indent).append(e.getKey()).append(": ").append(e.getValue()).append('\n');
      indent = rest;
    }
  }

  public static TargetGroup group(String source, String... addresses) {
    List<Labels> targets = new ArrayList<>();
    for (String a : addresses) {
      targets.add(Labels.of("__address__", a));
    }
    return new TargetGroup(source, targets, Labels.EMPTY);
  }

  public double metric(String name) {
    return registry.gather().stream()
        .filter(f -> f.name().equals(name))
        .flatMap(f -> f.metrics().stream())
        .mapToDouble(m -> m.point() instanceof MetricFamily.Value v ? v.value() : 0)
        .sum();
  }
}

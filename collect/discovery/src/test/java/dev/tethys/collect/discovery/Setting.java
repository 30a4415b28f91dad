package dev.tethys.collect.discovery;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;

/** What tests of discoveries share: surroundings whose pauses the test ends. */
final class Setting {
  final Registry registry = new Registry();
  final Semaphore goOn = new Semaphore(0);
  final Queue<HttpFetch.Answer> answers = new ArrayDeque<>();
  final DiscoveryContext context =
      new DiscoveryContext(
          d -> goOn.acquire(),
          new DiscoveryMetrics(registry),
          (config, url, headers, max) -> answers.remove());

  /** Collects what a discovery hands over. */
  static final class Seen implements Discovery.Sink {
    final TreeMap<String, TargetGroup> groups = new TreeMap<>();
    final List<Integer> sizes = new ArrayList<>();

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
    }

    List<String> addresses() {
      return groups.values().stream()
          .flatMap(g -> g.targets().stream())
          .map(t -> t.get("__address__"))
          .toList();
    }
  }

  /** Reads the keys of a job that name targets. */
  static List<DiscoveryConfig> read(String yaml) {
    YamlDocument d = YamlDocument.parse("test.yml", null, yaml);
    List<DiscoveryConfig> out = Discoveries.read(d.root().object(Discoveries.SECTION));
    d.refuseNotBuilt();
    return out;
  }

  static TargetGroup group(String source, String... addresses) {
    List<Labels> targets = new ArrayList<>();
    for (String a : addresses) {
      targets.add(Labels.of("__address__", a));
    }
    return new TargetGroup(source, targets, Labels.EMPTY);
  }

  double metric(String name) {
    return registry.gather().stream()
        .filter(f -> f.name().equals(name))
        .flatMap(f -> f.metrics().stream())
        .mapToDouble(
            m ->
                m.point() instanceof dev.tethys.model.exposition.MetricFamily.Value v
                    ? v.value()
                    : 0)
        .sum();
  }
}

package dev.tethys.insight.graph.query;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Display names for services of containers: the last part of the application's or container's id,
 * or the full id if two names would be equal.
 */
final class ContainerLabels {
  /** Identifies a container on a machine. */
  record Key(String machine, String container) {
    static Key of(Sample s) {
      return new Key(s.label("machine_id"), s.label("container_id"));
    }
  }

  private final Map<String, Set<String>> ids = new HashMap<>();

  /**
   * @param samples all series that have containers
   */
  ContainerLabels(List<List<Sample>> samples) {
    for (List<Sample> list : samples) {
      for (Sample s : list) {
        ids.computeIfAbsent(shortName(id(s)), _ -> new HashSet<>()).add(id(s));
      }
    }
  }

  /** Returns the service ID of a container. */
  static String id(Sample s) {
    String app = s.label("app_id");
    return app.isEmpty() ? s.label("container_id") : app;
  }

  private static String shortName(String id) {
    String last = id.substring(id.lastIndexOf('/') + 1);
    String name =
        last.endsWith(".service") ? last.substring(0, last.length() - ".service".length()) : last;
    return name.isEmpty() ? id : name;
  }

  /** Returns the service name of a container. */
  String name(Sample s) {
    String name = shortName(id(s));
    return ids.getOrDefault(name, Set.of()).size() > 1 ? id(s) : name;
  }
}

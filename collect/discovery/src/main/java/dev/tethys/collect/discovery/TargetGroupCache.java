package dev.tethys.collect.discovery;

import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Groups read from a list most recently. Unchanged groups stay the same objects: if a list of a
 * hundred thousand changes every minute, only the changed groups are promoted in the heap, and the
 * copies die young. Not thread-safe.
 */
final class TargetGroupCache {
  private final String source;
  private final String label;
  private List<TargetGroup> groups = List.of();

  /**
   * @param source source of the list, also set as a label of each group
   */
  TargetGroupCache(String source, String label) {
    this.source = source;
    this.label = label;
  }

  /** Groups received last. */
  List<TargetGroup> groups() {
    return groups;
  }

  /** Accepts groups without sources; returns the same list if nothing has changed. */
  List<TargetGroup> take(List<TargetGroup> read) {
    Map<List<Labels>, List<Labels>> targets = new HashMap<>();
    Map<Labels, Labels> labels = HashMap.newHashMap(groups.size());
    for (TargetGroup g : groups) {
      targets.put(g.targets(), g.targets());
      labels.put(g.labels(), g.labels());
    }
    boolean same = read.size() == groups.size();
    List<TargetGroup> out = new ArrayList<>(read.size());
    for (int i = 0; i < read.size(); i++) {
      TargetGroup g = read.get(i);
      Labels named = g.labels().toBuilder().set(label, source).build();
      Labels its = labels.computeIfAbsent(named, l -> l);
      List<Labels> at = targets.computeIfAbsent(g.targets(), t -> t);
      TargetGroup former = i < groups.size() ? groups.get(i) : null;
      if (former != null && former.labels() == its && former.targets() == at) {
        out.add(former);
      } else {
        same = false;
        String name = former == null ? source + ":" + i : former.source();
        out.add(new TargetGroup(name, at, its));
      }
    }
    if (!same) {
      groups = List.copyOf(out);
    }
    return groups;
  }
}

package dev.tethys.collect.database;

import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.testkit.Exposition;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The real exporter and ours, having asked the same server one after another. */
public final class SideBySide {
  private SideBySide() {}

  /** Families in a form that can be compared. */
  public static Exposition of(List<MetricFamily> families) {
    return Exposition.of(to -> families.forEach(to));
  }

  /**
   * What differs in names, types and label sets, by name.
   *
   * @param prefix of the names that are compared
   * @param theirs of the real one
   */
  public static Map<String, String> differences(String prefix, Exposition theirs, Exposition ours) {
    Map<String, String> out = new TreeMap<>();
    Set<String> names = new TreeSet<>(theirs.families.keySet());
    names.addAll(ours.families.keySet());
    for (String name : names) {
      Exposition.Family t = theirs.families.get(name);
      Exposition.Family o = ours.families.get(name);
      if (!name.startsWith(prefix)) {
        continue;
      }
      if (o == null) {
        out.put(name, "missing: " + String.valueOf(t));
      } else if (t == null) {
        out.put(name, "only ours: " + o);
      } else if (!t.type().equals(o.type())) {
        out.put(name, "type " + o.type() + " instead of " + t.type());
      } else if (!labels(t).equals(labels(o))) {
        out.put(name, "labels " + labels(o) + " instead of " + labels(t));
      }
    }
    return out;
  }

  /** Which buckets there are depends on what was measured. */
  private static Set<String> labels(Exposition.Family f) {
    Set<String> out = new TreeSet<>(f.samples().keySet());
    out.removeIf(k -> k.startsWith("_bucket"));
    return out;
  }

  /**
   * Values that cannot be explained by the time between the two looks: of counters those that are
   * smaller in the second, of gauges those that differ.
   *
   * @param moving gauges that change by themselves
   */
  public static Map<String, String> values(
      String prefix, Exposition first, Exposition second, Set<String> moving) {
    Map<String, String> out = new TreeMap<>();
    first.families.forEach(
        (name, f) -> {
          Exposition.Family s = second.families.get(name);
          if (s == null || !name.startsWith(prefix) || moving.contains(name)) {
            return;
          }
          boolean rises = !f.type().equals("gauge") && !f.type().equals("untyped");
          f.samples()
              .forEach(
                  (labels, v) -> {
                    Double w = s.samples().get(labels);
                    if (w == null || labels.contains("quantile=")) {
                      return;
                    }
                    boolean near = Math.abs(w - v) <= 1e-9 * Math.abs(v);
                    if (!near && !v.equals(w) && (!rises || w < v)) {
                      out.put(name + "{" + labels + "}", v + " and then " + w);
                    }
                  });
        });
    return out;
  }
}

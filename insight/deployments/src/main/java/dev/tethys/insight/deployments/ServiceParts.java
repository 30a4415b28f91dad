package dev.tethys.insight.deployments;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.EntityPast;
import dev.tethys.insight.entities.EntityPast.EntitySpan;
import dev.tethys.insight.entities.EntityPast.RelationSpan;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Label sets of the series of a service and its parts in a window, as selectors of PromQL. */
final class ServiceParts {
  /** Most label sets of a service that are selected; the first in their order are kept. */
  static final int MAX_LABEL_SETS = 500;

  private static final String CLUSTER = "cluster";

  private final TreeSet<Labels> sets;
  private final boolean truncated;

  private ServiceParts(TreeSet<Labels> all) {
    this.truncated = all.size() > MAX_LABEL_SETS;
    while (all.size() > MAX_LABEL_SETS) {
      all.removeLast();
    }
    this.sets = all;
  }

  /** Parts of a service that were valid at any time of a window. */
  static ServiceParts of(EntityPast past, String service, TimeWindow window) {
    Map<String, List<String>> incoming = new HashMap<>();
    for (RelationSpan r : past.relations()) {
      if (r.from() < window.to() && r.to() > window.from()) {
        incoming
            .computeIfAbsent(r.relation().to(), _ -> new ArrayList<>())
            .add(r.relation().from());
      }
    }
    Set<String> ids = new HashSet<>(Set.of(service));
    List<String> open = new ArrayList<>(ids);
    while (!open.isEmpty()) {
      for (String part : incoming.getOrDefault(open.removeLast(), List.of())) {
        if (ids.add(part)) {
          open.add(part);
        }
      }
    }
    TreeSet<Labels> all = new TreeSet<>();
    for (EntitySpan s : past.entities()) {
      Entity e = s.entity();
      if (ids.contains(e.id()) && s.from() < window.to() && s.to() > window.from()) {
        all.addAll(e.series());
      }
    }
    return new ServiceParts(all);
  }

  /** True if parts were left out. */
  boolean isTruncated() {
    return truncated;
  }

  /**
   * Selectors, without braces, of the label sets that have these names and no other but {@code
   * cluster}. Sets that differ in the last name only share one.
   */
  List<String> selectors(String... names) {
    Set<String> wanted = Set.of(names);
    String last = names[names.length - 1];
    Map<String, TreeSet<String>> groups = new TreeMap<>();
    for (Labels l : sets) {
      Map<String, String> map = l.toMap();
      Set<String> own = new HashSet<>(map.keySet());
      if (!wanted.contains(CLUSTER)) {
        own.remove(CLUSTER);
      }
      if (!own.equals(wanted)) {
        continue;
      }
      StringBuilder group = new StringBuilder();
      map.forEach(
          (name, value) -> {
            if (!name.equals(last)) {
              group.append(name).append('=').append(GoQuote.quote(value)).append(',');
            }
          });
      groups
          .computeIfAbsent(group.toString(), _ -> new TreeSet<>())
          .add(map.getOrDefault(last, ""));
    }
    List<String> out = new ArrayList<>();
    groups.forEach((group, values) -> out.add(group + last + matcher(values)));
    return out;
  }

  private static String matcher(Set<String> values) {
    if (values.size() == 1) {
      return "=" + GoQuote.quote(values.iterator().next());
    }
    StringBuilder regex = new StringBuilder();
    for (String v : values) {
      regex.append(regex.isEmpty() ? "" : "|").append(literal(v));
    }
    return "=~" + GoQuote.quote(regex.toString());
  }

  /** Regular expression of a text. */
  static String literal(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ("\\.+*?()|[]{}^$".indexOf(c) >= 0) {
        out.append('\\');
      }
      out.append(c);
    }
    return out.toString();
  }
}

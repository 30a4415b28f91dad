package dev.tethys.collect.exporter.mapping;

import dev.tethys.codec.points.RecentNameCache;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.regex.Groups;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.relabel.Template;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the rule for a name. Globs are first: they are in a tree of components, so that a lookup
 * depends on the length of the name and not on the number of rules. Expressions are tried one by
 * one after them. Recent results are cached.
 *
 * <p>Thread-safe.
 */
public final class MetricMapper {
  /**
   * Mapping applied to a name.
   *
   * @param labels labels of the rule, with groups expanded
   */
  public record Mapped(Mapping mapping, String name, Map<String, String> labels) {}

  /** A rule with the templates expanded for its matches. */
  private record Rule(Mapping mapping, Regex pattern, Template name, Map<String, Template> labels) {
    static Rule of(Mapping m) {
      Regex p =
          Regex.compile(
              m.regex()
                  ? m.match()
                  : "^" + m.match().replace(".", "\\.").replace("*", "([^.]*)") + "$");
      Map<String, Template> labels = new LinkedHashMap<>();
      m.labels().forEach((k, v) -> labels.put(k, new Template(text(m, v), p)));
      return new Rule(m, p, new Template(text(m, m.name()), p), labels);
    }

    /**
     * Converts a template: in a glob, {@code $1x} is the first star and an x; in an expression, a
     * group named 1x.
     */
    private static String text(Mapping m, String s) {
      return m.regex() ? s : s.replaceAll("\\$\\{?(\\d+)\\}?", "\\${$1}");
    }

    @Nullable Mapped map(String name) {
      if (!pattern.find(name)) {
        return null;
      }
      Groups m = pattern.groups(name);
      if (!m.find()) {
        return null;
      }
      Map<String, String> expanded = new LinkedHashMap<>();
      labels.forEach((k, v) -> expanded.put(k, v.expand(m)));
      return new Mapped(mapping, this.name.expand(m), expanded);
    }
  }

  /** A component of globs and its possible successors. */
  private static final class Step {
    final Map<String, Step> literal = new HashMap<>();
    @Nullable Step star;
    final List<Integer> rules = new ArrayList<>();
  }

  /** Default number of cached names. */
  public static final int DEFAULT_REMEMBERED = 1000;

  private final MappingFile file;
  private final List<Rule> rules;
  private final List<Rule> expressions;
  private final Step globs = new Step();
  private final Map<MetricKind, RecentNameCache<Mapped>> recent = new EnumMap<>(MetricKind.class);

  /**
   * Creates a mapper.
   *
   * @param remembered maximum number of cached names per kind; 0 for no cache
   */
  public MetricMapper(MappingFile file, int remembered) {
    this.file = file;
    this.rules = file.mappings().stream().map(Rule::of).toList();
    this.expressions = rules.stream().filter(r -> r.mapping.regex()).toList();
    for (int i = 0; i < rules.size(); i++) {
      if (!rules.get(i).mapping.regex()) {
        Step at = globs;
        for (String c : rules.get(i).mapping.match().split("\\.")) {
          if (c.equals("*")) {
            if (at.star == null) {
              at.star = new Step();
            }
            at = at.star;
          } else {
            at = at.literal.computeIfAbsent(c, k -> new Step());
          }
        }
        at.rules.add(i);
      }
    }
    for (MetricKind kind : MetricKind.values()) {
      recent.put(kind, new RecentNameCache<>(remembered, name -> find(name, kind)));
    }
  }

  /** Names that are remembered now, of all kinds. */
  public long remembered() {
    return recent.values().stream().mapToLong(RecentNameCache::size).sum();
  }

  /** Returns the number of lookups. */
  public long gets() {
    return recent.values().stream().mapToLong(RecentNameCache::gets).sum();
  }

  /** Returns the number of lookups served from the cache. */
  public long hits() {
    return recent.values().stream().mapToLong(RecentNameCache::hits).sum();
  }

  /** Shows how names are remembered, under the names of statsd_exporter and graphite_exporter. */
  public static void show(Supplier<MetricMapper> now, Registry registry) {
    registry.gauge(
        "statsd_metric_mapper_cache_length",
        "The count of unique metrics currently cached.",
        () -> now.get().remembered());
    registry.counter(
        "statsd_metric_mapper_cache_gets_total",
        "The count of total metric cache gets.",
        () -> now.get().gets());
    registry.counter(
        "statsd_metric_mapper_cache_hits_total",
        "The count of total metric cache hits.",
        () -> now.get().hits());
  }

  /** Returns the mapping file. */
  public MappingFile file() {
    return file;
  }

  /** Maps a name; returns null if no rule matches. */
  public @Nullable Mapped map(String name, MetricKind kind) {
    RecentNameCache<Mapped> r = recent.get(kind);
    return r == null ? null : r.get(name);
  }

  private @Nullable Mapped find(String name, MetricKind kind) {
    int glob = glob(globs, name.split("\\.", -1), 0, kind);
    if (glob >= 0) {
      return rules.get(glob).map(name);
    }
    for (Rule r : expressions) {
      if (fits(r, kind)) {
        Mapped m = r.map(name);
        if (m != null) {
          return m;
        }
      }
    }
    return null;
  }

  private static boolean fits(Rule r, MetricKind kind) {
    return r.mapping.kind() == null || r.mapping.kind() == kind;
  }

  /** Returns the rule that wins below a step, or -1. As deep as the longest glob at most. */
  private int glob(Step at, String[] components, int i, MetricKind kind) {
    if (i == components.length) {
      for (int r : at.rules) {
        if (fits(rules.get(r), kind)) {
          return r;
        }
      }
      return -1;
    }
    Step next = at.literal.get(components[i]);
    int literal = next == null ? -1 : glob(next, components, i + 1, kind);
    if (literal >= 0 && file.specificFirst()) {
      return literal;
    }
    int star = at.star == null ? -1 : glob(at.star, components, i + 1, kind);
    return literal < 0 ? star : star < 0 ? literal : Math.min(literal, star);
  }
}

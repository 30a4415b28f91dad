package dev.tethys.collect.exporter.jmx;

import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a file: the first match creates a sample from a value. Results of rules with a cache
 * are kept while the value exists. Thread-safe.
 */
final class JmxRules {
  private record ValueKey(
      String domain, Map<String, String> properties, List<String> path, String name) {
    static ValueKey of(BeanValue v) {
      return new ValueKey(v.bean().domain(), v.bean().properties(), v.path(), v.name());
    }
  }

  private final JmxConfig config;
  private final boolean caches;

  /** Empty if rules with a cache do not match. */
  private final Map<ValueKey, Optional<MatchedValue>> cache = new ConcurrentHashMap<>();

  JmxRules(JmxConfig config) {
    this.config = config;
    this.caches = config.rules().stream().anyMatch(JmxRule::cached);
  }

  /** Starts one pass through the rules. Not thread-safe. */
  Reading read() {
    return new Reading();
  }

  /** Applies the rules to all values of a scrape. */
  final class Reading {
    private final Set<ValueKey> seen = new HashSet<>();

    private Reading() {}

    /** Returns the sample of a value; null if no rule matches it or it is not a number. */
    @Nullable MatchedValue match(BeanValue v) {
      MatchedValue m = rule(v);
      if (m == null) {
        return null;
      }
      Object value = m.value() == null ? v.value() : m.value();
      return switch (value) {
        case Number n -> m.with(n.doubleValue() * m.factor());
        case Boolean b -> m.with(b ? 1 : 0);
        default -> null;
      };
    }

    private @Nullable MatchedValue rule(BeanValue v) {
      if (!caches) {
        return first(v, false).value;
      }
      ValueKey place = ValueKey.of(v);
      Optional<MatchedValue> kept = cache.get(place);
      if (kept != null) {
        seen.add(place);
        if (kept.isPresent()) {
          return kept.get();
        }
      }
      RuleResult found = first(v, kept != null);
      if (found.keep && cache.putIfAbsent(place, Optional.ofNullable(found.value)) == null) {
        seen.add(place);
      }
      return found.value;
    }

    /** Returns the number of values with a cached rule result. */
    int cached() {
      return seen.size();
    }

    /** Removes entries that were not seen. */
    void end() {
      cache.keySet().retainAll(seen);
    }
  }

  /**
   * Result of applying the rules.
   *
   * @param keep whether it stays valid as long as the value exists
   */
  private record RuleResult(@Nullable MatchedValue value, boolean keep) {
    static final RuleResult NO_RULE = new RuleResult(null, true);
    static final RuleResult LEFT_OUT = new RuleResult(null, false);
  }

  private RuleResult first(BeanValue v, boolean onlyWithoutCache) {
    String properties = brackets(v.bean().properties().toString());
    String bean = v.bean().domain() + properties + brackets(v.path().toString());
    for (JmxRule rule : config.rules()) {
      if (rule.cached() && onlyWithoutCache) {
        continue;
      }
      String attribute = rule.snakeCase() ? MetricNames.snakeCase(v.name()) : v.name();
      String text = bean + attribute + ": " + (rule.cached() ? "<cache>" : v.value());
      Matcher m = null;
      if (rule.pattern() != null) {
        m = rule.pattern().matcher(new BoundedText(text));
        if (!m.matches()) {
          continue;
        }
      }
      Double value = null;
      if (rule.value() != null && m != null) {
        try {
          value = Double.valueOf(m.replaceAll(rule.value()));
        } catch (NumberFormatException e) {
          return RuleResult.LEFT_OUT;
        }
      }
      MatchedValue made =
          rule.name() == null || m == null
              ? usual(rule, v, attribute, text, value)
              : named(rule, v, m, text, value);
      return made == null ? RuleResult.LEFT_OUT : new RuleResult(made, rule.cached());
    }
    return RuleResult.NO_RULE;
  }

  private static String brackets(String s) {
    return "<" + s.substring(1, s.length() - 1) + ">";
  }

  private static String help(BeanValue v) {
    Map<String, String> p = v.bean().properties();
    String where =
        v.bean().domain()
            + ":name="
            + p.get("name")
            + ",type="
            + p.get("type")
            + ",attribute="
            + v.name();
    return v.description().isEmpty() || v.description().equals(v.name())
        ? where
        : v.description() + " " + where;
  }

  /**
   * Names the value after the bean: its first property becomes part of the name, the others labels.
   */
  private MatchedValue usual(
      JmxRule rule, BeanValue v, String attribute, String text, @Nullable Double value) {
    List<String> words = new ArrayList<>();
    words.add(v.bean().domain());
    Map.Entry<String, String> first = v.bean().properties().firstEntry();
    if (first != null) {
      words.add(first.getValue());
    }
    words.addAll(v.path());
    words.add(attribute);
    Map<String, String> labels = new TreeMap<>();
    v.bean().properties().entrySet().stream()
        .skip(1)
        .forEach(e -> labels.put(label(e.getKey()), e.getValue()));
    attributeLabels(v, labels);
    return made(rule, MetricNames.safe(String.join("_", words)), text, help(v), labels, value);
  }

  private @Nullable MatchedValue named(
      JmxRule rule, BeanValue v, Matcher m, String text, @Nullable Double value) {
    String name = MetricNames.safe(m.replaceAll(String.valueOf(rule.name())));
    if (name.isEmpty()) {
      return null;
    }
    Map<String, String> labels = new TreeMap<>();
    attributeLabels(v, labels);
    rule.labels()
        .forEach(
            (k, l) -> {
              String label = label(m.replaceAll(k));
              String of = m.replaceAll(l);
              if (!label.isEmpty() && !of.isEmpty()) {
                labels.put(label, of);
              }
            });
    String help = rule.help() == null ? help(v) : m.replaceAll(rule.help());
    return made(rule, name, text, help, labels, value);
  }

  private void attributeLabels(BeanValue v, Map<String, String> labels) {
    v.bean().attributeLabels().forEach((k, l) -> labels.put(label(k), l));
  }

  private String label(String name) {
    String l = MetricNames.label(name);
    return config.lowercaseLabels() ? l.toLowerCase(Locale.ROOT) : l;
  }

  private MatchedValue made(
      JmxRule rule,
      String name,
      String text,
      String help,
      Map<String, String> labels,
      @Nullable Double value) {
    String n = config.lowercaseNames() ? name.toLowerCase(Locale.ROOT) : name;
    JmxRule.Kind type =
        config.inferCounters() && n.endsWith("_total") ? JmxRule.Kind.COUNTER : rule.type();
    return new MatchedValue(
        MetricNames.family(n), text, type, help, Labels.of(labels), value, rule.factor());
  }

  /**
   * A text whose matching ends when the thread is interrupted: Java expressions may backtrack
   * indefinitely.
   */
  private record BoundedText(String text) implements CharSequence {
    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      if (Thread.currentThread().isInterrupted()) {
        throw new IllegalStateException("timed out");
      }
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.substring(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}

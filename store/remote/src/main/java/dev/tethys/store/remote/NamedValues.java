package dev.tethys.store.remote;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Matcher with a list of values: an equality, or an expression that is an alternation of strings,
 * as sent for Grafana variables.
 *
 * @param label the label whose value is requested; an absent one has the value ""
 * @param among whether the value has to be one of these, or none of them
 * @param values values to match, at least one; may include ""
 */
public record NamedValues(String label, boolean among, Set<String> values) {
  /** Returns the values of a matcher, or null if it does not name them. */
  public static @Nullable NamedValues of(Matcher m) {
    boolean among = m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.REGEX;
    boolean equality = m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.NOT_EQUAL;
    Set<String> values = equality ? Set.of(m.value()) : Expressions.values(m.value());
    return values == null ? null : new NamedValues(m.name(), among, values);
  }

  /** Whether series without the label meet it. */
  public boolean takesAbsent() {
    return among == values.contains("");
  }

  /** Returns the values a label can have. */
  public List<String> present() {
    return values.stream().filter(v -> !v.isEmpty()).toList();
  }

  /** Whether it is about names of metrics. */
  public boolean isMetric() {
    return label.equals(Labels.METRIC_NAME);
  }

  /** Returns the metric names left by matchers, or null if they name none. */
  static @Nullable Set<String> metrics(List<Matcher> matchers) {
    for (Matcher m : matchers) {
      NamedValues v = m.name().equals(Labels.METRIC_NAME) ? of(m) : null;
      if (v != null && v.among) {
        Set<String> out = new LinkedHashSet<>(v.values);
        out.removeIf(name -> !MetricNames.match(matchers, name));
        return out;
      }
    }
    return null;
  }
}

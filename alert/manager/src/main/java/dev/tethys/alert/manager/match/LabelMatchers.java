package dev.tethys.alert.manager.match;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Conditions that must all be met; an empty list matches everything. */
public record LabelMatchers(List<LabelMatcher> all) {
  public static final LabelMatchers NONE = new LabelMatchers(List.of());

  public LabelMatchers {
    all = List.copyOf(all);
  }

  /** Sorts matchers in Alertmanager's order. */
  public static LabelMatchers sorted(List<LabelMatcher> matchers) {
    return new LabelMatchers(matchers.stream().sorted(LabelMatcher.ORDER).toList());
  }

  public boolean isEmpty() {
    return all.isEmpty();
  }

  /** Whether labels match all matchers. */
  public boolean matches(Map<String, String> labels) {
    for (LabelMatcher m : all) {
      if (!m.matches(labels)) {
        return false;
      }
    }
    return true;
  }

  /** Formats the matchers as in keys of routes: {@code {a="b",c=~"d"}}. */
  @Override
  public String toString() {
    return all.stream().map(LabelMatcher::toString).collect(Collectors.joining(",", "{", "}"));
  }
}

package dev.tethys.store.remote;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Metric names selected by matchers, for stores with a table for each metric. */
public final class MetricNames {
  private MetricNames() {}

  /** Returns the requested names, which need not exist; null if they are not named. */
  public static @Nullable Set<String> named(List<Matcher> matchers) {
    return NamedValues.metrics(matchers);
  }

  /** Whether series of a name are requested, judging by its name only. */
  public static boolean match(List<Matcher> matchers, String metric) {
    return matchers.stream()
        .filter(m -> m.name().equals(Labels.METRIC_NAME))
        .allMatch(m -> m.matches(metric));
  }
}

package dev.tethys.store.remote;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What matchers say of names of metrics, for stores that have a table or the like for each. */
public final class MetricNames {
  private MetricNames() {}

  /** The one name that is asked for; null when it may be several, or none. */
  public static @Nullable String only(List<Matcher> matchers) {
    for (Matcher m : matchers) {
      if (m.name().equals(Labels.METRIC_NAME) && m.type() == Matcher.Type.EQUAL) {
        return m.value();
      }
    }
    return null;
  }

  /** Whether series of a name are asked for, as far as its name goes. */
  public static boolean match(List<Matcher> matchers, String metric) {
    return matchers.stream()
        .filter(m -> m.name().equals(Labels.METRIC_NAME))
        .allMatch(m -> m.matches(metric));
  }
}

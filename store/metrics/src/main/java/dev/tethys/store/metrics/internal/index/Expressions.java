package dev.tethys.store.metrics.internal.index;

import dev.tethys.model.Matcher;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Label values that match the expressions of a query, tested before the index is locked. An
 * expression can take seconds to evaluate over the values of one label.
 */
public final class Expressions {
  /** Expressions without known results. */
  public static final Expressions NONE = new Expressions();

  private record Tested(Postings index, ValueMatches matches) {}

  private final Map<Matcher, Tested> tested = new HashMap<>();

  /** Records the matches among the values of an index. */
  public void put(Matcher m, Postings index, ValueMatches matches) {
    tested.put(m, new Tested(index, matches));
  }

  /** Matches found among the values of an index; returns null if the index was not searched. */
  public @Nullable ValueMatches of(Matcher m, Postings index) {
    Tested t = tested.get(m);
    return t == null || t.index != index ? null : t.matches;
  }
}

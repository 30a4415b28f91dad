package dev.tethys.codec.collectd;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Values of one moment that belong together.
 *
 * @param time nanoseconds since 1970
 * @param names names of the data sources, one per value
 * @param values {@code Long}, {@code Double}, or null for one that is unknown
 */
public record ValueList(
    Identifier id,
    long time,
    List<String> names,
    List<SourceKind> kinds,
    List<@Nullable Number> values) {

  /** Data source type. */
  public enum SourceKind {
    COUNTER,
    GAUGE,
    DERIVE,
    ABSOLUTE;

    /** Whether its values count since some start. */
    public boolean isCumulative() {
      return this == COUNTER || this == DERIVE;
    }
  }
}

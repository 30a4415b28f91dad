package dev.tethys.query.logql.ast;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Function over the entries of a range. */
public enum RangeOp {
  COUNT_OVER_TIME(Unwrapping.NEVER, false),
  RATE(Unwrapping.BOTH, false),
  BYTES_OVER_TIME(Unwrapping.NEVER, false),
  BYTES_RATE(Unwrapping.NEVER, false),
  ABSENT_OVER_TIME(Unwrapping.BOTH, false),
  RATE_COUNTER(Unwrapping.ALWAYS, false),
  SUM_OVER_TIME(Unwrapping.ALWAYS, false),
  AVG_OVER_TIME(Unwrapping.ALWAYS, true),
  MIN_OVER_TIME(Unwrapping.ALWAYS, true),
  MAX_OVER_TIME(Unwrapping.ALWAYS, true),
  FIRST_OVER_TIME(Unwrapping.ALWAYS, true),
  LAST_OVER_TIME(Unwrapping.ALWAYS, true),
  STDDEV_OVER_TIME(Unwrapping.ALWAYS, true),
  STDVAR_OVER_TIME(Unwrapping.ALWAYS, true),
  QUANTILE_OVER_TIME(Unwrapping.ALWAYS, true);

  /** Input of a function: lines or unwrapped values. */
  public enum Unwrapping {
    NEVER,
    ALWAYS,
    BOTH
  }

  private final Unwrapping unwrapping;
  private final boolean grouping;

  RangeOp(Unwrapping unwrapping, boolean grouping) {
    this.unwrapping = unwrapping;
    this.grouping = grouping;
  }

  /** Returns the name as written. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether it works on lines or on unwrapped values. */
  public Unwrapping unwrapping() {
    return unwrapping;
  }

  /** Whether {@code by} and {@code without} may follow. */
  public boolean takesGrouping() {
    return grouping;
  }

  /** Returns the function with a name, or null if there is none. */
  public static @Nullable RangeOp of(String name) {
    for (RangeOp op : values()) {
      if (op.text().equals(name)) {
        return op;
      }
    }
    return null;
  }
}

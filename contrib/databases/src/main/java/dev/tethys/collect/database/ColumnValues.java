package dev.tethys.collect.database;

import java.sql.Timestamp;
import org.jspecify.annotations.Nullable;

/** Converts column values to numbers and strings, as Go drivers do for exporters. */
public final class ColumnValues {
  private ColumnValues() {}

  /** Converts a value to a number, with NaN for SQL null; null if it is not a number. */
  public static @Nullable Double number(@Nullable Object o) {
    return switch (o) {
      case null -> Double.NaN;
      case Number n -> n.doubleValue();
      case Boolean b -> b ? 1.0 : 0.0;
      case Timestamp t -> (double) Math.floorDiv(t.getTime(), 1000);
      default -> GoNumbers.parse(o.toString());
    };
  }

  /** Converts a value to a string, with {@code ""} for SQL null. */
  public static String text(@Nullable Object o) {
    return switch (o) {
      case null -> "";
      case Timestamp t -> Long.toString(Math.floorDiv(t.getTime(), 1000));
      default -> o.toString();
    };
  }
}

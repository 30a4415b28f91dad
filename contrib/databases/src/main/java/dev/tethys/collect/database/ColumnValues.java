package dev.tethys.collect.database;

import java.sql.Timestamp;
import org.jspecify.annotations.Nullable;

/** Values of columns as numbers and texts, as drivers for Go give them to exporters. */
public final class ColumnValues {
  private ColumnValues() {}

  /** The number, NaN of a null; null when it is none. */
  public static @Nullable Double number(@Nullable Object o) {
    return switch (o) {
      case null -> Double.NaN;
      case Number n -> n.doubleValue();
      case Boolean b -> b ? 1.0 : 0.0;
      case Timestamp t -> (double) Math.floorDiv(t.getTime(), 1000);
      default -> GoNumbers.parse(o.toString());
    };
  }

  /** The text, {@code ""} of a null. */
  public static String text(@Nullable Object o) {
    return switch (o) {
      case null -> "";
      case Timestamp t -> Long.toString(Math.floorDiv(t.getTime(), 1000));
      default -> o.toString();
    };
  }
}

package dev.tethys.pipeline.ottl;

import dev.tethys.pipeline.ottl.internal.Text;
import org.jspecify.annotations.Nullable;

/** Values of telemetry as text. */
public final class ValueText {
  private ValueText() {}

  /**
   * Formats like the Collector's {@code AsString}: bytes in Base64, maps and lists as JSON, "" for
   * nil.
   */
  public static String of(@Nullable Object value) {
    return Text.attribute(value);
  }
}

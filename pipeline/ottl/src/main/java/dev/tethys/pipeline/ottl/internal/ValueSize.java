package dev.tethys.pipeline.ottl.internal;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.EvaluationException;
import org.jspecify.annotations.Nullable;

/**
 * Limits the size of values that statements build from other values. A list may be added to itself
 * twice, so that a few consecutive statements would fill any memory.
 */
public final class ValueSize {
  /** Maximum number of bytes, as estimated here. */
  public static final long MAX_BYTES = 64L << 20;

  private static final int ITEM_BYTES = 64;

  private long bytes;

  /**
   * Adds a part of the value with all that is in it.
   *
   * @throws EvaluationException if the value is too large
   */
  public void add(@Nullable Object part) {
    add(part, 0);
  }

  private void add(@Nullable Object part, int depth) {
    if (depth > Text.MAX_DEPTH) {
      throw new EvaluationException(
          "the value is nested more than " + Text.MAX_DEPTH + " levels deep");
    }
    bytes += ITEM_BYTES;
    switch (part) {
      case String s -> bytes += s.length();
      case byte[] b -> bytes += b.length;
      case ArrayValue a -> {
        for (int i = 0; i < a.size(); i++) {
          add(a.get(i), depth + 1);
        }
      }
      case Attributes m -> {
        for (int i = 0; i < m.size(); i++) {
          bytes += m.key(i).length();
          add(m.value(i), depth + 1);
        }
      }
      case null, default -> {}
    }
    if (bytes > MAX_BYTES) {
      throw new EvaluationException("the value takes more than " + MAX_BYTES + " bytes");
    }
  }
}

package dev.tethys.model.traces;

import org.jspecify.annotations.Nullable;

/**
 * Values of a field for the rows of a {@link SpanRows}. Reused by the store after the consumer has
 * returned.
 *
 * <p>Row r has the values at the indexes r (one at most) or, if {@link #offsets} is set, from
 * {@code offsets[r]} to {@code offsets[r + 1]}: events, links and arrays have several.
 */
public final class SpanColumn {
  /** No value. */
  public static final byte ABSENT = 0;

  /** Value is {@code strings[(int) bits[i]]}. */
  public static final byte STRING = 1;

  /** Value is {@code bits[i]}. */
  public static final byte INT = 2;

  /** Value is {@code Double.longBitsToDouble(bits[i])}. */
  public static final byte DOUBLE = 3;

  /** Value is {@code bits[i] != 0}. */
  public static final byte BOOL = 4;

  /** Bytes, maps and arrays inside arrays: the value exists but equals nothing. */
  public static final byte OTHER = 5;

  /** Type of the value at each index. */
  public byte[] types = {};

  /** Value by its type. */
  public long[] bits = {};

  /**
   * Strings of this column, by code. A code has the same meaning in all batches of one scan, so
   * that results by code can be cached while {@link #strings} only grows.
   */
  public String[] strings = {};

  /** First value of each row and the end of the last; null if each row has one value at most. */
  public int @Nullable [] offsets;
}

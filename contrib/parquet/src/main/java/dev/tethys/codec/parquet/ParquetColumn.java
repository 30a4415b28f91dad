package dev.tethys.codec.parquet;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Column of the row group under construction: levels, and values held by subclasses. An optional
 * column has definition level 0 for null and 1 for a value; the columns of a map have repetition
 * level 0 at the start of a row and definition level 0 if a row has nothing. Not thread-safe.
 */
public abstract sealed class ParquetColumn permits LongColumn, DoubleColumn, TextColumn {
  /** Bounds of a column within a row group, as values are encoded plainly; null if unknown. */
  record Bounds(byte[] least, byte[] greatest) {}

  final List<String> path;
  private final boolean optional;
  private final boolean repeated;

  /** Levels of each entry; an entry is a value or a null. */
  private int[] definition = new int[256];

  private int[] repetition = new int[0];
  private int entries;
  private int values;

  ParquetColumn(List<String> path, boolean optional, boolean repeated) {
    this.path = path;
    this.optional = optional;
    this.repeated = repeated;
    if (repeated) {
      repetition = new int[256];
    }
  }

  /** Returns the physical type by its number in parquet.thrift. */
  abstract int type();

  boolean isOptional() {
    return optional;
  }

  private void entry(int definitionLevel, int repetitionLevel) {
    if (entries == definition.length) {
      definition = Arrays.copyOf(definition, 2 * entries);
      if (repeated) {
        repetition = Arrays.copyOf(repetition, 2 * entries);
      }
    }
    definition[entries] = definitionLevel;
    if (repeated) {
      repetition[entries] = repetitionLevel;
    }
    entries++;
  }

  /** Records that a value was added to the subclass. */
  final void present(int repetitionLevel) {
    entry(1, repetitionLevel);
    values++;
  }

  /** Records a missing value in this row. */
  final void absent() {
    if (!optional && !repeated) {
      throw new IllegalStateException(path + " has a value in each row");
    }
    entry(0, 0);
  }

  final int entries() {
    return entries;
  }

  final int values() {
    return values;
  }

  /**
   * Returns the end of a page with at least {@code entriesEach} entries, moved to the next row
   * start.
   */
  final int pageEnd(int from, int entriesEach) {
    int end = Math.min(entries, from + entriesEach);
    while (repeated && end < entries && repetition[end] != 0) {
      end++;
    }
    return end;
  }

  /** Returns the number of values among the entries of a range. */
  final int valuesIn(int from, int to) {
    if (!optional && !repeated) {
      return to - from;
    }
    int n = 0;
    for (int i = from; i < to; i++) {
      n += definition[i];
    }
    return n;
  }

  /** Writes the levels of a range as in a page of version 1: each kind preceded by its length. */
  final void levels(int from, int to, ByteArrayOutputStream out) {
    if (repeated) {
      level(repetition, from, to, out);
    }
    if (optional || repeated) {
      level(definition, from, to, out);
    }
  }

  private static void level(int[] of, int from, int to, ByteArrayOutputStream out) {
    ByteArrayOutputStream b = new ByteArrayOutputStream();
    HybridRuns.write(of, from, to, 1, b);
    int32(b.size(), out);
    out.writeBytes(b.toByteArray());
  }

  static void int32(int v, ByteArrayOutputStream out) {
    for (int shift = 0; shift < 32; shift += 8) {
      out.write(v >>> shift);
    }
  }

  static void int64(long v, ByteArrayOutputStream out) {
    int32((int) v, out);
    int32((int) (v >>> 32), out);
  }

  static byte[] int64(long v) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int64(v, out);
    return out.toByteArray();
  }

  /** Returns the dictionary as a page, values in sequence; null if there is none. */
  byte @Nullable [] dictionary() {
    return null;
  }

  /** Returns the number of values in the dictionary. */
  int dictionarySize() {
    return 0;
  }

  /** Writes values, encoded plainly or as dictionary indexes. */
  abstract void write(int firstValue, int endValue, ByteArrayOutputStream out);

  abstract @Nullable Bounds bounds();

  /** Returns the approximate number of bytes held. */
  abstract long size();

  /** Begins another row group. */
  void clear() {
    entries = 0;
    values = 0;
  }
}

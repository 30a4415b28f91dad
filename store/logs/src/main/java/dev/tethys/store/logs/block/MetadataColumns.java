package dev.tethys.store.logs.block;

import dev.tethys.model.Matcher;
import dev.tethys.store.events.DecodedColumns;
import dev.tethys.store.events.SectionReader;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.CorruptionException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Columns of structured metadata of a block, each opened when it is first read. Not thread-safe.
 */
public final class MetadataColumns {
  private final SectionReader sections;
  private final DecodedColumns kept;
  private final ColumnReader.WordSource words;
  private final byte[][] names;
  private final int[] nameRows;
  private final int rows;
  private final Supplier<long[]> times;
  private ColumnReader.@Nullable Cursor cursor;
  private @Nullable ColumnReader[] columns = {};
  private int[] positions = {};
  private int[][] ranks = {}; // value of each row in a column, -1 without one
  private int[] presenceStarts = {};

  /**
   * @param nameRows number of rows that have each name
   * @param times times of all rows
   */
  MetadataColumns(
      SectionReader sections,
      DecodedColumns kept,
      ColumnReader.WordSource words,
      byte[][] names,
      int[] nameRows,
      int rows,
      Supplier<long[]> times) {
    this.sections = sections;
    this.kept = kept;
    this.words = words;
    this.names = names;
    this.nameRows = nameRows;
    this.rows = rows;
    this.times = times;
  }

  /** Names, UTF-8. */
  List<byte[]> names() {
    return new ArrayList<>(Arrays.asList(names));
  }

  /**
   * Returns the cursor over the block's columns, metadata columns first; it moves to each column
   * that is opened.
   */
  ColumnReader.Cursor cursor() {
    ColumnReader.Cursor known = cursor;
    if (known != null) {
      return known;
    }
    ColumnReader.Cursor c = new ColumnReader.Cursor(sections, words);
    int[] starts = new int[names.length];
    int[] saved = new int[(names.length + 1) * ColumnReader.Cursor.SAVED];
    int presence = 0;
    for (int i = 0; i < names.length; i++) {
      starts[i] = presence;
      presence += nameRows[i] < rows ? (rows + 7) / 8 : 0;
      c.save(saved, i * ColumnReader.Cursor.SAVED);
      ColumnReader.skip(c, nameRows[i]);
    }
    c.save(saved, names.length * ColumnReader.Cursor.SAVED);
    if (presence != sections.length(Section.PRESENCE)) {
      throw new CorruptionException("presence of metadata has a wrong length");
    }
    positions = saved;
    columns = new ColumnReader[names.length];
    presenceStarts = starts;
    ranks = new int[names.length][];
    cursor = c;
    return c;
  }

  /** Returns the column of a metadata name. */
  private ColumnReader column(int name) {
    ColumnReader.Cursor c = cursor();
    ColumnReader known = columns[name];
    if (known == null) {
      c.restore(positions, name * ColumnReader.Cursor.SAVED);
      known = new ColumnReader(c).open(nameRows[name]);
      columns[name] = known;
    }
    return known;
  }

  /** Moves the cursor past the columns of metadata. */
  void moveBehind(ColumnReader.Cursor c) {
    c.restore(positions, names.length * ColumnReader.Cursor.SAVED);
  }

  /**
   * Appends the value of a metadata name.
   *
   * @return false if the row has none
   */
  boolean append(int name, int row, ByteSink out) {
    ColumnReader column = column(name);
    int i = row;
    if (nameRows[name] < rows) {
      i = ranks(name)[row];
      if (i < 0) {
        return false;
      }
    }
    column.append(i, column.needsTime() ? times.get()[row] : 0, out);
    return true;
  }

  private int[] ranks(int name) {
    int[] known = ranks[name];
    if (known == null) {
      Ranks key = new Ranks(name);
      known = (int[]) kept.get(key);
      if (known == null) {
        known = readRanks(name);
        kept.put(key, known, 4L * rows);
      }
      ranks[name] = known;
    }
    return known;
  }

  private record Ranks(int name) {}

  private int[] readRanks(int name) {
    byte[] bits = sections.get(Section.PRESENCE);
    int[] out = new int[rows];
    int n = 0;
    for (int i = 0; i < rows; i++) {
      out[i] = (bits[presenceStarts[name] + (i >>> 3)] >> (i & 7) & 1) != 0 ? n++ : -1;
    }
    if (n != nameRows[name]) {
      throw new CorruptionException("presence of metadata has a wrong sum");
    }
    return out;
  }

  private record Codes(int name) {}

  /**
   * Few values of a metadata name.
   *
   * @param codes index of each row's value, -1 without one
   */
  @SuppressWarnings("ArrayRecordComponent") // shared, read only
  public record Coded(byte[][] values, short[] codes) {}

  /** Values of a metadata name by their numbers; null if the column has too many. */
  @Nullable Coded coded(int name) {
    Codes key = new Codes(name);
    Coded known = (Coded) kept.get(key);
    ColumnReader column = known == null ? column(name) : null;
    if (column == null || !column.isCoded()) {
      return known;
    }
    byte[][] values = column.codedValues();
    short[] codes = new short[rows];
    int[] of = nameRows[name] < rows ? ranks(name) : null;
    for (int r = 0; r < rows; r++) {
      int i = of == null ? r : of[r];
      codes[r] = (short) (i < 0 ? -1 : column.code(i));
    }
    Coded out = new Coded(values, codes);
    long size = 2L * rows + 64;
    for (byte[] v : values) {
      size += v.length + 24L;
    }
    kept.put(key, out, size);
    return out;
  }

  /**
   * Rows whose metadata fits a matcher.
   *
   * @param name index in {@link #names}, or -1 if the block does not have the name
   */
  BitSet rowsMatching(int name, Matcher matcher) {
    BitSet out = new BitSet(rows);
    if (name < 0) {
      if (matcher.matchesEmpty()) {
        out.set(0, rows);
      }
      return out;
    }
    Coded coded = coded(name);
    if (coded != null) {
      addMatching(coded, matcher, out);
      return out;
    }
    ColumnReader column = column(name);
    int[] rowOfValue = new int[nameRows[name]];
    if (rowOfValue.length == rows) {
      for (int i = 0; i < rows; i++) {
        rowOfValue[i] = i;
      }
    } else {
      int[] of = ranks(name);
      boolean empty = matcher.matchesEmpty();
      for (int i = 0; i < rows; i++) {
        if (of[i] >= 0) {
          rowOfValue[of[i]] = i;
        } else if (empty) {
          out.set(i);
        }
      }
    }
    if (column.needsTime()) {
      ByteSink value = new ByteSink(32);
      for (int row : rowOfValue) {
        append(name, row, value.clear());
        if (matcher.matches(value.buf, 0, value.size)) {
          out.set(row);
        }
      }
    } else {
      column.addMatching(matcher, rowOfValue, out);
    }
    return out;
  }

  private static void addMatching(Coded coded, Matcher matcher, BitSet rows) {
    boolean[] fits = new boolean[coded.values.length + 1]; // first without a value
    fits[0] = matcher.matchesEmpty();
    for (int k = 0; k < coded.values.length; k++) {
      fits[k + 1] = matcher.matches(coded.values[k], 0, coded.values[k].length);
    }
    short[] codes = coded.codes;
    for (int r = 0; r < codes.length; r++) {
      if (fits[codes[r] + 1]) {
        rows.set(r);
      }
    }
  }
}

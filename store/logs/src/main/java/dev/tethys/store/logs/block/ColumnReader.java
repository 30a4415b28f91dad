package dev.tethys.store.logs.block;

import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogBodyParts;
import dev.tethys.store.events.SectionReader;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Column of a block: returns the bytes of each value. Reused from column to column, since a block
 * has tens of thousands. Columns are opened in the order in which they were written, because each
 * starts where the previous one ends. Not thread-safe.
 */
public final class ColumnReader {
  /** Positions of the next column in each section. */
  static final class Cursor {
    final SectionReader block;
    final ByteSource head;
    final int[] at = new int[Section.COUNT];
    final ByteSource lengths;
    final WordSource words;
    final TimeParts time = new TimeParts();

    Cursor(SectionReader block, WordSource words) {
      this.block = block;
      this.head = block.source(Section.COLUMNS);
      this.lengths = block.source(Section.LENGTHS);
      this.words = words;
    }

    private static final int[] PLACES = {
      Section.INDEXES,
      Section.BITS,
      Section.WORD_LOW,
      Section.WORD_MIDDLE,
      Section.WORD_HIGH,
      Section.NIBBLES,
      Section.TEXT
    };

    /** Numbers of {@link #save}. */
    static final int SAVED = PLACES.length + 2;

    /** Stores the positions. */
    void save(int[] to, int offset) {
      for (int i = 0; i < PLACES.length; i++) {
        to[offset + i] = at[PLACES[i]];
      }
      to[offset + PLACES.length] = head.pos;
      to[offset + PLACES.length + 1] = lengths.pos;
    }

    /** Returns to stored positions. */
    void restore(int[] from, int offset) {
      for (int i = 0; i < PLACES.length; i++) {
        at[PLACES[i]] = from[offset + i];
      }
      head.pos = from[offset + PLACES.length];
      lengths.pos = from[offset + PLACES.length + 1];
    }

    /** Returns the index in stored positions of a section. */
    static int place(int section) {
      for (int i = 0; i < PLACES.length; i++) {
        if (PLACES[i] == section) {
          return i;
        }
      }
      throw new IllegalArgumentException("section " + section);
    }

    private int take(int section, long bytes) {
      int from = at[section];
      if (bytes < 0 || from + bytes > block.length(section)) {
        throw new CorruptionException("column exceeds section " + section);
      }
      at[section] = (int) (from + bytes);
      return from;
    }
  }

  /** Words of the part, by id. */
  interface WordSource {
    /** Appends a word. */
    void append(int id, ByteSink out);

    /** Ids of the words that contain a piece. */
    BitSet containing(Piece piece);
  }

  private static final byte[] HEX =
      "0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);

  /** Section that holds the values of a type; the first of three for words. */
  private static final int[] SECTION_OF_TYPE = {
    Section.BITS,
    Section.BITS,
    Section.BITS,
    Section.INDEXES,
    Section.TEXT,
    Section.NIBBLES,
    Section.WORD_LOW,
    Section.TEXT
  };

  private final Cursor cursor;
  private byte @Nullable [] data; // section of the values, once one was read
  private byte[] middle = {}; // of words
  private byte[] high = {};
  private byte[] text = {}; // of few values
  private int type;
  private int digits;
  private long base;
  private long first;
  private int width;
  private int from; // in the section of the type
  private int[] valueEnds = {}; // in TEXT: of few values, or of all
  private int values; // of them
  private int textFrom;
  private long[] steps = {};

  ColumnReader(Cursor cursor) {
    this.cursor = cursor;
  }

  /** Opens the column of n values at the cursor, in place of one that was open. */
  ColumnReader open(int n) {
    Cursor c = cursor;
    values = 0;
    data = null;
    ByteSource head = c.head;
    type = head.getByte();
    switch (type) {
      case Column.NUMBER -> {
        base = head.svarint();
        bits(n);
      }
      case Column.PADDED -> {
        digits = head.getByte();
        base = head.uvarint();
        bits(n);
      }
      case Column.STEPS -> {
        first = head.svarint();
        base = head.svarint();
        bits(n);
        sum(n);
      }
      case Column.FEW -> {
        values(head.count(256));
        from = c.take(Section.INDEXES, n);
      }
      case Column.SAME -> values(1);
      case Column.NIBBLES -> {
        digits = head.count(SectionLimit.VALUE);
        from = c.take(Section.NIBBLES, (long) n * ((digits + 1) / 2));
      }
      case Column.WORDS -> {
        from = c.take(Section.WORD_LOW, n);
        c.take(Section.WORD_MIDDLE, n);
        c.take(Section.WORD_HIGH, n);
      }
      case Column.TEXT -> {
        head.uvarint();
        head.uvarint();
        values(n);
      }
      default -> requireKnown(type);
    }
    return this;
  }

  /** Moves a cursor past a column of n values without opening it. */
  static void skip(Cursor c, int n) {
    ByteSource head = c.head;
    int type = head.getByte();
    switch (type) {
      case Column.NUMBER -> {
        head.uvarint();
        skipBits(c, n);
      }
      case Column.PADDED -> {
        head.getByte();
        head.uvarint();
        skipBits(c, n);
      }
      case Column.STEPS -> {
        head.uvarint();
        head.uvarint();
        skipBits(c, n);
      }
      case Column.FEW -> {
        skipValues(c, head.count(256));
        c.take(Section.INDEXES, n);
      }
      case Column.SAME -> skipValues(c, 1);
      case Column.NIBBLES ->
          c.take(Section.NIBBLES, (long) n * ((head.count(SectionLimit.VALUE) + 1) / 2));
      case Column.WORDS -> {
        c.take(Section.WORD_LOW, n);
        c.take(Section.WORD_MIDDLE, n);
        c.take(Section.WORD_HIGH, n);
      }
      case Column.TEXT -> {
        c.lengths.skip(head.count(SectionLimit.VALUE));
        c.take(Section.TEXT, head.count(SectionLimit.VALUE));
      }
      default -> requireKnown(type);
    }
  }

  private static void skipBits(Cursor c, int n) {
    long width = bounded(c.head.getByte(), 64);
    c.take(Section.BITS, (n * width + 7) / 8);
  }

  private static void skipValues(Cursor c, int n) {
    long sum = 0;
    for (int i = 0; i < n; i++) {
      sum += bounded(c.lengths.uvarint(), SectionLimit.VALUE);
    }
    c.take(Section.TEXT, sum);
  }

  private static void requireKnown(int type) {
    if (type > Column.NANO_GROUPS) {
      throw new CorruptionException("column has the unknown type " + type);
    }
  }

  private static long bounded(long v, long max) {
    if (v < 0 || v > max) {
      throw new CorruptionException("column has an impossible size of " + v);
    }
    return v;
  }

  private void bits(int n) {
    width = (int) bounded(cursor.head.getByte(), 64);
    from = cursor.take(Section.BITS, ((long) n * width + 7) / 8);
  }

  private void values(int n) {
    if (valueEnds.length < n) {
      valueEnds = new int[Math.max(n, Math.min(2 * valueEnds.length, 1 << 15))];
    }
    values = n;
    long sum = 0;
    for (int i = 0; i < n; i++) {
      sum += cursor.lengths.uvarint();
      if (sum < 0 || sum > SectionLimit.VALUE) {
        throw new CorruptionException("values of a column are too long");
      }
      valueEnds[i] = (int) sum;
    }
    textFrom = cursor.take(Section.TEXT, sum);
  }

  private void sum(int n) {
    if (steps.length < n) {
      steps = new long[n];
    }
    long v = first;
    for (int i = 0; i < n; i++) {
      v = i == 0 ? first : v + base + bit(i);
      steps[i] = v;
    }
  }

  /** Returns the section that holds the values. */
  private byte[] data() {
    byte[] known = data;
    if (known != null) {
      return known;
    }
    SectionReader s = cursor.block;
    if (type == Column.WORDS) {
      middle = s.get(Section.WORD_MIDDLE);
      high = s.get(Section.WORD_HIGH);
    } else if (type == Column.FEW) {
      text = s.get(Section.TEXT);
    }
    byte[] read = s.get(SECTION_OF_TYPE[type]);
    data = read;
    return read;
  }

  private long bit(int i) {
    if (width == 0) {
      return 0;
    }
    byte[] b = data();
    long at = (long) i * width;
    int p = from + (int) (at >>> 3);
    int shift = (int) (at & 7);
    long v = (long) ByteSink.LONG.get(b, p) >>> shift;
    if (shift + width > 64) {
      v |= (b[p + 8] & 0xffL) << 64 - shift;
    }
    return width == 64 ? v : v & (1L << width) - 1;
  }

  /** Appends value i, of a row with a time. */
  void append(int i, long time, ByteSink out) {
    switch (type) {
      case Column.NUMBER -> decimal(base + bit(i), -1, out);
      case Column.PADDED -> decimal(base + bit(i), digits, out);
      case Column.STEPS -> decimal(steps[i], -1, out);
      case Column.FEW -> value(index(i), out);
      case Column.SAME -> value(0, out);
      case Column.TEXT -> value(i, out);
      case Column.NIBBLES -> nibbles(i, out);
      case Column.WORDS -> cursor.words.append(word(i), out);
      default -> cursor.time.append(type, time, out);
    }
  }

  private static final int SMALL = 1_000_000_000;

  private static int smallLength(int v) {
    return v < 10_000
        ? v < 100 ? v < 10 ? 1 : 2 : v < 1000 ? 3 : 4
        : v < 1_000_000 ? v < 100_000 ? 5 : 6 : v < 10_000_000 ? 7 : v < 100_000_000 ? 8 : 9;
  }

  private static int decimalLength(long v) {
    int n = 1;
    for (long p = 10; n < 19 && v >= p; p *= 10) {
      n++;
    }
    return n;
  }

  /** True if the bytes of a value depend on the time of its row. */
  boolean needsTime() {
    return type >= Column.YEAR;
  }

  /**
   * Adds the rows whose value contains a piece.
   *
   * @param ids words that contain it
   * @param firstRow row of value 0
   */
  void addContaining(Piece piece, BitSet ids, int firstRow, int n, BitSet rows) {
    switch (type) {
      case Column.WORDS -> {
        if (!ids.isEmpty()) {
          for (int i = 0; i < n; i++) {
            if (ids.get(word(i))) {
              rows.set(firstRow + i);
            }
          }
        }
      }
      case Column.SAME -> {
        if (valueContains(0, piece)) {
          rows.set(firstRow, firstRow + n);
        }
      }
      case Column.FEW -> {
        boolean[] has = new boolean[values];
        boolean any = false;
        for (int k = 0; k < has.length; k++) {
          has[k] = valueContains(k, piece);
          any |= has[k];
        }
        if (any) {
          for (int i = 0; i < n; i++) {
            if (has[index(i)]) {
              rows.set(firstRow + i);
            }
          }
        }
      }
      case Column.TEXT -> {
        for (int i = 0; i < n; i++) {
          if (valueContains(i, piece)) {
            rows.set(firstRow + i);
          }
        }
      }
      case Column.NIBBLES -> {
        if (piece.isHexadecimal()) {
          byte[] b = cursor.block.get(Section.NIBBLES);
          int size = (digits + 1) / 2;
          for (int i = 0; i < n; i++) {
            if (piece.findInNibbles(b, from + i * size, from + (i + 1) * size) >= 0) {
              rows.set(firstRow + i);
            }
          }
        }
      }
      default -> {}
    }
  }

  private boolean valueContains(int k, Piece piece) {
    int start = textFrom + (k == 0 ? 0 : valueEnds[k - 1]);
    return piece.find(cursor.block.get(Section.TEXT), start, textFrom + valueEnds[k]) >= 0;
  }

  /** True if all of n values are the same at any time of their rows. */
  boolean isSame(int n) {
    return type == Column.SAME
        || n == 1 && !needsTime()
        || (type == Column.NUMBER || type == Column.PADDED) && width == 0
        || type == Column.STEPS && width == 0 && base == 0;
  }

  /** False if none of n values passes a test. */
  boolean mayPass(int n, LogBodyParts.Test test, ByteSink value) {
    int all =
        switch (type) {
          case Column.FEW, Column.SAME -> values;
          case Column.TEXT, Column.NIBBLES, Column.WORDS -> n;
          default -> 0;
        };
    for (int i = 0; i < all; i++) {
      value.clear();
      if (type == Column.FEW) {
        value(i, value);
      } else {
        append(i, 0, value);
      }
      if (test.passes(value.buf, 0, value.size)) {
        return true;
      }
    }
    return all == 0;
  }

  /** True if all values are decimal digits. */
  boolean hasDigitsOnly() {
    if (type != Column.FEW && type != Column.SAME && type != Column.TEXT) {
      return type <= Column.STEPS || type >= Column.YEAR;
    }
    byte[] b = cursor.block.get(Section.TEXT);
    int end = values == 0 ? textFrom : textFrom + valueEnds[values - 1];
    for (int p = textFrom; p < end; p++) {
      if (b[p] < '0' || b[p] > '9') {
        return false;
      }
    }
    return true;
  }

  /**
   * True if all values are letters, digits, underscores and bytes from 0x80, as tokens are. Values
   * of other columns may be delimiters or whole bodies.
   */
  boolean hasTokensOnly() {
    if (type != Column.FEW && type != Column.SAME && type != Column.TEXT) {
      return true;
    }
    byte[] b = cursor.block.get(Section.TEXT);
    int end = values == 0 ? textFrom : textFrom + valueEnds[values - 1];
    for (int p = textFrom; p < end; p++) {
      if (!Tokens.isRun(b[p])) {
        return false;
      }
    }
    return true;
  }

  /** True if the column has few values, and a number of them for each row. */
  boolean isCoded() {
    return type == Column.FEW || type == Column.SAME;
  }

  /** Returns the values of a column that is coded. */
  byte[][] codedValues() {
    byte[][] out = new byte[values][];
    byte[] b = cursor.block.get(Section.TEXT);
    for (int k = 0; k < values; k++) {
      int start = textFrom + (k == 0 ? 0 : valueEnds[k - 1]);
      out[k] = Arrays.copyOfRange(b, start, textFrom + valueEnds[k]);
    }
    return out;
  }

  /** Number of the value i of a column that is coded. */
  int code(int i) {
    return type == Column.SAME ? 0 : index(i);
  }

  /** Adds the rows whose value fits a matcher; values are numbered by the rows of a name. */
  void addMatching(Matcher matcher, int[] rowOfValue, BitSet rows) {
    ByteSink value = new ByteSink(64);
    for (int i = 0; i < rowOfValue.length; i++) {
      append(i, 0, value.clear());
      if (matcher.matches(value.buf, 0, value.size)) {
        rows.set(rowOfValue[i]);
      }
    }
  }

  private int index(int i) {
    int k = data()[from + i] & 0xff;
    if (k >= values) {
      throw new CorruptionException("column refers to a value it does not have");
    }
    return k;
  }

  /** Returns the word id of value i of a word column. */
  int word(int i) {
    byte[] low = data();
    return low[from + i] & 0xff | (middle[from + i] & 0xff) << 8 | (high[from + i] & 0xff) << 16;
  }

  private void value(int k, ByteSink out) {
    int start = k == 0 ? 0 : valueEnds[k - 1];
    byte[] b = data();
    out.putFew(type == Column.FEW ? text : b, textFrom + start, valueEnds[k] - start);
  }

  private void nibbles(int i, ByteSink out) {
    byte[] b = data();
    int p = from + i * ((digits + 1) / 2);
    out.ensure(digits + 1);
    byte[] o = out.buf;
    int q = out.size;
    for (int k = 0; k < digits; k += 2) {
      int v = b[p++];
      o[q] = HEX[v >> 4 & 15];
      o[q + 1] = HEX[v & 15];
      q += 2;
    }
    out.size += digits;
  }

  private static void decimal(long v, int digits, ByteSink out) {
    if (v >= 0 && v < SMALL) {
      TimeParts.digits((int) v, digits < 0 ? smallLength((int) v) : digits, out);
      return;
    }
    out.ensure(20);
    int n = digits < 0 ? decimalLength(v) : digits;
    byte[] o = out.buf;
    long rest = v;
    for (int q = out.size + n - 1; q >= out.size; q--) {
      o[q] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    out.size += n;
  }
}

package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/**
 * Writes columns in the shortest of the forms of {@link Column} that gives every value back
 * exactly. Not safe for several threads; memory is reused.
 */
final class ColumnWriter {
  private static final int MAX_FEW = 64;
  private static final int SLOTS = 256;
  private static final int MAX_WORDS = 1 << 24;

  private final ByteSink[] sections;
  private final Words words;
  private final int maxWords;

  /** Range of each value of the column to write. */
  int[] starts = new int[1024];

  int[] ends = new int[1024];

  /** Time of the row of each value. */
  long[] times = new long[1024];

  private long[] numbers = new long[1024];
  private final int[] slots = new int[SLOTS]; // index of a distinct value + 1
  private final int[] few = new int[MAX_FEW]; // a value that is the first of its kind
  private byte[] indexes = new byte[1024];
  private int[] ids = new int[1024];

  /**
   * @param sections one buffer for each section number
   * @param words the words of the part, to which new ones are added
   * @param maxWords number of words from which on no more are added
   */
  ColumnWriter(ByteSink[] sections, Words words, int maxWords) {
    this.sections = sections;
    this.words = words;
    this.maxWords = Math.min(maxWords, MAX_WORDS);
  }

  /** Makes room for so many values. */
  void ensure(int n) {
    if (starts.length < n) {
      int size = Math.max(n, starts.length * 2);
      starts = Arrays.copyOf(starts, size);
      ends = Arrays.copyOf(ends, size);
      times = Arrays.copyOf(times, size);
      numbers = new long[size];
      indexes = new byte[size];
      ids = new int[size];
    }
  }

  /** Writes a column of n values. */
  void write(byte[] b, int n, boolean isWords) {
    ByteSink head = sections[Section.COLUMNS];
    if (n == 1) {
      writeOne(b, isWords, head);
      return;
    }
    int distinct = distinct(b, n);
    if (distinct == 1) {
      if (!isWords && writeTimePart(b, n, head)) {
        return;
      }
      head.putByte(Column.SAME);
      value(b, 0);
      return;
    }
    if (isWords) {
      if (distinct <= MAX_FEW && n >= distinct * 4 || !writeWords(b, n, head)) {
        writeFewOrText(b, n, distinct, head);
      }
      return;
    }
    if (writeTimePart(b, n, head)) {
      return;
    }
    if (distinct <= MAX_FEW && n >= distinct * 4) {
      writeFew(b, n, distinct, head);
    } else if (!writeNumbers(b, n, head) && !writeNibbles(b, n, head)) {
      writeText(b, n, head);
    }
  }

  /** Writes a column of one value. */
  private void writeOne(byte[] b, boolean isWords, ByteSink head) {
    boolean written =
        isWords
            ? writeWords(b, 1, head)
            : writeTimePart(b, 1, head) || writeNumbers(b, 1, head) || writeNibbles(b, 1, head);
    if (!written) {
      head.putByte(Column.SAME);
      value(b, 0);
    }
  }

  private void writeFewOrText(byte[] b, int n, int distinct, ByteSink head) {
    if (distinct <= MAX_FEW && n >= distinct * 4) {
      writeFew(b, n, distinct, head);
    } else {
      writeText(b, n, head);
    }
  }

  /** Numbers the distinct values; more than {@link #MAX_FEW} are not told apart. */
  private int distinct(byte[] b, int n) {
    Arrays.fill(slots, 0);
    int count = 0;
    for (int i = 0; i < n; i++) {
      int s = (int) Words.hash(b, starts[i], ends[i]) & SLOTS - 1;
      while (true) {
        if (slots[s] == 0) {
          if (count == MAX_FEW) {
            return MAX_FEW + 1;
          }
          few[count] = i;
          slots[s] = ++count;
          indexes[i] = (byte) (count - 1);
          break;
        }
        int other = few[slots[s] - 1];
        if (Arrays.equals(b, starts[i], ends[i], b, starts[other], ends[other])) {
          indexes[i] = (byte) (slots[s] - 1);
          break;
        }
        s = s + 1 & SLOTS - 1;
      }
    }
    return count;
  }

  private void value(byte[] b, int i) {
    sections[Section.LENGTHS].uvarint(ends[i] - starts[i]);
    sections[Section.TEXT].put(b, starts[i], ends[i] - starts[i]);
  }

  private void writeFew(byte[] b, int n, int distinct, ByteSink head) {
    head.putByte(Column.FEW);
    head.uvarint(distinct);
    for (int i = 0; i < distinct; i++) {
      value(b, few[i]);
    }
    sections[Section.INDEXES].put(indexes, 0, n);
  }

  private void writeText(byte[] b, int n, ByteSink head) {
    ByteSink lengths = sections[Section.LENGTHS];
    ByteSink text = sections[Section.TEXT];
    int lengthsBefore = lengths.size;
    int textBefore = text.size;
    for (int i = 0; i < n; i++) {
      value(b, i);
    }
    head.putByte(Column.TEXT);
    head.uvarint(lengths.size - lengthsBefore);
    head.uvarint(text.size - textBefore);
  }

  private boolean writeWords(byte[] b, int n, ByteSink head) {
    for (int i = 0; i < n; i++) {
      int id =
          words.count() < maxWords
              ? words.add(b, starts[i], ends[i])
              : words.find(b, starts[i], ends[i]);
      if (id < 0) {
        return false;
      }
      ids[i] = id;
    }
    head.putByte(Column.WORDS);
    ByteSink low = sections[Section.WORD_LOW];
    ByteSink middle = sections[Section.WORD_MIDDLE];
    ByteSink high = sections[Section.WORD_HIGH];
    for (int i = 0; i < n; i++) {
      low.putByte(ids[i]);
      middle.putByte(ids[i] >>> 8);
      high.putByte(ids[i] >>> 16);
    }
    return true;
  }

  private boolean writeNibbles(byte[] b, int n, ByteSink head) {
    int digits = ends[0] - starts[0];
    for (int i = 0; i < n; i++) {
      if (ends[i] - starts[i] != digits) {
        return false;
      }
      for (int p = starts[i]; p < ends[i]; p++) {
        if (nibble(b[p]) < 0) {
          return false;
        }
      }
    }
    head.putByte(Column.NIBBLES);
    head.uvarint(digits);
    ByteSink out = sections[Section.NIBBLES];
    out.ensure(n * (digits + 1) / 2);
    for (int i = 0; i < n; i++) {
      int p = starts[i];
      for (; p + 1 < ends[i]; p += 2) {
        out.putByte(nibble(b[p]) << 4 | nibble(b[p + 1]));
      }
      if (p < ends[i]) {
        out.putByte(nibble(b[p]) << 4);
      }
    }
    return true;
  }

  private static int nibble(byte c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  /** Parses all values as decimal numbers; false if one is none or has more than 18 digits. */
  private boolean parse(byte[] b, int n) {
    for (int i = 0; i < n; i++) {
      int length = ends[i] - starts[i];
      if (length == 0 || length > 18) {
        return false;
      }
      long v = 0;
      for (int p = starts[i]; p < ends[i]; p++) {
        int d = b[p] - '0';
        if (d < 0 || d > 9) {
          return false;
        }
        v = v * 10 + d;
      }
      numbers[i] = v;
    }
    return true;
  }

  private boolean writeNumbers(byte[] b, int n, ByteSink head) {
    if (!parse(b, n)) {
      return false;
    }
    boolean plain = true;
    boolean equalLengths = true;
    int digits = ends[0] - starts[0];
    long min = numbers[0];
    long max = numbers[0];
    long minStep = Long.MAX_VALUE;
    long maxStep = Long.MIN_VALUE;
    for (int i = 0; i < n; i++) {
      int length = ends[i] - starts[i];
      equalLengths &= length == digits;
      plain &= length == 1 || b[starts[i]] != '0';
      min = Math.min(min, numbers[i]);
      max = Math.max(max, numbers[i]);
      if (i > 0) {
        minStep = Math.min(minStep, numbers[i] - numbers[i - 1]);
        maxStep = Math.max(maxStep, numbers[i] - numbers[i - 1]);
      }
    }
    int width = width(max - min);
    if (plain && n >= 8 && width(maxStep - minStep) + 2 <= width) {
      head.putByte(Column.STEPS);
      head.svarint(numbers[0]);
      head.svarint(minStep);
      int w = width(maxStep - minStep);
      head.putByte(w);
      for (int i = n - 1; i > 0; i--) {
        numbers[i] -= numbers[i - 1] + minStep;
      }
      numbers[0] = 0;
      pack(n, w);
      return true;
    }
    if (plain) {
      head.putByte(Column.NUMBER);
      head.svarint(min);
    } else if (equalLengths) {
      head.putByte(Column.PADDED);
      head.putByte(digits);
      head.uvarint(min);
    } else {
      return false;
    }
    head.putByte(width);
    for (int i = 0; i < n; i++) {
      numbers[i] -= min;
    }
    pack(n, width);
    return true;
  }

  static int width(long range) {
    return 64 - Long.numberOfLeadingZeros(range);
  }

  /** Appends the lowest bits of the numbers, which are at most 60 bits wide. */
  private void pack(int n, int width) {
    ByteSink out = sections[Section.BITS];
    out.ensure((int) (((long) n * width + 7) / 8) + 8);
    long held = 0;
    int bits = 0;
    for (int i = 0; i < n; i++) {
      long v = numbers[i];
      held |= v << bits;
      if (bits + width >= 64) {
        out.putLong(held);
        held = bits == 0 ? 0 : v >>> 64 - bits;
        bits += width - 64;
      } else {
        bits += width;
      }
    }
    out.putLow(held, (bits + 7) / 8);
  }

  /** Writes nothing but a type if every value is the same part of its row's time. */
  private boolean writeTimePart(byte[] b, int n, ByteSink head) {
    for (int type = Column.YEAR; type <= Column.NANO_GROUPS; type++) {
      if (isTimePart(b, n, type)) {
        head.putByte(type);
        return true;
      }
    }
    return false;
  }

  private boolean isTimePart(byte[] b, int n, int type) {
    for (int i = 0; i < n; i++) {
      int digits = ends[i] - starts[i];
      if (digits == 0 || digits > 9 || digits != Column.digits(type, times[i])) {
        return false;
      }
      long v = Column.timePart(type, times[i]);
      for (int p = ends[i] - 1; p >= starts[i]; p--) {
        if (b[p] != '0' + v % 10) {
          return false;
        }
        v /= 10;
      }
      if (v != 0) {
        return false;
      }
    }
    return true;
  }
}

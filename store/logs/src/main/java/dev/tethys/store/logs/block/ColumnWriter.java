package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/**
 * Writes columns in the shortest lossless encoding of {@link Column}. Not thread-safe; memory is
 * reused.
 */
final class ColumnWriter {
  private static final int MAX_FEW = 64;
  private static final int SLOTS = 256;

  /** Parts of a time that may have so many digits. */
  private static final int[][] PARTS_OF_LENGTH = {
    {},
    {Column.NANO_TRIMMED},
    {Column.MONTH, Column.DAY, Column.HOUR, Column.MINUTE, Column.SECOND, Column.NANO_TRIMMED},
    {Column.MILLI, Column.NANO_TRIMMED, Column.NANO_GROUPS},
    {Column.YEAR, Column.NANO_TRIMMED},
    {Column.NANO_TRIMMED},
    {Column.MICRO, Column.NANO_TRIMMED, Column.NANO_GROUPS},
    {Column.NANO_TRIMMED},
    {Column.NANO_TRIMMED},
    {Column.NANO, Column.NANO_TRIMMED, Column.NANO_GROUPS}
  };

  private static final byte[] NIBBLE = new byte[256]; // value of a hexadecimal digit, otherwise -1

  static {
    Arrays.fill(NIBBLE, (byte) -1);
    for (int i = 0; i < 16; i++) {
      NIBBLE["0123456789abcdef".charAt(i)] = (byte) i;
    }
  }

  private final ByteSink[] sections;
  private final Words words;

  /** Range of each value of the column to write. */
  int[] starts = new int[1024];

  int[] ends = new int[1024];

  /** Time of the row of each value. */
  long[] times = new long[1024];

  /** Id in {@link Words} of each value of a column of words. */
  int[] ids = new int[1024];

  private long[] numbers = new long[1024];
  private final int[] slots = new int[SLOTS]; // index of a distinct value + 1
  private final int[] few = new int[MAX_FEW]; // a value that is the first of its kind
  private byte[] indexes = new byte[1024];
  private final long[] parts = new long[Column.NANO_GROUPS - Column.YEAR + 1];
  private long partsOf; // the time whose parts these are

  /**
   * @param sections one buffer for each section number
   * @param words the words of the part, to which new ones are added
   */
  ColumnWriter(ByteSink[] sections, Words words) {
    this.sections = sections;
    this.words = words;
    partsOf = -1;
    readParts(0);
  }

  /** Grows the arrays to hold n values. */
  void ensure(int n) {
    if (starts.length < n) {
      int size = Math.max(n, starts.length * 2);
      starts = new int[size];
      ends = new int[size];
      times = new long[size];
      ids = new int[size];
      numbers = new long[size];
      indexes = new byte[size];
    }
  }

  /** Writes a column of n values. */
  void write(byte[] b, int n, boolean isWords) {
    ByteSink head = sections[Section.COLUMNS];
    if (isWords) {
      writeWordColumn(b, n, head);
      return;
    }
    if (writeTimePart(b, n, head)) {
      return;
    }
    if (n == 1) {
      writeOneOrText(b, head);
      return;
    }
    int distinct = distinct(b, n);
    if (distinct == 1) {
      head.putByte(Column.SAME);
      value(b, 0);
    } else if (!areTooMany(distinct, n)) {
      writeFew(b, n, distinct, head);
    } else if (!writeNumbers(b, n, head) && !writeNibbles(b, n, head)) {
      writeText(b, n, head);
    }
  }

  /** Writes the first value, which is not a word, as the only one of a column. */
  void writeOne(byte[] b) {
    ByteSink head = sections[Section.COLUMNS];
    if (!writeTimePart(b, 1, head)) {
      writeOneOrText(b, head);
    }
  }

  private void writeOneOrText(byte[] b, ByteSink head) {
    int start = starts[0];
    int digits = ends[0] - start;
    long number = digits == 0 || digits > 18 ? -1 : parse(b, start, ends[0]);
    if (number >= 0) {
      if (digits == 1 || b[start] != '0') {
        head.putByte(Column.NUMBER);
        head.svarint(number);
      } else {
        head.putByte(Column.PADDED);
        head.putByte(digits);
        head.uvarint(number);
      }
      head.putByte(0); // width
    } else if (!writeNibbles(b, 1, head)) {
      head.putByte(Column.SAME);
      value(b, 0);
    }
  }

  /** Writes the first value, a word, as the only one of a column. */
  void writeWord(byte[] b, int id) {
    ByteSink head = sections[Section.COLUMNS];
    int place = words.place(id);
    if (place < 0) {
      writeText(b, 1, head);
      return;
    }
    head.putByte(Column.WORDS);
    sections[Section.WORD_LOW].putByte(place);
    sections[Section.WORD_MIDDLE].putByte(place >>> 8);
    sections[Section.WORD_HIGH].putByte(place >>> 16);
  }

  private void writeWordColumn(byte[] b, int n, ByteSink head) {
    int distinct = n == 1 ? MAX_FEW + 1 : distinctIds(n);
    if (distinct == 1) {
      head.putByte(Column.SAME);
      value(b, 0);
    } else if (!areTooMany(distinct, n)) {
      writeFew(b, n, distinct, head);
    } else if (!writeWords(n, head)) {
      writeText(b, n, head);
    }
  }

  /** Mask of the slots that so many values need, which are cleared. */
  private int clearSlots(int n) {
    int size = Math.min(SLOTS, Integer.highestOneBit(n) << 2);
    Arrays.fill(slots, 0, size, 0);
    return size - 1;
  }

  /** Whether so many different ones of n values are more than a column of few has. */
  private static boolean areTooMany(int distinct, int n) {
    return distinct > 1 && distinct * 4 > n || distinct > MAX_FEW;
  }

  /**
   * Numbers the distinct values; stops if {@link #areTooMany}. Most columns have one value, or
   * different ones from the start: the hash table is for the rest.
   */
  private int distinct(byte[] b, int n) {
    int same = 1;
    while (same < n && equal(b, 0, same)) {
      same++;
    }
    if (same == n) {
      return 1;
    }
    if (areTooMany(2, n)) {
      return MAX_FEW + 1;
    }
    int mask = clearSlots(n);
    Arrays.fill(indexes, 0, same, (byte) 0);
    few[0] = 0;
    slots[hash(b, 0) & mask] = 1;
    int count = 1;
    for (int i = same; i < n; i++) {
      int s = hash(b, i) & mask;
      while (true) {
        if (slots[s] == 0) {
          if (areTooMany(count + 1, n)) {
            return MAX_FEW + 1;
          }
          few[count] = i;
          slots[s] = ++count;
          indexes[i] = (byte) (count - 1);
          break;
        }
        if (equal(b, few[slots[s] - 1], i)) {
          indexes[i] = (byte) (slots[s] - 1);
          break;
        }
        s = s + 1 & mask;
      }
    }
    return count;
  }

  private int hash(byte[] b, int i) {
    int start = starts[i];
    int length = ends[i] - start;
    long v = (long) ByteSink.LONG.get(b, start); // rows are followed by slack
    long key =
        length >= 8
            ? v ^ (long) ByteSink.LONG.get(b, start + length - 8)
            : v << 64 - (length << 3) - 1 << 1;
    return (int) (Words.mix(key + length) >>> 8);
  }

  private boolean equal(byte[] b, int one, int other) {
    int p = starts[one];
    int q = starts[other];
    int length = ends[one] - p;
    if (length != ends[other] - q) {
      return false;
    }
    long different = (long) ByteSink.LONG.get(b, p) ^ (long) ByteSink.LONG.get(b, q); // slack
    if (length < 8) {
      return different << 64 - (length << 3) - 1 << 1 == 0;
    }
    return different == 0
        && (length == 8
            || length <= 16
                && (long) ByteSink.LONG.get(b, p + length - 8)
                    == (long) ByteSink.LONG.get(b, q + length - 8)
            || length > 16 && Arrays.equals(b, p, p + length, b, q, q + length));
  }

  /** Variant for a column of words. */
  private int distinctIds(int n) {
    int same = 1;
    while (same < n && ids[same] == ids[0]) {
      same++;
    }
    if (same == n) {
      few[0] = 0;
      return 1;
    }
    if (areTooMany(2, n)) {
      return MAX_FEW + 1;
    }
    int mask = clearSlots(n);
    int count = 0;
    for (int i = 0; i < n; i++) {
      int s = (int) (Words.mix(ids[i]) >>> 8) & mask;
      while (true) {
        if (slots[s] == 0) {
          if (areTooMany(count + 1, n)) {
            return MAX_FEW + 1;
          }
          few[count] = i;
          slots[s] = ++count;
          indexes[i] = (byte) (count - 1);
          break;
        }
        if (ids[few[slots[s] - 1]] == ids[i]) {
          indexes[i] = (byte) (slots[s] - 1);
          break;
        }
        s = s + 1 & mask;
      }
    }
    return count;
  }

  private void value(byte[] b, int i) {
    sections[Section.LENGTHS].uvarint(ends[i] - starts[i]);
    sections[Section.TEXT].putFew(b, starts[i], ends[i] - starts[i]);
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
      lengths.uvarint(ends[i] - starts[i]);
      text.putFew(b, starts[i], ends[i] - starts[i]);
    }
    head.putByte(Column.TEXT);
    head.uvarint(lengths.size - lengthsBefore);
    head.uvarint(text.size - textBefore);
  }

  private boolean writeWords(int n, ByteSink head) {
    for (int i = 0; i < n; i++) {
      int place = words.place(ids[i]);
      if (place < 0) {
        return false;
      }
      ids[i] = place;
    }
    head.putByte(Column.WORDS);
    ByteSink low = sections[Section.WORD_LOW];
    ByteSink middle = sections[Section.WORD_MIDDLE];
    ByteSink high = sections[Section.WORD_HIGH];
    low.ensure(n);
    middle.ensure(n);
    high.ensure(n);
    for (int i = 0; i < n; i++) {
      low.buf[low.size + i] = (byte) ids[i];
      middle.buf[middle.size + i] = (byte) (ids[i] >>> 8);
      high.buf[high.size + i] = (byte) (ids[i] >>> 16);
    }
    low.size += n;
    middle.size += n;
    high.size += n;
    return true;
  }

  private boolean writeNibbles(byte[] b, int n, ByteSink head) {
    int digits = ends[0] - starts[0];
    ByteSink out = sections[Section.NIBBLES];
    out.ensure(Math.multiplyExact(n, digits + 1 >> 1));
    byte[] to = out.buf;
    int at = out.size;
    for (int i = 0; i < n; i++) {
      int p = starts[i];
      int end = ends[i];
      if (end - p != digits) {
        return false;
      }
      int invalid = 0;
      for (; p + 1 < end; p += 2) {
        int high = NIBBLE[b[p] & 0xff];
        int low = NIBBLE[b[p + 1] & 0xff];
        invalid |= high | low;
        to[at++] = (byte) (high << 4 | low);
      }
      if (p < end) {
        int high = NIBBLE[b[p] & 0xff];
        invalid |= high;
        to[at++] = (byte) (high << 4);
      }
      if (invalid < 0) {
        return false;
      }
    }
    out.size = at;
    head.putByte(Column.NIBBLES);
    head.uvarint(digits);
    return true;
  }

  /**
   * Parses all values as decimal numbers; returns false if a value is not a number of at most 18
   * digits.
   */
  private boolean parse(byte[] b, int n) {
    for (int i = 0; i < n; i++) {
      int length = ends[i] - starts[i];
      if (length == 0 || length > 18) {
        return false;
      }
      long v = parse(b, starts[i], ends[i]);
      if (v < 0) {
        return false;
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

  /** Writes only a type if every value is the same part of its row's time. */
  private boolean writeTimePart(byte[] b, int n, ByteSink head) {
    int length = ends[0] - starts[0];
    long first = length == 0 || length > 9 ? -1 : parse(b, starts[0], ends[0]);
    if (first < 0) {
      return false;
    }
    readParts(times[0]);
    for (int type : PARTS_OF_LENGTH[length]) {
      if (parts[type - Column.YEAR] != first) {
        continue; // of most numbers the first one is not of its time
      }
      long unit = Column.unit(type);
      if (unit > 0 ? isPartOfUnit(b, n, type, unit) : isTimePart(b, n, type)) {
        head.putByte(type);
        return true;
      }
    }
    return false;
  }

  /** Computes the parts of a time; the columns of a template have the same first one. */
  private void readParts(long time) {
    if (time != partsOf) {
      for (int i = 0; i < parts.length; i++) {
        parts[i] = Column.timePart(Column.YEAR + i, time);
      }
      partsOf = time;
    }
  }

  /** Variant for a part that all times of a unit share, two or four digits. */
  private boolean isPartOfUnit(byte[] b, int n, int type, long unit) {
    int digits = Column.digits(type, times[0]);
    int mask = digits == 4 ? -1 : 0xffff;
    int expected = 0;
    long begin = 0;
    boolean known = false;
    for (int i = 0; i < n; i++) {
      long time = times[i];
      if (!known || time < begin || time - begin >= unit) {
        expected = digits(Column.timePart(type, time), digits);
        begin = time - Math.floorMod(time, unit);
        known = begin <= time; // not at the smallest times, where it overflows
      }
      if (ends[i] - starts[i] != digits
          || ((int) ByteSink.INT.get(b, starts[i]) & mask) != expected) { // slack follows
        return false;
      }
    }
    return true;
  }

  /** Decimal digits as bytes, the first one lowest. */
  private static int digits(long value, int digits) {
    int out = 0;
    long v = value;
    for (int i = 0; i < digits; i++) {
      out = out << 8 | (int) ('0' + v % 10);
      v /= 10;
    }
    return out;
  }

  private boolean isTimePart(byte[] b, int n, int type) {
    for (int i = 0; i < n; i++) {
      int digits = ends[i] - starts[i];
      if (digits == 0 || digits > 9) {
        return false;
      }
      long v = parse(b, starts[i], ends[i]);
      if (v < 0
          || v != Column.timePart(type, times[i])
          || digits != Column.digits(type, times[i])) {
        return false;
      }
    }
    return true;
  }

  /** Returns the value of at most 18 decimal digits; -1 if a byte is not a digit. */
  private static long parse(byte[] b, int start, int end) {
    long v = 0;
    for (int p = start; p < end; p++) {
      int d = b[p] - '0';
      if (d < 0 || d > 9) {
        return -1;
      }
      v = v * 10 + d;
    }
    return v;
  }
}

package dev.tethys.store.logs.block;

/**
 * Column types. A column holds one argument of all rows of a template, or one metadata name.
 *
 * <pre>
 * header in {@link Section#COLUMNS}: 1 byte type, then by type:
 * NUMBER      svarint base, 1 byte width          value = base + bits
 * PADDED      1 byte digits, uvarint base, 1 byte width   the same, with leading zeros
 * STEPS       svarint first, svarint base, 1 byte width   value = value before + base + bits
 * FEW         uvarint values, then each: uvarint length (in LENGTHS), bytes (in TEXT); INDEXES
 * SAME        the only value: uvarint length (in LENGTHS), bytes (in TEXT)
 * NIBBLES     uvarint digits                       all of equal length, in NIBBLES
 * WORDS       ids of the part's words in WORD_LOW, WORD_MIDDLE, WORD_HIGH
 * TEXT        uvarint bytes of lengths, uvarint bytes of text; lengths in LENGTHS, text in TEXT
 * YEAR … NANO_GROUPS nothing: the value follows from the time of the row
 * </pre>
 *
 * Bit-packed columns of n values take ceil(n × width / 8) bytes.
 */
final class Column {
  static final int NUMBER = 0;
  static final int PADDED = 1;
  static final int STEPS = 2;
  static final int FEW = 3;
  static final int SAME = 4;
  static final int NIBBLES = 5;
  static final int WORDS = 6;
  static final int TEXT = 7;

  /** Four-digit year of the row's time in UTC; the following types are its other parts. */
  static final int YEAR = 8;

  static final int MONTH = 9;
  static final int DAY = 10;
  static final int HOUR = 11;
  static final int MINUTE = 12;
  static final int SECOND = 13;
  static final int MILLI = 14;
  static final int MICRO = 15;
  static final int NANO = 16;

  /** Nine digits of the second's fraction without trailing zeros, as Go writes them. */
  static final int NANO_TRIMMED = 17;

  /** Three, six or nine digits of the second's fraction, as few as hold it, as Java writes them. */
  static final int NANO_GROUPS = 18;

  private static final long DAY_NANOS = 86_400_000_000_000L;

  private Column() {}

  /** Returns the digits of a time part; dropped digits are zeros. */
  static int digits(int type, long time) {
    return switch (type) {
      case NANO_TRIMMED -> 9 - zeros(timePart(NANO, time), 1);
      case NANO_GROUPS -> 9 - zeros(timePart(NANO, time), 3);

      case YEAR -> 4;
      case MILLI -> 3;
      case MICRO -> 6;
      case NANO -> 9;
      default -> 2;
    };
  }

  private static int zeros(long nanos, int step) {
    int zeros = 0;
    long unit = step == 1 ? 10 : 1000;
    for (long v = nanos; zeros < 9 && v % unit == 0; v /= unit) {
      zeros += step;
    }
    return zeros;
  }

  /** Nanoseconds during which a part of two or four digits stays the same; 0 for other parts. */
  static long unit(int type) {
    return switch (type) {
      case YEAR, MONTH, DAY -> DAY_NANOS;
      case HOUR -> 3_600_000_000_000L;
      case MINUTE -> 60_000_000_000L;
      case SECOND -> 1_000_000_000L;
      default -> 0;
    };
  }

  /** A part of a Unix time in nanoseconds. */
  static long timePart(int type, long time) {
    return switch (type) {
      case HOUR -> Math.floorMod(time, DAY_NANOS) / 3_600_000_000_000L;
      case MINUTE -> Math.floorMod(time, 3_600_000_000_000L) / 60_000_000_000L;
      case SECOND -> Math.floorMod(time, 60_000_000_000L) / 1_000_000_000L;
      case MILLI -> Math.floorMod(time, 1_000_000_000L) / 1_000_000;
      case MICRO -> Math.floorMod(time, 1_000_000_000L) / 1000;
      case NANO -> Math.floorMod(time, 1_000_000_000L);
      case NANO_TRIMMED, NANO_GROUPS -> {
        long v = Math.floorMod(time, 1_000_000_000L);
        for (int i = digits(type, time); i < 9; i++) {
          v /= 10;
        }
        yield v;
      }
      default -> datePart(type, Math.floorDiv(time, DAY_NANOS));
    };
  }

  /** Year, month or day of a day since 1970: Howard Hinnant's civil_from_days. */
  private static long datePart(int type, long day) {
    long z = day + 719_468;
    long era = Math.floorDiv(z, 146_097L);
    long dayOfEra = z - era * 146_097;
    long yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    long m = (5 * dayOfYear + 2) / 153;
    long month = m < 10 ? m + 3 : m - 9;
    return switch (type) {
      case YEAR -> yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
      case MONTH -> month;
      default -> dayOfYear - (153 * m + 2) / 5 + 1;
    };
  }
}

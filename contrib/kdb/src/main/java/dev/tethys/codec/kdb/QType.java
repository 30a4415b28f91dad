package dev.tethys.codec.kdb;

import org.jspecify.annotations.Nullable;

/** The basic types of q, with their numbers and the size of one in bytes. */
public enum QType {
  BOOLEAN(1, 1),
  GUID(2, 16),
  BYTE(4, 1),
  SHORT(5, 2),
  INT(6, 4),
  LONG(7, 8),
  REAL(8, 4),
  FLOAT(9, 8),
  CHAR(10, 1),
  /** Interned, null-terminated string: a process keeps each one it ever saw for its lifetime. */
  SYMBOL(11, 1),
  /** Nanoseconds since 2000-01-01. */
  TIMESTAMP(12, 8),
  MONTH(13, 4),
  /** Days since 2000-01-01. */
  DATE(14, 4),
  DATETIME(15, 8),
  /** Nanoseconds. */
  TIMESPAN(16, 8),
  MINUTE(17, 4),
  SECOND(18, 4),
  TIME(19, 4);

  /** Unix milliseconds of 2000-01-01, the epoch of q's times. */
  public static final long EPOCH_MILLIS = 946_684_800_000L;

  private static final @Nullable QType[] BY_NUMBER = new QType[20];

  static {
    for (QType t : values()) {
      BY_NUMBER[t.number] = t;
    }
  }

  final int number;

  /** Bytes of one; of a symbol the least. */
  final int width;

  QType(int number, int width) {
    this.number = number;
    this.width = width;
  }

  static @Nullable QType of(int number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
  }

  /** Class of arrays of this type. */
  Class<?> array() {
    return switch (this) {
      case BOOLEAN, BYTE, CHAR -> byte[].class;
      case GUID -> java.util.UUID[].class;
      case SHORT -> short[].class;
      case INT, MONTH, DATE, MINUTE, SECOND, TIME -> int[].class;
      case LONG, TIMESTAMP, TIMESPAN -> long[].class;
      case REAL -> float[].class;
      case FLOAT, DATETIME -> double[].class;
      case SYMBOL -> String[].class;
    };
  }
}

package dev.tethys.pipeline.ottl;

import java.util.HexFormat;

/** The id of a trace, a profile (both 16 bytes) or a span (8 bytes, in {@code low}). */
public record Id(Kind kind, long high, long low) {
  private static final HexFormat HEX = HexFormat.of();

  /** Kind of the identified item. */
  public enum Kind {
    TRACE(16),
    SPAN(8),
    PROFILE(16);

    private final int length;

    Kind(int length) {
      this.length = length;
    }

    /** Returns the length in bytes. */
    public int length() {
      return length;
    }
  }

  public static Id trace(long high, long low) {
    return new Id(Kind.TRACE, high, low);
  }

  public static Id span(long id) {
    return new Id(Kind.SPAN, 0, id);
  }

  public boolean isEmpty() {
    return high == 0 && low == 0;
  }

  /** Returns two hexadecimal digits per byte. */
  public String hex() {
    return kind == Kind.SPAN ? HEX.toHexDigits(low) : HEX.toHexDigits(high) + HEX.toHexDigits(low);
  }

  public byte[] bytes() {
    return HEX.parseHex(hex());
  }

  /**
   * Reads an id from bytes.
   *
   * @throws EvaluationException if there are not as many as its kind has
   */
  public static Id of(Kind kind, byte[] bytes) {
    if (bytes.length != kind.length) {
      throw new EvaluationException(
          "an id of a "
              + kind.name().toLowerCase(java.util.Locale.ROOT)
              + " has "
              + kind.length
              + " bytes, not "
              + bytes.length);
    }
    return hex(kind, HEX.formatHex(bytes));
  }

  /**
   * Parses an id from hexadecimal digits.
   *
   * @throws EvaluationException if the digits are invalid or their number is wrong
   */
  public static Id hex(Kind kind, String digits) {
    if (digits.length() != 2 * kind.length) {
      throw new EvaluationException(
          "an id of a "
              + kind.name().toLowerCase(java.util.Locale.ROOT)
              + " has "
              + 2 * kind.length
              + " hexadecimal digits, not "
              + digits.length());
    }
    try {
      return kind == Kind.SPAN
          ? new Id(kind, 0, HexFormat.fromHexDigitsToLong(digits))
          : new Id(
              kind,
              HexFormat.fromHexDigitsToLong(digits, 0, 16),
              HexFormat.fromHexDigitsToLong(digits, 16, 32));
    } catch (IllegalArgumentException e) {
      throw new EvaluationException("an id must consist of hexadecimal digits: " + digits);
    }
  }

  @Override
  public String toString() {
    return hex();
  }
}

package dev.tethys.codec.time;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Part of a layout: a field to read, or literal text.
 *
 * @param width number of digits of a fraction
 * @param text literal text
 */
record LayoutPart(Kind kind, int width, String text) {
  enum Kind {
    TEXT,
    LONG_MONTH,
    MONTH_NAME,
    NUMBER_MONTH,
    ZERO_MONTH,
    LONG_WEEKDAY,
    WEEKDAY,
    DAY,
    SPACE_DAY,
    ZERO_DAY,
    SPACE_YEAR_DAY,
    ZERO_YEAR_DAY,
    HOUR,
    HOUR12,
    ZERO_HOUR12,
    MINUTE,
    ZERO_MINUTE,
    SECOND,
    ZERO_SECOND,
    LONG_YEAR,
    YEAR,
    UPPER_HALF,
    LOWER_HALF,
    ZONE_NAME,
    OFFSET,
    OFFSET_OR_Z,
    FRACTION,
    OPTIONAL_FRACTION
  }

  boolean isYear() {
    return kind == Kind.YEAR || kind == Kind.LONG_YEAR;
  }

  /** Whether the part belongs to the date. */
  boolean isDate() {
    return switch (kind) {
      case YEAR,
          LONG_YEAR,
          MONTH_NAME,
          LONG_MONTH,
          NUMBER_MONTH,
          ZERO_MONTH,
          DAY,
          SPACE_DAY,
          ZERO_DAY,
          SPACE_YEAR_DAY,
          ZERO_YEAR_DAY ->
          true;
      default -> false;
    };
  }

  /** Reason for refusing a text without this part. */
  String missing() {
    return switch (kind) {
      case TEXT -> "\"" + text + "\" is missing";
      case LONG_MONTH, MONTH_NAME -> "the name of a month is missing";
      case LONG_WEEKDAY, WEEKDAY -> "the name of a day is missing";
      case UPPER_HALF, LOWER_HALF -> "AM or PM is missing";
      case ZONE_NAME -> "the abbreviation of a time zone is missing";
      case OFFSET, OFFSET_OR_Z -> "an offset from UTC is missing";
      case FRACTION, OPTIONAL_FRACTION -> "a fraction is missing";
      default -> "a number is missing or out of range";
    };
  }

  /** Whether flexible readers skip white space before the part: numbers and offsets with Z. */
  boolean mayFollowSpace() {
    return switch (kind) {
      case YEAR, LONG_YEAR, NUMBER_MONTH, DAY, HOUR, HOUR12, MINUTE, SECOND, OFFSET_OR_Z -> true;
      default -> false;
    };
  }

  private static final String[] OFFSETS = {"070000", "07:00:00", "0700", "07:00", "07"};

  /** The elements of a layout, split like in Go's package time. */
  static List<LayoutPart> of(String layout) {
    List<LayoutPart> out = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    int i = 0;
    while (i < layout.length()) {
      if (layout.startsWith("_2006", i)) {
        text.append('_');
        i++;
      }
      LayoutPart p = at(layout, i);
      if (p == null) {
        text.append(layout.charAt(i++));
        continue;
      }
      if (!text.isEmpty()) {
        out.add(new LayoutPart(Kind.TEXT, 0, text.toString()));
        text.setLength(0);
      }
      out.add(p);
      i += p.text.length();
    }
    if (!text.isEmpty()) {
      out.add(new LayoutPart(Kind.TEXT, 0, text.toString()));
    }
    return out;
  }

  private static @Nullable LayoutPart at(String s, int i) {
    return switch (s.charAt(i)) {
      case 'J' -> name(s, i, "January", Kind.LONG_MONTH, "Jan", Kind.MONTH_NAME);
      case 'M' ->
          s.startsWith("MST", i)
              ? part(Kind.ZONE_NAME, "MST")
              : name(s, i, "Monday", Kind.LONG_WEEKDAY, "Mon", Kind.WEEKDAY);
      case '0' -> zero(s, i);
      case '1' -> s.startsWith("15", i) ? part(Kind.HOUR, "15") : part(Kind.NUMBER_MONTH, "1");
      case '2' -> s.startsWith("2006", i) ? part(Kind.LONG_YEAR, "2006") : part(Kind.DAY, "2");
      case '_' ->
          s.startsWith("_2", i)
              ? part(Kind.SPACE_DAY, "_2")
              : s.startsWith("__2", i) ? part(Kind.SPACE_YEAR_DAY, "__2") : null;
      case '3' -> part(Kind.HOUR12, "3");
      case '4' -> part(Kind.MINUTE, "4");
      case '5' -> part(Kind.SECOND, "5");
      case 'P' -> s.startsWith("PM", i) ? part(Kind.UPPER_HALF, "PM") : null;
      case 'p' -> s.startsWith("pm", i) ? part(Kind.LOWER_HALF, "pm") : null;
      case '-' -> offset(s, i, Kind.OFFSET);
      case 'Z' -> offset(s, i, Kind.OFFSET_OR_Z);
      case '.', ',' -> fraction(s, i);
      default -> null;
    };
  }

  private static LayoutPart part(Kind kind, String text) {
    return new LayoutPart(kind, 0, text);
  }

  private static @Nullable LayoutPart name(
      String s, int i, String whole, Kind wholeKind, String shortened, Kind shortKind) {
    if (s.startsWith(whole, i)) {
      return part(wholeKind, whole);
    }
    int end = i + 3;
    boolean goesOn = end < s.length() && s.charAt(end) >= 'a' && s.charAt(end) <= 'z';
    return s.startsWith(shortened, i) && !goesOn ? part(shortKind, shortened) : null;
  }

  private static @Nullable LayoutPart zero(String s, int i) {
    if (s.startsWith("002", i)) {
      return part(Kind.ZERO_YEAR_DAY, "002");
    }
    return switch (i + 1 < s.length() ? s.charAt(i + 1) : 0) {
      case '1' -> part(Kind.ZERO_MONTH, "01");
      case '2' -> part(Kind.ZERO_DAY, "02");
      case '3' -> part(Kind.ZERO_HOUR12, "03");
      case '4' -> part(Kind.ZERO_MINUTE, "04");
      case '5' -> part(Kind.ZERO_SECOND, "05");
      case '6' -> part(Kind.YEAR, "06");
      default -> null;
    };
  }

  private static @Nullable LayoutPart offset(String s, int i, Kind kind) {
    for (String o : OFFSETS) {
      if (s.startsWith(o, i + 1)) {
        return part(kind, s.charAt(i) + o);
      }
    }
    return null;
  }

  private static @Nullable LayoutPart fraction(String s, int i) {
    char c = i + 1 < s.length() ? s.charAt(i + 1) : 0;
    if (c != '0' && c != '9') {
      return null;
    }
    int j = i + 1;
    while (j < s.length() && s.charAt(j) == c) {
      j++;
    }
    if (j < s.length() && s.charAt(j) >= '0' && s.charAt(j) <= '9') {
      return null;
    }
    return new LayoutPart(
        c == '0' ? Kind.FRACTION : Kind.OPTIONAL_FRACTION, j - i - 1, s.substring(i, j));
  }
}

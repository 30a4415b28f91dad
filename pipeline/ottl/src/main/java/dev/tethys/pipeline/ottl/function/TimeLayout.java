package dev.tethys.pipeline.ottl.function;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Layout of a time: C's directives ({@code %Y-%m-%d}) and Go's reference time ({@code 2006-01-02}),
 * which may be mixed. A layout is a list of fields and literals.
 */
final class TimeLayout {
  /** A part of a time. */
  enum Part {
    YEAR4,
    YEAR2,
    MONTH2,
    MONTH_SPACE,
    MONTH,
    MONTH_SHORT,
    MONTH_LONG,
    DAY2,
    DAY_SPACE,
    DAY,
    DAY_OF_YEAR,
    WEEKDAY_SHORT,
    WEEKDAY_LONG,
    HOUR24,
    HOUR12_2,
    HOUR12,
    AM_PM,
    AM_PM_LOWER,
    MINUTE2,
    MINUTE,
    SECOND2,
    SECOND,
    FRACTION,
    FRACTION_TRIMMED,
    OFFSET,
    ZONE,
    TEXT
  }

  /**
   * Part of a layout with its parameters.
   *
   * @param digits digits of a fraction, or the parts of an offset: hours, minutes, seconds
   * @param text the literal, the separator of a fraction, or that of an offset; preceded by "Z" if
   *     UTC is written so
   */
  record Field(Part part, int digits, String text) {}

  private final List<Field> fields;
  private final Locale locale;

  private TimeLayout(List<Field> fields, Locale locale) {
    this.fields = fields;
    this.locale = locale;
  }

  /**
   * Reads a layout.
   *
   * @throws IllegalArgumentException for an unknown directive
   */
  static TimeLayout of(String format, Locale locale) {
    List<Field> fields = new ArrayList<>();
    StringBuilder go = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%') {
        go.append(c);
        continue;
      }
      if (++i == format.length()) {
        throw new IllegalArgumentException("the format ends with %; a percent sign is %%");
      }
      String more = composed(format.charAt(i));
      if (more != null) {
        goLayout(fields, go);
        fields.addAll(of(more, locale).fields);
        continue;
      }
      Field f = directive(format.charAt(i));
      if (f == null) {
        throw new IllegalArgumentException("there is no directive %" + format.charAt(i));
      }
      goLayout(fields, go);
      fields.add(f);
    }
    goLayout(fields, go);
    return new TimeLayout(List.copyOf(fields), locale);
  }

  private static @Nullable String composed(char c) {
    return switch (c) {
      case 'D', 'x' -> "%m/%d/%y";
      case 'F' -> "%Y-%m-%d";
      case 'T', 'X' -> "%H:%M:%S";
      case 'R' -> "%H:%M";
      case 'r' -> "%I:%M:%S %P";
      case 'c' -> "%a %b %d %H:%M:%S %Y";
      default -> null;
    };
  }

  private static Field field(Part p) {
    return new Field(p, 0, "");
  }

  private static @Nullable Field directive(char c) {
    return switch (c) {
      case 'Y' -> field(Part.YEAR4);
      case 'y' -> field(Part.YEAR2);
      case 'm' -> field(Part.MONTH2);
      case 'o' -> field(Part.MONTH_SPACE);
      case 'q' -> field(Part.MONTH);
      case 'b', 'h' -> field(Part.MONTH_SHORT);
      case 'B' -> field(Part.MONTH_LONG);
      case 'd' -> field(Part.DAY2);
      case 'e' -> field(Part.DAY_SPACE);
      case 'g' -> field(Part.DAY);
      case 'a' -> field(Part.WEEKDAY_SHORT);
      case 'A' -> field(Part.WEEKDAY_LONG);
      case 'H' -> field(Part.HOUR24);
      case 'I' -> field(Part.HOUR12_2);
      case 'l' -> field(Part.HOUR12);
      case 'p' -> field(Part.AM_PM);
      case 'P' -> field(Part.AM_PM_LOWER);
      case 'M' -> field(Part.MINUTE2);
      case 'S' -> field(Part.SECOND2);
      case 'L' -> new Field(Part.FRACTION, 3, "");
      case 'f' -> new Field(Part.FRACTION, 6, "");
      case 's' -> new Field(Part.FRACTION, 9, "");
      case 'z' -> new Field(Part.OFFSET, 2, "");
      case 'Z' -> field(Part.ZONE);
      case 'i' -> new Field(Part.OFFSET, 1, "");
      case 'j' -> new Field(Part.OFFSET, 2, ":");
      case 'k' -> new Field(Part.OFFSET, 3, ":");
      case 'w' -> new Field(Part.OFFSET, 3, "");
      case 'n' -> new Field(Part.TEXT, 0, "\n");
      case 't' -> new Field(Part.TEXT, 0, "\t");
      case '%' -> new Field(Part.TEXT, 0, "%");
      default -> null;
    };
  }

  private record GoToken(String text, Field field) {}

  /** Tokens of Go's reference time; a token precedes its prefixes. */
  private static final List<GoToken> GO =
      List.of(
          new GoToken("January", field(Part.MONTH_LONG)),
          new GoToken("Jan", field(Part.MONTH_SHORT)),
          new GoToken("Monday", field(Part.WEEKDAY_LONG)),
          new GoToken("Mon", field(Part.WEEKDAY_SHORT)),
          new GoToken("MST", field(Part.ZONE)),
          new GoToken("2006", field(Part.YEAR4)),
          new GoToken("002", field(Part.DAY_OF_YEAR)),
          new GoToken("01", field(Part.MONTH2)),
          new GoToken("02", field(Part.DAY2)),
          new GoToken("03", field(Part.HOUR12_2)),
          new GoToken("04", field(Part.MINUTE2)),
          new GoToken("05", field(Part.SECOND2)),
          new GoToken("06", field(Part.YEAR2)),
          new GoToken("15", field(Part.HOUR24)),
          new GoToken("_2", field(Part.DAY_SPACE)),
          new GoToken("PM", field(Part.AM_PM)),
          new GoToken("pm", field(Part.AM_PM_LOWER)),
          new GoToken("-07:00:00", new Field(Part.OFFSET, 3, ":")),
          new GoToken("-070000", new Field(Part.OFFSET, 3, "")),
          new GoToken("-07:00", new Field(Part.OFFSET, 2, ":")),
          new GoToken("-0700", new Field(Part.OFFSET, 2, "")),
          new GoToken("-07", new Field(Part.OFFSET, 1, "")),
          new GoToken("Z07:00:00", new Field(Part.OFFSET, 3, "Z:")),
          new GoToken("Z070000", new Field(Part.OFFSET, 3, "Z")),
          new GoToken("Z07:00", new Field(Part.OFFSET, 2, "Z:")),
          new GoToken("Z0700", new Field(Part.OFFSET, 2, "Z")),
          new GoToken("Z07", new Field(Part.OFFSET, 1, "Z")),
          new GoToken("1", field(Part.MONTH)),
          new GoToken("2", field(Part.DAY)),
          new GoToken("3", field(Part.HOUR12)),
          new GoToken("4", field(Part.MINUTE)),
          new GoToken("5", field(Part.SECOND)));

  private static void goLayout(List<Field> to, StringBuilder layout) {
    StringBuilder text = new StringBuilder();
    int i = 0;
    next:
    while (i < layout.length()) {
      char c = layout.charAt(i);
      if ((c == '.' || c == ',') && i + 1 < layout.length()) {
        char digit = layout.charAt(i + 1);
        int end = i + 1;
        while (end < layout.length() && layout.charAt(end) == digit) {
          end++;
        }
        boolean ends = end == layout.length() || !Character.isDigit(layout.charAt(end));
        if ((digit == '0' || digit == '9') && ends) {
          text(to, text);
          to.add(
              new Field(
                  digit == '0' ? Part.FRACTION : Part.FRACTION_TRIMMED,
                  Math.min(9, end - i - 1),
                  Character.toString(c)));
          i = end;
          continue;
        }
      }
      for (GoToken t : GO) {
        if (layout.indexOf(t.text(), i) == i) {
          text(to, text);
          to.add(t.field());
          i += t.text().length();
          continue next;
        }
      }
      text.append(c);
      i++;
    }
    text(to, text);
    layout.setLength(0);
  }

  private static void text(List<Field> to, StringBuilder text) {
    if (!text.isEmpty()) {
      to.add(new Field(Part.TEXT, 0, text.toString()));
      text.setLength(0);
    }
  }

  /** Writes a time. */
  String format(ZonedDateTime t) {
    StringBuilder sb = new StringBuilder();
    for (Field f : fields) {
      switch (f.part()) {
        case YEAR4 -> pad(sb, t.getYear(), 4, '0');
        case YEAR2 -> pad(sb, Math.floorMod(t.getYear(), 100), 2, '0');
        case MONTH2 -> pad(sb, t.getMonthValue(), 2, '0');
        case MONTH_SPACE -> pad(sb, t.getMonthValue(), 2, ' ');
        case MONTH -> sb.append(t.getMonthValue());
        case MONTH_SHORT -> sb.append(t.getMonth().getDisplayName(TextStyle.SHORT, locale));
        case MONTH_LONG -> sb.append(t.getMonth().getDisplayName(TextStyle.FULL, locale));
        case DAY2 -> pad(sb, t.getDayOfMonth(), 2, '0');
        case DAY_SPACE -> pad(sb, t.getDayOfMonth(), 2, ' ');
        case DAY -> sb.append(t.getDayOfMonth());
        case DAY_OF_YEAR -> pad(sb, t.getDayOfYear(), 3, '0');
        case WEEKDAY_SHORT -> sb.append(t.getDayOfWeek().getDisplayName(TextStyle.SHORT, locale));
        case WEEKDAY_LONG -> sb.append(t.getDayOfWeek().getDisplayName(TextStyle.FULL, locale));
        case HOUR24 -> pad(sb, t.getHour(), 2, '0');
        case HOUR12_2 -> pad(sb, hour12(t), 2, '0');
        case HOUR12 -> sb.append(hour12(t));
        case AM_PM -> sb.append(t.getHour() < 12 ? "AM" : "PM");
        case AM_PM_LOWER -> sb.append(t.getHour() < 12 ? "am" : "pm");
        case MINUTE2 -> pad(sb, t.getMinute(), 2, '0');
        case MINUTE -> sb.append(t.getMinute());
        case SECOND2 -> pad(sb, t.getSecond(), 2, '0');
        case SECOND -> sb.append(t.getSecond());
        case FRACTION -> sb.append(f.text()).append(nanos(t), 0, f.digits());
        case FRACTION_TRIMMED -> {
          String digits = nanos(t).substring(0, f.digits()).replaceAll("0+$", "");
          sb.append(digits.isEmpty() ? "" : f.text() + digits);
        }
        case OFFSET -> offset(sb, t.getOffset().getTotalSeconds(), f);
        case ZONE -> sb.append(zoneName(t));
        case TEXT -> sb.append(f.text());
      }
    }
    return sb.toString();
  }

  private static String nanos(ZonedDateTime t) {
    StringBuilder sb = new StringBuilder();
    pad(sb, t.getNano(), 9, '0');
    return sb.toString();
  }

  private static int hour12(ZonedDateTime t) {
    return t.getHour() % 12 == 0 ? 12 : t.getHour() % 12;
  }

  private static void pad(StringBuilder sb, int value, int width, char with) {
    String s = Integer.toString(value);
    for (int i = s.length(); i < width; i++) {
      sb.append(with);
    }
    sb.append(s);
  }

  private static void offset(StringBuilder sb, int seconds, Field f) {
    if (f.text().startsWith("Z") && seconds == 0) {
      sb.append('Z');
      return;
    }
    String separator = f.text().endsWith(":") ? ":" : "";
    int s = Math.abs(seconds);
    sb.append(seconds < 0 ? '-' : '+');
    pad(sb, s / 3600, 2, '0');
    if (f.digits() >= 2) {
      sb.append(separator);
      pad(sb, s / 60 % 60, 2, '0');
    }
    if (f.digits() >= 3) {
      sb.append(separator);
      pad(sb, s % 60, 2, '0');
    }
  }

  private static String zoneName(ZonedDateTime t) {
    if (t.getZone() instanceof ZoneOffset o) {
      if (o.getTotalSeconds() == 0) {
        return "UTC";
      }
      StringBuilder sb = new StringBuilder();
      offset(sb, o.getTotalSeconds(), new Field(Part.OFFSET, 2, ""));
      return sb.toString();
    }
    return java.time.format.DateTimeFormatter.ofPattern("z", Locale.ENGLISH).format(t);
  }
}

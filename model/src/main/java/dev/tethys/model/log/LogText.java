package dev.tethys.model.log;

import java.util.Objects;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * Strings of log lines: a template with places such as {@code {0}} and its values. Quotation marks
 * need no care, and numbers are written without separators, unlike in {@link
 * java.text.MessageFormat}: there, {@code "can't: {0}"} loses its value and 1000 becomes 1,000.
 */
public final class LogText {
  private static final int MAX_DIGITS = 3;

  private LogText() {}

  /**
   * The start of a text longer than {@code most} characters, and the number of those that follow.
   */
  public static String cut(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    return text.substring(0, end) + "… (" + (text.length() - end) + " more characters)";
  }

  /** Formats a log record. */
  public static String of(LogRecord record) {
    return render(Objects.requireNonNullElse(record.getMessage(), "null"), record.getParameters());
  }

  /**
   * Text of a template. Two apostrophes, as in templates of {@code MessageFormat}, become one if
   * there are values; a placeholder without a value stays unchanged.
   */
  public static String render(String template, @Nullable Object @Nullable [] values) {
    if (values == null || values.length == 0) {
      return template;
    }
    StringBuilder out = new StringBuilder(template.length() + 16 * values.length);
    for (int i = 0; i < template.length(); i++) {
      char c = template.charAt(i);
      int end = c == '{' ? placeEnd(template, i + 1) : -1;
      int index = end < 0 ? -1 : Integer.parseInt(template, i + 1, end, 10);
      if (index >= 0 && index < values.length) {
        out.append(values[index]);
        i = end;
      } else {
        out.append(c);
        if (c == '\'' && i + 1 < template.length() && template.charAt(i + 1) == '\'') {
          i++;
        }
      }
    }
    return out.toString();
  }

  /** Position of the brace after the digits that begin here; -1 if there is none. */
  private static int placeEnd(String template, int from) {
    int i = from;
    while (i < template.length() && i - from <= MAX_DIGITS && isDigit(template.charAt(i))) {
      i++;
    }
    boolean isPlace = i > from && i - from <= MAX_DIGITS && i < template.length();
    return isPlace && template.charAt(i) == '}' ? i : -1;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}

package dev.tethys.alert.template;

import com.google.re2j.Pattern;
import org.jspecify.annotations.Nullable;

/** Strings as Go's source writes them. */
public final class GoStrings {
  private GoStrings() {}

  /** The text that a string in double quotes stands for; null when it is not a valid one. */
  public static @Nullable String unquote(String quoted) {
    boolean closed = quoted.length() > 1 && quoted.startsWith("\"") && quoted.endsWith("\"");
    return closed && quoted.indexOf('\n') < 0 ? Literals.unquote(quoted) : null;
  }

  /** A value as Go's fmt.Sprint writes it. */
  public static String print(@Nullable Object value) {
    return GoFormat.print(value);
  }

  /** As Go's template.HTMLEscapeString. */
  public static String html(String s) {
    return Builtins.html(s);
  }

  /** Each word with a great first letter, as Prometheus's function title. */
  public static String title(String s) {
    return PrometheusFunctions.title(s);
  }

  /** As {@code humanizeDuration} of Prometheus. */
  public static String humanizeDuration(@Nullable Object value) {
    return Humanize.duration(value);
  }

  /** As Go's url.QueryEscape. */
  public static String queryEscape(String s) {
    return Builtins.queryEscape(s);
  }

  /** Replaces every match as Go's regexp does: {@code $1}, {@code ${name}}, {@code $$}. */
  public static String replaceAll(Pattern pattern, String text, String replacement) {
    return Replacement.all(pattern, text, replacement);
  }
}

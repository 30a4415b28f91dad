package dev.tethys.store.remote;

import dev.tethys.model.regex.Regex;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Translation of matcher expressions to the language of a database. Unsupported parts are null,
 * false or "" and are evaluated after reading.
 */
public final class Expressions {
  /** More values than these are not looked for one by one. */
  private static final int MAX_VALUES = 1000;

  /** Most alternatives of an expression that is passed to the other database. */
  private static final int MAX_COMMON = 1000;

  /**
   * Letters, digits and some marks, any punctuation after a backslash, {@code .*}, {@code .+},
   * groups, alternatives, repetitions. Repetitions follow elements that both dialects read alike.
   */
  private static final Pattern COMMON =
      Pattern.compile(
          "(?:[A-Za-z0-9_:/ -]|\\\\[.+*?()|\\[\\]{}^$]|\\.[*+]|\\((?:\\?:)?|[|)]|(?<![(|])[?*+])*");

  private Expressions() {}

  /**
   * Returns the values matched by an expression if they form a small finite set, otherwise null.
   */
  public static @Nullable Set<String> values(String expression) {
    Set<String> values = Regex.whole(expression).values();
    return values == null || values.size() > MAX_VALUES ? null : values;
  }

  /** Whether an expression of RE2, in which a dot is any character, is the same in all dialects. */
  public static boolean isCommon(String expression) {
    return expression.length() <= MAX_COMMON && COMMON.matcher(expression).matches();
  }

  /**
   * Common prefix of all values that match an expression: letters, digits and hyphens of ASCII,
   * which no database escapes. "" when unknown.
   */
  public static String prefix(String expression) {
    String all = Regex.whole(expression).prefix();
    int n = 0;
    while (n < all.length() && isWord(all.charAt(n))) {
      n++;
    }
    return all.substring(0, n);
  }

  private static boolean isWord(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-';
  }
}

package dev.tethys.codec.template.sprig;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.codec.template.GoStrings;
import dev.tethys.codec.template.TemplateFunction.Failure;
import dev.tethys.codec.template.TextLimit;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import org.jspecify.annotations.Nullable;

/** String functions with the semantics of Go's package strings. */
final class SprigStrings {
  /** Number of expressions whose compiled form is cached. */
  private static final int PATTERNS = 128;

  private static final @Nullable Pattern[] COMPILED = new Pattern[PATTERNS];

  private SprigStrings() {}

  static String replace(String s, String old, String with, long most) {
    long count = old.isEmpty() ? s.length() + 1L : count(s, old);
    count = most < 0 ? count : Math.min(count, most);
    TextLimit.check(s.length() + count * (with.length() - old.length()));
    if (most < 0 && !old.isEmpty()) {
      return s.replace(old, with);
    }
    StringBuilder sb = new StringBuilder();
    int from = 0;
    for (long i = 0; most < 0 || i < most; i++) {
      int at = old.isEmpty() ? (i == 0 ? 0 : from + 1) : s.indexOf(old, from);
      if (at < 0 || at > s.length()) {
        break;
      }
      sb.append(s, from, at).append(with);
      from = at + old.length();
    }
    return sb.append(s, Math.min(from, s.length()), s.length()).toString();
  }

  private static int count(String s, String part) {
    int n = 0;
    for (int at = s.indexOf(part); at >= 0; at = s.indexOf(part, at + part.length())) {
      n++;
    }
    return n;
  }

  /** Trims characters of a set at both ends. */
  static String trim(String s, String set, boolean left, boolean right) {
    int a = 0;
    int b = s.length();
    while (left && a < b && set.indexOf(s.codePointAt(a)) >= 0) {
      a += Character.charCount(s.codePointAt(a));
    }
    while (right && b > a && set.indexOf(s.codePointBefore(b)) >= 0) {
      b -= Character.charCount(s.codePointBefore(b));
    }
    return s.substring(a, b);
  }

  static String trimPrefix(String s, String prefix) {
    return s.startsWith(prefix) ? s.substring(prefix.length()) : s;
  }

  static String trimSuffix(String s, String suffix) {
    return s.endsWith(suffix) ? s.substring(0, s.length() - suffix.length()) : s;
  }

  static String repeat(String s, long times) {
    if (times < 0) {
      throw new Failure("strings: negative Repeat count");
    }
    TextLimit.check(times > TextLimit.MAX_LENGTH ? Long.MAX_VALUE : times * s.length());
    return s.repeat(s.isEmpty() ? 0 : (int) times);
  }

  /** Converts a value to text like Sprig's strval. */
  static String text(@Nullable Object v) {
    return v instanceof String s ? s : GoStrings.print(v);
  }

  static Pattern pattern(String expression) {
    int slot = expression.hashCode() & PATTERNS - 1;
    Pattern p = COMPILED[slot];
    if (p == null || !p.pattern().equals(expression)) {
      try {
        Regex.compile(expression); // its limits hold here as well
        p = Pattern.compile(expression);
      } catch (RegexSyntaxException | PatternSyntaxException e) {
        throw new Failure(String.valueOf(e.getMessage()));
      }
      COMPILED[slot] = p; // a race costs a compilation
    }
    return p;
  }
}

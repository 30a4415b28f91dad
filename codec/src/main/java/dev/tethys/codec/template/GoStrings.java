package dev.tethys.codec.template;

import com.google.re2j.Pattern;
import org.jspecify.annotations.Nullable;

/** Strings as Go's source writes them. */
public final class GoStrings {
  private GoStrings() {}

  /** Unquotes a Go string in double quotes; null if it is invalid. */
  public static @Nullable String unquote(String quoted) {
    boolean closed = quoted.length() > 1 && quoted.startsWith("\"") && quoted.endsWith("\"");
    return closed && quoted.indexOf('\n') < 0 ? Literals.unquote(quoted) : null;
  }

  /** A value as Go's fmt.Sprint writes it. */
  public static String print(@Nullable Object value) {
    return GoFormat.print(value);
  }

  /** Escapes like Go's template.HTMLEscapeString. */
  public static String html(String s) {
    return Builtins.html(s);
  }

  /** Converts the first letter of each word to upper case; the others stay unchanged. */
  public static String title(String s) {
    StringBuilder sb = new StringBuilder(s.length());
    boolean inWord = false;
    for (int i = 0; i < s.length(); ) {
      int c = s.codePointAt(i);
      i += Character.charCount(c);
      boolean cased =
          Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
      boolean part =
          Character.isLetterOrDigit(c)
              || c == '_'
              || Character.getType(c) == Character.NON_SPACING_MARK
              || inWord
                  && (c == '\'' || c == '\u2019' || c == '.' || c == ':')
                  && i < s.length()
                  && Character.isLetter(s.codePointAt(i));
      sb.appendCodePoint(cased && !inWord ? Character.toTitleCase(c) : c);
      inWord = part && (inWord || cased);
    }
    return sb.toString();
  }

  /** The type of a value as Go calls it. */
  public static String typeName(Object value) {
    return GoFormat.typeName(value);
  }

  /** Escapes like Go's url.QueryEscape. */
  public static String queryEscape(String s) {
    return Builtins.queryEscape(s);
  }

  /** Replaces every match as Go's regexp does: {@code $1}, {@code ${name}}, {@code $$}. */
  public static String replaceAll(Pattern pattern, String text, String replacement) {
    return Replacement.all(pattern, text, replacement);
  }
}

package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.regex.Regex;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Patterns of attribute keys whose parts are separated by dots. {@code *} matches within one part,
 * {@code **} across parts, {@code ?} one character of a part, {@code [a-z]} and {@code [!a-z]} a
 * character set, {@code {a,b}} alternatives; a backslash escapes the next character.
 */
final class AttributeGlob {
  private AttributeGlob() {}

  /**
   * The expression of a pattern.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  static Regex compile(String glob) {
    StringBuilder sb = new StringBuilder();
    Deque<Character> open = new ArrayDeque<>();
    int i = 0;
    while (i < glob.length()) {
      char c = glob.charAt(i++);
      switch (c) {
        case '*' -> {
          boolean several = false;
          while (i < glob.length() && glob.charAt(i) == '*') {
            several = true;
            i++;
          }
          sb.append(several ? "(?s:.*)" : "[^.]*");
        }
        case '?' -> sb.append("[^.]");
        case '[' -> i = characters(glob, i, sb);
        case '{' -> {
          open.push(c);
          sb.append("(?:");
        }
        case '}' -> {
          if (open.poll() == null) {
            throw new IllegalArgumentException("\"" + glob + "\" has a } without a {");
          }
          sb.append(')');
        }
        case ',' -> sb.append(open.isEmpty() ? "," : "|");
        case '\\' -> {
          if (i == glob.length()) {
            throw new IllegalArgumentException("\"" + glob + "\" ends with a backslash");
          }
          sb.append(Regex.quote(glob.substring(i, i + 1)));
          i++;
        }
        default -> sb.append(Regex.quote(String.valueOf(c)));
      }
    }
    if (!open.isEmpty()) {
      throw new IllegalArgumentException("\"" + glob + "\" has a { without a }");
    }
    return Regex.compile(sb.toString());
  }

  private static int characters(String glob, int from, StringBuilder to) {
    int i = from;
    boolean not = i < glob.length() && glob.charAt(i) == '!';
    i += not ? 1 : 0;
    int end = glob.indexOf(']', i);
    if (end <= i) {
      throw new IllegalArgumentException("\"" + glob + "\" has a [ without characters and a ]");
    }
    to.append(not ? "[^" : "[");
    for (; i < end; i++) {
      char c = glob.charAt(i);
      boolean range = c == '-' && i > from + (not ? 1 : 0) && i + 1 < end;
      to.append(range || Character.isLetterOrDigit(c) ? "" : "\\").append(c);
    }
    to.append(']');
    return end + 1;
  }
}

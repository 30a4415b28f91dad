package dev.tethys.model.relabel;

import dev.tethys.model.regex.Groups;
import dev.tethys.model.regex.Regex;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Replacement template with {@code $1}, {@code ${1}}, {@code $name}, {@code ${name}} and {@code
 * $$}, expanded by the rules of Go's regexp package. A name is as long as possible ({@code $1x} is
 * the group called "1x"), an unknown group is empty, and a dollar sign without a name is literal.
 */
public final class Template {
  /** Maximum length of text produced by rules, in characters; each rule could double it. */
  static final int MAX_LENGTH = 1 << 20;

  /** An expansion or its input is longer than {@link #MAX_LENGTH}. */
  static final class TooLongException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLongException() {
      super("longer than " + MAX_LENGTH + " characters", null, false, false);
    }
  }

  /** Either text, or a group (then text is null; -1 for a group that does not exist). */
  private record Part(@Nullable String text, int group) {}

  private final List<Part> parts = new ArrayList<>();
  private final String source;
  private final boolean constant;

  /** A replacement for matches of a pattern. */
  public Template(String source, Regex regex) {
    this.source = source;
    StringBuilder text = new StringBuilder();
    int i = 0;
    while (i < source.length()) {
      char c = source.charAt(i);
      if (c != '$' || i + 1 == source.length()) {
        text.append(c);
        i++;
        continue;
      }
      if (source.charAt(i + 1) == '$') {
        text.append('$');
        i += 2;
        continue;
      }
      boolean braces = source.charAt(i + 1) == '{';
      int from = i + (braces ? 2 : 1);
      int to = from;
      while (to < source.length() && isWord(source.codePointAt(to))) {
        to += Character.charCount(source.codePointAt(to));
      }
      if (to == from || braces && (to == source.length() || source.charAt(to) != '}')) {
        text.append('$');
        i++;
        continue;
      }
      if (!text.isEmpty()) {
        parts.add(new Part(text.toString(), -1));
        text.setLength(0);
      }
      parts.add(new Part(null, group(source.substring(from, to), regex)));
      i = braces ? to + 1 : to;
    }
    if (!text.isEmpty()) {
      parts.add(new Part(text.toString(), -1));
    }
    constant = parts.stream().allMatch(p -> p.text != null);
  }

  private static boolean isWord(int c) {
    return c == '_'
        || Character.isLetter(c)
        || Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER;
  }

  private static int group(String name, Regex regex) {
    if (name.chars().allMatch(c -> c >= '0' && c <= '9')) {
      if (name.length() > 1 && name.startsWith("0") || name.length() > 8) {
        return -1;
      }
      int n = Integer.parseInt(name);
      return n <= regex.groupCount() ? n : -1;
    }
    return regex.groupNumber(name);
  }

  /** True if the expansion is the same for every match. */
  boolean isConstant() {
    return constant;
  }

  /** The expansion for every match, if it is always the same. */
  String constant() {
    StringBuilder sb = new StringBuilder();
    for (Part p : parts) {
      sb.append(p.text);
    }
    return sb.toString();
  }

  /** The expansion for a match. */
  public String expand(Groups m) {
    if (parts.size() == 1) {
      return part(parts.getFirst(), m);
    }
    StringBuilder sb = new StringBuilder();
    for (Part p : parts) {
      append(sb, part(p, m));
    }
    return sb.toString();
  }

  /** Appends text unless the total is too long. */
  static void append(StringBuilder sb, String text) {
    if (sb.length() + (long) text.length() > MAX_LENGTH) {
      throw new TooLongException();
    }
    sb.append(text);
  }

  private static String part(Part p, Groups m) {
    if (p.text != null) {
      return p.text;
    }
    String g = p.group < 0 ? null : m.group(p.group);
    return g == null ? "" : g;
  }

  @Override
  public String toString() {
    return source;
  }
}

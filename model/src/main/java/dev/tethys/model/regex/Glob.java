package dev.tethys.model.regex;

/**
 * Translates globs into expressions: {@code *} any characters, {@code ?} one character, {@code
 * [a-z]} a set, and a backslash before a character to match literally. The first character of a set
 * may be {@code ]}.
 */
public final class Glob {
  /**
   * Glob syntax options.
   *
   * @param separator character that {@code *} and {@code ?} do not match; "" for none
   * @param crosses whether {@code **} matches the separator, too
   * @param negations characters that negate a set as its first one
   * @param braces whether {@code {a,b}} are alternatives
   */
  public record Syntax(String separator, boolean crosses, String negations, boolean braces) {}

  private static final String ANY = "(?s:.)";
  private static final String NONE = "[^\\x{0}-\\x{10FFFF}]";

  private final String glob;
  private final Syntax syntax;
  private final String one; // expression of a question mark
  private final StringBuilder out = new StringBuilder();
  private int at;

  private Glob(String glob, Syntax syntax) {
    this.glob = glob;
    this.syntax = syntax;
    this.one =
        syntax.separator.isEmpty() ? ANY : "[^" + escaped(syntax.separator.codePointAt(0)) + "]";
  }

  /**
   * Compiles a glob to an expression that must match entire values.
   *
   * @throws IllegalArgumentException if the glob is not valid
   */
  public static Regex compile(String glob, Syntax syntax) {
    Glob g = new Glob(glob, syntax);
    g.translate();
    return Regex.compile(g.out.toString());
  }

  /** Variant for a pattern in which only {@code *} and {@code ?} are special. */
  public static Regex wildcards(String pattern) {
    StringBuilder out = new StringBuilder();
    pattern
        .codePoints()
        .forEach(c -> out.append(c == '*' ? ANY + "*" : c == '?' ? ANY : escaped(c)));
    return Regex.compile(out.toString());
  }

  private void translate() {
    int depth = 0;
    while (at < glob.length()) {
      int c = next();
      switch (c) {
        case '*' -> star();
        case '?' -> out.append(one);
        case '[' -> set();
        case '\\' -> out.append(escaped(next()));
        case '{' -> {
          depth += syntax.braces ? 1 : 0;
          out.append(syntax.braces ? "(?:" : escaped(c));
        }
        case '}' -> {
          if (syntax.braces && --depth < 0) {
            throw error("has a } without a {");
          }
          out.append(syntax.braces ? ")" : escaped(c));
        }
        case ',' -> out.append(depth > 0 ? "|" : escaped(c));
        default -> out.append(escaped(c));
      }
    }
    if (depth > 0) {
      throw error("has a brace that is not closed");
    }
  }

  private int next() {
    if (at >= glob.length()) {
      throw error("ends with a backslash");
    }
    int c = glob.codePointAt(at);
    at += Character.charCount(c);
    return c;
  }

  private void star() {
    int from = at;
    while (at < glob.length() && glob.charAt(at) == '*') {
      at++;
    }
    out.append(syntax.crosses && at > from ? ANY : one).append('*');
  }

  private void set() {
    boolean not = at < glob.length() && syntax.negations.indexOf(glob.charAt(at)) >= 0;
    at += not ? 1 : 0;
    StringBuilder items = new StringBuilder();
    for (int first = at; at == first || peek() != ']'; ) {
      int low = member();
      int high = low;
      if (peek() == '-' && at + 1 < glob.length() && glob.charAt(at + 1) != ']') {
        at++;
        high = member();
      }
      if (low <= high) {
        items.append(escaped(low)).append('-').append(escaped(high));
      }
    }
    at++;
    if (items.isEmpty()) {
      out.append(not ? ANY : NONE);
    } else {
      out.append(not ? "[^" : "[").append(items).append(']');
    }
  }

  private char peek() {
    if (at >= glob.length()) {
      throw error("has a bracket that is not closed");
    }
    return glob.charAt(at);
  }

  private int member() {
    peek();
    int c = next();
    return c == '\\' ? next() : c;
  }

  private static String escaped(int c) {
    return Character.isLetterOrDigit(c)
        ? Character.toString(c)
        : "\\x{" + Integer.toHexString(c) + "}";
  }

  private IllegalArgumentException error(String reason) {
    return new IllegalArgumentException("\"" + glob + "\" " + reason);
  }
}

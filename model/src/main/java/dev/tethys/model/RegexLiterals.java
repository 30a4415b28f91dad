package dev.tethys.model;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What can be told of a matcher's expression without running it: the values that it meets, where
 * these can be counted, or what they begin with. Expressions are valid RE2 and meet whole values.
 * What is not understood is told by null or "".
 *
 * <p>Sets of values are found by a parser of this grammar, which is that of what dashboards send,
 * with groups:
 *
 * <pre>
 * alternatives = sequence *( "|" sequence )
 * sequence     = *( atom [ "?" [ "?" ] ] )
 * atom         = character | "\" punctuation | "[" 1*( character | range ) "]"
 *              | "(" [ "?:" ] alternatives ")"
 * </pre>
 *
 * Around whole alternatives there may be {@code ^} and {@code $}, which say nothing more.
 */
public final class RegexLiterals {
  /** Of all values together, unless the expression itself has more. */
  private static final int MAX_CHARACTERS = 100_000;

  private static final Set<String> NOTHING = Set.of("");
  private static final int MAX_DEPTH = 50;
  private static final String META = "\\.+*?()|[]{}^$";

  private final String text;
  private final int most;
  private final int characters;
  private int at;
  private int depth;

  private RegexLiterals(String text, int most) {
    this.text = text;
    this.most = most;
    this.characters = Math.max(MAX_CHARACTERS, text.length());
  }

  /**
   * The values that an expression meets when it meets only some; null when it is not known.
   *
   * @param most more of them are not looked for
   */
  public static @Nullable Set<String> values(String expression, int most) {
    RegexLiterals e = new RegexLiterals(expression, most);
    Set<String> out = e.alternatives();
    return out != null && e.at == expression.length() ? Collections.unmodifiableSet(out) : null;
  }

  /** What all values begin with that an expression meets. "" when nothing is known. */
  public static String prefix(String expression) {
    if (expression.indexOf('|') >= 0 || expression.replace("(?:", "").contains("(?")) {
      return ""; // behind flags, a repetition is that of what stands before them
    }
    int n = 0;
    while (n < expression.length() && META.indexOf(expression.charAt(n)) < 0) {
      n++;
    }
    // What is repeated may be absent, or not be followed by what stands behind it.
    return n > 0 && n < expression.length() && "*?{+".indexOf(expression.charAt(n)) >= 0
        ? expression.substring(0, expression.offsetByCodePoints(n, -1))
        : expression.substring(0, n);
  }

  private boolean has(char c) {
    return at < text.length() && text.charAt(at) == c;
  }

  private @Nullable Set<String> alternatives() {
    Set<String> out = new LinkedHashSet<>();
    do {
      at += out.isEmpty() ? 0 : 1; // every sequence gives something
      if (depth == 0 && has('^')) {
        at++;
      }
      Set<String> some = sequence();
      if (some == null) {
        return null;
      }
      if (depth == 0 && has('$')) {
        at++;
      }
      out.addAll(some);
    } while (out.size() <= most && has('|'));
    return out.size() <= most ? out : null;
  }

  private @Nullable Set<String> sequence() {
    Set<String> out = NOTHING;
    while (at < text.length() && !has('|') && !has(')') && !has('$')) {
      Set<String> next = atom();
      if (next == null) {
        return null;
      }
      if (has('?')) {
        at += at + 1 < text.length() && text.charAt(at + 1) == '?' ? 2 : 1;
        next = new LinkedHashSet<>(next);
        next.add("");
      }
      out = out.equals(NOTHING) ? next : joined(out, next);
      if (out == null) {
        return null;
      }
    }
    return out;
  }

  private @Nullable Set<String> joined(Set<String> before, Set<String> behind) {
    if ((long) before.size() * behind.size() > most) {
      return null;
    }
    Set<String> out = new LinkedHashSet<>();
    long made = 0;
    for (String a : before) {
      for (String b : behind) {
        made += a.length() + b.length();
        if (made > characters) {
          return null;
        }
        out.add(a + b);
      }
    }
    return out;
  }

  private @Nullable Set<String> atom() {
    char c = text.charAt(at);
    if (c == '(') {
      return group();
    }
    if (c == '[') {
      return characters();
    }
    if (c == '\\') {
      return escaped() ? Set.of(text.substring(at++, at)) : null;
    }
    if (META.indexOf(c) >= 0 || (Character.isSurrogate(c) && !isPair())) {
      return null;
    }
    if (Character.isSurrogate(c)) {
      at += 2;
      return Set.of(text.substring(at - 2, at));
    }
    // As many as stand there; one that is repeated stays alone.
    int from = at++;
    while (at < text.length() && isPlain(at) && !isRepeated(at)) {
      at++;
    }
    return Set.of(text.substring(from, at));
  }

  private boolean isPlain(int i) {
    return META.indexOf(text.charAt(i)) < 0 && !Character.isSurrogate(text.charAt(i));
  }

  private boolean isRepeated(int i) {
    return i + 1 < text.length() && "?*+{".indexOf(text.charAt(i + 1)) >= 0;
  }

  private boolean isPair() {
    return at + 1 < text.length()
        && Character.isSurrogatePair(text.charAt(at), text.charAt(at + 1));
  }

  /** Steps on a punctuation mark behind a backslash. */
  private boolean escaped() {
    at++;
    return at < text.length()
        && text.charAt(at) < 128
        && text.charAt(at) > ' '
        && !Character.isLetterOrDigit(text.charAt(at));
  }

  private @Nullable Set<String> group() {
    at++;
    if (has('?')) {
      if (!text.startsWith("?:", at)) {
        return null;
      }
      at += 2;
    }
    if (++depth > MAX_DEPTH) {
      return null;
    }
    Set<String> out = alternatives();
    depth--;
    if (!has(')')) {
      return null;
    }
    at++;
    return out;
  }

  /** A class of some characters of ASCII. */
  private @Nullable Set<String> characters() {
    Set<String> out = new LinkedHashSet<>();
    at++;
    while (!has(']')) {
      int from = oneOfClass();
      if (from < 0) {
        return null;
      }
      int to = from;
      if (has('-') && at + 1 < text.length() && text.charAt(at + 1) != ']') {
        at++;
        to = oneOfClass();
      }
      if (to < from) {
        return null;
      }
      for (int x = from; x <= to; x++) {
        out.add(String.valueOf((char) x));
      }
    }
    at++;
    return out.isEmpty() ? null : out;
  }

  /** Steps behind a character of a class; -1 when it is something else. */
  private int oneOfClass() {
    if (at >= text.length()) {
      return -1;
    }
    char c = text.charAt(at);
    if (c == '\\' ? !escaped() : c >= 128 || "[]^-".indexOf(c) >= 0) {
      return -1;
    }
    return text.charAt(at++);
  }
}

package dev.tethys.pipeline.ottl.function;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Expr;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A regular expression in RE2's syntax. Text that an expression must contain is looked for first:
 * most items that do not match are told apart by that.
 */
public final class Regex {
  /** The longest expression. */
  public static final int MAX_LENGTH = 16 * 1024;

  /** How many expressions that come from items, not from statements, one call keeps compiled. */
  public static final int MAX_KEPT = 64;

  private final Pattern pattern;
  private final String needed;

  /** Whether the expression is nothing but that text. */
  private final boolean literal;

  private Regex(Pattern pattern, String needed, boolean literal) {
    this.pattern = pattern;
    this.needed = needed;
    this.literal = literal;
  }

  /**
   * Compiles an expression.
   *
   * @throws PatternSyntaxException when it is not valid RE2, or too large
   */
  public static Regex of(String expression) {
    if (expression.length() > MAX_LENGTH) {
      throw new PatternSyntaxException(
          "expression is longer than " + MAX_LENGTH + " characters", "");
    }
    // Compiled once more, but only there are the bounds on the size of what is compiled.
    dev.tethys.model.Matcher.anchored(expression);
    String needed = needed(expression);
    return new Regex(Pattern.compile(expression), needed, needed.equals(expression));
  }

  /** Whether it is found in a text. */
  public boolean find(String text) {
    return text.contains(needed) && (literal || pattern.matcher(text).find());
  }

  /** A matcher of a text, or null when the text cannot match. */
  public @Nullable Matcher matcher(String text) {
    return text.contains(needed) ? pattern.matcher(text) : null;
  }

  public Pattern pattern() {
    return pattern;
  }

  /** The longest run of plain characters that every match contains; "" if none is seen. */
  private static String needed(String e) {
    String best = "";
    StringBuilder run = new StringBuilder();
    int depth = 0;
    for (int i = 0; i < e.length(); i++) {
      char c = e.charAt(i);
      if (c == '|' && depth == 0
          || c == '\\' && i + 1 < e.length() && "QE".indexOf(e.charAt(i + 1)) >= 0) {
        return "";
      }
      if (c == '('
          && e.startsWith("(?", i)
          && !e.startsWith("(?P<", i)
          && !e.startsWith("(?<", i)
          && !e.startsWith("(?:", i)) {
        return ""; // flags
      }
      char plain = 0;
      if (c == '\\'
          && i + 1 < e.length()
          && "\\.+*?()[]{}^$|/\"-=:,;@#%&<> ".indexOf(e.charAt(i + 1)) >= 0) {
        plain = e.charAt(++i);
      } else if (c == '\\') {
        i++;
        // \x{10} and \pL take more; treat what follows as not plain by ending the run.
        if (i < e.length() && "xpPcu01234567".indexOf(e.charAt(i)) >= 0) {
          return best(best, run);
        }
      } else if (c == '[') {
        int end = i + 1;
        if (end < e.length() && e.charAt(end) == '^') {
          end++;
        }
        if (end < e.length() && e.charAt(end) == ']') {
          end++;
        }
        while (end < e.length() && e.charAt(end) != ']') {
          if (e.charAt(end) == '\\') {
            end++;
          } else if (e.startsWith("[:", end)) {
            int close = e.indexOf(":]", end);
            end = close < 0 ? end : close + 1;
          }
          end++;
        }
        i = end;
      } else if (".+*?()[]{}^$|".indexOf(c) < 0) {
        plain = c;
      }
      if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      }
      if (c == '{') {
        i = Math.max(i, e.indexOf('}', i));
      }
      boolean optional = i + 1 < e.length() && "?*{".indexOf(e.charAt(i + 1)) >= 0;
      if (plain != 0 && depth == 0 && !optional && !Character.isSurrogate(plain)) {
        run.append(plain);
        if (i + 1 < e.length() && e.charAt(i + 1) == '+') {
          best = best(best, run);
          run.setLength(0);
        }
      } else {
        best = best(best, run);
        run.setLength(0);
      }
    }
    return best(best, run);
  }

  private static String best(String best, StringBuilder run) {
    return run.length() > best.length() ? run.toString() : best;
  }

  /** What gives the expression for an item. */
  @FunctionalInterface
  interface Source {
    Regex at(Cursor at);
  }

  /** An argument that is an expression: compiled now if it is a constant, else when it is seen. */
  static Source argument(Arguments a, int index) {
    Expr e = a.expr(index);
    if (e.isConstant()) {
      String text = a.string(index);
      Regex regex;
      try {
        regex = of(text);
      } catch (PatternSyntaxException x) {
        throw a.error(index, "not a regular expression of RE2: " + x.getMessage());
      }
      return _ -> regex;
    }
    ConcurrentHashMap<String, Regex> kept = new ConcurrentHashMap<>();
    return at -> {
      String text = (String) Objects.requireNonNull(e.get(at));
      Regex r = kept.get(text);
      if (r == null) {
        try {
          r = of(text);
        } catch (PatternSyntaxException x) {
          throw new EvaluationException("not a regular expression of RE2: " + x.getMessage());
        }
        if (kept.size() >= MAX_KEPT) {
          kept.clear();
        }
        kept.put(text, r);
      }
      return r;
    };
  }

  /** Writes a replacement with its references to groups, as Go's {@code Expand} does. */
  static void expand(StringBuilder to, String template, Matcher m) {
    int at = 0;
    while (true) {
      int dollar = template.indexOf('$', at);
      if (dollar < 0) {
        to.append(template, at, template.length());
        return;
      }
      to.append(template, at, dollar);
      if (template.startsWith("$$", dollar)) {
        to.append('$');
        at = dollar + 2;
        continue;
      }
      int start = dollar + 1;
      boolean braces = start < template.length() && template.charAt(start) == '{';
      start += braces ? 1 : 0;
      int end = start;
      while (end < template.length() && isNamePart(template.codePointAt(end))) {
        end += Character.charCount(template.codePointAt(end));
      }
      if (end == start || braces && (end == template.length() || template.charAt(end) != '}')) {
        to.append('$');
        at = dollar + 1;
        continue;
      }
      String group = group(m, template.substring(start, end));
      if (group != null) {
        to.append(group);
      }
      at = end + (braces ? 1 : 0);
    }
  }

  private static boolean isNamePart(int c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  private static @Nullable String group(Matcher m, String name) {
    boolean number = name.chars().allMatch(c -> c >= '0' && c <= '9');
    if (number) {
      if (name.length() > 4) {
        return null;
      }
      int i = Integer.parseInt(name);
      return i <= m.groupCount() ? m.group(i) : null;
    }
    Integer index = m.pattern().namedGroups().get(name);
    return index == null ? null : m.group(index);
  }
}

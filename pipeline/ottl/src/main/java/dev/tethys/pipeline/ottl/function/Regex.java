package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.regex.Groups;
import dev.tethys.model.regex.RegexSyntaxException;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.internal.Text;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Regular expression in RE2's syntax as an argument of a function, of bounded length. */
public final class Regex {
  /** The longest expression. */
  public static final int MAX_LENGTH = 16 * 1024;

  /** Maximum number of compiled expressions cached per call, for expressions from items. */
  public static final int MAX_KEPT = 64;

  private final dev.tethys.model.regex.Regex regex;

  private Regex(dev.tethys.model.regex.Regex regex) {
    this.regex = regex;
  }

  /**
   * Compiles an expression.
   *
   * @throws RegexSyntaxException if it is not valid RE2 or too large
   */
  public static Regex of(String expression) {
    if (expression.length() > MAX_LENGTH) {
      throw new RegexSyntaxException("expression is longer than " + MAX_LENGTH + " characters", "");
    }
    return new Regex(dev.tethys.model.regex.Regex.compile(expression));
  }

  /** Whether it is found in a text. */
  public boolean find(String text) {
    return regex.find(text);
  }

  /** Matches in a text with their groups, or null if there are none. */
  public @Nullable Groups matcher(String text) {
    return regex.find(text) ? regex.groups(text) : null;
  }

  /** Names of groups with their numbers. */
  public Map<String, Integer> groupNames() {
    return regex.groupNames();
  }

  /** Source of the expression for an item. */
  @FunctionalInterface
  interface Source {
    Regex at(Cursor at);
  }

  /**
   * Argument that is an expression: compiled at load time if it is constant, otherwise when
   * evaluated.
   */
  static Source argument(Arguments a, int index) {
    OttlExpr e = a.expr(index);
    if (e.isConstant()) {
      String text = a.string(index);
      Regex regex;
      try {
        regex = of(text);
      } catch (RegexSyntaxException x) {
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
        } catch (RegexSyntaxException x) {
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
  static void expand(StringBuilder to, String template, Groups m) {
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
        Text.checkLength(to.length() + (long) group.length());
        to.append(group);
      }
      at = end + (braces ? 1 : 0);
    }
  }

  private static boolean isNamePart(int c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  private static @Nullable String group(Groups m, String name) {
    boolean number = name.chars().allMatch(c -> c >= '0' && c <= '9');
    if (number) {
      if (name.length() > 4) {
        return null;
      }
      int i = Integer.parseInt(name);
      return i <= m.groupCount() ? m.group(i) : null;
    }
    return m.group(name);
  }
}

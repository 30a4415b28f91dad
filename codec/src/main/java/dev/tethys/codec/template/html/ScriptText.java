package dev.tethys.codec.template.html;

import dev.tethys.codec.template.TemplateException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * JavaScript. Whether a slash begins a division or a regular expression is decided by the previous
 * token, as in html/template, but {@code <} and {@code -} are operators here.
 */
final class ScriptText implements CodeText {
  private enum ScriptState {
    CODE,
    DOUBLE_QUOTED,
    SINGLE_QUOTED,
    /** Inside backquotes. */
    TEMPLATE,
    EXPRESSION,
    LINE_COMMENT,
    COMMENT
  }

  private static final String LINE_ENDS = "\n\r\u2028\u2029";

  /** Words that never end a value, so that a slash after them starts an expression. */
  private static final Set<String> OPEN_WORDS =
      Set.of(
          "break",
          "case",
          "continue",
          "delete",
          "do",
          "else",
          "finally",
          "in",
          "instanceof",
          "return",
          "throw",
          "try",
          "typeof",
          "void");

  private final Function<@Nullable Object, String> json;
  private final boolean keepsComments;
  private ScriptState place = ScriptState.CODE;
  private boolean dividing; // what a slash would do

  /** Number of open braces in the expression of each open template literal. */
  private final Deque<Integer> braces = new ArrayDeque<>();

  ScriptText(Function<@Nullable Object, String> json, boolean keepsComments) {
    this.json = json;
    this.keepsComments = keepsComments;
  }

  @Override
  public String take(String piece) {
    StringBuilder out = new StringBuilder(piece.length());
    int i = 0;
    while (i < piece.length()) {
      int from = i;
      ScriptState was = place;
      i =
          switch (place) {
            case CODE -> code(piece, i);
            case LINE_COMMENT -> behindComment(piece, CodeText.lineEnd(piece, i, LINE_ENDS));
            case COMMENT -> behindComment(piece, CodeText.commentEnd(piece, i));
            default -> delimited(piece, i);
          };
      if (keepsComments || (!isComment(was) && !isComment(place))) {
        out.append(piece, from, i);
      } else if (was == ScriptState.COMMENT) {
        out.append(hasLineEnd(piece, from, i) ? '\n' : ' ');
      } else if (was == ScriptState.CODE) {
        out.append(piece, from, i - opening);
      }
    }
    return out.toString();
  }

  private int opening; // number of characters that started the comment

  private static boolean isComment(ScriptState p) {
    return p == ScriptState.COMMENT || p == ScriptState.LINE_COMMENT;
  }

  private static boolean hasLineEnd(String s, int from, int to) {
    for (int i = from; i < to; i++) {
      if (LINE_ENDS.indexOf(s.charAt(i)) >= 0) {
        return true;
      }
    }
    return false;
  }

  /** Reads code up to and including the character that changes the state. */
  private int code(String s, int from) {
    int i = from;
    while (i < s.length() && "\"`'/{}<-#".indexOf(s.charAt(i)) < 0) {
      i++;
    }
    before(s, from, i);
    if (i == s.length()) {
      return i;
    }
    switch (s.charAt(i)) {
      case '"' -> string(ScriptState.DOUBLE_QUOTED);
      case '\'' -> string(ScriptState.SINGLE_QUOTED);
      case '`' -> string(ScriptState.TEMPLATE);
      case '/' -> {
        return slash(s, i);
      }
      case '{' -> {
        if (!braces.isEmpty()) {
          braces.push(braces.pop() + 1);
        }
        dividing = false;
      }
      case '}' -> {
        dividing = false;
        if (!braces.isEmpty()) {
          int open = braces.pop();
          if (open == 0) {
            place = ScriptState.TEMPLATE;
          } else {
            braces.push(open - 1);
          }
        }
      }
      default -> {
        // Comments of HTML, and a line that names an interpreter, are comments here.
        String comment =
            s.startsWith("<!--", i)
                ? "<!--"
                : s.startsWith("-->", i) ? "-->" : s.startsWith("#!", i) ? "#!" : "";
        if (!comment.isEmpty()) {
          return begin(ScriptState.LINE_COMMENT, i, comment.length());
        }
        before(s, from, i + 1);
      }
    }
    return i + 1;
  }

  private void string(ScriptState p) {
    place = p;
    dividing = false;
  }

  private int slash(String s, int i) {
    if (s.startsWith("//", i)) {
      return begin(ScriptState.LINE_COMMENT, i, 2);
    }
    if (s.startsWith("/*", i)) {
      return begin(ScriptState.COMMENT, i, 2);
    }
    if (!dividing) {
      place = ScriptState.EXPRESSION;
    }
    dividing = false;
    return i + 1;
  }

  private int begin(ScriptState comment, int i, int length) {
    place = comment;
    opening = length;
    return i + length;
  }

  /** Records whether a slash after this text divides or starts a regular expression. */
  private void before(String s, int from, int to) {
    int end = to;
    while (end > from && "\t\n\f\r \u2028\u2029".indexOf(s.charAt(end - 1)) >= 0) {
      end--;
    }
    if (end == from) {
      return;
    }
    char c = s.charAt(end - 1);
    if (c == '+' || c == '-') {
      int first = end - 1;
      while (first > from && s.charAt(first - 1) == c) {
        first--;
      }
      dividing = (end - first) % 2 == 0; // ++ and -- follow a value
    } else if (c == '.') {
      dividing = end - 1 > from && isDigit(s.charAt(end - 2));
    } else if (",<>=*%&|^?!~([:;{}".indexOf(c) >= 0) {
      dividing = false;
    } else {
      int word = end;
      while (word > from && isWordPart(s.charAt(word - 1))) {
        word--;
      }
      dividing = !OPEN_WORDS.contains(s.substring(word, end));
    }
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isWordPart(char c) {
    return isDigit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '$';
  }

  /** In code again, unless the comment continues. */
  private int behindComment(String s, int end) {
    if (end < 0) {
      return s.length();
    }
    place = ScriptState.CODE;
    return end;
  }

  /** Consumes a string or an expression to its end. */
  private int delimited(String s, int from) {
    boolean inSet = false;
    for (int i = from; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '\\') {
        i++;
        if (i == s.length()) {
          throw CodeText.unfinished(s);
        }
      } else if (place == ScriptState.EXPRESSION && (c == '[' || c == ']')) {
        inSet = c == '[';
      } else if (place == ScriptState.TEMPLATE && s.startsWith("${", i)) {
        braces.push(0);
        place = ScriptState.CODE;
        dividing = false;
        return i + 2;
      } else if (!inSet && c == end()) {
        place = ScriptState.CODE;
        dividing = true;
        return i + 1;
      }
    }
    if (inSet) {
      throw new TemplateException("html/template: unfinished JS regexp charset: " + s);
    }
    return s.length();
  }

  private char end() {
    return switch (place) {
      case DOUBLE_QUOTED -> '"';
      case SINGLE_QUOTED -> '\'';
      case TEMPLATE -> '`';
      default -> '/';
    };
  }

  @Override
  public String value(@Nullable Object value, String text) {
    return switch (place) {
      case COMMENT, LINE_COMMENT -> "";
      case DOUBLE_QUOTED, SINGLE_QUOTED -> escaped(text, "");
      case TEMPLATE -> escaped(text, "${}");
      case EXPRESSION -> text.isEmpty() ? "(?:)" : expression(text);
      case CODE -> {
        dividing = true;
        yield literal(value);
      }
    };
  }

  private String literal(@Nullable Object value) {
    if (value instanceof Double d && !Double.isFinite(d)) {
      String name = d.isNaN() ? "NaN" : d > 0 ? "+Inf" : "-Inf";
      return " /* json: unsupported value: " + name + " */null ";
    }
    String text = json.apply(value).replace("</", "\\u003c/");
    // A word or a number must not merge with adjacent text.
    boolean joins = isWordPart(text.charAt(0)) || isWordPart(text.charAt(text.length() - 1));
    return joins ? " " + text + " " : text;
  }

  private static String escaped(String s, String more) {
    StringBuilder sb = new StringBuilder(s.length() + 16);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '\t' -> sb.append("\\t");
        case '\n' -> sb.append("\\n");
        case '\f' -> sb.append("\\f");
        case '\r' -> sb.append("\\r");
        case '\\' -> sb.append("\\\\");
        case '/' -> sb.append("\\/");
        default -> {
          if (c < ' '
              || "\"'`&+<>".indexOf(c) >= 0
              || more.indexOf(c) >= 0
              || c == 0x2028
              || c == 0x2029) {
            sb.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            sb.append(c);
          }
        }
      }
    }
    return sb.toString();
  }

  /** Returns a regular expression that matches the text literally. */
  private static String expression(String s) {
    StringBuilder sb = new StringBuilder(s.length() + 16);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if ("$()*-.?[]^{|}".indexOf(c) >= 0) {
        sb.append('\\').append(c);
      } else if (c == '`') {
        sb.append(c);
      } else {
        sb.append(escaped(String.valueOf(c), ""));
      }
    }
    return sb.toString();
  }
}

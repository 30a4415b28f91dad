package dev.tethys.alert.manager.template;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A script or a style sheet, as far as the template has written it: values become literals, inside
 * of strings and expressions parts of these, inside of comments nothing.
 */
final class CodeText {
  private enum Place {
    CODE,
    STRING,
    EXPRESSION,
    LINE_COMMENT,
    COMMENT
  }

  private final boolean script;
  private Place place = Place.CODE;
  private char quote;
  private boolean escaped;
  private char before;

  /** The last character that was no space: it tells a division from an expression. */
  private char significant;

  private CodeText(boolean script) {
    this.script = script;
  }

  static CodeText script() {
    return new CodeText(true);
  }

  static CodeText style() {
    return new CodeText(false);
  }

  /** A character of the template's own text. */
  void take(char c) {
    switch (place) {
      case CODE -> inCode(c);
      case STRING, EXPRESSION -> {
        if (escaped) {
          escaped = false;
        } else if (c == '\\') {
          escaped = true;
        } else if (c == quote) {
          place = Place.CODE;
          significant = c;
        }
      }
      case LINE_COMMENT -> {
        if (c == '\n') {
          place = Place.CODE;
        }
      }
      case COMMENT -> {
        if (before == '*' && c == '/') {
          place = Place.CODE;
        }
      }
    }
    before = c;
  }

  private void inCode(char c) {
    if (c == '"' || c == '\'' || script && c == '`') {
      place = Place.STRING;
      quote = c;
    } else if (before == '/' && c == '*') {
      place = Place.COMMENT;
    } else if (script && before == '/' && c == '/') {
      place = Place.LINE_COMMENT;
    } else if (script && before == '/' && "(,=:[!&|?{};".indexOf(significantBefore) >= 0) {
      place = Place.EXPRESSION;
      quote = '/';
      escaped = c == '\\';
    }
    if (!Character.isWhitespace(c)) {
      significantBefore = significant;
      significant = c;
    }
  }

  private char significantBefore = '(';

  /** A value where the template stands now. */
  String value(@Nullable Object value, String s) {
    return switch (place) {
      case COMMENT, LINE_COMMENT -> "";
      case STRING, EXPRESSION -> script ? scriptString(s) : styleString(s);
      case CODE -> script ? literal(value) : style(s);
    };
  }

  private static String literal(@Nullable Object value) {
    String json = GoJsonText.of(value).replace("</", "\\u003c/");
    // A number must not join what stands before or after it.
    char c = json.charAt(0);
    return c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f' || c == 'n'
        ? " " + json + " "
        : json;
  }

  private static String scriptString(String s) {
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
          if (c < ' ' || "\"'`&+<>$(){}[]*.?^|-".indexOf(c) >= 0 || c == 0x2028 || c == 0x2029) {
            sb.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            sb.append(c);
          }
        }
      }
    }
    return sb.toString();
  }

  private static String styleString(String s) {
    StringBuilder sb = new StringBuilder(s.length() + 16);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c < ' ' || "\"'&()+/:;<>\\{}".indexOf(c) >= 0) {
        sb.append('\\').append(Integer.toHexString(c)).append(' ');
      } else {
        sb.append(c);
      }
    }
    return sb.toString();
  }

  /** Only what cannot begin a string, a comment, a block or a call. */
  private static String style(String s) {
    String lower = s.toLowerCase(Locale.ROOT);
    boolean harmless =
        s.chars().noneMatch(c -> c == 0 || "\"'()/;@[\\]`{}<>".indexOf(c) >= 0)
            && !lower.contains("--")
            && !lower.contains("expression")
            && !lower.contains("mozbinding");
    return harmless ? s : HtmlText.REFUSED;
  }
}

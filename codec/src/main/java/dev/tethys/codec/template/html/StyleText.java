package dev.tethys.codec.template.html;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A style sheet, or the declarations of an attribute. Strings may be URLs there. */
final class StyleText implements CodeText {
  private enum StyleState {
    CODE,
    STRING,
    /** The content of url(…), with or without quotes. */
    URL,
    LINE_COMMENT,
    COMMENT
  }

  private static final String SPACE = "\t\n\f\r ";

  private final boolean keepsComments;
  private StyleState place = StyleState.CODE;
  private char quote; // 0 for a URL without any
  private UrlText url = new UrlText();

  StyleText(boolean keepsComments) {
    this.keepsComments = keepsComments;
  }

  @Override
  public String take(String piece) {
    StringBuilder out = new StringBuilder(piece.length());
    int i = 0;
    while (i < piece.length()) {
      int from = i;
      StyleState was = place;
      i =
          switch (place) {
            case CODE -> code(piece, i);
            case LINE_COMMENT -> behindComment(piece, CodeText.lineEnd(piece, i, "\n\f\r"));
            case COMMENT -> behindComment(piece, CodeText.commentEnd(piece, i));
            case STRING, URL -> string(piece, i);
          };
      if (keepsComments || (!isComment(was) && !isComment(place))) {
        out.append(piece, from, i);
      } else if (was == StyleState.COMMENT) {
        out.append(' ');
      } else if (was == StyleState.CODE) {
        out.append(piece, from, i - 2);
      }
    }
    return out.toString();
  }

  private static boolean isComment(StyleState p) {
    return p == StyleState.COMMENT || p == StyleState.LINE_COMMENT;
  }

  private int code(String s, int from) {
    for (int i = from; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '"' || c == '\'') {
        return begin(StyleState.STRING, c, i + 1);
      }
      if (s.startsWith("//", i)) {
        place = StyleState.LINE_COMMENT;
        return i + 2;
      }
      if (s.startsWith("/*", i)) {
        place = StyleState.COMMENT;
        return i + 2;
      }
      if (c == '(' && isUrl(s, from, i)) {
        int at = i + 1;
        while (at < s.length() && SPACE.indexOf(s.charAt(at)) >= 0) {
          at++;
        }
        char q = at < s.length() ? s.charAt(at) : 0;
        return q == '"' || q == '\''
            ? begin(StyleState.URL, q, at + 1)
            : begin(StyleState.URL, (char) 0, at);
      }
    }
    return s.length();
  }

  private int begin(StyleState p, char q, int at) {
    place = p;
    quote = q;
    url = new UrlText();
    return at;
  }

  /** Whether the word before a parenthesis is url. */
  private static boolean isUrl(String s, int from, int parenthesis) {
    int end = parenthesis;
    while (end > from && SPACE.indexOf(s.charAt(end - 1)) >= 0) {
      end--;
    }
    int first = end - 3;
    return first >= from
        && s.regionMatches(true, first, "url", 0, 3)
        && (first == from || !isNamePart(s.charAt(first - 1)));
  }

  private static boolean isNamePart(char c) {
    return Character.isLetterOrDigit(c) || c == '-' || c == '_' || c > 0x7f;
  }

  /** In code again, unless the comment continues. */
  private int behindComment(String s, int end) {
    if (end < 0) {
      return s.length();
    }
    place = StyleState.CODE;
    return end;
  }

  private int string(String s, int from) {
    for (int i = from; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '\\') {
        i++;
        if (i == s.length()) {
          throw CodeText.unfinished(s);
        }
      } else if (quote == 0 ? SPACE.indexOf(c) >= 0 || c == ')' : c == quote) {
        place = StyleState.CODE;
        return i + 1;
      }
      url.take(s.charAt(i));
    }
    return s.length();
  }

  @Override
  public String value(@Nullable Object value, String text) {
    return switch (place) {
      case COMMENT, LINE_COMMENT -> "";
      case URL -> url.value(value, text);
      case STRING -> url.inString(value, text, StyleText::string);
      case CODE -> harmless(text);
    };
  }

  private static String string(String s) {
    StringBuilder sb = new StringBuilder(s.length() + 16);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '\\') {
        sb.append("\\\\");
      } else if (c == 0 || "\t\n\f\r\"&'()+/:;<>{}".indexOf(c) >= 0) {
        sb.append('\\').append(Integer.toHexString(c));
        char next = i + 1 < s.length() ? s.charAt(i + 1) : ' ';
        if (SPACE.indexOf(next) >= 0 || Character.digit(next, 16) >= 0) {
          sb.append(' '); // which belongs to the number
        }
      } else {
        sb.append(c);
      }
    }
    return sb.toString();
  }

  /** Keeps only text that cannot begin a string, a comment, a block or a call. */
  private static String harmless(String s) {
    String lower = s.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]", "");
    boolean harmless =
        s.chars().noneMatch(c -> c == 0 || "\"'()/;@[\\]`{}<>".indexOf(c) >= 0)
            && !s.contains("--")
            && !lower.contains("expression")
            && !lower.contains("mozbinding");
    return harmless ? s : HtmlText.REFUSED;
  }
}

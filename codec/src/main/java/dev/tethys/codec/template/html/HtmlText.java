package dev.tethys.codec.template.html;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Escapes text for HTML. */
final class HtmlText {
  /** Replaces a value that could do harm at its position. */
  static final String REFUSED = "ZgotmplZ";

  private static final Pattern REFERENCE =
      Pattern.compile("&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-z]{2,4});?");

  private HtmlText() {}

  /** Escapes for text and for attribute values in quotes. */
  static String escaped(String s) {
    return escape(s, true, false);
  }

  /** Escapes in the same way, but keeps existing escapes. */
  static String normalized(String s) {
    return escape(s, false, false);
  }

  /**
   * Escapes for an attribute value without quotes.
   *
   * @param escaped whether the text is already escaped, except for spaces
   */
  static String unquoted(String s, boolean escaped) {
    return s.isEmpty() ? REFUSED : escape(s, !escaped, true);
  }

  private static String escape(String s, boolean ampersands, boolean spaces) {
    StringBuilder sb = new StringBuilder(s.length() + 16);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case 0 -> sb.append('\ufffd');
        case '"' -> sb.append("&#34;");
        case '\'' -> sb.append("&#39;");
        case '+' -> sb.append("&#43;");
        case '<' -> sb.append("&lt;");
        case '>' -> sb.append("&gt;");
        case '&' -> sb.append(ampersands ? "&amp;" : "&");
        case '\t', '\n', 0x0b, '\f', '\r', ' ', '=', '`' -> {
          if (spaces) {
            sb.append("&#").append((int) c).append(';');
          } else {
            sb.append(c);
          }
        }
        default -> sb.append(c);
      }
    }
    return sb.toString();
  }

  /** Decodes the character references of an attribute's value, from which code is then read. */
  static String plain(String s) {
    if (s.indexOf('&') < 0) {
      return s;
    }
    Matcher m = REFERENCE.matcher(s);
    return m.replaceAll(r -> Matcher.quoteReplacement(meaning(r.group(1), r.group())));
  }

  private static String meaning(String reference, String otherwise) {
    return switch (reference) {
      case "quot" -> "\"";
      case "apos" -> "'";
      case "amp" -> "&";
      case "lt" -> "<";
      case "gt" -> ">";
      default -> {
        boolean hex = reference.startsWith("#x") || reference.startsWith("#X");
        int c =
            reference.startsWith("#")
                ? Integer.parseInt(reference.substring(hex ? 2 : 1), hex ? 16 : 10)
                : 0;
        yield c > 0 && Character.isValidCodePoint(c) ? Character.toString(c) : otherwise;
      }
    };
  }

  /** HTML without its tags and comments. */
  static String withoutTags(String s) {
    StringBuilder sb = new StringBuilder(s.length());
    int i = 0;
    while (i < s.length()) {
      if (s.startsWith("<!--", i)) {
        int end = s.indexOf("-->", i + 4);
        i = end < 0 ? s.length() : end + 3;
      } else if (s.charAt(i) == '<'
          && i + 1 < s.length()
          && (Character.isLetter(s.charAt(i + 1)) || s.charAt(i + 1) == '/')) {
        int end = s.indexOf('>', i);
        i = end < 0 ? s.length() : end + 1;
      } else {
        sb.append(s.charAt(i++));
      }
    }
    return sb.toString();
  }
}

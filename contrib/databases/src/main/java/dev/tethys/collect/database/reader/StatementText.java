package dev.tethys.collect.database.reader;

import com.google.re2j.Pattern;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Normalizes texts of SQL statements: comments are removed, literals become {@code ?}, lists and
 * repeated rows of values become one {@code ?}. The results equal those of Coroot's cluster agent
 * for valid statements, except that strings in {@code $tag$} quotes are literals here too.
 *
 * <p>The expressions are of RE2, so that time is linear in the length of the text, also for texts
 * that a server cut in the middle of a literal.
 */
public final class StatementText {
  /** Maximum length of a text that is normalized; what follows is dropped. */
  public static final int MAX_LENGTH = 4096;

  private static final int FINGERPRINT_BYTES = 8;

  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\d+");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:\\d+\\.\\d+|\\d+\\.|\\.\\d+|\\d+)(?:e[+-]?\\d+)?");
  private static final Pattern SPACE = Pattern.compile("\\s+");
  private static final Pattern CAST =
      Pattern.compile("\\s*::\\s*\"?\\w+\"?(?:\\(\\s*\\d*\\s*\\))?(?:\\[\\s*\\])?");
  private static final Pattern OPERATOR = Pattern.compile("([!#$%&*+\\-/:<=>@^~|]+)");
  private static final Pattern PUNCTUATION = Pattern.compile("([(),;\\[\\]{}])");
  private static final Pattern CONSTANT = Pattern.compile("\\b(?:true|false|null)\\b");
  private static final Pattern ROWS =
      Pattern.compile("(values?)\\s*(?:\\(\\s*\\?\\s*\\)\\s*,?\\s*)+");

  private StatementText() {}

  /** Normalized text of a statement. */
  public static String normalize(String statement) {
    String s = statement;
    if (s.length() > MAX_LENGTH) {
      s = s.substring(0, MAX_LENGTH);
    }
    s = withoutComments(s.toLowerCase(Locale.ROOT));
    s = SPACE.matcher(s).replaceAll(" ");
    s = PLACEHOLDER.matcher(s).replaceAll("?");
    s = CAST.matcher(s).replaceAll("");
    s = NUMBER.matcher(s).replaceAll("?");
    s = CONSTANT.matcher(s).replaceAll("?");
    s = ROWS.matcher(shortenLists(s)).replaceAll("$1(?)");
    s = OPERATOR.matcher(s).replaceAll(" $1 ");
    s = PUNCTUATION.matcher(s).replaceAll(" $1 ");
    s = SPACE.matcher(s).replaceAll(" ").replace(" ,", ",");
    int from = s.startsWith(" ") ? 1 : 0;
    int to = s.length();
    while (to > from && (s.charAt(to - 1) == ' ' || s.charAt(to - 1) == ';')) {
      to--;
    }
    return s.substring(from, to);
  }

  /**
   * Identifier of a normalized text: the first 64 bits of its SHA-256 in hexadecimal digits. It is
   * the same on all servers and after restarts.
   */
  public static String fingerprint(String normalized) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(normalized.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, FINGERPRINT_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static char at(String s, int i) {
    return i < s.length() ? s.charAt(i) : '\0';
  }

  /** Removes comments and replaces strings by {@code ?}; the text is in lower case. */
  static String withoutComments(String s) {
    StringBuilder out = new StringBuilder(s.length());
    int i = 0;
    while (i < s.length()) {
      char c = s.charAt(i);
      char next = at(s, i + 1);
      if (c == '\'') {
        i = endOfString(s, i + 1, false);
        out.append('?');
      } else if (c == 'e' && next == '\'') {
        i = endOfString(s, i + 2, true);
        out.append('?');
      } else if ((c == 'b' || c == 'x') && next == '\'') {
        i = endOfString(s, i + 2, false);
        out.append('?');
      } else if (c == '-' && next == '-') {
        int end = s.indexOf('\n', i);
        i = end < 0 ? s.length() : end; // the line break stays
      } else if (c == '/' && next == '*') {
        int end = s.indexOf("*/", i + 2);
        i = end < 0 ? s.length() : end + 2;
      } else {
        int tag = c == '$' ? endOfTag(s, i) : -1;
        if (tag > 0) {
          String quote = s.substring(i, tag);
          int end = s.indexOf(quote, tag);
          i = end < 0 ? s.length() : end + quote.length();
          out.append('?');
        } else {
          out.append(c);
          i++;
        }
      }
    }
    return out.toString();
  }

  /** Index after the end of a string; a doubled quote is part of it. */
  private static int endOfString(String s, int from, boolean backslashes) {
    int i = from;
    while (i < s.length()) {
      char c = s.charAt(i);
      if (c == '\'' && at(s, i + 1) == '\'' || backslashes && c == '\\') {
        i += 2;
      } else if (c == '\'') {
        return i + 1;
      } else {
        i++;
      }
    }
    return s.length();
  }

  /** Index after {@code $tag$}, whose tag may be empty and does not begin with a digit, or -1. */
  private static int endOfTag(String s, int from) {
    int i = from + 1;
    while (i < s.length() && s.charAt(i) != '$') {
      char c = s.charAt(i);
      boolean first = i == from + 1;
      if (!(Character.isLetter(c) || c == '_' || !first && Character.isDigit(c))) {
        return -1;
      }
      i++;
    }
    return i < s.length() ? i + 1 : -1;
  }

  /** Replaces lists that hold nothing but {@code ?} by one {@code ?}, also nested ones. */
  static String shortenLists(String s) {
    StringBuilder out = new StringBuilder(s.length());
    int i = 0;
    while (i < s.length()) {
      char c = s.charAt(i);
      int end = c == '(' ? endOfList(s, i, ')') : c == '[' ? endOfList(s, i, ']') : -1;
      if (end < 0) {
        out.append(c);
        i++;
      } else {
        out.append(c).append('?').append(c == '(' ? ')' : ']');
        i = end;
      }
    }
    return out.toString();
  }

  private static int endOfList(String s, int from, char close) {
    char open = s.charAt(from);
    int level = 1;
    int i = from + 1;
    for (; i < s.length() && level > 0; i++) {
      char c = s.charAt(i);
      if (c == open) {
        level++;
      } else if (c == close) {
        level--;
      } else if (c != '?' && c != ' ' && c != ',') {
        return -1;
      }
    }
    return i;
  }
}

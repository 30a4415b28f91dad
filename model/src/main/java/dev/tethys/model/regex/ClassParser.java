package dev.tethys.model.regex;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads sets of characters and escaped characters of one expression. Each method stores the end of
 * the text that it read in {@link #end}.
 */
final class ClassParser {
  /** Maximum number of ranges over all classes of an expression. */
  private static final int MAX_RANGES = 1_000_000;

  private static final CharSet DIGITS = CharSet.of('0', '9');
  private static final CharSet SPACES = CharSet.of('\t', '\n', '\f', '\r', ' ', ' ');
  private static final CharSet WORD = CharSet.of('0', '9', 'A', 'Z', '_', '_', 'a', 'z');

  private static final Map<String, CharSet> POSIX =
      Map.ofEntries(
          Map.entry("alnum", CharSet.of('0', '9', 'A', 'Z', 'a', 'z')),
          Map.entry("alpha", CharSet.of('A', 'Z', 'a', 'z')),
          Map.entry("ascii", CharSet.of(0, 0x7F)),
          Map.entry("blank", CharSet.of('\t', '\t', ' ', ' ')),
          Map.entry("cntrl", CharSet.of(0, 0x1F, 0x7F, 0x7F)),
          Map.entry("digit", DIGITS),
          Map.entry("graph", CharSet.of('!', '~')),
          Map.entry("lower", CharSet.of('a', 'z')),
          Map.entry("print", CharSet.of(' ', '~')),
          Map.entry("punct", CharSet.of('!', '/', ':', '@', '[', '`', '{', '~')),
          Map.entry("space", CharSet.of('\t', '\r', ' ', ' ')),
          Map.entry("upper", CharSet.of('A', 'Z')),
          Map.entry("word", WORD),
          Map.entry("xdigit", CharSet.of('0', '9', 'A', 'F', 'a', 'f')));

  private final String text;
  private int end;
  private int ranges;

  ClassParser(String text) {
    this.text = text;
  }

  int end() {
    return end;
  }

  static boolean isAlphanumeric(int c) {
    return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
  }

  /** The code point at a place. */
  int codePoint(int at) {
    int c = text.codePointAt(at);
    if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
      throw new RegexSyntaxException("invalid UTF-8", text);
    }
    return c;
  }

  private char charAt(int i) {
    return i < text.length() ? text.charAt(i) : 0;
  }

  private CharSet counted(CharSet set) {
    ranges += set.ranges();
    if (ranges > MAX_RANGES) {
      throw new RegexSyntaxException("expression too large", text);
    }
    return set;
  }

  /** Reads {@code [...]}. */
  CharSet bracket(int from, int flags) {
    boolean fold = (flags & Flags.FOLD_CASE) != 0;
    CharSet.Builder b = new CharSet.Builder();
    int i = from + 1;
    boolean negative = charAt(i) == '^';
    i += negative ? 1 : 0;
    boolean first = true;
    while (first || charAt(i) != ']' || i >= text.length()) {
      first = false;
      CharSet set = text.startsWith("[:", i) ? posix(i, flags) : null;
      if (set == null) {
        set = setEscape(i, flags);
      }
      if (set != null) {
        b.add(counted(set));
        i = end;
        continue;
      }
      int start = i;
      int low = one(i, from);
      i = end;
      int high = low;
      if (charAt(i) == '-' && i + 1 < text.length() && text.charAt(i + 1) != ']') {
        high = one(i + 1, from);
        i = end;
        if (high < low) {
          throw new RegexSyntaxException("invalid character class range", text.substring(start, i));
        }
      }
      b.add(low, high);
      if (fold) {
        CaseFolding.addOthers(low, high, b);
      }
    }
    end = i + 1;
    CharSet set = counted(b.build());
    return negative ? set.negate() : set;
  }

  /** One character of a class that begins at {@code bracket}. */
  private int one(int i, int bracket) {
    if (i >= text.length()) {
      throw new RegexSyntaxException("missing closing ]", text.substring(bracket));
    }
    if (text.charAt(i) == '\\') {
      return escaped(i);
    }
    int c = codePoint(i);
    end = i + Character.charCount(c);
    return c;
  }

  private @Nullable CharSet posix(int from, int flags) {
    int close = text.indexOf(":]", from + 2);
    if (close < 0) {
      return null;
    }
    boolean negative = charAt(from + 2) == '^';
    CharSet set = POSIX.get(text.substring(from + (negative ? 3 : 2), close));
    if (set == null) {
      throw new RegexSyntaxException(
          "invalid character class range", text.substring(from, close + 2));
    }
    end = close + 2;
    return signed(set, negative, flags);
  }

  private static CharSet signed(CharSet set, boolean negative, int flags) {
    CharSet s = (flags & Flags.FOLD_CASE) != 0 ? set.folded() : set;
    return negative ? s.negate() : s;
  }

  /** Reads an escape that denotes a set, as {@code \d} and {@code \pL}; null for any other text. */
  @Nullable CharSet setEscape(int from, int flags) {
    if (charAt(from) != '\\' || from + 1 >= text.length()) {
      return null;
    }
    char c = text.charAt(from + 1);
    CharSet set =
        switch (c) {
          case 'd', 'D' -> DIGITS;
          case 's', 'S' -> SPACES;
          case 'w', 'W' -> WORD;
          default -> null;
        };
    if (set != null) {
      end = from + 2;
      return signed(set, c < 'a', flags);
    }
    return c == 'p' || c == 'P' ? unicode(from, c == 'P', flags) : null;
  }

  private CharSet unicode(int from, boolean upper, int flags) {
    int i = from + 2;
    String name;
    if (charAt(i) == '{') {
      int close = text.indexOf('}', i);
      if (close < 0) {
        throw new RegexSyntaxException("invalid character class range", text.substring(from));
      }
      name = text.substring(i + 1, close);
      end = close + 1;
    } else {
      end = i >= text.length() ? i : i + Character.charCount(codePoint(i));
      name = text.substring(i, end);
    }
    boolean negative = upper;
    if (name.startsWith("^")) {
      negative = !negative;
      name = name.substring(1);
    }
    CharSet set = UnicodeSets.named(name);
    if (set == null) {
      throw new RegexSyntaxException("invalid character class range", text.substring(from, end));
    }
    return counted(signed(set, negative, flags));
  }

  /** Reads an escaped character. */
  int escaped(int from) {
    int i = from + 1;
    if (i >= text.length()) {
      throw new RegexSyntaxException("trailing backslash at end of expression", "");
    }
    int c = codePoint(i);
    i += Character.charCount(c);
    end = i;
    switch (c) {
      case 'a':
        return 7;
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'v':
        return 0x0B;
      case 'x':
        return hexadecimal(from);
      default:
        boolean octal = c == '0' || c >= '1' && c <= '7' && isOctal(charAt(i));
        if (octal) { // a single digit that is not zero would refer to a group
          int value = c - '0';
          for (int n = 1; n < 3 && isOctal(charAt(end)); n++) {
            value = value * 8 + charAt(end++) - '0';
          }
          return value;
        }
        if (c < 0x80 && !isAlphanumeric(c)) {
          return c;
        }
        throw invalid(from);
    }
  }

  private static boolean isOctal(char c) {
    return c >= '0' && c <= '7';
  }

  private RegexSyntaxException invalid(int from) {
    return new RegexSyntaxException(
        "invalid escape sequence", text.substring(from, Math.min(end, text.length())));
  }

  private int next() {
    int c = end < text.length() ? codePoint(end) : -1;
    end += c < 0 ? 0 : Character.charCount(c);
    return c;
  }

  private int hexadecimal(int from) {
    if (end >= text.length()) {
      throw invalid(from);
    }
    int c = next();
    if (c != '{') {
      int high = hexDigit(c);
      int low = hexDigit(next());
      if (high < 0 || low < 0) {
        throw invalid(from);
      }
      return high * 16 + low;
    }
    int value = 0;
    for (int digits = 0; ; digits++) {
      c = next();
      if (c == '}' && digits > 0) {
        return value;
      }
      int d = hexDigit(c);
      if (d < 0 || value * 16 + d > CharSet.MAX) {
        throw invalid(from);
      }
      value = value * 16 + d;
    }
  }

  private static int hexDigit(int c) {
    return c < 0x80 ? Character.digit(c, 16) : -1;
  }
}

package dev.tethys.codec.text;

import java.util.Locale;
import java.util.Set;

/**
 * Target of an HTTP request without secrets: user information, queries, parameters of segments, and
 * segments of the path that look like tokens. Tokens are recognized by their form, and by the
 * segment before them.
 */
public final class RequestTarget {
  private static final String MASK = "*";

  /** Path segments usually followed by a token or password. */
  private static final Set<String> BEFORE_SECRETS =
      Set.of(
          "access-token",
          "access_token",
          "activate",
          "api-key",
          "api_key",
          "apikey",
          "apikeys",
          "confirm",
          "credential",
          "credentials",
          "invitation",
          "invitations",
          "invite",
          "invites",
          "jwt",
          "magic-link",
          "otp",
          "passwd",
          "password",
          "passwords",
          "pwd",
          "reset",
          "reset-password",
          "reset_password",
          "secret",
          "secrets",
          "session",
          "sessions",
          "token",
          "tokens",
          "unsubscribe",
          "verify");

  private static final Set<String> BEFORE_ANY_WORD =
      Set.of("passwd", "password", "passwords", "pwd");
  private static final Set<String> VERBS =
      Set.of(
          "change", "confirm", "edit", "forgot", "forgotten", "new", "recover", "reset", "update");

  /** Starts of the keys of well-known services. */
  private static final String[] PREFIXES = {
    "eyJ",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_live_",
    "sk_test_",
    "pk_live_",
    "rk_live_",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "SG.",
    "npm_",
    "dop_v1_",
    "shpat_",
    "hvs.",
    "pypi-"
  };

  private static final int SHORTEST_KEY = 16;
  private static final int LONGEST_WORD = 12;
  private static final int LONG_RUN = 20; // of letters and digits
  private static final int MIXED_RUN = 16;
  private static final int LONG_SEGMENT = 22;
  private static final int MAX_CONSONANTS = 6;
  private static final int MIN_TURNS = 4; // between letters and digits
  private static final int[] UUID_GROUPS = {8, 4, 4, 4, 12};

  private RequestTarget() {}

  /** The target without secrets. */
  public static String masked(String target) {
    int query = indexOfAny(target, 0, "?#");
    int scheme = target.indexOf("://");
    boolean isAbsolute = scheme > 0 && target.indexOf('/') > scheme;
    if (!isAbsolute) {
      String path = query < 0 ? target : target.substring(0, query);
      boolean hasPath = target.startsWith("/") || target.equals(MASK);
      return hasPath ? path(path) : path.substring(path.lastIndexOf('@') + 1);
    }
    int start = scheme + 3;
    int end = indexOfAny(target, start, "/?#");
    end = end < 0 ? target.length() : end;
    int at = target.lastIndexOf('@', end - 1);
    if (at < start && !hasPort(target, start, end)) { // a password with an unescaped character
      at = target.lastIndexOf('@');
      if (at < end) {
        return target.substring(0, start) + MASK;
      }
      end = indexOfAny(target, at, "/?#");
      end = end < 0 ? target.length() : end;
    }
    query = indexOfAny(target, end, "?#");
    String host = target.substring(at < start ? start : at + 1, end);
    String path = target.substring(end, query < 0 ? target.length() : query);
    return target.substring(0, start) + host + path(path);
  }

  /** Whether the text after a colon of the authority is a port, or there is no colon. */
  private static boolean hasPort(String s, int from, int to) {
    int colon = s.lastIndexOf(':', to - 1);
    if (colon < from || s.charAt(from) == '[') {
      return true;
    }
    for (int i = colon + 1; i < to; i++) {
      if (s.charAt(i) < '0' || s.charAt(i) > '9') {
        return false;
      }
    }
    return to - colon <= 6;
  }

  private static int indexOfAny(String s, int from, String chars) {
    for (int i = from; i < s.length(); i++) {
      if (chars.indexOf(s.charAt(i)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  private static String path(String path) {
    StringBuilder out = new StringBuilder(path.length());
    String before = "";
    for (int i = 0; i <= path.length(); ) {
      int end = path.indexOf('/', i);
      end = end < 0 ? path.length() : end;
      String segment = path.substring(i, end);
      int parameters = segment.indexOf(';');
      String name = parameters < 0 ? segment : segment.substring(0, parameters);
      out.append(isSecret(decoded(name), before) ? MASK : name);
      if (parameters >= 0) {
        out.append(';').append(MASK);
      }
      if (end < path.length()) {
        out.append('/');
      }
      before = name.toLowerCase(Locale.ROOT);
      i = end + 1;
    }
    return out.toString();
  }

  /** A segment with its escapes of ASCII characters replaced. */
  private static String decoded(String s) {
    if (s.indexOf('%') < 0) {
      return s;
    }
    StringBuilder out = new StringBuilder(s.length());
    for (int i = 0; i < s.length(); i++) {
      int high =
          s.charAt(i) == '%' && i + 2 < s.length() ? Character.digit(s.charAt(i + 1), 16) : -1;
      int low = high < 0 ? -1 : Character.digit(s.charAt(i + 2), 16);
      if (low >= 0 && high < 8) {
        out.append((char) (16 * high + low));
        i += 2;
      } else {
        out.append(s.charAt(i));
      }
    }
    return out.toString();
  }

  private static boolean isSecret(String s, String before) {
    int at = s.lastIndexOf('@');
    if (at > 0 && s.lastIndexOf(':', at) >= 0) {
      return true;
    }
    for (String p : PREFIXES) {
      if (s.startsWith(p) && s.length() >= SHORTEST_KEY) {
        return true;
      }
    }
    if (BEFORE_SECRETS.contains(before) && !s.isEmpty()) {
      boolean isVerb = VERBS.contains(s.toLowerCase(Locale.ROOT));
      if (!isVerb && (BEFORE_ANY_WORD.contains(before) || !isPlainWord(s))) {
        return true;
      }
    }
    return isUuid(s) || isRandom(s);
  }

  private static boolean isPlainWord(String s) {
    return s.length() <= LONGEST_WORD && s.chars().allMatch(c -> c >= 'a' && c <= 'z');
  }

  private static boolean isUuid(String s) {
    String[] groups = s.split("-", -1);
    if (groups.length != UUID_GROUPS.length) {
      return false;
    }
    for (int i = 0; i < groups.length; i++) {
      if (groups[i].length() != UUID_GROUPS[i]
          || !groups[i].chars().allMatch(c -> Character.digit(c, 16) >= 0)) {
        return false;
      }
    }
    return true;
  }

  /** Whether letters and digits follow each other as in no name. */
  private static boolean isRandom(String s) {
    int turns = 0;
    for (int i = 0; i < s.length(); ) {
      int end = i;
      int digits = 0;
      int upper = 0;
      int lower = 0;
      int consonants = 0;
      int most = 0;
      int changes = 0; // of case
      long letters = 0;
      while (end < s.length() && isAlphanumeric(s.charAt(end))) {
        char c = s.charAt(end);
        boolean isDigit = c <= '9';
        digits += isDigit ? 1 : 0;
        upper += !isDigit && c <= 'Z' ? 1 : 0;
        lower += c >= 'a' ? 1 : 0;
        consonants = isDigit || "aeiouyAEIOUY".indexOf(c) >= 0 ? 0 : consonants + 1;
        most = Math.max(most, consonants);
        letters |= 1L << (c & 31);
        changes += end > i && !isDigit && (c <= 'Z') != s.charAt(end - 1) <= 'Z' ? 1 : 0;
        turns += end > i && isDigit != s.charAt(end - 1) <= '9' ? 1 : 0;
        end++;
      }
      int length = end - i;
      if (length >= LONG_RUN && digits > 0 && upper + lower > 0
          || length >= MIXED_RUN && digits > 1 && upper > 0 && lower > 0
          || length >= LONG_RUN && (upper == length || changes > length / 3)
          || length >= MIXED_RUN
              && most > MAX_CONSONANTS
              && Long.bitCount(letters) > MAX_CONSONANTS) {
        return true;
      }
      i = end + 1;
    }
    return s.length() >= LONG_SEGMENT && turns >= MIN_TURNS;
  }

  private static boolean isAlphanumeric(char c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }
}

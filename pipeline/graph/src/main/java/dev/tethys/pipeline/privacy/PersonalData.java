package dev.tethys.pipeline.privacy;

import dev.tethys.model.IpText;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Search for personal data and credentials in one skip a text, in linear time: each candidate has a
 * bounded length. Immutable.
 */
public final class PersonalData {
  /** Longest e-mail address, RFC 5321. */
  private static final int MAX_EMAIL = 254;

  private static final int MAX_IP = 45;
  private static final int MIN_SECRET = 4;
  private static final int MAX_SECRET = 512;

  /** Longest token or PEM block that is masked whole. */
  private static final int MAX_TOKEN = 16 << 10;

  private static final String PEM = "-----BEGIN ";
  private static final String PEM_KEY = "PRIVATE KEY-----";

  /** Prefixes of tokens, with the least number of characters after them. */
  private record Prefix(String text, int least) {}

  private static final List<Prefix> TOKENS =
      List.of(
          new Prefix("ghp_", 30),
          new Prefix("gho_", 30),
          new Prefix("ghu_", 30),
          new Prefix("ghs_", 30),
          new Prefix("ghr_", 30),
          new Prefix("github_pat_", 30),
          new Prefix("glpat-", 16),
          new Prefix("xoxb-", 10),
          new Prefix("xoxp-", 10),
          new Prefix("xoxa-", 10),
          new Prefix("xoxr-", 10),
          new Prefix("xoxs-", 10),
          new Prefix("sk_live_", 16),
          new Prefix("sk_test_", 16),
          new Prefix("rk_live_", 16),
          new Prefix("sk-ant-", 20),
          new Prefix("sk-proj-", 20),
          new Prefix("npm_", 30),
          new Prefix("hf_", 30),
          new Prefix("AIza", 30),
          new Prefix("ya29.", 20),
          new Prefix("SG.", 40),
          new Prefix("dop_v1_", 40),
          new Prefix("hvs.", 20));

  private static final List<Prefix> KEYS = List.of(new Prefix("AKIA", 16), new Prefix("ASIA", 16));

  /** Names whose value is a secret, in lower case, without separators. */
  private static final List<String> SECRET_NAMES =
      List.of(
          "password",
          "passwd",
          "pwd",
          "secret",
          "apikey",
          "accesskey",
          "secretkey",
          "privatekey",
          "authtoken",
          "accesstoken",
          "clientsecret");

  private final Set<Detector> detectors;

  /** Creates a search for some kinds. */
  public PersonalData(Set<Detector> detectors) {
    this.detectors =
        detectors.isEmpty() ? EnumSet.noneOf(Detector.class) : EnumSet.copyOf(detectors);
  }

  /** Creates a search for all kinds. */
  public static PersonalData all() {
    return new PersonalData(EnumSet.allOf(Detector.class));
  }

  /** Findings in a text, in order and without overlaps; empty for most strings. */
  public List<Finding> find(String text) {
    List<Finding> out = null;
    int n = text.length();
    int from = 0; // after the last finding
    for (int i = 0; i < n; i++) {
      char c = text.charAt(i);
      Finding f = null;
      if (c == '@') {
        f = detectors.contains(Detector.EMAIL) ? email(text, i, from) : null;
      } else if (c >= '0' && c <= '9') {
        if (begins(text, i)) {
          f = number(text, i);
        }
      } else if (c == '+' || c == '(') {
        f = detectors.contains(Detector.PHONE) ? findPhoneNumber(text, i) : null;
      } else if (c == '-') {
        f = detectors.contains(Detector.KEY) ? pem(text, i) : null;
      } else if (c == ':' || c == '=') {
        f = assigned(text, i, from);
      } else if (Character.isLetter(c) && begins(text, i)) {
        f = word(text, i);
      }
      if (f == null && c == ':' && detectors.contains(Detector.IP)) {
        f = ipv6(text, i, from);
      }
      if (f != null) {
        out = out == null ? new ArrayList<>() : out;
        out.add(f);
        from = f.end();
        i = f.end() - 1;
      }
    }
    return out == null ? List.of() : out;
  }

  /** Replaces a finding. */
  public interface Mask {
    String of(Finding f, String found);
  }

  /** Replaces each finding; returns the same object if there is none. */
  public String masked(String text, Mask mask) {
    List<Finding> found = find(text);
    if (found.isEmpty()) {
      return text;
    }
    StringBuilder sb = new StringBuilder(text.length());
    int copied = 0;
    for (Finding f : found) {
      sb.append(text, copied, f.start()).append(mask.of(f, text.substring(f.start(), f.end())));
      copied = f.end();
    }
    return sb.append(text, copied, text.length()).toString();
  }

  private static boolean isWord(char c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Whether a word starts at an index. */
  private static boolean begins(String t, int i) {
    return i == 0 || !isWord(t.charAt(i - 1));
  }

  private static boolean ends(String t, int end) {
    return end >= t.length() || !isWord(t.charAt(end));
  }

  private static @Nullable Finding email(String t, int at, int from) {
    int start = at;
    while (start > from && at - start < 64 && isLocal(t.charAt(start - 1))) {
      start--;
    }
    while (start < at && t.charAt(start) == '.') {
      start++;
    }
    int end = at + 1;
    int lastDot = -1;
    while (end < t.length() && end - start < MAX_EMAIL) {
      char c = t.charAt(end);
      if (c == '.') {
        if (end == at + 1 || t.charAt(end - 1) == '.') {
          break;
        }
        lastDot = end;
      } else if (!(c == '-' || isWord(c) && c != '_')) {
        break;
      }
      end++;
    }
    while (end > at + 1 && (t.charAt(end - 1) == '.' || t.charAt(end - 1) == '-')) {
      end--;
      lastDot = t.lastIndexOf('.', end - 1);
    }
    boolean top = lastDot > at + 1 && end - lastDot > 2 && Character.isLetter(t.charAt(end - 1));
    return start < at && top ? new Finding(Detector.EMAIL, start, end) : null;
  }

  private static boolean isLocal(char c) {
    return isWord(c) || ".!#$%&'*+/=?^`{|}~-".indexOf(c) >= 0 && "/='`{|}&?".indexOf(c) < 0;
  }

  private @Nullable Finding number(String t, int i) {
    Finding f = null;
    if (detectors.contains(Detector.IP)) {
      f = ipv4(t, i);
      f = f == null ? ipv6Word(t, i) : f;
    }
    if (f == null && detectors.contains(Detector.CARD)) {
      f = card(t, i);
    }
    if (f == null && detectors.contains(Detector.PHONE)) {
      f = findPhoneNumber(t, i);
    }
    return f == null ? word(t, i) : f;
  }

  /** Digits with single blanks or dashes between groups; the longest number that is a card. */
  private static @Nullable Finding card(String t, int i) {
    StringBuilder digits = new StringBuilder(19);
    int end = i;
    int best = -1;
    while (end < t.length() && digits.length() < 19) {
      char c = t.charAt(end);
      if (isDigit(c)) {
        digits.append(c);
        end++;
        if (ends(t, end) && Numbers.isCard(digits)) {
          best = end;
        }
      } else if ((c == ' ' || c == '-') && end + 1 < t.length() && isDigit(t.charAt(end + 1))) {
        end++;
      } else {
        break;
      }
    }
    // a longer run of digits is another number: a hash, a time with nanoseconds
    return best < 0 || best < t.length() && isDigit(t.charAt(best))
        ? null
        : new Finding(Detector.CARD, i, best);
  }

  private static @Nullable Finding ipv4(String t, int i) {
    if (i > 0 && t.charAt(i - 1) == '.') {
      return null;
    }
    int end = i;
    int first = 0;
    boolean zero = true;
    for (int part = 0; part < 4; part++) {
      int v = 0;
      int begin = end;
      while (end < t.length() && end - begin < 3 && isDigit(t.charAt(end))) {
        v = v * 10 + t.charAt(end++) - '0';
      }
      if (end == begin || v > 255 || end - begin > 1 && t.charAt(begin) == '0') {
        return null;
      }
      first = part == 0 ? v : first;
      zero &= v == 0;
      if (part < 3 && (end >= t.length() || t.charAt(end++) != '.')) {
        return null;
      }
    }
    boolean more =
        !ends(t, end) || end + 1 < t.length() && t.charAt(end) == '.' && isDigit(t.charAt(end + 1));
    return more || first == 127 || zero ? null : new Finding(Detector.IP, i, end);
  }

  private static boolean isHex(char c) {
    return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
  }

  /** Finds an IPv6 address that starts with a hexadecimal digit. */
  private static @Nullable Finding ipv6Word(String t, int i) {
    int end = i;
    int colons = 0;
    while (end < t.length() && end - i < MAX_IP) {
      char c = t.charAt(end);
      if (c == ':') {
        colons++;
      } else if (!isHex(c) && c != '.') {
        break;
      }
      end++;
    }
    while (end > i && (t.charAt(end - 1) == '.' || t.charAt(end - 1) == ':')) {
      if (t.charAt(end - 1) == ':' && end - 2 >= i && t.charAt(end - 2) == ':') {
        break;
      }
      colons -= t.charAt(end - 1) == ':' ? 1 : 0;
      end--;
    }
    return address(t, i, end, colons);
  }

  private static @Nullable Finding ipv6(String t, int i, int from) {
    if (i > from && isHex(t.charAt(i - 1)) || i + 1 >= t.length() || t.charAt(i + 1) != ':') {
      return null;
    }
    return ipv6Word(t, i);
  }

  private static @Nullable Finding address(String t, int i, int end, int colons) {
    if (colons < 2 || end - i < 4 || !ends(t, end)) {
      return null; // "::1" and "::" too
    }
    String a = t.substring(i, end);
    boolean compressed = a.contains("::");
    return (compressed || colons == 7) && IpText.isAddress(a)
        ? new Finding(Detector.IP, i, end)
        : null;
  }

  /** Finds a number of 8 to 15 digits after +, or three groups of 3, 3 and 4 digits. */
  private static @Nullable Finding findPhoneNumber(String t, int i) {
    if (t.charAt(i) == '+') {
      return international(t, i);
    }
    int p = i;
    boolean paren = t.charAt(p) == '(';
    p += paren ? 1 : 0;
    int[] groups = {3, 3, 4};
    for (int g = 0; g < groups.length; g++) {
      for (int d = 0; d < groups[g]; d++, p++) {
        // the plan of North America: area and exchange begin with 2 to 9
        if (p >= t.length() || !isDigit(t.charAt(p)) || g < 2 && d == 0 && t.charAt(p) < '2') {
          return null;
        }
      }
      if (g == 0 && paren) {
        if (p >= t.length() || t.charAt(p++) != ')') {
          return null;
        }
        p += p < t.length() && t.charAt(p) == ' ' ? 1 : 0;
      } else if (g < 2) {
        if (p >= t.length() || " -.".indexOf(t.charAt(p++)) < 0) {
          return null;
        }
      }
    }
    boolean more =
        !ends(t, p)
            || p + 1 < t.length() && "-.".indexOf(t.charAt(p)) >= 0 && isDigit(t.charAt(p + 1));
    return more ? null : new Finding(Detector.PHONE, i, p);
  }

  private static @Nullable Finding international(String t, int i) {
    if (i > 0 && (isWord(t.charAt(i - 1)) || t.charAt(i - 1) == '+')) {
      return null; // 12:00+01:00
    }
    int digits = 0;
    int end = i + 1;
    int last = i;
    while (end < t.length() && digits < 16) {
      char c = t.charAt(end);
      if (isDigit(c)) {
        digits++;
        last = end + 1;
      } else if (" -().".indexOf(c) < 0 || end == last + 2) {
        break;
      }
      end++;
    }
    boolean plus = i + 1 < t.length() && t.charAt(i + 1) >= '1' && t.charAt(i + 1) <= '9';
    return plus && digits >= 8 && digits <= 15 && ends(t, last)
        ? new Finding(Detector.PHONE, i, last)
        : null;
  }

  private @Nullable Finding word(String t, int i) {
    char c = t.charAt(i);
    Finding f = null;
    if (detectors.contains(Detector.IBAN) && c >= 'A' && c <= 'Z') {
      f = iban(t, i);
    }
    if (f == null && detectors.contains(Detector.TOKEN)) {
      f = token(t, i);
    }
    if (f == null && detectors.contains(Detector.KEY) && c == 'A') {
      f = prefixed(t, i, KEYS, Detector.KEY);
    }
    if (f == null && detectors.contains(Detector.IP) && isHex(c)) {
      f = ipv6Word(t, i);
    }
    return f;
  }

  private static @Nullable Finding iban(String t, int i) {
    if (i + 15 > t.length() || !isDigit(t.charAt(i + 2)) || !isDigit(t.charAt(i + 3))) {
      return null;
    }
    int length = Numbers.ibanLength(t.substring(i, i + 2));
    if (length == 0) {
      return null;
    }
    StringBuilder iban = new StringBuilder(length);
    int p = i;
    while (p < t.length() && iban.length() < length) {
      char c = t.charAt(p);
      if (isWord(c) && c != '_') {
        iban.append(c);
      } else if (c != ' ' || iban.length() % 4 != 0 || t.charAt(p - 1) == ' ') {
        return null;
      }
      p++;
    }
    return iban.length() == length && ends(t, p) && Numbers.isIban(iban)
        ? new Finding(Detector.IBAN, i, p)
        : null;
  }

  private static @Nullable Finding token(String t, int i) {
    char c = t.charAt(i);
    if (c == 'e' && t.startsWith("eyJ", i)) {
      return jwt(t, i);
    }
    if ((c == 'B' || c == 'b') && t.regionMatches(true, i, "bearer ", 0, 7)) {
      int end = tokenEnd(t, i + 7);
      return end - i - 7 >= 12 ? new Finding(Detector.TOKEN, i + 7, end) : null;
    }
    return prefixed(t, i, TOKENS, Detector.TOKEN);
  }

  private static @Nullable Finding prefixed(String t, int i, List<Prefix> all, Detector d) {
    for (Prefix p : all) {
      if (t.startsWith(p.text, i)) {
        int end = tokenEnd(t, i + p.text.length());
        if (end - i - p.text.length() >= p.least) {
          return new Finding(d, i, end);
        }
      }
    }
    return null;
  }

  /** Finds three base64url parts, the first two of which start like JSON objects. */
  private static @Nullable Finding jwt(String t, int i) {
    int end = tokenEnd(t, i);
    int dot = t.indexOf('.', i);
    int second = dot < 0 ? -1 : t.indexOf('.', dot + 1);
    return dot > 0 && second > dot && second < end && t.startsWith("eyJ", dot + 1)
        ? new Finding(Detector.TOKEN, i, end)
        : null;
  }

  private static int tokenEnd(String t, int from) {
    int end = from;
    while (end < t.length()
        && end - from < MAX_TOKEN
        && (isWord(t.charAt(end)) || "-.~+/=".indexOf(t.charAt(end)) >= 0)) {
      end++;
    }
    while (end > from && t.charAt(end - 1) == '.') {
      end--;
    }
    return end;
  }

  private static @Nullable Finding pem(String t, int i) {
    if (!t.startsWith(PEM, i)) {
      return null;
    }
    int kind = t.indexOf(PEM_KEY, i);
    if (kind < 0 || kind - i > 40) {
      return null;
    }
    int close = t.indexOf("-----END ", kind);
    int end = close < 0 ? t.length() : t.indexOf("-----", close + 9);
    end = close >= 0 && end >= 0 ? end + 5 : t.length();
    return new Finding(Detector.KEY, i, Math.min(end, i + MAX_TOKEN));
  }

  /** Finds a value assigned to a name such as password, in forms used by logs, JSON and URLs. */
  private @Nullable Finding assigned(String t, int i, int from) {
    if (!detectors.contains(Detector.KEY)) {
      return null;
    }
    int nameEnd = i;
    while (nameEnd > from
        && (t.charAt(nameEnd - 1) == '"'
            || t.charAt(nameEnd - 1) == ' '
            || t.charAt(nameEnd - 1) == '\\')) {
      nameEnd--;
    }
    int nameStart = nameEnd;
    while (nameStart > from
        && nameEnd - nameStart < 40
        && (isWord(t.charAt(nameStart - 1)) || "-.".indexOf(t.charAt(nameStart - 1)) >= 0)) {
      nameStart--;
    }
    if (nameEnd - nameStart < 3 || !isSecretName(t.substring(nameStart, nameEnd))) {
      return null;
    }
    int start = i + 1;
    while (start < t.length() && " \"'\\".indexOf(t.charAt(start)) >= 0) {
      start++;
    }
    int end = start;
    while (end < t.length()
        && end - start < MAX_SECRET
        && " \"'\\,;&})]\n\r\t".indexOf(t.charAt(end)) < 0) {
      end++;
    }
    boolean masked = end > start && t.substring(start, end).chars().allMatch(c -> c == '*');
    return end - start >= MIN_SECRET && !masked ? new Finding(Detector.KEY, start, end) : null;
  }

  private static boolean isSecretName(String name) {
    String n = name.toLowerCase(Locale.ROOT).replaceAll("[-_.]", "");
    for (String s : SECRET_NAMES) {
      if (n.endsWith(s)) {
        return true;
      }
    }
    return false;
  }
}

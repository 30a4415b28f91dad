package dev.tethys.collect.observe.protocol.backend;

import java.util.Locale;
import java.util.Set;

/** Strings of distinguished names and filters of LDAP without their values. */
final class LdapNames {
  private static final int AND = 0xa0;
  private static final int OR = 0xa1;
  private static final int NOT = 0xa2;
  private static final int EQUAL = 0xa3;
  private static final int SUBSTRINGS = 0xa4;
  private static final int GREATER = 0xa5;
  private static final int LESS = 0xa6;
  private static final int PRESENT = 0x87;
  private static final int APPROXIMATE = 0xa8;
  private static final int EXTENSIBLE = 0xa9;

  private static final int LONGEST = 512;
  private static final int LONGEST_NAME = 256;
  private static final int LONGEST_TYPE = 64;
  private static final int DEEPEST = 16;
  private static final String CUT = "...";

  /** Types whose values name a part of the tree, not a person or a thing. */
  private static final Set<String> STRUCTURE = Set.of("dc", "o", "ou", "c");

  private LdapNames() {}

  /** True for a text that may be the name of an entry. */
  static boolean isName(String text) {
    int equals = text.indexOf('=');
    return equals > 0 && isType(text.substring(0, equals).strip());
  }

  /** True for an object identifier. */
  static boolean isOid(String text) {
    if (text.length() < 3 || text.indexOf('.') <= 0 || text.endsWith(".")) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '.' && (c < '0' || c > '9')) {
        return false;
      }
    }
    return true;
  }

  private static boolean isType(String text) {
    if (text.isEmpty() || text.length() > LONGEST_TYPE) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
      if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != ';') {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns a distinguished name like {@code uid=?,ou=people,dc=example}; other text, such as a
   * user name with a domain, becomes {@code ?}.
   */
  static String name(String dn) {
    StringBuilder out = new StringBuilder();
    int from = 0;
    boolean quoted = false;
    for (int i = 0; i <= dn.length(); i++) {
      char c = i == dn.length() ? ',' : dn.charAt(i);
      if (c == '\\' && i < dn.length()) {
        i = Math.min(i + 1, dn.length() - 1);
        continue;
      }
      if (c == '"') {
        quoted = !quoted;
      }
      boolean ends = i >= dn.length() || !quoted && (c == ',' || c == '+' || c == ';');
      if (ends) {
        if (out.length() > LONGEST_NAME) {
          return out.append(CUT).toString();
        }
        if (i > from) {
          part(dn.substring(from, Math.min(i, dn.length())), out);
          if (i < dn.length()) {
            out.append(c == '+' ? '+' : ',');
          }
        }
        from = i + 1;
      }
    }
    return out.toString();
  }

  private static void part(String text, StringBuilder out) {
    int equals = text.indexOf('=');
    String type = equals < 0 ? "" : text.substring(0, equals).strip();
    if (!isType(type)) {
      out.append('?');
      return;
    }
    String value = text.substring(equals + 1).strip();
    boolean kept =
        STRUCTURE.contains(type.toLowerCase(Locale.ROOT)) && value.length() <= LONGEST_TYPE;
    out.append(type).append('=').append(kept ? value : "?");
  }

  /**
   * Returns a search filter like {@code (&(objectClass=?)(uid=?))}. Equal parts that follow each
   * other are shown once.
   *
   * @param at reader at the filter
   */
  static String filter(BerReader at) {
    StringBuilder out = new StringBuilder();
    filter(at, out, 0);
    return out.length() <= LONGEST ? out.toString() : out.substring(0, LONGEST) + CUT;
  }

  private static void filter(BerReader at, StringBuilder out, int depth) {
    if (depth >= DEEPEST) {
      out.append(CUT);
      return;
    }
    BerReader in = at.content();
    out.append('(');
    switch (at.tag()) {
      case AND, OR, NOT -> {
        out.append(at.tag() == AND ? '&' : at.tag() == OR ? '|' : '!');
        String before = "";
        while (in.next()) {
          int from = out.length();
          filter(in, out, depth + 1);
          String part = out.substring(from);
          if (part.equals(before)) {
            out.setLength(from);
          } else if (out.length() > LONGEST) {
            return;
          }
          before = part;
        }
        if (!at.isWhole()) {
          out.append(CUT);
        }
      }
      case EQUAL -> out.append(type(in)).append("=?");
      case GREATER -> out.append(type(in)).append(">=?");
      case LESS -> out.append(type(in)).append("<=?");
      case APPROXIMATE -> out.append(type(in)).append("~=?");
      case PRESENT -> {
        String type = at.text(LONGEST_TYPE + 1);
        out.append(isType(type) ? type : "?").append("=*");
      }
      case SUBSTRINGS -> substrings(in, out);
      case EXTENSIBLE -> extensible(in, out);
      default -> out.append(CUT);
    }
    out.append(')');
  }

  private static String type(BerReader in) {
    String type = in.next(0x04) ? in.text(LONGEST_TYPE + 1) : "";
    return isType(type) ? type : "?";
  }

  private static void substrings(BerReader in, StringBuilder out) {
    out.append(type(in)).append('=');
    boolean initial = false;
    boolean last = false;
    boolean inner = false;
    if (in.next(0x30)) {
      for (BerReader parts = in.content(); parts.next(); ) {
        initial |= parts.tag() == 0x80;
        inner |= parts.tag() == 0x81;
        last |= parts.tag() == 0x82;
      }
    }
    out.append(initial ? "?*" : "*").append(inner ? "?*" : "").append(last ? "?" : "");
  }

  private static void extensible(BerReader in, StringBuilder out) {
    String rule = "";
    String type = "";
    while (in.next()) {
      String text = in.text(LONGEST_TYPE + 1);
      if (in.tag() == 0x81 && isType(text)) {
        rule = ":" + text;
      } else if (in.tag() == 0x82 && isType(text)) {
        type = text;
      }
    }
    out.append(type).append(rule).append(":=?");
  }
}

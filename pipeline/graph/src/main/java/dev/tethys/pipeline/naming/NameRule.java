package dev.tethys.pipeline.naming;

import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * Rule for valid names of a database. Strings of a template are checked when it is read; values of
 * labels, which any client may have sent, are converted.
 *
 * @param requirement the rule in words, as in {@code "requires …"}
 * @param legal expression that the template must match with {@code x} for each label
 * @param led whether a template with labels must start with text, so that no value can select, for
 *     instance, a system table
 * @param fit converts a value for use in a name; "" if nothing is left
 * @param max maximum number of characters of a name, which is truncated; 0 for no limit
 * @param taken names with a special meaning for the destination: they get an underscore before
 *     their last character
 */
public record NameRule(
    String requirement,
    String legal,
    boolean led,
    UnaryOperator<String> fit,
    int max,
    List<String> taken) {
  /** No rule; the caller has converted values. */
  static final NameRule NONE = new NameRule("", "(?s).*", false, v -> v, 0, List.of());

  /**
   * Names of letters, digits and underscores, including values.
   *
   * @param more further characters allowed in strings, as in a character class
   */
  public static NameRule words(String more, int max, String... taken) {
    return new NameRule(
        "letters, digits and any of _" + spaced(more) + " around its {labels}, a letter first",
        "[A-Za-z_][A-Za-z0-9_" + more + "]*",
        true,
        keep("A-Za-z0-9_"),
        max,
        List.of(taken));
  }

  private static String spaced(String more) {
    StringBuilder sb = new StringBuilder();
    more.replace("\\", "").chars().forEach(c -> sb.append(' ').append((char) c));
    return sb.toString();
  }

  /**
   * Replaces all other characters by underscores.
   *
   * @param characters characters in the syntax of a regular expression's character class
   */
  public static UnaryOperator<String> keep(String characters) {
    String others = "[^" + characters + "]";
    return v -> v.replaceAll(others, "_");
  }

  /** Returns a function that keeps the characters after lower-casing. */
  public static UnaryOperator<String> keepLower(String characters) {
    UnaryOperator<String> keep = keep(characters);
    return v -> keep.apply(v.toLowerCase(Locale.ROOT));
  }

  /** A name that fits, but for its strings. */
  String whole(String name) {
    String n = name;
    for (String t : taken) {
      int last = t.length() - 1;
      n = n.replace(t, t.substring(0, last) + "_" + t.charAt(last));
    }
    return max > 0 && n.length() > max ? n.substring(0, max) : n;
  }
}

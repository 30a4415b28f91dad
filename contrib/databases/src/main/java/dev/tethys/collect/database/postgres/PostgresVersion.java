package dev.tethys.collect.database.postgres;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Version of a server or of a fork of it.
 *
 * @param text as shown, without the name of the build
 */
record PostgresVersion(String text, int major, int minor, int patch) {
  private static final Pattern NUMBERS =
      Pattern.compile("(\\d{1,4})(?:\\.(\\d{1,6}))?(?:\\.(\\d{1,6}))?.*");

  /**
   * Reads the setting {@code server_version}, such as {@code 14.4 (Ubuntu 14.4-1.pgdg18.04+1)}.
   *
   * @throws IllegalArgumentException if it does not begin with a number
   */
  static PostgresVersion parse(String setting) {
    String first = setting.strip().split("\\s+", 2)[0];
    Matcher m = NUMBERS.matcher(first);
    if (!m.matches()) {
      throw new IllegalArgumentException("server_version \"" + setting + "\" is not a version");
    }
    return new PostgresVersion(first, number(m, 1), number(m, 2), number(m, 3));
  }

  private static int number(Matcher m, int group) {
    String s = m.group(group);
    return s == null ? 0 : Integer.parseInt(s);
  }

  /** Whether the version is this one or a later one. */
  boolean isFrom(int otherMajor, int otherMinor) {
    return major > otherMajor || major == otherMajor && minor >= otherMinor;
  }

  /** Three numbers with dots. */
  String numbers() {
    return major + "." + minor + "." + patch;
  }
}

package dev.tethys.collect.database.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Versions of servers: {@code >=10.0.0 <15.0.0 || 9.6.x}. Spaces are "and".
 *
 * @param any alternatives, each of conditions that must all hold; none at all for every version
 */
record VersionRange(List<List<Condition>> any) {
  /**
   * A comparison.
   *
   * @param version version encoded as by {@link #number}
   * @param after first version after the named one; for a version with an x, the first outside its
   *     range
   */
  record Condition(String operator, long version, long after) {}

  private static final Pattern TERM =
      Pattern.compile("(>=|<=|!=|==|>|<|=|!)?(\\d{1,6})(?:\\.(\\d{1,6}|x))?(?:\\.(\\d{1,6}|x))?");

  static VersionRange parse(String text) {
    List<List<Condition>> any = new ArrayList<>();
    for (String alternative : text.isBlank() ? new String[0] : text.split("\\|\\|")) {
      List<Condition> all = new ArrayList<>();
      String joined = alternative.trim().replaceAll("([<>=!]) +", "$1");
      for (String term : joined.split("\\s+")) {
        Matcher m = TERM.matcher(term);
        if (!m.matches()) {
          throw new IllegalArgumentException(
              "\"" + term + "\" is not a version range; expected a range such as >=10.0.0 <15.0.0");
        }
        long major = Long.parseLong(m.group(2));
        boolean wildMinor = m.group(3) == null || m.group(3).equals("x");
        boolean wildPatch = wildMinor || m.group(4) == null || m.group(4).equals("x");
        long minor = wildMinor ? 0 : Long.parseLong(m.group(3));
        long patch = wildPatch ? 0 : Long.parseLong(m.group(4));
        long v = number(major, minor, patch);
        long after =
            wildMinor ? number(major + 1, 0, 0) : wildPatch ? number(major, minor + 1, 0) : v + 1;
        all.add(new Condition(m.group(1) == null ? "=" : m.group(1), v, after));
      }
      any.add(all);
    }
    return new VersionRange(any);
  }

  /** Encodes a version as a number with the same ordering. */
  static long number(long major, long minor, long patch) {
    return (major * 1_000_000 + minor) * 1_000_000 + patch;
  }

  /**
   * Whether a server version is supported.
   *
   * @param serverVersion server version in the format of {@code server_version_num}
   */
  boolean contains(int serverVersion) {
    long v =
        serverVersion >= 100_000
            ? number(serverVersion / 10_000, serverVersion % 10_000, 0)
            : number(serverVersion / 10_000, serverVersion / 100 % 100, serverVersion % 100);
    return any.isEmpty() || any.stream().anyMatch(all -> all.stream().allMatch(c -> holds(c, v)));
  }

  private static boolean holds(Condition c, long v) {
    return switch (c.operator) {
      case ">" -> v >= c.after;
      case ">=" -> v >= c.version;
      case "<" -> v < c.version;
      case "<=" -> v < c.after;
      case "!", "!=" -> v < c.version || v >= c.after;
      default -> v >= c.version && v < c.after;
    };
  }
}

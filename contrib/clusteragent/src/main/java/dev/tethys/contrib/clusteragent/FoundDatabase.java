package dev.tethys.contrib.clusteragent;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Database that a source found.
 *
 * @param host address or name
 * @param name in the source, such as {@code namespace/pod}; may be empty
 * @param foundBy the source, such as {@code service map}
 * @param login null if the source has none
 * @param problem why it cannot be read, with the remedy; empty if none
 * @param others further addresses of the same server
 * @param needsRule whether it is left out without an entry of {@code credentials} for it
 */
record FoundDatabase(
    DatabaseEngine engine,
    String host,
    int port,
    String name,
    String foundBy,
    @Nullable DatabaseLogin login,
    String problem,
    Set<String> others,
    boolean needsRule) {
  private static final int MAX_HOST = 253;

  FoundDatabase {
    others = Set.copyOf(others);
  }

  /** Database that has a status also without an entry of {@code credentials}. */
  FoundDatabase(
      DatabaseEngine engine,
      String host,
      int port,
      String name,
      String foundBy,
      @Nullable DatabaseLogin login,
      String problem,
      Set<String> others) {
    this(engine, host, port, name, foundBy, login, problem, others, false);
  }

  /** Whether the host can be one: names of other programs are not trusted. */
  static boolean isHost(String host) {
    return !host.isEmpty()
        && host.length() <= MAX_HOST
        && host.chars().allMatch(c -> c > ' ' && c < 127 && "/@\"'\\?#".indexOf(c) < 0);
  }

  /** Value of the label {@code address}. */
  String address() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}

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
 */
record FoundDatabase(
    DatabaseEngine engine,
    String host,
    int port,
    String name,
    String foundBy,
    @Nullable DatabaseLogin login,
    String problem,
    Set<String> others) {
  private static final int MAX_HOST = 253;

  FoundDatabase {
    others = Set.copyOf(others);
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

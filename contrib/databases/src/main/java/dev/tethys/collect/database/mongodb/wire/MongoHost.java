package dev.tethys.collect.database.mongodb.wire;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Server address.
 *
 * @param unix the path of its Unix socket, null for TCP
 * @param text original text
 */
public record MongoHost(@Nullable Path unix, String name, int port, String text) {
  /** The usual port. */
  public static final int PORT = 27017;

  /**
   * Reads {@code host}, {@code host:port}, {@code [v6]:port} or the path of a Unix socket, encoded
   * as in a URL.
   *
   * @throws IllegalArgumentException if the text has none of these forms
   */
  static MongoHost parse(String text) {
    String plain = MongoUri.decoded(text, "a host");
    if (plain.endsWith(".sock")) {
      return new MongoHost(Path.of(plain), "", 0, text);
    }
    int colon = plain.lastIndexOf(':');
    String name = plain;
    int port = PORT;
    if (colon >= 0 && plain.indexOf(']', colon) < 0) {
      name = plain.substring(0, colon);
      String p = plain.substring(colon + 1);
      if (!p.matches("\\d{1,5}") || Integer.parseInt(p) > 65535 || Integer.parseInt(p) == 0) {
        throw new IllegalArgumentException("invalid port \"" + p + "\" of host " + name);
      }
      port = Integer.parseInt(p);
    }
    if (name.startsWith("[") && name.endsWith("]")) {
      name = name.substring(1, name.length() - 1);
    } else if (name.indexOf(':') >= 0) {
      throw new IllegalArgumentException("an IPv6 address requires brackets: " + plain);
    }
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a host is empty");
    }
    return new MongoHost(null, name, port, text);
  }

  @Override
  public String toString() {
    return unix != null ? unix.toString() : name + ":" + port;
  }
}

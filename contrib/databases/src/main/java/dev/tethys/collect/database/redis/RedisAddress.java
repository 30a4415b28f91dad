package dev.tethys.collect.database.redis;

import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Address and login of a server.
 *
 * @param unix the path of its Unix socket, null for TCP
 * @param database selected after the login
 * @param tls null for a plain connection
 */
record RedisAddress(
    @Nullable Path unix,
    String host,
    int port,
    String user,
    Secret password,
    int database,
    @Nullable TlsConfig tls) {
  static final int PORT = 6379;

  /**
   * Reads {@code redis://user:password@host:port/database}, also {@code rediss}, {@code valkey},
   * {@code valkeys}, {@code unix:///path} and addresses without a scheme.
   *
   * @param user default user, for addresses without credentials
   * @param password default password, for addresses without credentials
   * @throws IllegalArgumentException if the text is not an address; the message contains no
   *     password
   */
  static RedisAddress parse(String text, String user, Secret password, TlsConfig tls) {
    int sep = text.indexOf("://");
    String scheme = sep < 0 ? "redis" : text.substring(0, sep).toLowerCase(Locale.ROOT);
    String rest = sep < 0 ? text : text.substring(sep + 3);
    if (scheme.equals("unix")) {
      return new RedisAddress(Path.of(rest), "", 0, user, password, 0, null);
    }
    boolean secured = scheme.equals("rediss") || scheme.equals("valkeys");
    if (!secured && !scheme.equals("redis") && !scheme.equals("valkey") && !scheme.equals("tcp")) {
      throw new IllegalArgumentException(
          "invalid redis URL scheme: "
              + scheme
              + "; expected one of redis, rediss, valkey, valkeys, unix");
    }
    int query = rest.indexOf('?');
    rest = query < 0 ? rest : rest.substring(0, query);
    int slash = rest.indexOf('/');
    String path = slash < 0 ? "" : rest.substring(slash + 1);
    String authority = slash < 0 ? rest : rest.substring(0, slash);
    int at = authority.lastIndexOf('@');
    if (at >= 0) {
      String login = authority.substring(0, at);
      authority = authority.substring(at + 1);
      int colon = login.indexOf(':');
      String name = decoded(colon < 0 ? login : login.substring(0, colon));
      if (colon >= 0) {
        password = new Secret(decoded(login.substring(colon + 1)));
        user = name.isEmpty() ? user : name;
      }
    }
    int database = 0;
    if (!path.isEmpty()) {
      if (!path.matches("\\d{1,9}")) {
        throw new IllegalArgumentException("invalid database: /" + path);
      }
      database = Integer.parseInt(path);
    }
    String host = authority;
    int port = PORT;
    int colon = authority.lastIndexOf(':');
    if (colon >= 0 && authority.indexOf(']', colon) < 0) {
      host = authority.substring(0, colon);
      String p = authority.substring(colon + 1);
      if (!p.isEmpty()) {
        if (!p.matches("\\d{1,5}") || Integer.parseInt(p) > 65535 || Integer.parseInt(p) == 0) {
          throw new IllegalArgumentException("invalid port \"" + p + "\" after host");
        }
        port = Integer.parseInt(p);
      }
    }
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    return new RedisAddress(
        null,
        host.isEmpty() ? "localhost" : host,
        port,
        user,
        password,
        database,
        secured ? tls : null);
  }

  private static String decoded(String s) {
    try {
      return URLDecoder.decode(s.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("user or password is not percent-encoded");
    }
  }

  /** Returns a copy with the same login for another server of the cluster. */
  RedisAddress at(String otherHost, int otherPort) {
    return new RedisAddress(null, otherHost, otherPort, user, password, 0, tls);
  }

  /** Returns the address without credentials. */
  @Override
  public String toString() {
    return unix != null ? "unix://" + unix : host + ":" + port;
  }
}

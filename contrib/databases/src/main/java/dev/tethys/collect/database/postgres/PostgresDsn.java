package dev.tethys.collect.database.postgres;

import dev.tethys.config.Secret;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Connection string of a server with login, in the two forms of libpq: a URL, or {@code key=value}
 * pairs (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING).
 *
 * @param host name, address, or the folder of a Unix socket, which starts with a slash
 * @param database {@code ""} for the database named after the user
 * @param options all other parameters, by name
 */
record PostgresDsn(
    String host,
    int port,
    String user,
    Secret password,
    String database,
    Map<String, String> options) {
  static final int PORT = 5432;

  private static final Pattern PAIRS = Pattern.compile("^ *[a-zA-Z0-9_]+ *= *[^= ]+.*");

  /**
   * Reads either format; anything else is treated as a URL without a scheme.
   *
   * @throws IllegalArgumentException if it is invalid; the message holds no password
   */
  static PostgresDsn parse(String text) {
    String t = text.trim();
    if (t.startsWith("postgresql://") || t.startsWith("postgres://")) {
      return url(t.substring(t.indexOf("://") + 3));
    }
    return PAIRS.matcher(t).matches() && !t.contains("://") && !urlLike(t) ? pairs(t) : url(t);
  }

  /**
   * Whether the text is like {@code host:5432/db?sslmode=disable}, whose first {@code =} follows a
   * question mark.
   */
  private static boolean urlLike(String t) {
    int q = t.indexOf('?');
    return q >= 0 && q < t.indexOf('=');
  }

  private static PostgresDsn url(String rest) {
    Map<String, String> options = new LinkedHashMap<>();
    int q = rest.indexOf('?');
    if (q >= 0) {
      for (String pair : rest.substring(q + 1).split("&")) {
        int eq = pair.indexOf('=');
        if (eq > 0) {
          options.put(decoded(pair.substring(0, eq)), decoded(pair.substring(eq + 1)));
        }
      }
      rest = rest.substring(0, q);
    }
    int slash = rest.indexOf('/', rest.lastIndexOf('@') + 1);
    String path = slash < 0 ? "" : decoded(rest.substring(slash + 1));
    String authority = slash < 0 ? rest : rest.substring(0, slash);
    int at = authority.lastIndexOf('@');
    String login = at < 0 ? "" : authority.substring(0, at);
    int colon = login.indexOf(':');
    String user = decoded(colon < 0 ? login : login.substring(0, colon));
    String password = colon < 0 ? "" : decoded(login.substring(colon + 1));
    String place = authority.substring(at + 1);
    int end = place.lastIndexOf(':');
    boolean withPort = end >= 0 && place.indexOf(']', end) < 0;
    String host = decoded(withPort ? place.substring(0, end) : place);
    String port = withPort ? place.substring(end + 1) : "";
    String hostOption = options.remove("host");
    String portOption = options.remove("port");
    String databaseOption = options.remove("dbname");
    String userOption = options.remove("user");
    String passwordOption = options.remove("password");
    return of(
        hostOption != null ? hostOption : host,
        portOption != null ? portOption : port,
        user.isEmpty() && userOption != null ? userOption : user,
        password.isEmpty() && passwordOption != null ? passwordOption : password,
        databaseOption != null ? databaseOption : path,
        options);
  }

  private static String decoded(String s) {
    try {
      return URLDecoder.decode(s.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("a part of the address is not percent-encoded", e);
    }
  }

  /** Parses {@code host=db user='it is me' …}, with backslash-escaped quotes and backslashes. */
  private static PostgresDsn pairs(String t) {
    Map<String, String> p = new LinkedHashMap<>();
    int i = 0;
    while (i < t.length()) {
      if (Character.isWhitespace(t.charAt(i))) {
        i++;
        continue;
      }
      int eq = t.indexOf('=', i);
      if (eq < 0) {
        throw new IllegalArgumentException("expected KEY=VALUE");
      }
      String key = t.substring(i, eq).trim();
      i = eq + 1;
      while (i < t.length() && Character.isWhitespace(t.charAt(i))) {
        i++;
      }
      StringBuilder value = new StringBuilder();
      boolean quoted = i < t.length() && t.charAt(i) == '\'';
      i += quoted ? 1 : 0;
      while (i < t.length()) {
        char c = t.charAt(i);
        if (quoted ? c == '\'' : Character.isWhitespace(c)) {
          break;
        }
        if (c == '\\' && i + 1 < t.length()) {
          c = t.charAt(++i);
        }
        value.append(c);
        i++;
      }
      if (quoted && i >= t.length()) {
        throw new IllegalArgumentException("the quote of " + key + " is not closed");
      }
      i++;
      p.put(key, value.toString());
    }
    String host = take(p, "host");
    String port = take(p, "port");
    String user = take(p, "user");
    String password = take(p, "password");
    return of(host, port, user, password, take(p, "dbname"), p);
  }

  private static String take(Map<String, String> p, String key) {
    String v = p.remove(key);
    return v == null ? "" : v;
  }

  private static PostgresDsn of(
      String host,
      String port,
      String user,
      String password,
      String database,
      Map<String, String> options) {
    if (host.contains(",")) {
      throw new IllegalArgumentException("an address has several hosts; set only one");
    }
    if (!port.isEmpty()
        && (!port.matches("\\d{1,5}")
            || Integer.parseInt(port) < 1
            || Integer.parseInt(port) > 65535)) {
      throw new IllegalArgumentException("\"" + port + "\" is not a port");
    }
    String h =
        host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    return new PostgresDsn(
        h.isEmpty() ? "localhost" : h,
        port.isEmpty() ? PORT : Integer.parseInt(port),
        user,
        new Secret(password),
        database,
        options);
  }

  /** Returns a copy with another login, if given, and further options. */
  PostgresDsn with(String otherUser, Secret otherPassword, Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(options);
    all.putAll(more);
    return new PostgresDsn(
        host,
        port,
        otherUser.isEmpty() ? user : otherUser,
        otherPassword.isEmpty() ? password : otherPassword,
        database,
        all);
  }

  /** Returns a copy for another database of the same server. */
  PostgresDsn withDatabase(String other) {
    return new PostgresDsn(host, port, user, password, other, options);
  }

  /** Returns the value of the label {@code server}. */
  String server() {
    return host + ":" + port;
  }

  /** Address and database, without credentials. */
  @Override
  public String toString() {
    return server() + "/" + database;
  }
}

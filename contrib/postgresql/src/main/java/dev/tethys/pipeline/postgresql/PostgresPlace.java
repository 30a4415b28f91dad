package dev.tethys.pipeline.postgresql;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Address of a database as in PostgreSQL's connection URIs (libpq: "Connection URIs").
 *
 * @param hosts {@code host:port}, several separated by commas; {@code localhost:port} for a socket,
 *     as password files name it
 * @param socket path of a Unix socket; null for TCP
 */
record PostgresPlace(String hosts, String database, @Nullable Path socket) {
  private static final String USUAL_PORT = "5432";

  /** Parses a URL; returns null if it is invalid. */
  static @Nullable PostgresPlace parse(String url) {
    for (String scheme : new String[] {"postgresql://", "postgres://"}) {
      if (url.startsWith(scheme)) {
        return afterScheme(url.substring(scheme.length()));
      }
    }
    return null;
  }

  private static @Nullable PostgresPlace afterScheme(String rest) {
    int slash = rest.indexOf('/');
    if (slash < 0) {
      return null;
    }
    String hosts = rest.substring(0, slash);
    String database = rest.substring(slash + 1);
    int question = database.indexOf('?');
    if (question < 0 && hosts.matches("[A-Za-z0-9_.:,\\[\\]-]+") && !database.isEmpty()) {
      return new PostgresPlace(hosts, database, null);
    }
    String folder = "";
    String port = USUAL_PORT;
    if (question >= 0 && hosts.isEmpty()) { // postgresql:///db?host=/var/run/postgresql
      Map<String, String> parameters = parameters(database.substring(question + 1));
      if (parameters == null || !Set.of("host", "port").containsAll(parameters.keySet())) {
        return null;
      }
      folder = parameters.getOrDefault("host", "");
      port = parameters.getOrDefault("port", USUAL_PORT);
      database = database.substring(0, question);
    } else if (question < 0 && hosts.startsWith("%2F")) { // postgresql://%2Fvar%2Frun%2Fpostgresql
      int colon = hosts.indexOf(':');
      folder = decoded(colon < 0 ? hosts : hosts.substring(0, colon));
      port = colon < 0 ? USUAL_PORT : hosts.substring(colon + 1);
    }
    if (!folder.startsWith("/") || !port.matches("[0-9]{1,5}") || database.isEmpty()) {
      return null;
    }
    return new PostgresPlace("localhost:" + port, database, Path.of(folder, ".s.PGSQL." + port));
  }

  private static @Nullable Map<String, String> parameters(String query) {
    Map<String, String> out = new HashMap<>();
    for (String pair : query.split("&")) {
      int is = pair.indexOf('=');
      if (is < 0 || out.put(pair.substring(0, is), decoded(pair.substring(is + 1))) != null) {
        return null;
      }
    }
    return out;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /** Returns the form used in messages. */
  @Override
  public String toString() {
    return socket == null ? hosts : socket.toString();
  }
}

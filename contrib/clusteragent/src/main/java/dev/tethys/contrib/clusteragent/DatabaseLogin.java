package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.database.reader.ReaderTarget.PasswordSource;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import org.jspecify.annotations.Nullable;

/**
 * Login at a database server.
 *
 * @param user empty for none
 * @param database that the connection opens, empty for the default of the engine
 * @param tls null for a plain connection
 * @param key text that is equal for equal logins; it contains the password, so it is not shown
 */
record DatabaseLogin(
    String user, PasswordSource password, String database, @Nullable TlsConfig tls, String key) {
  /** Login without user and password. */
  static final DatabaseLogin NONE = of("", Secret.NONE, "", null);

  /** Login with a password that does not change. */
  static DatabaseLogin of(String user, Secret password, String database, @Nullable TlsConfig tls) {
    return new DatabaseLogin(
        user, () -> password, database, tls, key(user, password.value(), database, tls));
  }

  /** Key of a login whose password has a source. */
  static String key(String user, String password, String database, @Nullable TlsConfig tls) {
    return String.join(
        "\0", user, password, database, tls == null ? "" : String.valueOf(tls.tree()));
  }

  /** Without credentials. */
  @Override
  public String toString() {
    return "login";
  }
}

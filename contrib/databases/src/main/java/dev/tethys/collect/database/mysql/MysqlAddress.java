package dev.tethys.collect.database.mysql;

import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Address and login of a server.
 *
 * @param socket the path of its Unix socket, null for TCP
 * @param tls null for a plain connection
 * @param tlsOptional whether to connect without TLS if the server does not support it
 * @param clearPassword whether a password may be sent unhashed, over TLS
 */
record MysqlAddress(
    @Nullable Path socket,
    String host,
    int port,
    String user,
    Secret password,
    @Nullable TlsConfig tls,
    boolean tlsOptional,
    boolean clearPassword) {
  static final int PORT = 3306;

  /** Returns the address without credentials. */
  @Override
  public String toString() {
    return socket != null ? "unix://" + socket : host + ":" + port;
  }
}

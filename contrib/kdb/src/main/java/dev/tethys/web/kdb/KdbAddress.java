package dev.tethys.web.kdb;

import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A kdb+ process and its connection settings.
 *
 * @param user {@code ""} without a login
 * @param tls null if none ({@code -E} of the process)
 * @param connections maximum number of concurrent connections
 * @param maxAnswer maximum uncompressed size of a response in bytes
 * @param connectTimeout timeout for connecting, the TLS handshake and the login
 */
public record KdbAddress(
    String host,
    int port,
    String user,
    Secret password,
    @Nullable TlsConfig tls,
    int connections,
    int maxAnswer,
    Duration connectTimeout) {

  /** Address in errors and logs. */
  @Override
  public String toString() {
    return host + ":" + port;
  }
}

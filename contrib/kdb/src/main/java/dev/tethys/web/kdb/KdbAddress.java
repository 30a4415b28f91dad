package dev.tethys.web.kdb;

import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A process of kdb+ and how it is reached.
 *
 * @param user {@code ""} where it asks for none
 * @param tls null for none ({@code -E} of the process)
 * @param connections most at once
 * @param maxAnswer bytes of the largest answer that is taken, uncompressed
 * @param connectTimeout for the connection, its TLS and the login
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

  /** As errors and logs call it. */
  @Override
  public String toString() {
    return host + ":" + port;
  }
}

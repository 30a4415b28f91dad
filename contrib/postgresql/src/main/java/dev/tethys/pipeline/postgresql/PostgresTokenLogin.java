package dev.tethys.pipeline.postgresql;

import dev.tethys.config.TlsConfig;
import dev.tethys.pipeline.component.ClientAuth;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Token source of one connection attempt, for socket factories that the driver creates by class
 * name. The driver passes only properties, so one of them is the number of this login attempt.
 */
final class PostgresTokenLogin implements AutoCloseable {
  private static final String NUMBER = "tethys.tokens";
  private static final int SHOWN = 500;
  private static final Map<String, PostgresTokenLogin> LOGINS = new ConcurrentHashMap<>();
  private static final AtomicLong NUMBERS = new AtomicLong();

  private final TlsConfig tls;
  private final ClientAuth auth;
  private final String number = Long.toString(NUMBERS.incrementAndGet());
  private volatile String refusal = "";

  PostgresTokenLogin(TlsConfig tls, ClientAuth auth) {
    this.tls = tls;
    this.auth = auth;
    LOGINS.put(number, this);
  }

  /** Returns the login from a connection's properties; null if the attempt is over. */
  static @Nullable PostgresTokenLogin of(Properties p) {
    return LOGINS.get(p.getProperty(NUMBER, ""));
  }

  /**
   * Sets properties so that the driver expects sockets of {@link TokenSockets} to need neither TLS
   * nor a login.
   */
  void addTo(Properties p) {
    p.setProperty("sslmode", "disable");
    p.setProperty("socketFactory", TokenSockets.class.getName());
    p.setProperty(NUMBER, number);
  }

  TlsConfig tls() {
    return tls;
  }

  ClientAuth auth() {
    return auth;
  }

  /**
   * Records the rejection of a token; the server describes its requirements in JSON (RFC 7628,
   * section 3.2.2).
   */
  void refused(byte[] message) {
    String text = new String(message, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "?");
    refusal =
        "it must be a token of " + (text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…");
    auth.refused();
  }

  /** Returns the message of a server that rejected the token; empty if none did. */
  String refusal() {
    return refusal;
  }

  @Override
  public void close() {
    LOGINS.remove(number);
  }
}

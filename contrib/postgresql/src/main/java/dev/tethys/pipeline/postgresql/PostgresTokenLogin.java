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
 * name. The driver passes only properties, so one of them is the number of this login.
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

  /** The one of a connection's properties; null when the attempt is over. */
  static @Nullable PostgresTokenLogin of(Properties p) {
    return LOGINS.get(p.getProperty(NUMBER, ""));
  }

  /** To the driver, what {@link TokenSockets} makes is neither secured nor asks for anything. */
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

  /** A server refused a token, and answers in JSON what it requires (RFC 7628, section 3.2.2). */
  void refused(byte[] message) {
    String text = new String(message, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "?");
    refusal =
        "it must be a token of " + (text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…");
    auth.refused();
  }

  /** What a server said that refused the token; empty when none did. */
  String refusal() {
    return refusal;
  }

  @Override
  public void close() {
    LOGINS.remove(number);
  }
}

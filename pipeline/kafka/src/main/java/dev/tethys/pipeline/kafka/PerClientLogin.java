package dev.tethys.pipeline.kafka;

import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Reference;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps a separate login per component. Kafka's client shares a login among clients with equal
 * {@code sasl.jaas.config}, regardless of handlers, brokers and service: a second cluster would get
 * the token or ticket of the first, and a recreated component that of its predecessor.
 */
final class PerClientLogin {
  private static final String JAAS = "sasl.jaas.config";
  private static final AtomicLong LOGINS = new AtomicLong();

  private PerClientLogin() {}

  /** Properties of a client, with the extension that they name and a text that no other has. */
  static Map<String, Object> of(Map<String, Object> properties, Context context) {
    if (!(properties.get(JAAS) instanceof String jaas)) {
      return properties;
    }
    Map<String, Object> p = new HashMap<>(properties);
    p.put(
        JAAS,
        jaas.substring(0, jaas.length() - 1) + " login=\"" + LOGINS.incrementAndGet() + "\";");
    if (p.remove(KafkaTokenLogin.SOURCE) instanceof Reference r) {
      p.put(KafkaTokenLogin.TOKENS, context.extension(r, ClientAuth.class));
    }
    return Map.copyOf(p);
  }
}

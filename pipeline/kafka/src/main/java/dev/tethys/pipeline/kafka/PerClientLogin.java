package dev.tethys.pipeline.kafka;

import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Reference;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A login for each component. Kafka's client shares one among clients whose {@code
 * sasl.jaas.config} is the same text, regardless of their handlers, brokers and service: a second
 * cluster would get the first one's token or ticket, and a component made anew that of its
 * predecessor.
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

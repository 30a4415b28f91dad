package dev.tethys.pipeline.kafka;

import dev.tethys.web.kerberos.KerberosIdentity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.jspecify.annotations.Nullable;

/**
 * Kerberos login (GSSAPI) of Kafka's client. Java's own module performs it and requests a password
 * here if there is no keytab. The client renews tickets before they expire.
 */
public final class GssapiLogin implements AuthenticateCallbackHandler {
  private static final String IDENTITY = "tethys.kerberos";

  private @Nullable KerberosIdentity identity;

  /** Returns the client properties of a connection. */
  static Map<String, Object> of(KerberosIdentity identity) {
    Map<String, Object> p = new HashMap<>();
    p.put("sasl.mechanism", "GSSAPI");
    p.put("sasl.kerberos.service.name", identity.service());
    p.put(
        "sasl.jaas.config",
        KerberosIdentity.LOGIN_MODULE
            + " required "
            + identity.options().entrySet().stream()
                .map(e -> e.getKey() + "=" + KafkaConnection.quoted(e.getValue()))
                .collect(Collectors.joining(" "))
            + ";");
    p.put("sasl.login.callback.handler.class", GssapiLogin.class.getName());
    p.put(IDENTITY, identity);
    return p;
  }

  @Override
  public void configure(
      Map<String, ?> properties, String mechanism, List<AppConfigurationEntry> entries) {
    identity = (KerberosIdentity) Objects.requireNonNull(properties.get(IDENTITY), IDENTITY);
    try {
      identity.useConfig();
    } catch (java.io.IOException e) {
      throw new KafkaException(e.getMessage(), e);
    }
  }

  @Override
  public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
    Objects.requireNonNull(identity).answer(callbacks);
  }

  @Override
  public void close() {}
}

package dev.tethys.pipeline.kafka;

import dev.tethys.config.CloudAuth;
import java.io.IOException;
import java.security.Provider;
import java.security.Security;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.spi.LoginModule;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslClientFactory;
import javax.security.sasl.SaslException;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.jspecify.annotations.Nullable;

/**
 * Mechanism AWS_MSK_IAM for Kafka's client: a login module without work, a callback handler that
 * provides the identity, and a SASL client with one message each way.
 */
public final class MskLogin implements AuthenticateCallbackHandler, LoginModule {
  /** The property that holds the {@link MskIdentity}. */
  private static final String IDENTITY = "tethys.aws_msk";

  static {
    Security.addProvider(new Mechanism());
  }

  private @Nullable MskIdentity identity;

  /** Returns the client properties of a connection. */
  static Map<String, Object> of(CloudAuth.SigV4 cloud) {
    return Map.of(
        "sasl.mechanism",
        MskIdentity.MECHANISM,
        "sasl.jaas.config",
        MskLogin.class.getName() + " required;",
        "sasl.client.callback.handler.class",
        MskLogin.class.getName(),
        IDENTITY,
        MskIdentity.of(cloud));
  }

  /** Records that the brokers rejected a client with these properties. */
  static void refused(Map<String, Object> properties) {
    if (properties.get(IDENTITY) instanceof MskIdentity i) {
      i.refused();
    }
  }

  @Override
  public void configure(
      Map<String, ?> properties, String mechanism, List<AppConfigurationEntry> entries) {
    identity = (MskIdentity) Objects.requireNonNull(properties.get(IDENTITY), IDENTITY);
  }

  @Override
  public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
    for (Callback c : callbacks) {
      if (!(c instanceof IdentityCallback w)) {
        throw new UnsupportedCallbackException(c);
      }
      w.identity = identity;
    }
  }

  @Override
  public void close() {}

  @Override
  public void initialize(
      Subject subject, CallbackHandler handler, Map<String, ?> shared, Map<String, ?> options) {}

  @Override
  public boolean login() {
    return true;
  }

  @Override
  public boolean commit() {
    return true;
  }

  @Override
  public boolean abort() {
    return false;
  }

  @Override
  public boolean logout() {
    return true;
  }

  /** Requests the identity. */
  static final class IdentityCallback implements Callback {
    private @Nullable MskIdentity identity;
  }

  private static final class Mechanism extends Provider {
    private static final long serialVersionUID = 1;

    Mechanism() {
      super("TethysMsk", "1", "SASL's mechanism AWS_MSK_IAM, for clients");
      put("SaslClientFactory." + MskIdentity.MECHANISM, Factory.class.getName());
    }
  }

  /** Creates {@link Conversation}s; found by the provider. */
  public static final class Factory implements SaslClientFactory {
    @Override
    public @Nullable SaslClient createSaslClient(
        String[] mechanisms,
        @Nullable String authorizationId,
        String protocol,
        String serverName,
        Map<String, ?> properties,
        CallbackHandler handler) {
      return List.of(mechanisms).contains(MskIdentity.MECHANISM)
          ? new Conversation(serverName, handler)
          : null;
    }

    @Override
    public String[] getMechanismNames(@Nullable Map<String, ?> properties) {
      return new String[] {MskIdentity.MECHANISM};
    }
  }

  private static final class Conversation implements SaslClient {
    private final String host;
    private final CallbackHandler handler;
    private boolean asked;
    private boolean complete;

    Conversation(String host, CallbackHandler handler) {
      this.host = host;
      this.handler = handler;
    }

    @Override
    public String getMechanismName() {
      return MskIdentity.MECHANISM;
    }

    @Override
    public boolean hasInitialResponse() {
      return true;
    }

    @Override
    public byte @Nullable [] evaluateChallenge(byte[] challenge) throws SaslException {
      if (asked) {
        if (challenge.length == 0) {
          throw new SaslException("the broker did not answer the signature of AWS");
        }
        complete = true;
        return null;
      }
      asked = true;
      IdentityCallback who = new IdentityCallback();
      try {
        handler.handle(new Callback[] {who});
        return Objects.requireNonNull(who.identity).payload(host);
      } catch (IOException | UnsupportedCallbackException e) {
        throw new SaslException("cannot sign for AWS: " + e.getMessage(), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new SaslException("interrupted while obtaining AWS keys", e);
      }
    }

    @Override
    public boolean isComplete() {
      return complete;
    }

    @Override
    public byte[] unwrap(byte[] incoming, int offset, int len) {
      throw new IllegalStateException("no security layer was negotiated");
    }

    @Override
    public byte[] wrap(byte[] outgoing, int offset, int len) {
      throw new IllegalStateException("no security layer was negotiated");
    }

    @Override
    public @Nullable Object getNegotiatedProperty(String name) {
      return null;
    }

    @Override
    public void dispose() {}
  }
}

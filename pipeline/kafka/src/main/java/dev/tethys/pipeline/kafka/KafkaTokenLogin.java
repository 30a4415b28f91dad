package dev.tethys.pipeline.kafka;

import dev.tethys.config.CloudAuth;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Reference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.auth.SaslExtensions;
import org.apache.kafka.common.security.auth.SaslExtensionsCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerTokenCallback;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Authenticates Kafka's client with tokens of an extension (SASL OAUTHBEARER, RFC 7628), such as
 * {@code oauth2client}. The client requests a new token before the current one expires. A JWT
 * contains its expiry; any other token is assumed to be valid for a minute.
 */
public final class KafkaTokenLogin implements AuthenticateCallbackHandler {
  static final String MECHANISM = "OAUTHBEARER";

  /** Property with the {@link Reference}, until the extension is resolved. */
  static final String SOURCE = "tethys.token_source";

  /** Property with the name of one broker, without its port. */
  static final String BROKER = "tethys.broker";

  /** The property that holds the {@link MskIdentity}. */
  private static final String AWS = "tethys.aws_tokens";

  /** The property that holds the {@link ClientAuth}. */
  static final String TOKENS = "tethys.tokens";

  private static final String LOGIN = OAuthBearerLoginModule.class.getName() + " required;";
  private static final long MINUTE = 60_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The property with the extensions of the token, by name. */
  private static final String EXTENSIONS = "tethys.sasl_extensions";

  private @Nullable ClientAuth tokens;
  private Map<String, String> extensions = Map.of();

  /**
   * Properties of a connection whose tokens come from an extension.
   *
   * @param extensions SASL extensions (RFC 7628, section 3.1), sent with the token
   */
  static Map<String, Object> of(Reference source, Map<String, String> extensions) {
    return Map.of(
        "sasl.mechanism",
        MECHANISM,
        "sasl.jaas.config",
        LOGIN,
        "sasl.login.callback.handler.class",
        KafkaTokenLogin.class.getName(),
        SOURCE,
        source,
        EXTENSIONS,
        extensions);
  }

  /** Properties of a connection whose tokens are signatures for AWS. */
  static Map<String, Object> ofAws(CloudAuth.SigV4 cloud) {
    return Map.of(
        "sasl.mechanism",
        MECHANISM,
        "sasl.jaas.config",
        LOGIN,
        "sasl.login.callback.handler.class",
        KafkaTokenLogin.class.getName(),
        AWS,
        MskIdentity.of(cloud));
  }

  /**
   * Notifies the token source that the brokers rejected the token of a client with these
   * properties.
   */
  static void refused(Map<String, Object> properties) {
    if (properties.get(TOKENS) instanceof ClientAuth a) {
      a.refused();
    } else if (properties.get(AWS) instanceof MskIdentity i) {
      i.refused();
    } else {
      MskLogin.refused(properties);
    }
  }

  @Override
  public void configure(
      Map<String, ?> properties, String mechanism, List<AppConfigurationEntry> entries) {
    if (properties.get(EXTENSIONS) instanceof Map<?, ?> m) {
      Map<String, String> options = new LinkedHashMap<>();
      m.forEach((k, v) -> options.put(String.valueOf(k), String.valueOf(v)));
      extensions = options;
    }
    if (properties.get(AWS) instanceof MskIdentity i) {
      String host = (String) Objects.requireNonNull(properties.get(BROKER), BROKER);
      tokens = () -> Map.of("Authorization", ClientAuth.BEARER + aws(i, host));
    } else {
      tokens = (ClientAuth) Objects.requireNonNull(properties.get(TOKENS), TOKENS);
    }
  }

  private static String aws(MskIdentity identity, String host) throws IOException {
    try {
      return identity.token(host);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while obtaining AWS keys", e);
    }
  }

  @Override
  public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
    for (Callback c : callbacks) {
      switch (c) {
        case OAuthBearerTokenCallback t -> t.token(token());
        case SaslExtensionsCallback e -> e.extensions(new SaslExtensions(extensions));
        default -> throw new UnsupportedCallbackException(c);
      }
    }
  }

  private OAuthBearerToken token() throws IOException {
    return new Token(Objects.requireNonNull(tokens).bearerToken(), System.currentTimeMillis());
  }

  /** A token with the claims of a JWT, if it is one. */
  private static final class Token implements OAuthBearerToken {
    private final String value;
    private final long now;
    private final JsonNode claims;

    Token(String value, long now) {
      this.value = value;
      this.now = now;
      this.claims = claims(value);
    }

    private static JsonNode claims(String token) {
      String[] parts = token.split("\\.", -1);
      try {
        return parts.length == 3
            ? JSON.readTree(
                new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8))
            : JSON.createObjectNode();
      } catch (JacksonException | IllegalArgumentException e) {
        return JSON.createObjectNode();
      }
    }

    @Override
    public String value() {
      return value;
    }

    @Override
    public Set<String> scope() {
      return Set.of(); // brokers read it from the token
    }

    @Override
    public long lifetimeMs() {
      long exp = claims.path("exp").asLong(0);
      return exp > 0 ? exp * 1000 : now + MINUTE;
    }

    @Override
    public String principalName() {
      String sub = claims.path("sub").asString("");
      return sub.isEmpty() ? "tethys" : sub;
    }

    @Override
    public Long startTimeMs() {
      return now;
    }
  }

  @Override
  public void close() {}
}

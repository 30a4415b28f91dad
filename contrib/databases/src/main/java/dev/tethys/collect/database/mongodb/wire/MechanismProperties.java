package dev.tethys.collect.database.mongodb.wire;

import dev.tethys.collect.database.mongodb.wire.MongoUri.Login;
import dev.tethys.collect.database.mongodb.wire.MongoUri.Mechanism;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parsed {@code authMechanismProperties}, validated for each mechanism. */
final class MechanismProperties {
  static final String SESSION_TOKEN = "AWS_SESSION_TOKEN";
  static final String ENVIRONMENT = "ENVIRONMENT";
  static final String SERVICE = "SERVICE_NAME";
  static final String REALM = "SERVICE_REALM";
  static final String HOST = "SERVICE_HOST";
  static final String TOKEN_RESOURCE = "TOKEN_RESOURCE";
  static final String CANONICAL = "CANONICALIZE_HOST_NAME";

  /** {@code false} and {@code true} are older words for the first and the last. */
  private static final Set<String> CANONICAL_FORMS =
      Set.of("none", "false", "forward", "forwardAndReverse", "true");

  private MechanismProperties() {}

  /**
   * Reads {@code name:value,name:value}.
   *
   * @throws IllegalArgumentException if the mechanism has no such property; the message holds no
   *     value
   */
  static Map<String, String> read(Mechanism mechanism, String text) {
    Set<String> known =
        switch (mechanism) {
          case AWS -> Set.of(SESSION_TOKEN);
          case OIDC -> Set.of(ENVIRONMENT, TOKEN_RESOURCE);
          case GSSAPI -> Set.of(SERVICE, REALM, HOST, CANONICAL);
          default -> Set.of();
        };
    Map<String, String> out = new LinkedHashMap<>();
    for (String pair : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      int colon = pair.indexOf(':');
      String name = colon < 0 ? pair : pair.substring(0, colon);
      if (colon <= 0) {
        throw new IllegalArgumentException("authMechanismProperties must be name:value,name:value");
      }
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "the property " + name + " of " + mechanism.text() + " is not built or there is none");
      }
      out.put(name, pair.substring(colon + 1));
    }
    return out;
  }

  /** Whether a login and properties are compatible with a mechanism. */
  static void check(Mechanism mechanism, @Nullable Login login, Map<String, String> properties) {
    boolean user = login != null && !login.user().isEmpty();
    boolean password = login != null && !login.password().isEmpty();
    switch (mechanism) {
      case AWS -> {
        if (user != password || properties.containsKey(SESSION_TOKEN) && !user) {
          throw new IllegalArgumentException(
              "MONGODB-AWS requires an access key with its secret key, or neither");
        }
      }
      case OIDC -> {
        String environment = properties.getOrDefault(ENVIRONMENT, "");
        boolean asked = environment.equals("azure") || environment.equals("gcp");
        if (!asked && !environment.equals("test") && !environment.equals("k8s")) {
          throw new IllegalArgumentException(
              "MONGODB-OIDC requires authMechanismProperties=ENVIRONMENT: with azure, gcp, k8s or"
                  + " test; login by a browser is not supported");
        }
        if (password || user && !environment.equals("azure")) {
          throw new IllegalArgumentException(
              "MONGODB-OIDC has no password, and a user in Azure alone");
        }
        if (asked == properties.getOrDefault(TOKEN_RESOURCE, "").isEmpty()) {
          throw new IllegalArgumentException(
              asked
                  ? "ENVIRONMENT:" + environment + " requires a TOKEN_RESOURCE"
                  : "TOKEN_RESOURCE requires ENVIRONMENT:azure or ENVIRONMENT:gcp");
        }
      }
      case GSSAPI -> {
        if (!user) {
          throw new IllegalArgumentException("GSSAPI requires a user: the principal");
        }
        String canonical = properties.getOrDefault(CANONICAL, "none");
        if (!CANONICAL_FORMS.contains(canonical)) {
          throw new IllegalArgumentException(
              CANONICAL + " must be none, forward or forwardAndReverse, not " + canonical);
        }
      }
      default -> {
        // checked where they are used
      }
    }
  }
}

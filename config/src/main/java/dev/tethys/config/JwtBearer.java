package dev.tethys.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Client authentication by a signed assertion (RFC 7523), for the grant type that requires it. Both
 * {@code oauth2} of HTTP clients and the extension {@code oauth2client} have these keys.
 *
 * @param enabled whether this grant is used; otherwise client credentials
 * @param key RSA key as PEM text
 * @param keyFile file of the key
 * @param issuer "" for the client's name
 * @param audience "" for the address of the server
 * @param claims additional claims: strings, numbers, bools, lists and maps
 */
public record JwtBearer(
    boolean enabled,
    Secret key,
    String keyFile,
    String keyId,
    String algorithm,
    String issuer,
    String audience,
    Map<String, Object> claims) {
  /** The grant type of RFC 7523. */
  public static final String GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";

  /** The keys, to be included inline. */
  public static final Section SECTION = new Section("jwt_bearer", "Signed JWT assertion.");

  private static final Key<Boolean> GRANT_TYPE =
      SECTION.key(
          "grant_type",
          Type.oneOf("grant_type", grantTypes()),
          false,
          "client_credentials (or empty), or " + GRANT + ".");
  private static final Key<Secret> CERTIFICATE_KEY =
      SECTION.key(
          "client_certificate_key", Type.SECRET, Secret.NONE, "RSA key for signing, as PEM text.");
  private static final Key<String> CERTIFICATE_KEY_FILE =
      SECTION.key("client_certificate_key_file", Type.PATH, "", "File of the RSA key.");
  private static final Key<String> CERTIFICATE_KEY_ID =
      SECTION.key("client_certificate_key_id", Type.STRING, "", "Key id (kid) of the assertion.");
  private static final Key<String> SIGNATURE_ALGORITHM =
      SECTION.key(
          "signature_algorithm",
          Type.oneOf("signature_algorithm", List.of("RS256", "RS384", "RS512")),
          "RS256",
          "Signature algorithm of the assertion.");
  private static final Key<String> ISS =
      SECTION.key("iss", Type.STRING, "", "Issuer; the client_id when empty.");
  private static final Key<String> AUDIENCE =
      SECTION.key("audience", Type.STRING, "", "Audience; the token_url when empty.");
  private static final Key<YamlNode> CLAIMS =
      SECTION.optional("claims", Type.ANY, "Further claims of the assertion.");

  private static SequencedMap<String, Boolean> grantTypes() {
    SequencedMap<String, Boolean> m = new LinkedHashMap<>();
    m.put("", false);
    m.put("client_credentials", false);
    m.put(GRANT, true);
    return m;
  }

  /**
   * Reads the settings from a map that includes the keys.
   *
   * @throws ConfigException if this grant is selected without a signing key
   */
  public static JwtBearer read(YamlObject o) {
    YamlNode claims = o.at(CLAIMS);
    JwtBearer b =
        new JwtBearer(
            o.get(GRANT_TYPE),
            o.get(CERTIFICATE_KEY),
            o.get(CERTIFICATE_KEY_FILE),
            o.get(CERTIFICATE_KEY_ID),
            o.get(SIGNATURE_ALGORITHM),
            o.get(ISS),
            o.get(AUDIENCE),
            claims == null || claims.isNull() ? Map.of() : claims(claims));
    if (b.enabled && b.key.isEmpty() && b.keyFile.isEmpty()) {
      throw o.error(
          GRANT_TYPE,
          "this grant_type requires client_certificate_key or client_certificate_key_file");
    }
    return b;
  }

  private static Map<String, Object> claims(YamlNode n) {
    Map<String, Object> m = new LinkedHashMap<>();
    n.entries()
        .forEach(
            (k, e) -> {
              if (!e.value().isNull()) {
                m.put(k, e.value().asTree());
              }
            });
    return m;
  }

  /** Returns a variant in which the file takes precedence over the text if both are set. */
  public JwtBearer fileFirst() {
    return keyFile.isEmpty()
        ? this
        : new JwtBearer(enabled, Secret.NONE, keyFile, keyId, algorithm, issuer, audience, claims);
  }

  /** Adds the settings shown on the configuration page, if this grant is selected. */
  void addTo(Map<String, @Nullable Object> m) {
    if (enabled) {
      m.put("grant_type", GRANT);
      m.put("client_certificate_key", key.isEmpty() ? null : key);
      m.put("client_certificate_key_file", HttpClientConfig.orNull(keyFile));
      m.put("client_certificate_key_id", HttpClientConfig.orNull(keyId));
      m.put("signature_algorithm", algorithm);
      m.put("iss", HttpClientConfig.orNull(issuer));
      m.put("audience", HttpClientConfig.orNull(audience));
      m.put("claims", claims.isEmpty() ? null : claims);
    }
  }
}

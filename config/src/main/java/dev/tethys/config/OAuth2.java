package dev.tethys.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Access tokens from an OAuth 2.0 server, by client credentials (RFC 6749, 4.4) or by a signed
 * assertion (RFC 7523).
 *
 * @param claims further claims of the assertion, as strings, numbers, bools, lists and maps
 */
public record OAuth2(
    String clientId,
    Secret clientSecret,
    String clientSecretFile,
    boolean jwtBearer,
    Secret clientCertificateKey,
    String clientCertificateKeyFile,
    String clientCertificateKeyId,
    String signatureAlgorithm,
    String issuer,
    String audience,
    Map<String, Object> claims,
    List<String> scopes,
    String tokenUrl,
    Map<String, String> endpointParams,
    TlsConfig tls,
    ProxyConfig proxy) {

  /** The grant type of RFC 7523. */
  public static final String JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

  private static final Section SECTION =
      new Section("oauth2", "Tokens from an OAuth 2.0 server, fetched before they run out.");
  private static final Key<String> CLIENT_ID =
      SECTION.key("client_id", Type.STRING, "", "Who asks.");
  private static final Key<Secret> CLIENT_SECRET =
      SECTION.key("client_secret", Type.SECRET, Secret.NONE, "The client's secret.");
  private static final Key<String> CLIENT_SECRET_FILE =
      SECTION.key("client_secret_file", Type.PATH, "", "File that holds it.");
  private static final Key<Boolean> GRANT_TYPE =
      SECTION.key(
          "grant_type",
          Type.oneOf("grant_type", grantTypes()),
          false,
          "Empty for client credentials, or " + JWT_BEARER + ".");
  private static final Key<Secret> CERTIFICATE_KEY =
      SECTION.key(
          "client_certificate_key", Type.SECRET, Secret.NONE, "RSA key that signs, as PEM text.");
  private static final Key<String> CERTIFICATE_KEY_FILE =
      SECTION.key("client_certificate_key_file", Type.PATH, "", "File of the RSA key.");
  private static final Key<String> CERTIFICATE_KEY_ID =
      SECTION.key("client_certificate_key_id", Type.STRING, "", "The kid of the assertion.");
  private static final Key<String> SIGNATURE_ALGORITHM =
      SECTION.key(
          "signature_algorithm",
          Type.oneOf("signature_algorithm", List.of("RS256", "RS384", "RS512")),
          "RS256",
          "How the assertion is signed.");
  private static final Key<String> ISS =
      SECTION.key("iss", Type.STRING, "", "Issuer; the client_id when empty.");
  private static final Key<String> AUDIENCE =
      SECTION.key("audience", Type.STRING, "", "Audience; the token_url when empty.");
  private static final Key<YamlNode> CLAIMS =
      SECTION.optional("claims", Type.ANY, "Further claims of the assertion.");
  private static final Key<List<String>> SCOPES =
      SECTION.key("scopes", Type.list(Type.STRING), List.of(), "Scopes to ask for.");
  private static final Key<String> TOKEN_URL =
      SECTION.key("token_url", Type.STRING, "", "Where tokens are given.");
  private static final Key<Map<String, String>> ENDPOINT_PARAMS =
      SECTION.key(
          "endpoint_params", Type.map(Type.STRING), Map.of(), "Further fields of the request.");
  private static final Key<TlsConfig> TLS =
      SECTION.key("tls_config", TlsConfig.TYPE, TlsConfig.DEFAULT, "TLS to the token server.");

  static {
    SECTION.include(ProxyConfig.SECTION);
  }

  /** How one is read. */
  public static final Type<OAuth2> TYPE = SECTION.type(OAuth2::read);

  private static SequencedMap<String, Boolean> grantTypes() {
    SequencedMap<String, Boolean> m = new LinkedHashMap<>();
    m.put("", false);
    m.put("client_credentials", false);
    m.put(JWT_BEARER, true);
    return m;
  }

  private static OAuth2 read(YamlObject o) {
    YamlNode claims = o.at(CLAIMS);
    OAuth2 c =
        new OAuth2(
            o.get(CLIENT_ID),
            o.get(CLIENT_SECRET),
            o.get(CLIENT_SECRET_FILE),
            o.get(GRANT_TYPE),
            o.get(CERTIFICATE_KEY),
            o.get(CERTIFICATE_KEY_FILE),
            o.get(CERTIFICATE_KEY_ID),
            o.get(SIGNATURE_ALGORITHM),
            o.get(ISS),
            o.get(AUDIENCE),
            claims == null || claims.isNull() ? Map.of() : claims(claims),
            o.get(SCOPES),
            o.get(TOKEN_URL),
            o.get(ENDPOINT_PARAMS),
            o.get(TLS),
            ProxyConfig.read(o));
    if (c.clientId.isEmpty()) {
      throw o.error("oauth2 client_id must be configured");
    }
    if (c.tokenUrl.isEmpty()) {
      throw o.error("oauth2 token_url must be configured");
    }
    if (!c.clientSecret.isEmpty() && !c.clientSecretFile.isEmpty()) {
      throw o.error("at most one of oauth2 client_secret & client_secret_file must be configured");
    }
    if (!c.clientCertificateKey.isEmpty() && !c.clientCertificateKeyFile.isEmpty()) {
      throw o.error(
          "at most one of oauth2 client_certificate_key & client_certificate_key_file must be"
              + " configured");
    }
    if (c.jwtBearer && c.clientCertificateKey.isEmpty() && c.clientCertificateKeyFile.isEmpty()) {
      throw o.error(
          "oauth2 with grant_type "
              + JWT_BEARER
              + " wants client_certificate_key or client_certificate_key_file");
    }
    return c;
  }

  /** The same of another client. */
  public OAuth2 ofClient(String name) {
    return new OAuth2(
        name,
        clientSecret,
        clientSecretFile,
        jwtBearer,
        clientCertificateKey,
        clientCertificateKeyFile,
        clientCertificateKeyId,
        signatureAlgorithm,
        issuer,
        audience,
        claims,
        scopes,
        tokenUrl,
        endpointParams,
        tls,
        proxy);
  }

  /** Claims as they are written. */
  public static Map<String, Object> claims(YamlNode n) {
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

  /** As the page of the configuration shows it. */
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("client_id", clientId);
    m.put("client_secret", clientSecret.isEmpty() ? null : clientSecret);
    m.put("client_secret_file", HttpClientConfig.orNull(clientSecretFile));
    if (jwtBearer) {
      m.put("grant_type", JWT_BEARER);
      m.put("client_certificate_key", clientCertificateKey.isEmpty() ? null : clientCertificateKey);
      m.put("client_certificate_key_file", HttpClientConfig.orNull(clientCertificateKeyFile));
      m.put("client_certificate_key_id", HttpClientConfig.orNull(clientCertificateKeyId));
      m.put("signature_algorithm", signatureAlgorithm);
      m.put("iss", HttpClientConfig.orNull(issuer));
      m.put("audience", HttpClientConfig.orNull(audience));
      m.put("claims", claims.isEmpty() ? null : claims);
    }
    m.put("scopes", scopes.isEmpty() ? null : scopes);
    m.put("token_url", tokenUrl);
    m.put("endpoint_params", endpointParams.isEmpty() ? null : endpointParams);
    m.put("tls_config", tls.tree());
    proxy.addTo(m);
    return m;
  }
}

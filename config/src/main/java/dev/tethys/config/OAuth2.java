package dev.tethys.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Access tokens from an OAuth 2.0 server, by client credentials (RFC 6749, 4.4) or by a signed
 * assertion (RFC 7523).
 *
 * @param assertion whether one is signed, and how
 */
public record OAuth2(
    String clientId,
    Secret clientSecret,
    String clientSecretFile,
    JwtBearer assertion,
    List<String> scopes,
    String tokenUrl,
    Map<String, String> endpointParams,
    TlsConfig tls,
    ProxyConfig proxy) {

  private static final Section SECTION =
      new Section("oauth2", "OAuth 2.0 tokens, fetched before they expire.");
  private static final Key<String> CLIENT_ID =
      SECTION.key("client_id", Type.STRING, "", "Client ID.");
  private static final Key<Secret> CLIENT_SECRET =
      SECTION.key("client_secret", Type.SECRET, Secret.NONE, "Client secret.");
  private static final Key<String> CLIENT_SECRET_FILE =
      SECTION.key("client_secret_file", Type.PATH, "", "File of the client secret.");
  private static final Key<List<String>> SCOPES =
      SECTION.key("scopes", Type.list(Type.STRING), List.of(), "Scopes of the token request.");
  private static final Key<String> TOKEN_URL =
      SECTION.key("token_url", Type.STRING, "", "URL of the token endpoint.");
  private static final Key<Map<String, String>> ENDPOINT_PARAMS =
      SECTION.key(
          "endpoint_params",
          Type.map(Type.STRING),
          Map.of(),
          "Further parameters of the token request.");
  private static final Key<TlsConfig> TLS =
      SECTION.key(
          "tls_config", TlsConfig.TYPE, TlsConfig.DEFAULT, "TLS settings of token requests.");

  static {
    SECTION.include(JwtBearer.SECTION).include(ProxyConfig.SECTION);
  }

  /** Type in configurations. */
  public static final Type<OAuth2> TYPE = SECTION.type(OAuth2::read);

  private static OAuth2 read(YamlObject o) {
    OAuth2 c =
        new OAuth2(
            o.get(CLIENT_ID),
            o.get(CLIENT_SECRET),
            o.get(CLIENT_SECRET_FILE),
            JwtBearer.read(o),
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
    if (!c.assertion.key().isEmpty() && !c.assertion.keyFile().isEmpty()) {
      throw o.error(
          "at most one of oauth2 client_certificate_key & client_certificate_key_file must be"
              + " configured");
    }
    return c;
  }

  /** Returns a copy for another client. */
  public OAuth2 ofClient(String name) {
    return new OAuth2(
        name,
        clientSecret,
        clientSecretFile,
        assertion,
        scopes,
        tokenUrl,
        endpointParams,
        tls,
        proxy);
  }

  /** Returns the tree shown on the configuration page. */
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("client_id", clientId);
    m.put("client_secret", clientSecret.isEmpty() ? null : clientSecret);
    m.put("client_secret_file", HttpClientConfig.orNull(clientSecretFile));
    assertion.addTo(m);
    m.put("scopes", scopes.isEmpty() ? null : scopes);
    m.put("token_url", tokenUrl);
    m.put("endpoint_params", endpointParams.isEmpty() ? null : endpointParams);
    m.put("tls_config", tls.tree());
    proxy.addTo(m);
    return m;
  }
}

package dev.tethys.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Authentication and connection settings of an HTTP client: the block that scraping, discovery and
 * all exporters share. Files are named here and read when they are used.
 *
 * @param cloud authentication of a cloud provider, where the block has its keys
 * @param connections connection settings
 */
public record HttpClientConfig(
    @Nullable BasicAuth basicAuth,
    @Nullable Authorization authorization,
    @Nullable OAuth2 oauth2,
    TlsConfig tls,
    boolean followRedirects,
    boolean enableHttp2,
    ProxyConfig proxy,
    Map<String, Header> headers,
    @Nullable CloudAuth cloud,
    ConnectionRules connections) {

  /** Creates a configuration with default connection rules. */
  public HttpClientConfig(
      @Nullable BasicAuth basicAuth,
      @Nullable Authorization authorization,
      @Nullable OAuth2 oauth2,
      TlsConfig tls,
      boolean followRedirects,
      boolean enableHttp2,
      ProxyConfig proxy,
      Map<String, Header> headers,
      @Nullable CloudAuth cloud) {
    this(
        basicAuth,
        authorization,
        oauth2,
        tls,
        followRedirects,
        enableHttp2,
        proxy,
        headers,
        cloud,
        ConnectionRules.USUAL);
  }

  /** Returns a copy with other connection rules. */
  public HttpClientConfig with(ConnectionRules rules) {
    return new HttpClientConfig(
        basicAuth,
        authorization,
        oauth2,
        tls,
        followRedirects,
        enableHttp2,
        proxy,
        headers,
        cloud,
        rules);
  }

  /** Returns a copy restricted to HTTP/1.1. */
  public HttpClientConfig withoutHttp2() {
    return new HttpClientConfig(
        basicAuth,
        authorization,
        oauth2,
        tls,
        followRedirects,
        false,
        proxy,
        headers,
        cloud,
        connections);
  }

  /** Creates a configuration without cloud authentication. */
  public HttpClientConfig(
      @Nullable BasicAuth basicAuth,
      @Nullable Authorization authorization,
      @Nullable OAuth2 oauth2,
      TlsConfig tls,
      boolean followRedirects,
      boolean enableHttp2,
      ProxyConfig proxy,
      Map<String, Header> headers) {
    this(basicAuth, authorization, oauth2, tls, followRedirects, enableHttp2, proxy, headers, null);
  }

  /**
   * Returns a copy with cloud authentication.
   *
   * @throws ConfigException if there is another kind of authentication already
   */
  public HttpClientConfig with(@Nullable CloudAuth itsCloud, YamlObject o) {
    if (itsCloud == null) {
      return this;
    }
    if (basicAuth != null || authorization != null || oauth2 != null || cloud != null) {
      throw o.error(
          "at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be"
              + " configured");
    }
    return signing(itsCloud);
  }

  /** Returns a copy with cloud authentication instead of any other. */
  public HttpClientConfig signing(CloudAuth itsCloud) {
    return new HttpClientConfig(
        null, null, null, tls, followRedirects, enableHttp2, proxy, headers, itsCloud, connections);
  }

  /** No authentication, redirects followed, HTTP/2 if supported by the server. */
  public static final HttpClientConfig DEFAULT =
      new HttpClientConfig(
          null, null, null, TlsConfig.DEFAULT, true, true, ProxyConfig.NONE, Map.of());

  /** The same as {@link #DEFAULT} without HTTP/2: the default of remote write. */
  public static final HttpClientConfig DEFAULT_HTTP1 =
      new HttpClientConfig(
          null, null, null, TlsConfig.DEFAULT, true, false, ProxyConfig.NONE, Map.of());

  /** Basic authentication; each part given as a value or as a file. */
  public record BasicAuth(
      String username, String usernameFile, Secret password, String passwordFile) {
    private static final Section SECTION =
        new Section("basic_auth", "Username and password of the Authorization header.");
    private static final Key<String> USERNAME =
        SECTION.key("username", Type.STRING, "", "Username.");
    private static final Key<String> USERNAME_FILE =
        SECTION.key("username_file", Type.PATH, "", "File of the username.");
    private static final Key<Secret> PASSWORD =
        SECTION.key("password", Type.SECRET, Secret.NONE, "Password.");
    private static final Key<String> PASSWORD_FILE =
        SECTION.key("password_file", Type.PATH, "", "File of the password.");
    static final Type<BasicAuth> TYPE = SECTION.type(BasicAuth::read);

    private static BasicAuth read(YamlObject o) {
      BasicAuth c =
          new BasicAuth(
              o.get(USERNAME), o.get(USERNAME_FILE), o.get(PASSWORD), o.get(PASSWORD_FILE));
      if (!c.username.isEmpty() && !c.usernameFile.isEmpty()) {
        throw o.error("at most one of basic_auth username & username_file must be configured");
      }
      if (!c.password.isEmpty() && !c.passwordFile.isEmpty()) {
        throw o.error("at most one of basic_auth password & password_file must be configured");
      }
      return c;
    }

    private Map<String, @Nullable Object> tree() {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("username", orNull(username));
      m.put("username_file", orNull(usernameFile));
      m.put("password", password.isEmpty() ? null : password);
      m.put("password_file", orNull(passwordFile));
      return m;
    }
  }

  /** An Authorization header of any other kind. */
  public record Authorization(String type, Secret credentials, String credentialsFile) {
    private static final Section SECTION =
        new Section("authorization", "Authorization header with fixed credentials.");
    private static final Key<String> AUTH_TYPE =
        SECTION.key("type", Type.STRING, "Bearer", "Authentication scheme; Basic is not allowed.");
    private static final Key<Secret> CREDENTIALS =
        SECTION.key("credentials", Type.SECRET, Secret.NONE, "Credentials after the scheme.");
    private static final Key<String> CREDENTIALS_FILE =
        SECTION.key("credentials_file", Type.PATH, "", "File of the credentials.");
    static final Type<Authorization> TYPE = SECTION.type(Authorization::read);

    private static Authorization read(YamlObject o) {
      String type = o.get(AUTH_TYPE).strip();
      Authorization c =
          new Authorization(
              type.isEmpty() ? "Bearer" : type, o.get(CREDENTIALS), o.get(CREDENTIALS_FILE));
      if (!c.credentials.isEmpty() && !c.credentialsFile.isEmpty()) {
        throw o.error(
            "at most one of authorization credentials & credentials_file must be configured");
      }
      if (c.type.equalsIgnoreCase("basic")) {
        throw o.error(
            AUTH_TYPE, "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
      }
      return c;
    }

    private Map<String, @Nullable Object> tree() {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("type", type);
      m.put("credentials", credentials.isEmpty() ? null : credentials);
      m.put("credentials_file", orNull(credentialsFile));
      return m;
    }
  }

  /** A header added to every request; its values are sent in this order. */
  public record Header(List<String> values, List<Secret> secrets, List<String> files) {
    private static final Section SECTION =
        new Section("http_header", "Values of one header: plain, secret and from files.");
    private static final Key<List<String>> VALUES =
        SECTION.key("values", Type.list(Type.STRING), List.of(), "Values.");
    private static final Key<List<Secret>> SECRETS =
        SECTION.key("secrets", Type.list(Type.SECRET), List.of(), "Secret values.");
    private static final Key<List<String>> FILES =
        SECTION.key("files", Type.list(Type.PATH), List.of(), "Files of values.");

    /** Type in configurations. */
    public static final Type<Header> TYPE =
        SECTION.type(
            o -> new Header(o.get(VALUES), o.get(SECRETS), o.get(FILES)),
            new Header(List.of(), List.of(), List.of()));

    private Map<String, @Nullable Object> tree() {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("values", values.isEmpty() ? null : values);
      m.put("secrets", secrets.isEmpty() ? null : secrets);
      m.put("files", files.isEmpty() ? null : files);
      return m;
    }
  }

  /**
   * Reads the headers under the key {@code headers}, which are sent with every request; invalid
   * names and names set in another way are rejected.
   */
  public static Map<String, String> sentHeaders(YamlObject o, Key<Map<String, String>> key) {
    Map<String, String> headers = o.get(key);
    for (String h : headers.keySet()) {
      String lower = h.toLowerCase(Locale.ROOT);
      if (lower.equals("authorization")) {
        throw o.error(
            key,
            "authorization header must be changed via the basic_auth, authorization or oauth2"
                + " parameter");
      }
      if (RESERVED_HEADERS.contains(lower)) {
        throw o.error(key, h + " is a reserved header. It must not be changed");
      }
      if (!h.matches(HEADER_NAME)) {
        throw o.error(key, "\"" + h + "\" is not a valid name of a header");
      }
    }
    return headers;
  }

  private static final String HEADER_NAME = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

  /** Headers that a configuration may not set, in lower case. */
  public static final Set<String> RESERVED_HEADERS =
      Set.of(
          "authorization",
          "host",
          "content-encoding",
          "content-length",
          "content-type",
          "user-agent",
          "connection",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "www-authenticate",
          "accept-encoding",
          "x-prometheus-remote-write-version",
          "x-prometheus-remote-read-version",
          "x-prometheus-scrape-timeout-seconds",
          "x-amz-date",
          "x-amz-security-token",
          "x-amz-content-sha256");

  /** For inclusion in a section that has these keys inline. */
  public static final Section SECTION =
      new Section("http_client", "Authentication and connection settings of HTTP clients.");

  private static final Key<BasicAuth> BASIC_AUTH =
      SECTION.optional("basic_auth", BasicAuth.TYPE, "Username and password.");
  private static final Key<Authorization> AUTHORIZATION =
      SECTION.optional("authorization", Authorization.TYPE, "Credentials of another scheme.");
  private static final Key<OAuth2> OAUTH2 =
      SECTION.optional("oauth2", OAuth2.TYPE, "OAuth 2.0 tokens.");
  private static final Key<Secret> BEARER_TOKEN =
      SECTION.key("bearer_token", Type.SECRET, Secret.NONE, "Deprecated form of authorization.");
  private static final Key<String> BEARER_TOKEN_FILE =
      SECTION.key(
          "bearer_token_file", Type.PATH, "", "Deprecated form of authorization with a file.");
  private static final Key<TlsConfig> TLS_CONFIG =
      SECTION.key("tls_config", TlsConfig.TYPE, TlsConfig.DEFAULT, "TLS settings.");
  private static final Key<Boolean> FOLLOW_REDIRECTS =
      SECTION.key(
          "follow_redirects",
          Type.BOOL,
          true,
          "If true, redirects are followed; credentials are never sent to another host.");
  private static final Key<Boolean> ENABLE_HTTP2 =
      SECTION.key("enable_http2", Type.BOOL, true, "Enables HTTP/2 over TLS.");
  private static final Key<Map<String, Header>> HTTP_HEADERS =
      SECTION.key("http_headers", Type.map(Header.TYPE), Map.of(), "Further headers.");

  static {
    SECTION.include(ProxyConfig.SECTION);
  }

  /** The block as a standalone type. */
  public static final Type<HttpClientConfig> TYPE = SECTION.type(o -> read(o, DEFAULT));

  /** Reads the keys of this block from a map that also has others. */
  public static HttpClientConfig read(YamlObject o) {
    return read(o, DEFAULT);
  }

  /** Reads a client configuration with other defaults for redirects and HTTP/2. */
  public static HttpClientConfig read(YamlObject o, HttpClientConfig defaults) {
    BasicAuth basic = o.find(BASIC_AUTH);
    Authorization auth = o.find(AUTHORIZATION);
    OAuth2 oauth2 = o.find(OAUTH2);
    Secret token = o.get(BEARER_TOKEN);
    String tokenFile = o.get(BEARER_TOKEN_FILE);
    boolean bearer = !token.isEmpty() || !tokenFile.isEmpty();
    if (!token.isEmpty() && !tokenFile.isEmpty()) {
      throw o.error(
          BEARER_TOKEN, "at most one of bearer_token & bearer_token_file must be configured");
    }
    if (bearer && (basic != null || oauth2 != null)) {
      throw o.error(
          token.isEmpty() ? BEARER_TOKEN_FILE : BEARER_TOKEN,
          "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured");
    }
    if (bearer && auth != null) {
      throw o.error(
          AUTHORIZATION, "authorization is not compatible with bearer_token & bearer_token_file");
    }
    int kinds = (basic == null ? 0 : 1) + (auth == null ? 0 : 1) + (oauth2 == null ? 0 : 1);
    if (kinds > 1) {
      throw o.error("at most one of basic_auth, oauth2 & authorization must be configured");
    }
    if (bearer) {
      auth = new Authorization("Bearer", token, tokenFile);
    }
    Map<String, Header> headers = o.get(HTTP_HEADERS);
    for (String name : headers.keySet()) {
      if (RESERVED_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
        throw o.error(HTTP_HEADERS, "setting header \"" + name + "\" is not allowed");
      }
      if (!name.matches(HEADER_NAME)) {
        throw o.error(HTTP_HEADERS, "\"" + name + "\" is not a valid name of a header");
      }
    }
    return new HttpClientConfig(
        basic,
        auth,
        oauth2,
        o.get(TLS_CONFIG),
        o.get(FOLLOW_REDIRECTS, defaults.followRedirects),
        o.get(ENABLE_HTTP2, defaults.enableHttp2),
        ProxyConfig.read(o),
        headers);
  }

  /** Returns a copy with additional headers. */
  public HttpClientConfig withHeaders(Map<String, Header> further) {
    Map<String, Header> all = new LinkedHashMap<>(headers);
    all.putAll(further);
    return new HttpClientConfig(
        basicAuth,
        authorization,
        oauth2,
        tls,
        followRedirects,
        enableHttp2,
        proxy,
        all,
        cloud,
        connections);
  }

  /** Returns a copy with a user and password. */
  public HttpClientConfig with(BasicAuth itsBasicAuth) {
    return new HttpClientConfig(
        itsBasicAuth,
        authorization,
        oauth2,
        tls,
        followRedirects,
        enableHttp2,
        proxy,
        headers,
        cloud,
        connections);
  }

  /** Returns a copy with OAuth 2.0 tokens instead of any other authentication. */
  public HttpClientConfig with(OAuth2 itsOAuth2) {
    return new HttpClientConfig(
        null,
        null,
        itsOAuth2,
        tls,
        followRedirects,
        enableHttp2,
        proxy,
        headers,
        null,
        connections);
  }

  /** Adds the keys of this block to a tree to be written. */
  public void addTo(Map<String, @Nullable Object> m) {
    m.put("basic_auth", basicAuth == null ? null : basicAuth.tree());
    m.put("authorization", authorization == null ? null : authorization.tree());
    m.put("oauth2", oauth2 == null ? null : oauth2.tree());
    if (cloud != null) {
      m.put(cloud.key(), cloud.tree());
    }
    m.put("tls_config", tls.tree());
    m.put("follow_redirects", followRedirects);
    m.put("enable_http2", enableHttp2);
    proxy.addTo(m);
    if (!headers.isEmpty()) {
      Map<String, @Nullable Object> h = new LinkedHashMap<>();
      headers.forEach((name, header) -> h.put(name, header.tree()));
      m.put("http_headers", h);
    }
  }

  static @Nullable String orNull(String s) {
    return s.isEmpty() ? null : s;
  }
}

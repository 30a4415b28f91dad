package dev.tethys.web;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.web.internal.LegacyTls;
import dev.tethys.web.internal.Pem;
import java.io.IOException;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The file that {@code --web.config.file} names: TLS, HTTP settings, users and a rate limit of a
 * listener. Read strictly; certificates and keys are read with it, so that a configuration that
 * loads can be served.
 */
public record WebConfig(
    @Nullable ServerTls tls,
    boolean http2,
    Map<String, String> headers,
    Map<String, Secret> users,
    @Nullable RateLimit rateLimit) {

  /** Empty configuration: plain HTTP for all clients. */
  public static final WebConfig NONE = new WebConfig(null, true, Map.of(), Map.of(), null);

  /** Returns the files read for this configuration, in addition to the configuration itself. */
  public List<String> files() {
    return tls == null ? List.of() : tls.files;
  }

  /** Source of a web configuration without a separate file. */
  @FunctionalInterface
  public interface Source {
    /**
     * Reads the configuration with its files.
     *
     * @throws IOException if a file cannot be read or is not valid
     */
    WebConfig read() throws IOException;

    /**
     * Returns the version that changes when the configuration changes although its files do not.
     */
    default Object version() {
      return "";
    }
  }

  /** When a client must show a certificate. */
  public enum ClientAuth {
    NoClientCert,
    RequestClientCert,
    RequireAnyClientCert,
    VerifyClientCertIfGiven,
    RequireAndVerifyClientCert
  }

  /**
   * TLS of a listener, with the contents of its files.
   *
   * @param clientCas authorities that client certificates are verified against; null for the
   *     system's
   * @param cipherSuites cipher suites; empty for Java's defaults
   * @param otherSuites whether the suites of TLS 1.3 are enabled in addition to {@code
   *     cipherSuites}, as in Go
   * @param namedGroups named groups; empty for Java's defaults
   */
  public record ServerTls(
      Pem.KeyPair keyPair,
      ClientAuth clientAuth,
      @Nullable List<X509Certificate> clientCas,
      List<String> clientAllowedSans,
      TlsVersion minVersion,
      TlsVersion maxVersion,
      List<String> cipherSuites,
      boolean otherSuites,
      boolean preferServerCipherSuites,
      List<String> namedGroups,
      List<String> files) {
    /** The same, if clients may also send certificates of others. */
    public ServerTls withClientCas(List<X509Certificate> more) {
      if (clientCas == null) {
        return this;
      }
      List<X509Certificate> all = new ArrayList<>(clientCas);
      all.addAll(more);
      return new ServerTls(
          keyPair,
          clientAuth,
          all,
          clientAllowedSans,
          minVersion,
          maxVersion,
          cipherSuites,
          otherSuites,
          preferServerCipherSuites,
          namedGroups,
          files);
    }

    /**
     * TLS with a key from elsewhere.
     *
     * @param chain certificate chain of the key; its own certificate is first
     * @param clientCas CA certificates for client certificates; null if clients need none
     * @param cipherSuites all supported suites, including those of TLS 1.3; empty for Java's
     *     defaults
     * @param files files the key and certificates were read from
     */
    public static ServerTls of(
        PrivateKey key,
        List<X509Certificate> chain,
        @Nullable List<X509Certificate> clientCas,
        TlsVersion minVersion,
        TlsVersion maxVersion,
        List<String> cipherSuites,
        List<String> files) {
      return new ServerTls(
          new Pem.KeyPair(key, List.copyOf(chain)),
          clientCas == null ? ClientAuth.NoClientCert : ClientAuth.RequireAndVerifyClientCert,
          clientCas == null ? null : List.copyOf(clientCas),
          List.of(),
          minVersion,
          maxVersion,
          List.copyOf(cipherSuites),
          false,
          true,
          List.of(),
          List.copyOf(files));
    }

    /**
     * Reads the files of a server's TLS.
     *
     * @param cert certificate chain as PEM text; "" for {@code certFile}
     * @param key private key as PEM text; "" for {@code keyFile}
     * @param clientCaFile "" when clients need no certificate; else they must show one of it
     * @throws IOException if a file cannot be read or holds something else
     */
    public static ServerTls read(
        String cert,
        String certFile,
        Secret key,
        String keyFile,
        String clientCaFile,
        TlsVersion minVersion,
        TlsVersion maxVersion,
        List<String> cipherSuites,
        List<String> namedGroups)
        throws IOException {
      return read(
          cert,
          certFile,
          key,
          keyFile,
          "",
          clientCaFile,
          minVersion,
          maxVersion,
          cipherSuites,
          namedGroups);
    }

    /**
     * Reads TLS settings.
     *
     * @param clientCa PEM text; "" for {@code clientCaFile}
     * @throws IOException if a file cannot be read or is not valid
     */
    public static ServerTls read(
        String cert,
        String certFile,
        Secret key,
        String keyFile,
        String clientCa,
        String clientCaFile,
        TlsVersion minVersion,
        TlsVersion maxVersion,
        List<String> cipherSuites,
        List<String> namedGroups)
        throws IOException {
      boolean clients = !clientCa.isEmpty() || !clientCaFile.isEmpty();
      return new ServerTls(
          Pem.keyPair(
              Pem.text(cert, certFile, "cert_file"), Pem.text(key.value(), keyFile, "key_file")),
          clients ? ClientAuth.RequireAndVerifyClientCert : ClientAuth.NoClientCert,
          clients ? Pem.certificates(Pem.text(clientCa, clientCaFile, "client_ca_file")) : null,
          List.of(),
          minVersion,
          maxVersion,
          List.copyOf(cipherSuites),
          true,
          true,
          List.copyOf(namedGroups),
          java.util.stream.Stream.of(certFile, keyFile, clientCaFile)
              .filter(f -> !f.isEmpty())
              .toList());
    }
  }

  /** Token bucket: one request per interval, and bursts of {@code burst}. */
  public record RateLimit(int burst, Duration interval) {}

  private static final Section TLS_SECTION =
      new Section("tls_server_config", "TLS of the listener. Files are read again when changed.");
  private static final Key<String> CERT =
      TLS_SECTION.key("cert", Type.STRING, "", "Certificate chain as PEM text.");
  private static final Key<String> CERT_FILE =
      TLS_SECTION.key("cert_file", Type.PATH, "", "File of the certificate chain.");
  private static final Key<Secret> KEY =
      TLS_SECTION.key("key", Type.SECRET, Secret.NONE, "Private key as PEM text.");
  private static final Key<String> KEY_FILE =
      TLS_SECTION.key("key_file", Type.PATH, "", "File of the private key.");
  private static final Key<ClientAuth> CLIENT_AUTH_TYPE =
      TLS_SECTION.key(
          "client_auth_type",
          Type.oneOf("client_auth_type", clientAuthWords()),
          ClientAuth.NoClientCert,
          "Policy for client certificates.");
  private static final Key<String> CLIENT_CA_FILE =
      TLS_SECTION.key(
          "client_ca_file",
          Type.PATH,
          "",
          "File of CA certificates that client certificates are verified against.");
  private static final Key<String> CLIENT_CA =
      TLS_SECTION.key(
          "client_ca", Type.STRING, "", "CA certificates as PEM text, as in client_ca_file.");
  private static final Key<List<String>> CLIENT_ALLOWED_SANS =
      TLS_SECTION.optional(
          "client_allowed_sans",
          Type.list(Type.STRING),
          "Subject alternative names that client certificates may have.");
  private static final Key<TlsVersion> MIN_VERSION =
      TLS_SECTION.key("min_version", TlsVersion.TYPE, TlsVersion.TLS12, "Minimum TLS version.");
  private static final Key<TlsVersion> MAX_VERSION =
      TLS_SECTION.key("max_version", TlsVersion.TYPE, TlsVersion.TLS13, "Maximum TLS version.");
  private static final Key<List<String>> CIPHER_SUITES =
      TLS_SECTION.key(
          "cipher_suites",
          Type.list(Type.of("cipher suite", null, WebConfig::cipher)),
          List.of(),
          "Cipher suites by their IANA names.");
  private static final Key<Boolean> PREFER_SERVER_CIPHER_SUITES =
      TLS_SECTION.key(
          "prefer_server_cipher_suites",
          Type.BOOL,
          true,
          "If true, the server's order of cipher suites is preferred.");
  private static final Key<List<String>> CURVE_PREFERENCES =
      TLS_SECTION.key(
          "curve_preferences",
          Type.list(Type.oneOf("curve", curves())),
          List.of(),
          "Curves of the key exchange.");

  private static final Section HTTP_SECTION =
      new Section("http_server_config", "HTTP settings of the listener.");
  private static final Key<Boolean> HTTP2 =
      HTTP_SECTION.key("http2", Type.BOOL, true, "Enables HTTP/2; read at start.");
  private static final Key<Map<String, String>> HEADERS =
      HTTP_SECTION.key(
          "headers", Type.map(Type.STRING), Map.of(), "Security headers of every response.");

  private static final Section RATE_SECTION =
      new Section("rate_limit", "Rate limit of requests; requests above it are answered with 429.");
  private static final Key<Long> BURST =
      RATE_SECTION.key("burst", Type.INT, 0L, "Maximum number of requests in a burst.");
  private static final Key<Duration> INTERVAL =
      RATE_SECTION.key(
          "interval",
          Type.of("duration", Duration.ZERO, n -> n.parse(WebConfig::goDuration)),
          Duration.ZERO,
          "Interval at which one more request is allowed.");

  /** The complete file. */
  public static final Section SECTION =
      new Section("web_config", "TLS, users, headers and a rate limit of a listener.");

  private static final Key<YamlNode> TLS_SERVER_CONFIG =
      SECTION.optional(
          "tls_server_config", TLS_SECTION.type(o -> o.node()), "TLS of the listener.");
  private static final Key<YamlObject> HTTP_SERVER_CONFIG =
      SECTION.optional(
          "http_server_config", HTTP_SECTION.type(o -> o), "HTTP settings of the listener.");
  private static final Key<Map<String, Secret>> BASIC_AUTH_USERS =
      SECTION.key(
          "basic_auth_users", Type.map(Type.SECRET), Map.of(), "Users and their bcrypt hashes.");
  private static final Key<RateLimit> RATE_LIMIT =
      SECTION.optional(
          "rate_limit", RATE_SECTION.type(WebConfig::rateLimit), "Rate limit of requests.");

  private static final Map<String, List<String>> ALLOWED_HEADERS = allowedHeaders();
  private static final Pattern BCRYPT =
      Pattern.compile("\\$2[abxy]?\\$(0[4-9]|[12][0-9]|3[01])\\$[./A-Za-z0-9]{53}");
  private static final Set<String> HTTP2_SUITES =
      Set.of("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");

  private static Map<String, List<String>> allowedHeaders() {
    Map<String, List<String>> m = new LinkedHashMap<>();
    m.put("Strict-Transport-Security", List.of());
    m.put("X-Content-Type-Options", List.of("nosniff"));
    m.put("X-Frame-Options", List.of("deny", "sameorigin"));
    m.put("X-XSS-Protection", List.of());
    m.put("Content-Security-Policy", List.of());
    return m;
  }

  private static SequencedMap<String, ClientAuth> clientAuthWords() {
    SequencedMap<String, ClientAuth> m = new LinkedHashMap<>();
    m.put("", ClientAuth.NoClientCert);
    for (ClientAuth a : ClientAuth.values()) {
      m.put(a.name(), a);
    }
    m.put("RequireClientCert", ClientAuth.RequireAnyClientCert);
    return m;
  }

  private static SequencedMap<String, String> curves() {
    SequencedMap<String, String> m = new LinkedHashMap<>();
    m.put("CurveP256", "secp256r1");
    m.put("CurveP384", "secp384r1");
    m.put("CurveP521", "secp521r1");
    m.put("X25519", "x25519");
    return m;
  }

  /**
   * Reads the file and the files that it refers to.
   *
   * @throws ConfigException if the configuration cannot be served
   * @throws IOException if the file itself cannot be read
   */
  public static WebConfig read(Path file) throws IOException {
    YamlDocument document = YamlDocument.read(file);
    return document.readWhole(() -> read(document));
  }

  private static WebConfig read(YamlDocument document) {
    YamlNode root = document.root();
    if (root.isNull()) {
      return NONE;
    }
    YamlObject o = root.object(SECTION);
    YamlObject http = o.find(HTTP_SERVER_CONFIG);
    boolean http2 = http == null || http.get(HTTP2);
    Map<String, String> headers = Map.of();
    if (http != null) {
      headers = http.get(HEADERS);
      checkHeaders(http, headers);
    }
    Map<String, Secret> users = o.get(BASIC_AUTH_USERS);
    for (Map.Entry<String, Secret> u : users.entrySet()) {
      if (!isBcrypt(u.getValue().value())) {
        throw o.error(
            BASIC_AUTH_USERS,
            "the password of user \""
                + u.getKey()
                + "\" is not a bcrypt hash; make one with htpasswd -nBC 10 \"\"");
      }
    }
    YamlNode tls = o.find(TLS_SERVER_CONFIG);
    WebConfig c =
        new WebConfig(
            tls == null ? null : readTls(tls.object(TLS_SECTION), http2),
            http2,
            headers,
            users,
            o.find(RATE_LIMIT));
    document.refuseNotBuilt();
    return c;
  }

  static boolean isBcrypt(String hash) {
    return BCRYPT.matcher(hash).matches();
  }

  private static void checkHeaders(YamlObject http, Map<String, String> headers) {
    headers.forEach(
        (name, value) -> {
          List<String> allowed = ALLOWED_HEADERS.get(name);
          if (allowed == null) {
            throw http.error(
                HEADERS,
                "HTTP header \""
                    + name
                    + "\" can not be configured; allowed: "
                    + String.join(", ", ALLOWED_HEADERS.keySet()));
          }
          if (!allowed.isEmpty() && !allowed.contains(value)) {
            throw http.error(
                HEADERS,
                "invalid value for "
                    + name
                    + ". Expected one of: "
                    + allowed
                    + ", but got: \""
                    + value
                    + "\"");
          }
          if (value.chars().anyMatch(c -> c < ' ' && c != '\t' || c == 0x7f)) {
            throw http.error(HEADERS, "the value of " + name + " holds a control character");
          }
        });
  }

  /** TLS of a listener for a protocol other than HTTP; null if the object is empty. */
  static @Nullable ServerTls serverTls(YamlNode node) {
    return readTls(node.object(TLS_SECTION), false);
  }

  private static @Nullable ServerTls readTls(YamlObject o, boolean http2) {
    String cert = o.get(CERT);
    String certFile = o.get(CERT_FILE);
    Secret key = o.get(KEY);
    String keyFile = o.get(KEY_FILE);
    ClientAuth auth = o.get(CLIENT_AUTH_TYPE);
    String caFile = o.get(CLIENT_CA_FILE);
    String ca = o.get(CLIENT_CA);
    boolean hasCert = !cert.isEmpty() || !certFile.isEmpty();
    boolean hasKey = !key.isEmpty() || !keyFile.isEmpty();
    boolean hasCa = !caFile.isEmpty() || !ca.isEmpty();
    boolean authWritten = o.has(CLIENT_AUTH_TYPE) && auth != ClientAuth.NoClientCert;
    List<String> suites = o.get(CIPHER_SUITES);
    TlsVersion min = o.get(MIN_VERSION);
    TlsVersion max = o.get(MAX_VERSION);
    if (!hasCert && !hasKey && !hasCa && !authWritten) {
      return null;
    }
    if (!hasCert) {
      throw o.error("missing one of cert or cert_file");
    }
    if (!hasKey) {
      throw o.error("missing one of key or key_file");
    }
    if (hasCa && auth == ClientAuth.NoClientCert) {
      throw o.error("client CA's have been configured without a Client Auth Policy");
    }
    List<String> sans = o.find(CLIENT_ALLOWED_SANS);
    if (sans != null
        && auth != ClientAuth.RequireAnyClientCert
        && auth != ClientAuth.RequireAndVerifyClientCert) {
      throw o.error(
          CLIENT_ALLOWED_SANS,
          "client_allowed_sans requires client_auth_type to be one of RequireAnyClientCert or"
              + " RequireAndVerifyClientCert");
    }
    if (min.compareTo(max) > 0) {
      throw o.error(MIN_VERSION, "min_version is newer than max_version");
    }
    try {
      LegacyTls.enable();
      LegacyTls.require(min.protocol());
    } catch (IOException e) {
      throw o.error(MIN_VERSION, String.valueOf(e.getMessage()));
    }
    if (http2
        && !suites.isEmpty()
        && min.compareTo(TlsVersion.TLS13) < 0
        && suites.stream().noneMatch(HTTP2_SUITES::contains)) {
      throw o.error(
          CIPHER_SUITES,
          "cipher_suites is missing an HTTP/2-required AES_128_GCM_SHA256 cipher (need at least"
              + " one of "
              + String.join(" or ", HTTP2_SUITES.stream().sorted().toList())
              + "), or set http_server_config.http2 to false");
    }
    Pem.KeyPair pair;
    try {
      pair =
          Pem.keyPair(
              Pem.text(cert, certFile, "cert_file"), Pem.text(key.value(), keyFile, "key_file"));
    } catch (IOException e) {
      throw o.error(String.valueOf(e.getMessage()));
    }
    List<X509Certificate> cas = null;
    if (hasCa) {
      try {
        cas = Pem.certificates(Pem.text(ca, caFile, "client_ca_file"));
      } catch (IOException e) {
        throw o.error(CLIENT_CA_FILE, String.valueOf(e.getMessage()));
      }
    }
    return new ServerTls(
        pair,
        auth,
        cas,
        sans == null ? List.of() : sans,
        min,
        max,
        suites,
        true,
        o.get(PREFER_SERVER_CIPHER_SUITES),
        o.get(CURVE_PREFERENCES),
        java.util.stream.Stream.of(certFile, keyFile, caFile).filter(f -> !f.isEmpty()).toList());
  }

  private static String cipher(YamlNode n) {
    String s = n.asString();
    try {
      List<String> known =
          List.of(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
      if (!known.contains(s)) {
        throw n.error("unknown cipher: " + s);
      }
      return s;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static RateLimit rateLimit(YamlObject o) {
    long burst = o.get(BURST);
    if (burst < 0 || burst > Integer.MAX_VALUE) {
      throw o.error(BURST, "burst must be a number from 0 to " + Integer.MAX_VALUE);
    }
    return new RateLimit((int) burst, o.get(INTERVAL));
  }

  private static final Pattern GO_DURATION =
      Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h)");

  /** Go's own notation of durations, which this one key uses: 1h2.5s. */
  private static Duration goDuration(String s) {
    if (s.equals("0")) {
      return Duration.ZERO;
    }
    double nanos = 0;
    int at = 0;
    var m = GO_DURATION.matcher(s);
    while (at < s.length() && m.region(at, s.length()).lookingAt()) {
      double unit =
          switch (m.group(2)) {
            case "ns" -> 1;
            case "us", "µs" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            case "m" -> 60e9;
            default -> 3600e9;
          };
      nanos += Double.parseDouble(m.group(1)) * unit;
      at = m.end();
    }
    if (at == 0 || at < s.length() || nanos > Long.MAX_VALUE) {
      throw new IllegalArgumentException("not a valid duration: \"" + s + "\"; write it like 1s");
    }
    return Duration.ofNanos((long) nanos);
  }
}

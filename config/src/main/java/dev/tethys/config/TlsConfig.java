package dev.tethys.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * TLS settings of a client. Files are named here and read when they are used, so that new contents
 * take effect; {@code ""} and empty secrets mean "not given".
 *
 * @param passphrase passphrase of the private key
 * @param cipherSuites TLS 1.2 cipher suites by IANA name, in order of preference; empty for the
 *     Java default
 * @param namedGroups key exchange groups by Java name; empty for the Java default
 * @param systemCas whether the system's authorities are trusted in addition to {@code ca} and
 *     {@code caFile}
 */
public record TlsConfig(
    String ca,
    String caFile,
    String cert,
    String certFile,
    Secret key,
    String keyFile,
    Secret passphrase,
    String serverName,
    boolean insecureSkipVerify,
    @Nullable TlsVersion minVersion,
    @Nullable TlsVersion maxVersion,
    List<String> cipherSuites,
    List<String> namedGroups,
    boolean systemCas) {
  // Written by hand: a record's generated method is linked on first use, which takes milliseconds
  // of a start.
  @Override
  public boolean equals(@Nullable Object other) {
    return other == this
        || other instanceof TlsConfig t
            && ca.equals(t.ca)
            && caFile.equals(t.caFile)
            && cert.equals(t.cert)
            && certFile.equals(t.certFile)
            && key.value().equals(t.key.value())
            && keyFile.equals(t.keyFile)
            && passphrase.value().equals(t.passphrase.value())
            && serverName.equals(t.serverName)
            && insecureSkipVerify == t.insecureSkipVerify
            && minVersion == t.minVersion
            && maxVersion == t.maxVersion
            && cipherSuites.equals(t.cipherSuites)
            && namedGroups.equals(t.namedGroups)
            && systemCas == t.systemCas;
  }

  @Override
  public int hashCode() {
    int h = 31 * caFile.hashCode() + certFile.hashCode();
    return 31 * h + serverName.hashCode();
  }

  /** Creates settings with Java's default suites and groups. */
  public TlsConfig(
      String ca,
      String caFile,
      String cert,
      String certFile,
      Secret key,
      String keyFile,
      Secret passphrase,
      String serverName,
      boolean insecureSkipVerify,
      @Nullable TlsVersion minVersion,
      @Nullable TlsVersion maxVersion) {
    this(
        ca,
        caFile,
        cert,
        certFile,
        key,
        keyFile,
        passphrase,
        serverName,
        insecureSkipVerify,
        minVersion,
        maxVersion,
        List.of(),
        List.of(),
        false);
  }

  /** Creates settings with a key not protected by a passphrase. */
  public TlsConfig(
      String ca,
      String caFile,
      String cert,
      String certFile,
      Secret key,
      String keyFile,
      String serverName,
      boolean insecureSkipVerify,
      @Nullable TlsVersion minVersion,
      @Nullable TlsVersion maxVersion) {
    this(
        ca,
        caFile,
        cert,
        certFile,
        key,
        keyFile,
        Secret.NONE,
        serverName,
        insecureSkipVerify,
        minVersion,
        maxVersion);
  }

  /** Versions of the protocol, oldest first. */
  public enum TlsVersion {
    TLS10("TLSv1"),
    TLS11("TLSv1.1"),
    TLS12("TLSv1.2"),
    TLS13("TLSv1.3");

    private final String protocol;

    TlsVersion(String protocol) {
      this.protocol = protocol;
    }

    /** Returns Java's name of the version. */
    public String protocol() {
      return protocol;
    }

    /** Type in configurations. */
    public static final Type<TlsVersion> TYPE =
        Type.oneOf("TLS version", TlsVersion.values(), TlsVersion::name);
  }

  /** System trust, no client certificate. */
  public static final TlsConfig DEFAULT =
      new TlsConfig("", "", "", "", Secret.NONE, "", "", false, null, null);

  public static final Section SECTION =
      new Section("tls_config", "TLS settings of clients. Files are read again when used.");
  private static final Key<String> CA =
      SECTION.key("ca", Type.STRING, "", "CA certificates as PEM text.");
  private static final Key<String> CA_FILE =
      SECTION.key("ca_file", Type.PATH, "", "File of CA certificates.");
  private static final Key<String> CERT =
      SECTION.key("cert", Type.STRING, "", "Client certificate chain as PEM text.");
  private static final Key<String> CERT_FILE =
      SECTION.key("cert_file", Type.PATH, "", "File of the client certificate chain.");
  private static final Key<Secret> KEY =
      SECTION.key("key", Type.SECRET, Secret.NONE, "Private key as PEM text.");
  private static final Key<String> KEY_FILE =
      SECTION.key("key_file", Type.PATH, "", "File of the private key.");
  private static final Key<String> SERVER_NAME =
      SECTION.key("server_name", Type.STRING, "", "Server name for SNI and verification.");
  private static final Key<Boolean> INSECURE_SKIP_VERIFY =
      SECTION.key(
          "insecure_skip_verify", Type.BOOL, false, "If true, any server certificate is accepted.");
  private static final Key<TlsVersion> MIN_VERSION =
      SECTION.optional("min_version", TlsVersion.TYPE, "Minimum TLS version.");
  private static final Key<TlsVersion> MAX_VERSION =
      SECTION.optional("max_version", TlsVersion.TYPE, "Maximum TLS version.");

  /** Type in configurations. */
  public static final Type<TlsConfig> TYPE = SECTION.type(TlsConfig::read);

  /** Reads the keys from a map that may contain others. */
  public static TlsConfig read(YamlObject o) {
    TlsConfig c =
        new TlsConfig(
            o.get(CA),
            o.get(CA_FILE),
            o.get(CERT),
            o.get(CERT_FILE),
            o.get(KEY),
            o.get(KEY_FILE),
            o.get(SERVER_NAME),
            o.get(INSECURE_SKIP_VERIFY),
            o.find(MIN_VERSION),
            o.find(MAX_VERSION));
    String problem = c.problem();
    if (problem != null) {
      throw o.error(problem);
    }
    return c;
  }

  private @Nullable String problem() {
    if (!ca.isEmpty() && !caFile.isEmpty()) {
      return "at most one of ca and ca_file must be configured";
    }
    if (!cert.isEmpty() && !certFile.isEmpty()) {
      return "at most one of cert and cert_file must be configured";
    }
    if (!key.isEmpty() && !keyFile.isEmpty()) {
      return "at most one of key and key_file must be configured";
    }
    if (hasCert() && !hasKey()) {
      return "exactly one of key or key_file must be configured when a client certificate is"
          + " configured";
    }
    if (hasKey() && !hasCert()) {
      return "exactly one of cert or cert_file must be configured when a client key is configured";
    }
    if (minVersion != null && maxVersion != null && minVersion.compareTo(maxVersion) > 0) {
      return "tls_config.max_version must be greater than or equal to tls_config.min_version if"
          + " both are specified";
    }
    return null;
  }

  /** Returns a copy with other cipher suites, groups and authorities. */
  public TlsConfig with(List<String> suites, List<String> groups, boolean system) {
    return new TlsConfig(
        ca,
        caFile,
        cert,
        certFile,
        key,
        keyFile,
        passphrase,
        serverName,
        insecureSkipVerify,
        minVersion,
        maxVersion,
        List.copyOf(suites),
        List.copyOf(groups),
        system);
  }

  /** Whether a client certificate is configured. */
  public boolean hasCert() {
    return !cert.isEmpty() || !certFile.isEmpty();
  }

  private boolean hasKey() {
    return !key.isEmpty() || !keyFile.isEmpty();
  }

  /** Returns the configuration as a tree, or null if nothing is configured. */
  public @Nullable Map<String, @Nullable Object> tree() {
    if (equals(DEFAULT)) {
      return null;
    }
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("ca", HttpClientConfig.orNull(ca));
    m.put("ca_file", HttpClientConfig.orNull(caFile));
    m.put("cert", HttpClientConfig.orNull(cert));
    m.put("cert_file", HttpClientConfig.orNull(certFile));
    m.put("key", key.isEmpty() ? null : key);
    m.put("key_file", HttpClientConfig.orNull(keyFile));
    m.put("server_name", HttpClientConfig.orNull(serverName));
    m.put("insecure_skip_verify", insecureSkipVerify);
    m.put("min_version", minVersion);
    m.put("max_version", maxVersion);
    return m;
  }
}

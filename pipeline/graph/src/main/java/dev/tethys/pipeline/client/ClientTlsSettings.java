package dev.tethys.pipeline.client;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.List;

/**
 * TLS of a client with the Collector's keys ({@code tls:}).
 *
 * @param insecure whether TLS is disabled for endpoints without a scheme
 * @param config TLS settings
 */
public record ClientTlsSettings(boolean insecure, TlsConfig config) {
  public static final ClientTlsSettings DEFAULT = new ClientTlsSettings(false, TlsConfig.DEFAULT);

  private static final Section SECTION =
      new Section("tls", "TLS settings of the client. Changed files apply to new connections.");
  private static final Key<Boolean> INSECURE =
      SECTION.key(
          "insecure", Type.BOOL, false, "If true, TLS is not used for endpoints without a scheme.");
  private static final Key<Boolean> SKIP_VERIFY =
      SECTION.key(
          "insecure_skip_verify", Type.BOOL, false, "If true, any server certificate is accepted.");
  private static final Key<String> SERVER_NAME =
      SECTION.key(
          "server_name_override", Type.STRING, "", "Server name to send (SNI) and to verify.");
  private static final Key<String> CA_PEM =
      SECTION.key("ca_pem", Type.STRING, "", "Trusted CA certificates, as PEM text.");
  private static final Key<String> CA_FILE =
      SECTION.key("ca_file", Type.PATH, "", "File of trusted CA certificates.");
  private static final Key<String> CERT_PEM =
      SECTION.key("cert_pem", Type.STRING, "", "Client certificate chain, as PEM text.");
  private static final Key<String> CERT_FILE =
      SECTION.key("cert_file", Type.PATH, "", "File of the client certificate chain.");
  private static final Key<Secret> KEY_PEM =
      SECTION.key(
          "key_pem",
          Type.SECRET,
          Secret.NONE,
          "Private key of the client certificate, as PEM text.");
  private static final Key<String> KEY_FILE =
      SECTION.key("key_file", Type.PATH, "", "File of the private key of the client certificate.");
  private static final Key<TlsVersion> MIN_VERSION =
      SECTION.key("min_version", TlsKeys.versions(), TlsVersion.TLS12, "Minimum TLS version.");
  private static final Key<TlsVersion> MAX_VERSION =
      SECTION.key("max_version", TlsKeys.versions(), TlsVersion.TLS13, "Maximum TLS version.");
  private static final Key<Duration> RELOAD_INTERVAL =
      SECTION.key(
          "reload_interval",
          GoDurations.TYPE,
          Duration.ZERO,
          "Accepted and ignored: files are checked at every connection.");

  private static final Key<List<String>> CIPHER_SUITES =
      SECTION.key(
          "cipher_suites",
          TlsKeys.CIPHER_SUITES,
          List.of(),
          "Cipher suites of TLS 1.2, by IANA name.");
  private static final Key<List<String>> CURVES =
      SECTION.key("curve_preferences", TlsKeys.CURVES, List.of(), "Curves for the key exchange.");
  private static final Key<Boolean> SYSTEM_CAS =
      SECTION.key(
          "include_system_ca_certs_pool",
          Type.BOOL,
          false,
          "If true, the CA certificates of the system are trusted in addition to " + "ca_file.");

  private static final Key<Boolean> INSECURE_SUITES = TlsKeys.insecureSuites(SECTION);

  static {
    SECTION.notBuilt("tpm", "Private key in a TPM.");
  }

  public static final Type<ClientTlsSettings> TYPE = SECTION.type(ClientTlsSettings::read);

  private static ClientTlsSettings read(YamlObject o) {
    o.get(RELOAD_INTERVAL);
    TlsKeys.check(o, INSECURE_SUITES);
    TlsConfig c =
        new TlsConfig(
                o.get(CA_PEM),
                o.get(CA_FILE),
                o.get(CERT_PEM),
                o.get(CERT_FILE),
                o.get(KEY_PEM),
                o.get(KEY_FILE),
                o.get(SERVER_NAME),
                o.get(SKIP_VERIFY),
                o.get(MIN_VERSION),
                o.get(MAX_VERSION))
            .with(o.get(CIPHER_SUITES), o.get(CURVES), o.get(SYSTEM_CAS));
    if (!c.ca().isEmpty() && !c.caFile().isEmpty()) {
      throw o.error(CA_PEM, "at most one of ca_file and ca_pem may be configured");
    }
    if (!c.cert().isEmpty() && !c.certFile().isEmpty()) {
      throw o.error(CERT_PEM, "at most one of cert_file and cert_pem may be configured");
    }
    if (!c.key().isEmpty() && !c.keyFile().isEmpty()) {
      throw o.error(KEY_PEM, "at most one of key_file and key_pem may be configured");
    }
    boolean key = !c.key().isEmpty() || !c.keyFile().isEmpty();
    if (c.hasCert() != key) {
      throw o.error("a client certificate requires both a certificate and a key");
    }
    if (o.get(MIN_VERSION).compareTo(o.get(MAX_VERSION)) > 0) {
      throw o.error(MIN_VERSION, "min_version is newer than max_version");
    }
    return new ClientTlsSettings(o.get(INSECURE), c);
  }
}

package dev.tethys.pipeline.server;

import dev.tethys.config.ConfigException;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.client.TlsKeys;
import dev.tethys.web.SocketTls;
import dev.tethys.web.WebConfig;
import dev.tethys.web.client.TlsSockets;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a server with the Collector's keys ({@code tls:}).
 *
 * @param cert PEM; "" for certFile
 * @param key PEM; empty for keyFile
 * @param clientCaFile authorities of required client certificates; "" for none
 * @param systemCas whether certificates of the system's authorities are accepted too
 * @param reloadInterval interval at which files are reloaded; zero for never
 */
public record ServerTlsSettings(
    String cert,
    String certFile,
    Secret key,
    String keyFile,
    String clientCaFile,
    TlsVersion minVersion,
    TlsVersion maxVersion,
    List<String> cipherSuites,
    List<String> curves,
    boolean systemCas,
    Duration reloadInterval) {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.receiver");

  /** Reload interval of client authorities if only they are configured. */
  private static final Duration CA_RELOAD = Duration.ofSeconds(10);

  private static final Section SECTION = new Section("tls", "TLS settings of the server.");
  private static final Key<String> CERT_PEM =
      SECTION.key("cert_pem", Type.STRING, "", "Certificate chain, as PEM text.");
  private static final Key<String> CERT_FILE =
      SECTION.key("cert_file", Type.PATH, "", "File of the certificate chain.");
  private static final Key<Secret> KEY_PEM =
      SECTION.key("key_pem", Type.SECRET, Secret.NONE, "Private key, as PEM text.");
  private static final Key<String> KEY_FILE =
      SECTION.key("key_file", Type.PATH, "", "File of the private key.");
  private static final Key<String> CLIENT_CA_FILE =
      SECTION.key(
          "client_ca_file",
          Type.PATH,
          "",
          "File of CA certificates; clients must present a certificate signed by "
              + "one of them.");
  private static final Key<Boolean> CLIENT_CA_RELOAD =
      SECTION.key(
          "client_ca_file_reload",
          Type.BOOL,
          false,
          "If true, client_ca_file is reloaded when it changes.");
  private static final Key<TlsVersion> MIN_VERSION =
      SECTION.key("min_version", TlsKeys.versions(), TlsVersion.TLS12, "Minimum TLS version.");
  private static final Key<TlsVersion> MAX_VERSION =
      SECTION.key("max_version", TlsKeys.versions(), TlsVersion.TLS13, "Maximum TLS version.");
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
          "If true, certificates signed by a CA of the system are accepted in "
              + "addition to those of client_ca_file.");
  private static final Key<Duration> RELOAD_INTERVAL =
      SECTION.key(
          "reload_interval",
          GoDurations.TYPE,
          Duration.ZERO,
          "Interval at which certificate files are reloaded; 0 for never.");

  private static final Key<Boolean> INSECURE_SUITES = TlsKeys.insecureSuites(SECTION);

  static {
    for (String k : List.of("ca_file", "ca_pem")) {
      SECTION.key(
          k,
          Type.STRING,
          "",
          "No effect: it requests no client certificate, in the Collector "
              + "neither; use client_ca_file.");
    }
    SECTION.notBuilt("tpm", "Private key in a TPM.");
  }

  public static final Type<ServerTlsSettings> TYPE = SECTION.type(ServerTlsSettings::read);

  private static ServerTlsSettings read(YamlObject o) {
    ServerTlsSettings s =
        new ServerTlsSettings(
            o.get(CERT_PEM),
            o.get(CERT_FILE),
            o.get(KEY_PEM),
            o.get(KEY_FILE),
            o.get(CLIENT_CA_FILE),
            o.get(MIN_VERSION),
            o.get(MAX_VERSION),
            o.get(CIPHER_SUITES),
            o.get(CURVES),
            o.get(SYSTEM_CAS),
            o.get(RELOAD_INTERVAL).isZero() && o.get(CLIENT_CA_RELOAD)
                ? CA_RELOAD
                : o.get(RELOAD_INTERVAL));
    TlsKeys.check(o, INSECURE_SUITES);
    if (s.cert.isEmpty() == s.certFile.isEmpty()) {
      throw o.error("exactly one of cert_file and cert_pem must be configured");
    }
    if (s.key.isEmpty() == s.keyFile.isEmpty()) {
      throw o.error("exactly one of key_file and key_pem must be configured");
    }
    if (s.minVersion.compareTo(s.maxVersion) > 0) {
      throw o.error(MIN_VERSION, "min_version is newer than max_version");
    }
    return s;
  }

  private WebConfig.ServerTls load() throws IOException {
    WebConfig.ServerTls t =
        WebConfig.ServerTls.read(
            cert,
            certFile,
            key,
            keyFile,
            clientCaFile,
            minVersion,
            maxVersion,
            cipherSuites,
            curves);
    return systemCas ? t.withClientCas(TlsSockets.anchors(TlsConfig.DEFAULT)) : t;
  }

  /**
   * Returns the web configuration of a listener, which reloads files as configured; if a file
   * becomes unreadable, the last version is kept.
   *
   * @param tls null without TLS
   * @param headers headers added to every response
   * @param nanos monotonic clock
   * @throws IOException if a file cannot be read now
   */
  static Supplier<WebConfig> webConfig(
      @Nullable ServerTlsSettings tls, Map<String, String> headers, LongSupplier nanos)
      throws IOException {
    if (tls == null) {
      WebConfig plain = new WebConfig(null, true, headers, Map.of(), null);
      return () -> plain;
    }
    return new Reloaded(tls, headers, nanos);
  }

  /**
   * Returns the TLS of a socket protocol, which reloads its files as configured.
   *
   * @param nanos monotonic clock
   * @throws IOException if a file cannot be read now
   */
  public SocketTls sockets(LongSupplier nanos) throws IOException {
    return SocketTls.listening(new Reloaded(this, Map.of(), nanos));
  }

  private static final class Reloaded implements Supplier<WebConfig> {
    private final ServerTlsSettings tls;
    private final Map<String, String> headers;
    private final LongSupplier nanos;
    private volatile WebConfig current;
    private volatile long readAt;

    Reloaded(ServerTlsSettings tls, Map<String, String> headers, LongSupplier nanos)
        throws IOException {
      this.tls = tls;
      this.headers = headers;
      this.nanos = nanos;
      this.readAt = nanos.getAsLong();
      this.current = new WebConfig(tls.load(), true, headers, Map.of(), null);
    }

    @Override
    public WebConfig get() {
      long interval = tls.reloadInterval.toNanos();
      if (interval > 0 && nanos.getAsLong() - readAt >= interval) {
        synchronized (this) {
          long now = nanos.getAsLong();
          if (now - readAt >= interval) {
            readAt = now;
            try {
              current = new WebConfig(tls.load(), true, headers, Map.of(), null);
            } catch (IOException | ConfigException e) {
              LOG.log(
                  Level.ERROR,
                  "TLS reload failed, keeping the previous files: {0}",
                  e.getMessage());
            }
          }
        }
      }
      return current;
    }
  }
}

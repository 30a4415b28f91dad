package dev.tethys.collect.logs.push;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.WebConfig;
import dev.tethys.web.WebConfig.ClientAuth;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The block {@code http_tls_config} of a server, Promtail's own or that of a source.
 *
 * <p>Certificates, key and authorities are PEM, inline or in a file; the unused form is "".
 *
 * @param clientAuth requirements for client certificates
 * @param cipherSuites none for all
 */
public record ServerTls(
    String cert,
    String certFile,
    Secret key,
    String keyFile,
    String clientCa,
    String clientCaFile,
    ClientAuth clientAuth,
    TlsVersion minVersion,
    List<String> cipherSuites) {
  private static final Section SECTION =
      new Section("http_tls_config", "TLS settings of the server.");
  private static final Key<String> CERT_FILE =
      SECTION.key("cert_file", Type.PATH, "", "Path of the certificate chain.");
  private static final Key<String> KEY_FILE =
      SECTION.key("key_file", Type.PATH, "", "Path of the private key.");
  private static final Key<String> CLIENT_CA_FILE =
      SECTION.key(
          "client_ca_file",
          Type.PATH,
          "",
          "Path of the certificate authorities that client certificates must be signed by.");

  private static final Key<String> CERT =
      SECTION.key("cert", Type.STRING, "", "Certificate chain as PEM text.");
  private static final Key<Secret> KEY =
      SECTION.key("key", Type.SECRET, Secret.NONE, "Private key as PEM text.");
  private static final Key<String> CLIENT_CA =
      SECTION.key("client_ca", Type.STRING, "", "Certificate authorities as PEM text.");
  private static final Key<String> CLIENT_AUTH =
      SECTION.key(
          "client_auth_type",
          Type.STRING,
          "",
          "NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven or"
              + " RequireAndVerifyClientCert, the default with authorities.");

  /** The block in a configuration. */
  public static final Type<ServerTls> TYPE = SECTION.type(ServerTls::read);

  /** Keys next to the block, for inclusion in a section. */
  public static final Section BESIDE = new Section("server", "TLS settings of a server.");

  private static final Key<TlsVersion> MIN_VERSION =
      BESIDE.key(
          "tls_min_version",
          Type.oneOf("tls_min_version", TlsVersion.values(), v -> "Version" + v.name()),
          TlsVersion.TLS12,
          "Minimum TLS version.");
  private static final Key<String> CIPHERS =
      BESIDE.key(
          "tls_cipher_suites",
          Type.STRING,
          "",
          "Cipher suites, separated by commas; all if empty.");

  /** The block {@code http_tls_config} with the keys next to it; null without the block. */
  public static @Nullable ServerTls of(YamlObject server, Key<ServerTls> block) {
    ServerTls t = server.find(block);
    return t == null
        ? null
        : new ServerTls(
            t.cert,
            t.certFile,
            t.key,
            t.keyFile,
            t.clientCa,
            t.clientCaFile,
            t.clientAuth,
            server.get(MIN_VERSION),
            Arrays.stream(server.get(CIPHERS).split(","))
                .map(String::strip)
                .filter(c -> !c.isEmpty())
                .toList());
  }

  private static ServerTls read(YamlObject o) {
    if (o.get(CERT).isEmpty() == o.get(CERT_FILE).isEmpty()
        || o.get(KEY).value().isEmpty() == o.get(KEY_FILE).isEmpty()) {
      throw o.error("one of cert and cert_file, and one of key and key_file must be configured");
    }
    boolean authorities = !o.get(CLIENT_CA).isEmpty() || !o.get(CLIENT_CA_FILE).isEmpty();
    String word = o.get(CLIENT_AUTH);
    ClientAuth auth = authorities ? ClientAuth.RequireAndVerifyClientCert : ClientAuth.NoClientCert;
    if (!word.isEmpty()) {
      auth =
          Arrays.stream(ClientAuth.values())
              .filter(a -> a.name().equals(word))
              .findFirst()
              .orElseThrow(() -> o.error(CLIENT_AUTH, "invalid client_auth_type \"" + word + "\""));
      if (authorities && auth == ClientAuth.NoClientCert) {
        throw o.error(CLIENT_AUTH, "client_ca is set, so clients must be verified");
      }
    }
    return new ServerTls(
        o.get(CERT),
        o.get(CERT_FILE),
        o.get(KEY),
        o.get(KEY_FILE),
        o.get(CLIENT_CA),
        o.get(CLIENT_CA_FILE),
        auth,
        TlsVersion.TLS12,
        List.of());
  }

  /**
   * Reads the files.
   *
   * @throws IOException if one cannot be read or has an invalid content
   */
  public WebConfig web() throws IOException {
    WebConfig.ServerTls t =
        WebConfig.ServerTls.read(
            cert,
            certFile,
            key,
            keyFile,
            clientCa,
            clientCaFile,
            minVersion,
            TlsVersion.TLS13,
            cipherSuites,
            List.of());
    WebConfig.ServerTls tls =
        new WebConfig.ServerTls(
            t.keyPair(),
            clientAuth,
            t.clientCas(),
            t.clientAllowedSans(),
            t.minVersion(),
            t.maxVersion(),
            t.cipherSuites(),
            t.otherSuites(),
            t.preferServerCipherSuites(),
            t.namedGroups(),
            t.files());
    return new WebConfig(tls, true, Map.of(), Map.of(), null);
  }
}

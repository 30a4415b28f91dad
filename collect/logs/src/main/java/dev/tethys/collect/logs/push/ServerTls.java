package dev.tethys.collect.logs.push;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * The block {@code http_tls_config} of a server, Promtail's own or that of a source.
 *
 * @param clientCaFile authorities of which clients must show a certificate; "" when they need none
 */
public record ServerTls(String certFile, String keyFile, String clientCaFile) {
  private static final Section SECTION = new Section("http_tls_config", "TLS of the server.");
  private static final Key<String> CERT_FILE =
      SECTION.key("cert_file", Type.PATH, "", "File of the certificate chain.");
  private static final Key<String> KEY_FILE =
      SECTION.key("key_file", Type.PATH, "", "File of the private key.");
  private static final Key<String> CLIENT_CA_FILE =
      SECTION.key("client_ca_file", Type.PATH, "", "Authorities of which clients must show one.");

  static {
    SECTION
        .notBuilt("cert", "Certificate as text.")
        .notBuilt("key", "Key as text.")
        .notBuilt("client_auth_type", "Given client_ca_file, clients must show a certificate.")
        .notBuilt("client_ca", "Authorities as text.");
  }

  /** The block in a configuration. */
  public static final Type<ServerTls> TYPE = SECTION.type(ServerTls::read);

  private static ServerTls read(YamlObject o) {
    ServerTls t = new ServerTls(o.get(CERT_FILE), o.get(KEY_FILE), o.get(CLIENT_CA_FILE));
    if (t.certFile.isEmpty() || t.keyFile.isEmpty()) {
      throw o.error("cert_file and key_file must be configured");
    }
    return t;
  }

  /**
   * Reads the files.
   *
   * @throws IOException when one cannot be read or holds something else
   */
  public WebConfig web() throws IOException {
    WebConfig.ServerTls tls =
        WebConfig.ServerTls.read(
            "",
            certFile,
            Secret.NONE,
            keyFile,
            clientCaFile,
            TlsVersion.TLS12,
            TlsVersion.TLS13,
            List.of(),
            List.of());
    return new WebConfig(tls, true, Map.of(), Map.of(), null);
  }
}

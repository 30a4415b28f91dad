package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.app.Main;
import dev.tethys.config.ConfigException;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages of the JMX exporter over TLS, out of key stores that keytool made. */
@Tag("contrib")
@Tag("slow")
class JmxPagesTlsTest {
  private static final String PASSWORD = "changeit";

  @TempDir static Path dir;

  @BeforeAll
  static void makeStores() throws Exception {
    pair("both.jks", "JKS", "one", "RSA");
    pair("both.jks", "JKS", "two", "EC");
    pair("single.p12", "PKCS12", "only", "EC");
    pair("next.p12", "PKCS12", "later", "RSA");
    pair("client.p12", "PKCS12", "client", "EC");
    pair("stranger.p12", "PKCS12", "stranger", "EC");
    for (String[] trusts :
        new String[][] {
          {"both.jks", "one", "servers.p12"},
          {"both.jks", "two", "servers.p12"},
          {"single.p12", "only", "servers.p12"},
          {"next.p12", "later", "servers.p12"},
          {"client.p12", "client", "clients.jks"}
        }) {
      Path certificate = dir.resolve(trusts[1] + ".pem");
      keytool(
          "-exportcert",
          "-rfc",
          "-alias",
          trusts[1],
          "-keystore",
          store(trusts[0]),
          "-file",
          certificate.toString());
      keytool(
          "-importcert",
          "-noprompt",
          "-alias",
          trusts[1],
          "-keystore",
          store(trusts[2]),
          "-storetype",
          trusts[2].endsWith(".jks") ? "JKS" : "PKCS12",
          "-file",
          certificate.toString());
    }
  }

  private static void pair(String store, String type, String alias, String algorithm)
      throws Exception {
    keytool(
        "-genkeypair",
        "-alias",
        alias,
        "-keyalg",
        algorithm,
        "-dname",
        "CN=" + alias,
        "-ext",
        "san=ip:127.0.0.1",
        "-keystore",
        store(store),
        "-storetype",
        type,
        "-keypass",
        PASSWORD);
  }

  private static void keytool(String... args) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(args));
    command.addAll(List.of("-storepass", PASSWORD));
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(said).isZero();
  }

  private static String store(String name) {
    return dir.resolve(name).toString();
  }

  private static String ssl(String keys) {
    return "hostPort: 127.0.0.1:"
        + Ports.free()
        + "\nhttpServer:\n  ssl:\n    keyStore: {filename: "
        + store(keys)
        + ", password: changeit}\n";
  }

  /** The exporter as its own process. */
  private static final class Program implements AutoCloseable {
    final Path file;
    final ServerProcess process;

    Program(String yaml, String... options) throws Exception {
      this(yaml, List.of(options), List.of());
    }

    /**
     * Starts it.
     *
     * @param options of Java
     * @param flags after those of the exporter
     */
    Program(String yaml, List<String> options, List<String> flags) throws Exception {
      file = Files.writeString(Files.createTempFile(dir, "jmx", ".yml"), yaml);
      int port = Ports.free();
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(
          List.of(
              "-XX:TieredStopAtLevel=1",
              "--enable-native-access=ALL-UNNAMED",
              "--sun-misc-unsafe-memory-access=allow"));
      command.addAll(options);
      command.addAll(
          List.of(
              "-cp",
              System.getProperty("java.class.path"),
              Main.class.getName(),
              "exporter",
              "jmx",
              "127.0.0.1:" + port,
              file.toString()));
      command.addAll(flags);
      process =
          new ServerProcess(port, Files.createTempFile(dir, "jmx", ".log"), Map.of(), command);
    }

    /** Asks for the page of metrics; what was agreed on, once a response is there. */
    SSLSession ask(@Nullable String clientStore, String... protocols) throws Exception {
      KeyManager[] shown = null;
      if (clientStore != null) {
        KeyManagerFactory k =
            KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        k.init(load(clientStore), PASSWORD.toCharArray());
        shown = k.getKeyManagers();
      }
      TrustManagerFactory t =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      t.init(load("servers.p12"));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(shown, t.getTrustManagers(), null);
      try (SSLSocket s =
          (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", process.port())) {
        s.setSoTimeout(60_000);
        if (protocols.length > 0) {
          s.setEnabledProtocols(protocols);
        }
        s.getOutputStream()
            .write(
                "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        String answer = new String(s.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(answer).startsWith("HTTP/1.1 200").contains("jmx_scrape_error 1");
        return s.getSession();
      }
    }

    @Override
    public void close() {
      process.close();
    }
  }

  private static KeyStore load(String name) throws Exception {
    try (InputStream in = Files.newInputStream(dir.resolve(name))) {
      KeyStore s = KeyStore.getInstance(name.endsWith(".jks") ? "JKS" : "PKCS12");
      s.load(in, PASSWORD.toCharArray());
      return s;
    }
  }

  private static String subject(SSLSession s) throws Exception {
    return ((X509Certificate) s.getPeerCertificates()[0]).getSubjectX500Principal().getName();
  }

  @Test
  void sendsCertificateOfTheAlias() throws Exception {
    for (String alias : List.of("one", "two")) {
      try (Program p =
          new Program(
              ssl("both.jks").replace("password", "type: JKS, password")
                  + "    certificate: {alias: "
                  + alias
                  + "}\n")) {
        assertThat(subject(p.ask(null))).isEqualTo("CN=" + alias);
      }
    }
    try (Program p = new Program(ssl("single.p12"))) { // the only one
      assertThat(subject(p.ask(null))).isEqualTo("CN=only");
    }
  }

  @Test
  void clientsSendCertificatesForMutualTls() throws Exception {
    String mutual =
        ssl("single.p12")
            + "    mutualTLS: true\n    trustStore: {filename: "
            + store("clients.jks")
            + ", type: JKS, password: changeit}\n";
    try (Program p = new Program(mutual)) {
      assertThat(subject(p.ask("client.p12"))).isEqualTo("CN=only");
      assertThatThrownBy(() -> p.ask(null)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> p.ask("stranger.p12")).isInstanceOf(IOException.class);
    }
    try (Program p = new Program(mutual.replace("mutualTLS: true", "mutualTLS: false"))) {
      assertThat(subject(p.ask(null))).isEqualTo("CN=only");
    }
  }

  /** Which class of the JDK's HTTP server a request is of, and whose certificate it shows. */
  private static final String BY_CERTIFICATE =
      """
      import com.sun.net.httpserver.*;

      public class ByCertificate extends Authenticator {
        @Override
        public Result authenticate(HttpExchange e) {
          try {
            String name =
                ((HttpsExchange) e).getSSLSession().getPeerPrincipal().getName();
            return name.equals("CN=client")
                ? new Success(new HttpPrincipal(name, "x"))
                : new Failure(403);
          } catch (javax.net.ssl.SSLPeerUnverifiedException x) {
            return new Failure(401);
          }
        }
      }
      """;

  @Test
  void pluginReceivesClientCertificate() throws Exception {
    Path classes = Files.createDirectory(dir.resolve("plugin"));
    CompiledClasses.in(classes, "ByCertificate", BY_CERTIFICATE);
    String yaml = ssl("single.p12") + "  authentication: {plugin: {class: ByCertificate}}\n";
    String mutual =
        yaml.replace(
            "    keyStore",
            "    mutualTLS: true\n    trustStore: {filename: "
                + store("clients.jks")
                + ", type: JKS, password: changeit}\n    keyStore");
    List<String> flags = List.of("--jmx.plugin-path=" + classes);
    try (Program p = new Program(mutual, List.of(), flags)) {
      assertThat(subject(p.ask("client.p12"))).isEqualTo("CN=only");
    }
    try (Program p = new Program(yaml, List.of(), flags)) {
      assertThatThrownBy(() -> p.ask(null)).hasMessageContaining("HTTP/1.1 401");
    }
  }

  @Test
  void javaPropertiesFillMissingSettings() throws Exception {
    try (Program p =
        new Program(
            "hostPort: 127.0.0.1:1\nhttpServer: {ssl: {mutualTLS: true}}\n",
            "-Djavax.net.ssl.keyStore=" + store("single.p12"),
            "-Djavax.net.ssl.keyStorePassword=" + PASSWORD,
            "-Djavax.net.ssl.trustStore=" + store("clients.jks"),
            "-Djavax.net.ssl.trustStoreType=JKS",
            "-Djavax.net.ssl.trustStorePassword=" + PASSWORD)) {
      assertThat(subject(p.ask("client.p12"))).isEqualTo("CN=only");
      assertThatThrownBy(() -> p.ask(null)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void usesConfiguredVersionsAndCipherSuites() throws Exception {
    String suite = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    try (Program p =
        new Program(
            ssl("single.p12") + "    protocols: TLSv1.3\n    ciphers: TLS_AES_256_GCM_SHA384\n")) {
      assertThat(p.ask(null).getCipherSuite()).isEqualTo("TLS_AES_256_GCM_SHA384");
      assertThatThrownBy(() -> p.ask(null, "TLSv1.2")).isInstanceOf(SSLException.class);
    }
    try (Program p =
        new Program(
            ssl("single.p12") + "    protocols: TLSv1.2,TLSv1.3\n    ciphers: " + suite + "\n")) {
      assertThat(p.ask(null).getCipherSuite()).isEqualTo(suite);
      assertThatThrownBy(() -> p.ask(null, "TLSv1.3")).isInstanceOf(SSLException.class);
    }
  }

  @Test
  void rereadsChangedStoresAndFiles() throws Exception {
    Path keys = dir.resolve("changing.p12");
    Files.copy(dir.resolve("single.p12"), keys);
    String yaml = ssl("changing.p12");
    try (Program p = new Program(yaml)) {
      assertThat(subject(p.ask(null))).isEqualTo("CN=only");
      Path next = dir.resolve("changing.tmp");
      Files.copy(dir.resolve("next.p12"), next);
      Files.move(next, keys, StandardCopyOption.REPLACE_EXISTING);
      until(p, "CN=later");
      Files.writeString(p.file, ssl("both.jks") + "    certificate: {alias: one}\n");
      until(p, "CN=one");
      // What is wrong leaves what was, and so does a file that would end TLS.
      Files.writeString(p.file, ssl("none.jks"));
      assertThat(subject(p.ask(null))).isEqualTo("CN=one");
      Files.writeString(p.file, "hostPort: 127.0.0.1:1\n");
      Thread.sleep(400); // until it has been checked
      assertThat(subject(p.ask(null))).isEqualTo("CN=one");
    }
  }

  /** A file and its stores are written one after another, in whichever order. */
  @Test
  void acceptsStoresCreatedAfterTheFile() throws Exception {
    Path keys = dir.resolve("turning.p12");
    Files.copy(dir.resolve("single.p12"), keys);
    Path next = dir.resolve("turning.tmp");
    Files.copy(dir.resolve("next.p12"), next);
    keytool("-storepasswd", "-new", "changed1", "-keystore", next.toString());
    String yaml = ssl("turning.p12");
    try (Program p = new Program(yaml)) {
      assertThat(subject(p.ask(null))).isEqualTo("CN=only");
      Files.writeString(p.file, yaml.replace("changeit", "changed1"));
      untilSaid(p, "turning.p12: keystore password was incorrect");
      Files.move(next, keys, StandardCopyOption.REPLACE_EXISTING);
      until(p, "CN=later");
      Files.writeString(p.file, ssl("coming.p12"));
      untilSaid(p, "coming.p12: no such file");
      Files.copy(dir.resolve("single.p12"), dir.resolve("coming.p12"));
      until(p, "CN=only");
    }
  }

  /** One change names other keys, and a file that comes later: nothing else is touched then. */
  @Test
  void acceptsFileOnceItsReferencesAreValid() throws Exception {
    String yaml = ssl("single.p12");
    try (Program p = new Program(yaml)) {
      assertThat(subject(p.ask(null))).isEqualTo("CN=only");
      Path later = dir.resolve("trusted-later.p12");
      Files.writeString(
          p.file,
          ssl("next.p12")
              + "ssl: {enabled: true, trustStore: {filename: "
              + later
              + ", password: changeit}}\n");
      untilSaid(p, "trusted-later.p12");
      Thread.sleep(400); // until the pages have been checked, which did not change
      assertThat(subject(p.ask(null))).isEqualTo("CN=only");
      Path coming = dir.resolve("coming.tmp");
      Files.copy(dir.resolve("servers.p12"), coming);
      Files.move(coming, later);
      until(p, "CN=later");
    }
  }

  private static void untilSaid(Program p, String what) throws Exception {
    long end = System.nanoTime() + 30_000_000_000L;
    while (!p.process.log().contains(what) && System.nanoTime() < end) {
      Waiting.pause();
      p.ask(null); // with what was in force before
    }
    assertThat(p.process.log()).contains(what);
  }

  private static void until(Program p, String subject) throws Exception {
    long end = System.nanoTime() + 30_000_000_000L;
    String seen = "";
    while (!seen.equals(subject) && System.nanoTime() < end) {
      Waiting.pause();
      seen = subject(p.ask(null));
    }
    assertThat(seen).isEqualTo(subject);
  }

  @Test
  void reportsErrorsWithPosition() {
    refused(
        "ssl: {mutualTLS: true}",
        ":3:8: ",
        "keyStore requires a filename",
        "javax.net.ssl.keyStore");
    refused("ssl:", "ssl");
    refused("ssl: {keystore: {}}", ":3:9: ", "keystore");
    refused("ssl: {keyStore: {filename: " + store("single.p12") + "}}", ":3:19: ", "password");
    refused(
        "ssl: {keyStore: {filename: none.p12, password: x}}", ":3:19: ", "none.p12: no such file");
    refused(keys("single.p12", "wrong", "") + "}", ":3:19: ", "single.p12", "password");
    refused(keys("single.p12", PASSWORD, "type: XYZ, ") + "}", ":3:19: ", "XYZ");
    refused(
        keys("both.jks", PASSWORD, "") + "}",
        ":3:19: ",
        "several keys",
        "certificate.alias",
        "one",
        "two");
    refused(keys("clients.jks", PASSWORD, "type: JKS, ") + "}", ":3:19: ", "holds no key");
    refused(
        keys("single.p12", PASSWORD, "") + ", certificate: {alias: other}}",
        "alias \"other\" is not the name of a key",
        "only");
    refused(keys("single.p12", PASSWORD, "") + ", protocols: 'TLSv1.1'}", "TLSv1.1", "TLSv1.3");
    refused(
        keys("single.p12", PASSWORD, "") + ", ciphers: 'NO_SUCH'}",
        "unknown cipher suite \"NO_SUCH\"");
    refused(
        keys("single.p12", PASSWORD, "")
            + ", protocols: TLSv1.3, ciphers: TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}",
        ":3:",
        "none is a suite of TLSv1.3",
        "TLS_AES_128_GCM_SHA256");
    refused(
        keys("single.p12", PASSWORD, "") + ", protocols: TLSv1.2, ciphers: TLS_AES_256_GCM_SHA384}",
        "none is a suite of TLSv1.2");
    refused(
        keys("single.p12", PASSWORD, "") + ", mutualTLS: true}", "trustStore requires a filename");
    refused(keys("single.p12", "${NOT_SET_ANYWHERE}", "") + "}", "NOT_SET_ANYWHERE");
  }

  private static String keys(String name, String password, String type) {
    return "ssl: {keyStore: {filename: "
        + store(name)
        + ", "
        + type
        + "password: '"
        + password
        + "'}";
  }

  private static void refused(String ssl, String... says) {
    String yaml = "hostPort: a:1\nhttpServer:\n  " + ssl + "\n";
    assertThatThrownBy(
            () -> {
              Path file = Files.writeString(Files.createTempFile(dir, "jmx", ".yml"), yaml);
              new BuiltInExporter(Kinds.of("jmx"), List.of("127.0.0.1:0", file.toString())).close();
            })
        .as(yaml)
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(says);
  }

  @Test
  void rejectsTlsInBothFiles() throws Exception {
    Path web = Files.writeString(dir.resolve("web.yml"), "{}\n");
    assertThatThrownBy(
            () -> new Program(ssl("single.p12"), List.of(), List.of("--web.config.file=" + web)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("--web.config.file")
        .hasMessageContaining("only one of them can be set");
  }
}

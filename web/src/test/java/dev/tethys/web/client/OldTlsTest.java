package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.YamlDocument;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * TLS 1.0 and 1.1, in a separate process: the versions that a process can speak are fixed when it
 * first uses TLS.
 */
@Tag("slow")
class OldTlsTest {
  @TempDir Path dir;

  @Test
  void usesOldTlsVersionsOnlyWhereConfigured() throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issueRsa("server", "ip:127.0.0.1");
    String classes =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Path out = dir.resolve("out");
    Process p =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classes,
                OldTlsTest.class.getName(),
                dir.toString())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    assertThat(p.waitFor(2, TimeUnit.MINUTES)).isTrue();
    List<String> lines =
        Files.readAllLines(out).stream().filter(l -> l.startsWith("server ")).toList();
    assertThat(lines)
        .as(Files.readString(out))
        .containsExactly(
            "server TLS10 client min_version: TLS10 -> HTTP/1.1",
            "server TLS10 client max_version: TLS10 -> HTTP/1.1",
            "server TLS10 client  -> refused",
            "server TLS11 client min_version: TLS10 -> HTTP/1.1",
            "server TLS11 client max_version: TLS11 -> HTTP/1.1",
            "server TLS11 client  -> refused",
            "server TLS12 client min_version: TLS10 -> HTTP/1.1",
            "server TLS12 client max_version: TLS12 -> HTTP/1.1",
            "server TLS12 client  -> HTTP/1.1",
            "server  client max_version: TLS11 -> refused");
  }

  /** The process: servers of one version each, and clients with several settings. */
  public static void main(String[] args) throws Exception {
    Path dir = Path.of(args[0]);
    for (String v : List.of("TLS10", "TLS11", "TLS12")) {
      String server = ", min_version: " + v + ", max_version: " + v;
      for (String client : List.of("min_version: TLS10", "max_version: " + v, "")) {
        look(dir, v, server, client);
      }
    }
    look(dir, "", "", "max_version: TLS11");
    System.exit(0);
  }

  private static void look(Path dir, String name, String server, String client) throws Exception {
    Path web = dir.resolve("web.yml");
    Files.writeString(
        web, "tls_server_config: {cert_file: server.crt, key_file: server.key" + server + "}");
    String yaml =
        "enable_http2: false\ntls_config: {ca_file: ca.crt"
            + (client.isEmpty() ? "" : ", " + client)
            + "}";
    HttpClientConfig config =
        HttpClientConfig.TYPE.read(YamlDocument.parse("c.yml", dir, yaml).root());
    try (HttpListener l =
            HttpListener.start(
                HttpListenerOptions.on("127.0.0.1:0").withWebConfigFile(web),
                new Routes().get("/", (q, r) -> r.send(q.protocol())),
                null);
        HttpClientFactory clients = new HttpClientFactory("test")) {
      String answer;
      try (ClientResponse a =
          clients
              .client(config)
              .send(ClientRequest.get(URI.create("https://127.0.0.1:" + l.port() + "/")))) {
        answer = new String(a.bytes(100), StandardCharsets.UTF_8);
      } catch (IOException e) {
        answer = "refused";
      }
      System.out.println("server " + name + " client " + client + " -> " + answer);
    }
  }
}

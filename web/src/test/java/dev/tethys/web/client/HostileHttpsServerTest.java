package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.testkit.TestCertificates;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers of HTTP/1 over TLS whose answers are meant to occupy their client. */
@Timeout(60)
@Tag("slow")
class HostileHttpsServerTest {
  @TempDir Path dir;
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

  @Test
  void closesConnectionsWithEndlessHeaders() throws Exception {
    TestCertificates certs = new TestCertificates(dir);
    certs.issue("server", "ip:127.0.0.1");
    CountDownLatch gone = new CountDownLatch(2);
    byte[] headers = "a: b\r\n".repeat(1000).getBytes(StandardCharsets.US_ASCII);
    TlsConfig tls =
        new TlsConfig("", certs.ca().toString(), "", "", Secret.NONE, "", "", false, null, null);
    HttpClientConfig config =
        new HttpClientConfig(null, null, null, tls, true, false, ProxyConfig.NONE, Map.of());
    try (ServerSocket server =
            certs
                .context("server")
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        HttpClientFactory factory = new HttpClientFactory("Tethys/test", now::get, _ -> null)) {
      for (int i = 0; i < 2; i++) {
        Thread.ofPlatform().daemon().start(() -> answer(server, headers, gone));
        URI uri = URI.create("https://127.0.0.1:" + server.getLocalPort() + "/");
        ClientRequest call =
            new ClientRequest("GET", uri, Map.of(), null, Duration.ofSeconds(50), null);
        now.updateAndGet(t -> t.plusSeconds(5));
        assertThatThrownBy(() -> factory.client(config).send(call).close())
            .isInstanceOf(IOException.class)
            .hasMessageContaining("Header size too big");
        now.updateAndGet(t -> t.plusSeconds(5));
      }
      gone.await();
    }
  }

  private static void answer(ServerSocket server, byte[] headers, CountDownLatch gone) {
    try (Socket s = server.accept()) {
      OutputStream out = s.getOutputStream();
      out.write("HTTP/1.1 200 OK\r\n".getBytes(StandardCharsets.US_ASCII));
      while (true) {
        out.write(headers);
      }
    } catch (IOException e) {
      gone.countDown(); // the client has gone
    }
  }
}

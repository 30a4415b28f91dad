package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.testkit.Waiting;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Servers of HTTP/1 whose answers are meant to fill or to occupy their client. */
@Timeout(60)
@Tag("slow")
class HostileHttp1ServerTest {
  private static final Duration LONG = Duration.ofSeconds(50);
  private static final int MAX_BODY = 1 << 20;

  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final HttpClientFactory factory = new HttpClientFactory("Tethys/test");
  private final CountDownLatch gone = new CountDownLatch(1);

  HostileHttp1ServerTest() throws IOException {}

  @AfterEach
  void stop() throws IOException {
    server.close();
    factory.close();
  }

  /** Answers the first connection with a beginning, and with a part over and over. */
  private void answer(byte[] begin, byte[] again) {
    Thread.ofVirtual()
        .start(
            () -> {
              try (Socket s = server.accept()) {
                OutputStream out = s.getOutputStream();
                out.write(begin);
                while (true) {
                  out.write(again);
                }
              } catch (IOException e) {
                gone.countDown(); // the client has gone
              }
            });
  }

  private static byte[] ascii(String s) {
    return s.replace("|", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }

  private byte[] body(Duration timeout) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.getLocalPort() + "/");
    ClientRequest call = new ClientRequest("GET", uri, Map.of(), null, timeout, null);
    try (ClientResponse a = factory.client(HttpClientConfig.DEFAULT).send(call)) {
      return a.bytes(MAX_BODY);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "HTTP/1.1 200 OK|; a: b|; more than 1000 headers",
        "HTTP/1.1 200 OK|; a: {long}|; longer than 1048576 bytes",
        "HTTP/1.1 200 OK|a: b; ccccc; longer than 65536 bytes",
        "HTTP/1.1 100 Continue||; HTTP/1.1 103 Early Hints|a: b||; more than 16 interim answers",
        "HTTP/1.1 ; 2; longer than 65536 bytes",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|a|0|; a: b|; more than 1000 headers",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|a|0|; a: {long}|; longer than 1048576",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1;a=; y; longer than 65536 bytes",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||7ffffffffffffffe|; a; larger than 1048576",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||ffffffffffffffffff|; a; malformed chunked",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||; 1|a|; larger than 1048576",
        "HTTP/1.1 200 OK|Content-Length: 9223372036854775807||; aaaa; larger than 1048576",
        "HTTP/1.1 200 OK||; aaaa; larger than 1048576",
        "HTTP/1.1 200 OK|Content-Length: -1||; aaaa; malformed Content-Length",
        "{long}; {long}; longer than 65536 bytes",
      })
  void answersWithoutEndAreNotReadForEver(String begin, String again, String error)
      throws Exception {
    String filler = "y".repeat(9_000);
    answer(ascii(begin.replace("{long}", filler)), ascii(again.replace("{long}", filler)));
    assertThatThrownBy(() -> body(LONG))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(error)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(500));
    gone.await();
  }

  @Test
  void doesNotDecodeABodyThatExceedsTheLimitDecoded() throws Exception {
    ByteArrayOutputStream b = new ByteArrayOutputStream();
    try (GZIPOutputStream z = new GZIPOutputStream(b)) {
      z.write(new byte[100 << 20]);
    }
    answer(
        ascii(
            "HTTP/1.1 200 OK|Content-Encoding: gzip|Content-Length: "
                + b.size()
                + "||"
                + b.toString(StandardCharsets.ISO_8859_1)),
        new byte[1]);
    assertThatThrownBy(() -> body(LONG)).hasMessageContaining("larger than 1048576 bytes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "HTTP/1.1 200 OK|; a",
        "HTTP/1.1 200 OK|Content-Length: 900000||; a",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||; 1|a|",
      })
  void slowResponseStopsAtTheTimeLimit(String begin, String piece) throws Exception {
    Thread.ofVirtual()
        .start(
            () -> {
              try (Socket s = server.accept()) {
                s.setTcpNoDelay(true);
                OutputStream out = s.getOutputStream();
                out.write(ascii(begin));
                while (true) {
                  out.write(ascii(piece));
                  Waiting.pause();
                }
              } catch (IOException e) {
                gone.countDown();
              }
            });
    assertThatThrownBy(() -> body(Duration.ofMillis(300)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("deadline exceeded");
    gone.await();
  }
}

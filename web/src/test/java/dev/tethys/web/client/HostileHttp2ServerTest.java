package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Servers of HTTP/2 whose answers are meant to fill or to occupy their client. */
@Timeout(60)
class HostileHttp2ServerTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final int HEADERS = 1;
  private static final int END_HEADERS = 4;

  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

  HostileHttp2ServerTest() throws IOException {}

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  /** Answers the first connection with bytes, over and over. */
  private void answer(byte[] frames, int times) {
    Thread.ofVirtual()
        .start(
            () -> {
              try (Socket s = server.accept()) {
                s.getInputStream().readNBytes(64); // the preface, settings, and more
                s.getOutputStream().write(frame(4, 0, 0, new byte[0]));
                for (int i = 0; i < times; i++) {
                  s.getOutputStream().write(frames);
                }
                s.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
              } catch (IOException e) {
                // the client has gone
              }
            });
  }

  private void fails(String message) {
    try (GrpcChannel c =
        new GrpcChannel(
            new GrpcChannel.Options(
                "127.0.0.1",
                server.getLocalPort(),
                null,
                null,
                "",
                true,
                Duration.ZERO,
                LONG,
                false,
                "test/1"))) {
      assertThatThrownBy(() -> c.call("/a/b", Map.of(), new byte[1], "", LONG))
          .hasMessageContaining(message);
    }
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .putInt(payload.length << 8 | type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  @Test
  void doesNotDecodeHeadersThatExceedTheLimitDecoded() {
    ByteArrayOutputStream h = new ByteArrayOutputStream();
    h.write(0x88); // :status 200
    h.write(0x40);
    h.write(1);
    h.write('a');
    h.writeBytes(new byte[] {127, (byte) 0x81, 0x1e}); // 3968
    h.writeBytes("v".repeat(3968).getBytes(StandardCharsets.US_ASCII));
    for (int i = 0; i < 8_000; i++) {
      h.write(0x80 | 62);
    }
    answer(frame(HEADERS, END_HEADERS, 1, h.toByteArray()), 1);
    fails("at most 65536 are allowed");
  }

  @Test
  void doesNotWaitForEndlessInterimResponses() {
    answer(frame(HEADERS, END_HEADERS, 1, new byte[] {8, 3, '1', '0', '3'}), 100);
    fails("more than 16 interim answers");
  }

  @Test
  void boundsEndlessHeaders() {
    answer(frame(HEADERS, END_HEADERS, 1, new byte[] {(byte) 0x88, 0, 1, 'a', 1, 'b'}), 100);
    fails("headers in the middle of a response");
  }

  @Test
  void boundsAcknowledgementsOfASettingsFlood() {
    answer(frame(4, 0, 0, new byte[0]), 100_000);
    fails("too many control frames");
  }

  @Test
  void boundsReadsOfAWindowUpdateFlood() {
    answer(frame(8, 0, 0, new byte[] {0, 0, 0, 1}), 100_000);
    fails("too many WINDOW_UPDATE frames");
  }

  @Test
  void boundsReadsOfAnEmptyDataFlood() {
    answer(frame(0, 0, 1, new byte[0]), 100_000);
    fails("too many control frames");
  }

  @Test
  void stopsReadingAFloodOfPadding() {
    answer(frame(0, 8, 1, new byte[] {2, 0, 0}), 100_000);
    fails("too many control frames");
  }
}

package dev.tethys.web.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Frames as RFC 6455 shows them, from a server that the test plays. */
class WebSocketStreamsTest {
  private static final HexFormat HEX = HexFormat.of();

  /** A connection whose server says what it is asked to, once it has seen the request. */
  private static final class Served extends InputStream {
    final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final String status;
    private final String protocol;
    private final String frames; // hexadecimal; "." is where time runs out
    private String answer = "";
    private int at;

    Served(String status, String protocol, String frames) {
      this.status = status;
      this.protocol = protocol;
      this.frames = frames;
    }

    private String answer() {
      String asked = said.toString(US_ASCII);
      String key = asked.replaceAll("(?s).*Sec-WebSocket-Key: (\\S+).*", "$1");
      String head =
          "HTTP/1.1 %s\r\nupgrade: websocket\r\nsec-websocket-accept: %s\r\n%s\r\n"
              .formatted(
                  status,
                  WebSocketStreams.accept(key),
                  protocol.isEmpty() ? "" : "Sec-WebSocket-Protocol: " + protocol + "\r\n");
      return HEX.formatHex(head.getBytes(US_ASCII)) + frames;
    }

    @Override
    public int read() throws IOException {
      if (answer.isEmpty()) {
        answer = answer();
      }
      if (at >= answer.length()) {
        return -1;
      }
      if (answer.charAt(at) == '.') {
        at++;
        throw new SocketTimeoutException("time runs out");
      }
      at += 2;
      return HexFormat.fromHexDigits(answer, at - 2, at);
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      int one = read();
      if (one >= 0) {
        b[off] = (byte) one;
      }
      return one < 0 ? -1 : 1;
    }
  }

  private static WebSocketStreams open(Served s, String protocol) throws IOException {
    return WebSocketStreams.open(
        s,
        s.said,
        new WebSocketStreams.Upgrade("server:80", "/path?q", protocol, Map.of("X-A", "b")));
  }

  private static String rest(InputStream in) throws IOException {
    return new String(in.readAllBytes(), US_ASCII);
  }

  /** The unmasking of what was said, one frame of at most 125 bytes. */
  private static String unmasked(byte[] frame) {
    byte[] out = new byte[frame[1] & 127];
    for (int i = 0; i < out.length; i++) {
      out[i] = (byte) (frame[6 + i] ^ frame[2 + (i & 3)]);
    }
    return HEX.toHexDigits(frame[0]) + HEX.toHexDigits(frame[1]) + " " + new String(out, US_ASCII);
  }

  @Test
  void readsTheContentsOfFramesInOrder() throws Exception {
    Served s =
        new Served(
            "101 x", "mqtt", "820548656c6c6f" + "0203" + "48656c" + "80026c6f" + "8200" + "8800");
    WebSocketStreams w = open(s, "mqtt");
    assertThat(s.said.toString(US_ASCII))
        .startsWith("GET /path?q HTTP/1.1\r\nHost: server:80\r\n")
        .contains("Sec-WebSocket-Protocol: mqtt\r\n", "X-A: b\r\n")
        .endsWith("\r\n\r\n");
    assertThat(rest(w.input())).isEqualTo("HelloHello");
    assertThat(w.input().read()).isEqualTo(-1);
  }

  @Test
  void longFramesHaveLongLengths() throws Exception {
    String medium = "827e0100" + "61".repeat(256);
    String large = "827f0000000000010000" + "62".repeat(65_536);
    WebSocketStreams w = open(new Served("101", "", medium + large), "");
    assertThat(rest(w.input())).isEqualTo("a".repeat(256) + "b".repeat(65_536));
  }

  @Test
  void respondsToPingsBetweenFragmentsAndTimesOutAnywhere() throws Exception {
    Served t = new Served("101", "", "02.03.48.656c8904.70696e67.80.02.6c6f.");
    WebSocketStreams w = open(t, "");
    t.said.reset();
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    int late = 0;
    while (true) {
      try {
        int b = w.input().read();
        if (b < 0) {
          break;
        }
        got.write(b);
      } catch (SocketTimeoutException e) {
        late++;
      }
    }
    assertThat(got.toString(US_ASCII)).isEqualTo("Hello");
    assertThat(late).isEqualTo(8);
    assertThat(unmasked(t.said.toByteArray())).isEqualTo("8a84 ping");
  }

  @Test
  void masksWrittenFrames() throws Exception {
    Served s = new Served("101", "", "");
    OutputStream out = open(s, "").output();
    s.said.reset();
    out.write("PING\r\n".getBytes(US_ASCII));
    assertThat(unmasked(s.said.toByteArray())).isEqualTo("8286 PING\r\n");
    s.said.reset();
    out.write(new byte[70_000]);
    assertThat(HEX.formatHex(s.said.toByteArray(), 0, 10)).isEqualTo("82ff0000000000011170");
    assertThat(s.said.size()).isEqualTo(14 + 70_000);
  }

  @Test
  void rejectsServersWithoutWebSockets() throws Exception {
    assertThatThrownBy(() -> open(new Served("401 Unauthorized", "", ""), ""))
        .isInstanceOfSatisfying(
            WebSocketStreams.Refused.class, e -> assertThat(e.isForbidden()).isTrue())
        .hasMessageContaining("HTTP status 401");
    assertThatThrownBy(() -> open(new Served("503 Busy", "", ""), ""))
        .isInstanceOfSatisfying(
            WebSocketStreams.Refused.class, e -> assertThat(e.isForbidden()).isFalse());
    assertThatThrownBy(() -> open(new Served("101", "", ""), "mqtt"))
        .hasMessageContaining("does not support mqtt");
    for (String wrong : new String[] {"8285", "c200", "8300", "8b00", "827f8000000000000000"}) {
      WebSocketStreams w = open(new Served("101", "", wrong), "");
      assertThatThrownBy(() -> w.input().read()).as(wrong).hasMessageContaining("no WebSocket has");
    }
    WebSocketStreams cut = open(new Served("101", "", "820548"), "");
    assertThat(cut.input().read()).isEqualTo('H');
    assertThatThrownBy(() -> cut.input().read()).hasMessageContaining("middle of a frame");
  }

  /** Frames of control stand between those of a message, too. */
  @Test
  void messagesAreWhole() throws Exception {
    Served s =
        new Served(
            "101 x", "", "8a00" + "8203010203" + "020104" + "890170" + "8001058a00" + "8200");
    WebSocketStreams w = open(s, "");
    assertThat(w.message(3)).containsExactly(1, 2, 3);
    assertThat(w.message(3)).containsExactly(4, 5);
    assertThat(w.message(3)).isEmpty();
    assertThat(w.message(3)).isNull();
  }

  @Test
  void rejectsInvalidMessages() throws Exception {
    for (String frames :
        new String[] {
          "820401020304", // too long at once
          "02020102" + "80020304", // in pieces
          "827f00ffffffffffffff", // larger than any memory
          "810141", // text
          "800141", // continues with nothing
          "020101" + "820101", // begins within another
          "020101", // ends within
          "8203" + "01"
        }) {
      WebSocketStreams w = open(new Served("101 x", "", frames), "");
      assertThatThrownBy(() -> w.message(3)).as(frames).isInstanceOf(IOException.class);
    }
  }

  @Test
  void refusalContainsRetryTimeAndLocation() {
    Served s = new Served("503 Busy\r\nRetry-After: 7\r\nLocation: /there", "", "");
    assertThatThrownBy(() -> open(s, ""))
        .isInstanceOfSatisfying(
            WebSocketStreams.Refused.class,
            e -> {
              assertThat(e.retryAfter()).isEqualTo("7");
              assertThat(e.location()).isEqualTo("/there");
            });
  }
}

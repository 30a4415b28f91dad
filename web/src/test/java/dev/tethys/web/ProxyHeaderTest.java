package dev.tethys.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both versions of the PROXY protocol, as HAProxy's proxy-protocol.txt shows them. */
@Timeout(60)
class ProxyHeaderTest {
  private static final String REQUEST = "GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

  private static HttpListener listener;
  private static HttpListener plain;

  @BeforeAll
  static void start() throws IOException {
    Routes routes =
        new Routes()
            .get(
                "/who",
                (q, r) ->
                    r.send(
                        q.remoteAddress().getAddress().getHostAddress()
                            + " "
                            + q.remoteAddress().getPort()));
    HttpListenerOptions options = HttpListenerOptions.on("127.0.0.1:0");
    listener = HttpListener.start(options.withProxyHeaders(true), routes, null);
    plain = HttpListener.start(options, routes, null);
  }

  @AfterAll
  static void stop() {
    listener.close();
    plain.close();
  }

  private static String ask(HttpListener of, boolean byteByByte, String bytes) throws IOException {
    try (Socket s = new Socket("127.0.0.1", of.port())) {
      s.setSoTimeout(20_000);
      s.setTcpNoDelay(true);
      byte[] b = bytes.getBytes(ISO_8859_1);
      if (byteByByte) {
        for (byte one : b) {
          s.getOutputStream().write(one);
        }
      } else {
        s.getOutputStream().write(b);
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      s.getInputStream().transferTo(out);
      return out.toString(ISO_8859_1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void requestsAreOfWhomTheProxySpeaksFor(boolean byteByByte) throws IOException {
    assertThat(ask(listener, byteByByte, "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n" + REQUEST))
        .startsWith("HTTP/1.1 200 ")
        .endsWith("192.0.2.1 56324");
    assertThat(ask(listener, byteByByte, "PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n" + REQUEST))
        .endsWith("2001:db8:0:0:0:0:0:1 1");
    String v2 = SIGNATURE + "\u0021\u0011\0\u000f";
    String addresses = "\u00c0\0\u0002\u0001\u00c0\0\u0002\u0002\u00dc\u0004\u0001\u00bb";
    assertThat(ask(listener, byteByByte, v2 + addresses + "\u0004\0\0" + REQUEST))
        .endsWith("192.0.2.1 56324");
  }

  @Test
  void whoSpeaksForHimselfIsAnsweredToo() throws IOException {
    for (String before :
        new String[] {"", "PROXY UNKNOWN\r\n", SIGNATURE + "\u0020\0\0\0", "\r\n"}) {
      assertThat(ask(listener, false, before + REQUEST)).contains("127.0.0.1 ");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PROXY TCP4 192.0.2.1 192.0.2.2 56324\r\n",
        "PROXY TCP4 name 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
        "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
        SIGNATURE + "\u0011\u0011\0\u000c",
        SIGNATURE + "\u0021\u0011\0\u0004abcd",
        SIGNATURE + "\u0021\u0011\u0020\0"
      })
  void malformedHeadersAreRefused(String header) throws IOException {
    assertThat(ask(listener, false, header + REQUEST)).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void nobodyIsBelievedUnlessThatIsConfigured() throws IOException {
    assertThat(ask(plain, false, "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + REQUEST))
        .startsWith("HTTP/1.1 400 ");
  }
}

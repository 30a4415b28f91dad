package dev.tethys.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Guards the socket settings without which the engine is many times slower. */
@Timeout(60)
class ListeningSocketTest {
  @Test
  void acceptedSocketsHaveALargeBufferAndNoDelay() throws Exception {
    AtomicReference<Socket> seen = new AtomicReference<>();
    try (HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes().get("/", (q, r) -> r.send("x")),
            null,
            seen::set)) {
      try (Socket s = new Socket("127.0.0.1", l.port())) {
        s.setSoTimeout(20_000);
        s.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
        assertThat(s.getInputStream().read()).isEqualTo('H');
        Socket accepted = Objects.requireNonNull(seen.get());
        assertThat(accepted.getTcpNoDelay()).isTrue();
        assertThat(accepted.getReceiveBufferSize())
            .as("the engine's own default is 4 KB")
            .isGreaterThan(100_000);
      }
    }
  }
}

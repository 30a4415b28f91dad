package dev.tethys.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class ListenFlagsTest {
  @Test
  void namesFlagOfAPortInUse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      assertThatThrownBy(
              () ->
                  ListenFlags.listening(
                      "web.listen-address",
                      () ->
                          HttpListener.start(HttpListenerOptions.on(address), new Routes(), null)))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("cannot listen on " + address)
          .hasMessageEndingWith("; choose another address with --web.listen-address");
    }
  }

  @Test
  void doesNotChangeOtherFailures() throws IOException {
    assertThatThrownBy(
            () ->
                ListenFlags.listening(
                    "x",
                    () -> {
                      throw new IOException("web.yml: no such file");
                    }))
        .hasMessage("web.yml: no such file");
    assertThat(ListenFlags.<String>listening("x", () -> "started")).isEqualTo("started");
  }
}

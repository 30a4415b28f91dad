package dev.tethys.web.socket;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The environment of sd_listen_fds(3); each socket is taken by a separate process. */
class InheritedServerSocketTest {
  @Test
  void usesSocketPassedToThisProcess() {
    assertThatCode(
            () -> InheritedServerSocket.check(Map.of("LISTEN_PID", "7", "LISTEN_FDS", "1"), 7))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({
    "'', '', LISTEN_PID and LISTEN_FDS are not set",
    "7, '', LISTEN_PID and LISTEN_FDS are not set",
    "8, 1, 'LISTEN_PID names process 8, and this is 7'",
    "x, 1, LISTEN_PID names process x",
    "7, 2, 2 sockets are passed",
    "7, 0, 0 sockets are passed",
    "7, one, one sockets are passed"
  })
  void rejectsOtherDescriptors(String pid, String count, String reason) {
    assertThatThrownBy(
            () -> InheritedServerSocket.check(Map.of("LISTEN_PID", pid, "LISTEN_FDS", count), 7))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(reason);
  }
}

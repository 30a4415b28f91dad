package dev.tethys.web.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.libc.SocketCalls;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixServerSocketTest {
  @TempDir Path dir;

  @Test
  void replacesAnAbandonedSocket() throws Exception {
    Path at = dir.resolve("s");
    try (ServerSocketChannel left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      left.bind(UnixDomainSocketAddress.of(at));
    }
    UnixServerSocket.listen(at, 1).close();
    assertThat(at).doesNotExist();
  }

  @Test
  void keepsSocketOfASuccessor() throws Exception {
    Path at = dir.resolve("s");
    UnixServerSocket first = UnixServerSocket.listen(at, 1);
    Files.delete(at);
    try (UnixServerSocket _ = UnixServerSocket.listen(at, 1)) {
      first.close();
      assertThat(at).exists();
    }
    assertThat(at).doesNotExist();
  }

  @Test
  void keepsForeignFiles() throws Exception {
    Path at = dir.resolve("datagrams");
    try (SocketCalls other = new SocketCalls(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0)) {
      other.bind(UnixDomainSocketAddress.of(at));
      assertThatThrownBy(() -> StreamListener.start(at, s -> {}))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(at.toString())
          .hasMessageContaining("cannot check whether");
    }
    assertThat(at).exists();
    Path file = Files.writeString(dir.resolve("file"), "text");
    assertThatThrownBy(() -> UnixServerSocket.listen(file, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not a socket");
    assertThat(file).exists();
  }
}

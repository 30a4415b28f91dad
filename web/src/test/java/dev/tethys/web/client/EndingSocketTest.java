package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndingSocketTest {
  @TempDir Path folder;

  @Test
  void slowReadClosesTheSocket() throws Exception {
    Path at = folder.resolve("s");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(at));
      try (Socket s = UnixSocket.ending(at)) {
        s.connect(null);
        try (SocketChannel theirs = server.accept()) {
          theirs.write(ByteBuffer.wrap(new byte[] {1, (byte) 0xff}));
          s.setSoTimeout(60_000);
          InputStream in = s.getInputStream();
          assertThat(in.read()).isEqualTo(1);
          assertThat(in.read()).isEqualTo(0xff);
          s.setSoTimeout(10);
          assertThatThrownBy(in::read).isInstanceOf(SocketTimeoutException.class);
          assertThat(s.isClosed()).isTrue();
          assertThat(theirs.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
      }
    }
  }
}

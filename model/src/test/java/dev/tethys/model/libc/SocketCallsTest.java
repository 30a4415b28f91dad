package dev.tethys.model.libc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
class SocketCallsTest {
  @TempDir Path folder;

  private static SocketCalls unix() throws LibraryException {
    return new SocketCalls(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void receivesFromJdkSocketsAndReportsHops(String host) throws Exception {
    InetAddress loopback = InetAddress.getByName(host);
    int family = host.contains(":") ? SocketCalls.AF_INET6 : SocketCalls.AF_INET;
    try (DatagramChannel jdk = DatagramChannel.open().bind(new InetSocketAddress(loopback, 0));
        SocketCalls ours = new SocketCalls(family, SocketCalls.SOCK_DGRAM, 0)) {
      ours.timeout(Duration.ofSeconds(10));
      ours.hops(7);
      ours.reportHopLimit();
      ours.bind(new InetSocketAddress(loopback, 0));
      ours.connect(jdk.getLocalAddress());
      ours.send("question".getBytes(UTF_8));

      ByteBuffer in = ByteBuffer.allocate(100);
      SocketAddress from = jdk.receive(in);
      assertThat(new String(in.array(), 0, in.position(), UTF_8)).isEqualTo("question");
      assertThat(((InetSocketAddress) from).getAddress()).isEqualTo(loopback);

      jdk.send(ByteBuffer.wrap("an answer that is longer".getBytes(UTF_8)), from);
      byte[] answer = new byte[9];
      assertThat(ours.receive(answer)).isEqualTo(9);
      assertThat(new String(answer, UTF_8)).isEqualTo("an answer");
      assertThat(ours.hopsLeft()).isEqualTo(64); // Linux's own, as this socket of the JDK sends
    }
  }

  @Test
  void slowReaderFindsTheBacklogAndLosesNothing() throws Exception {
    UnixDomainSocketAddress path = UnixDomainSocketAddress.of(folder.resolve("s"));
    byte[] number = new byte[4];
    int sent = 0;
    try (SocketCalls reader = unix();
        SocketCalls writer = unix()) {
      reader.bind(path);
      reader.timeout(Duration.ofNanos(1));
      writer.connect(path);
      while (writer.offer(ByteBuffer.wrap(number).putInt(sent).array(), 0, 4)) {
        sent++;
        assertThat(sent).isLessThan(1_000_000);
      }
      for (int i = 0; i < sent; i++) {
        assertThat(reader.receive(number)).isEqualTo(4);
        assertThat(ByteBuffer.wrap(number).getInt()).isEqualTo(i);
      }
      LibraryException none =
          catchThrowableOfType(LibraryException.class, () -> reader.receive(number));
      assertThat(none.errno()).isEqualTo(Errno.EAGAIN);
      assertThat(reader.receiveNow(number)).isEqualTo(-1);
      assertThat(reader.hopsLeft()).isNull();
      assertThat(writer.offer(new byte[3], 0, 3)).isTrue();
      reader.awaitDatagram(Duration.ofSeconds(10));
      assertThat(reader.receiveNow(number)).isEqualTo(3);
    }
    assertThat(sent).isPositive();
  }

  @Test
  void shutdownWakesTheReader() throws Exception {
    try (SocketCalls reader = unix()) {
      reader.bind(UnixDomainSocketAddress.of(folder.resolve("s")));
      Thread t =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      assertThat(reader.receive(new byte[8])).isZero();
                    } catch (LibraryException e) {
                      throw new AssertionError(e);
                    }
                  });
      reader.shutdown();
      assertThat(t.join(Duration.ofSeconds(10))).isTrue();
    }
  }

  @Test
  void errorsNameTheCallAndDescribeTheErrno() throws Exception {
    Path taken = folder.resolve("taken");
    try (SocketCalls one = unix();
        SocketCalls two = unix()) {
      one.bind(UnixDomainSocketAddress.of(taken));
      assertThatThrownBy(() -> two.bind(UnixDomainSocketAddress.of(taken)))
          .isInstanceOf(LibraryException.class)
          .hasMessage("bind: address already in use");
      assertThatThrownBy(() -> two.connect(UnixDomainSocketAddress.of(folder.resolve("none"))))
          .hasMessage("connect: no such file or directory");
      assertThatThrownBy(() -> two.connect(UnixDomainSocketAddress.of("/" + "x".repeat(107))))
          .isInstanceOf(IllegalArgumentException.class);
      two.connect(UnixDomainSocketAddress.of(taken));
      assertThatThrownBy(() -> two.send(new byte[50_000_000])).hasMessage("send: message too long");
    }
    assertThatThrownBy(() -> new SocketCalls(12_345, SocketCalls.SOCK_DGRAM, 0))
        .hasMessage("socket: address family not supported by protocol");
  }
}

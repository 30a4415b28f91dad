package dev.tethys.collect.observe.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.observe.kernel.NetlinkClient;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Messages that were recorded from a kernel. */
class ConntrackSocketTest {
  private static final int NUMBER = 7;
  private static final Properties RECORDED = new Properties();
  private static final Flow V4 = flow("10.91.1.2", 41006, "10.96.0.10", 80);
  private static final Flow V6 = flow("fd91:1::2", 40622, "fd96::10", 80);

  @BeforeAll
  static void read() throws IOException {
    try (InputStream in =
        ConntrackSocketTest.class.getResourceAsStream("/netlink/conntrack.properties")) {
      RECORDED.load(in);
    }
  }

  private static Flow flow(String from, int fromPort, String to, int toPort) {
    return new Flow(ConnectionFilterTest.ip(from), fromPort, ConnectionFilterTest.ip(to), toPort);
  }

  private static byte[] bytes(String name) {
    return HexFormat.of().parseHex(RECORDED.getProperty(name));
  }

  private static @Nullable ByteBuffer message(byte[] datagram) throws LibraryException {
    return NetlinkClient.message("conntrack", ByteBuffer.wrap(datagram), NUMBER);
  }

  private static ByteBuffer recorded(String name) throws LibraryException {
    return Objects.requireNonNull(message(bytes(name)));
  }

  @Test
  void sendsTheRecordedQueries() {
    for (String family : new String[] {"v4", "v6"}) {
      ByteBuffer question = ConntrackSocket.question(family.equals("v4") ? V4 : V6);
      byte[] body = Arrays.copyOf(question.array(), question.position());
      byte[] recorded = bytes("question." + family);
      assertThat(body).isEqualTo(Arrays.copyOfRange(recorded, 16, recorded.length));
    }
  }

  @Test
  void readsThePeerBehindATranslatedAddress() throws Exception {
    assertThat(ConntrackSocket.translated(V4, recorded("answer.v4")))
        .isEqualTo(flow("10.91.2.1", 41006, "10.91.2.2", 8080)); // its source is masqueraded too
    assertThat(ConntrackSocket.translated(V6, recorded("answer.v6")))
        .isEqualTo(flow("fd91:1::2", 40622, "fd91:2::2", 8080));
  }

  @Test
  void omitsConnectionsOfTheOtherDirection() throws Exception {
    Flow reply = flow("10.91.2.2", 8080, "10.91.2.1", 50052);
    assertThat(ConntrackSocket.translated(reply, recorded("answer.reply"))).isNull();
    assertThat(ConntrackSocket.translated(V4, recorded("answer.direct"))).isNull();
  }

  @Test
  void readsErrorsAndNumbers() throws Exception {
    assertThatThrownBy(() -> message(bytes("error.none")))
        .isInstanceOfSatisfying(
            LibraryException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    assertThat(ConntrackSocket.entries(recorded("stats.three"))).isEqualTo(3);
    assertThat(ConntrackSocket.entries(recorded("stats.empty"))).isZero();
  }

  @Test
  void skipsAnswersToOtherQuestions() throws Exception {
    assertThat(NetlinkClient.message("conntrack", ByteBuffer.wrap(bytes("answer.v4")), 8)).isNull();
  }

  /** A kernel sends no such messages; any bytes are read within its bounds. */
  @Test
  void survivesEveryTruncationAndChangedByte() throws Exception {
    byte[] whole = bytes("answer.v4");
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      if (length >= 4) {
        ByteBuffer.wrap(cut).order(ByteOrder.nativeOrder()).putInt(0, length);
      }
      readAnything(cut);
    }
    for (int at = 0; at < whole.length; at++) {
      for (int value : new int[] {0, 1, 3, 0x7f, 0xff}) {
        byte[] changed = whole.clone();
        changed[at] = (byte) value;
        readAnything(changed);
      }
    }
  }

  private static void readAnything(byte[] datagram) {
    try {
      ByteBuffer m = message(datagram);
      if (m != null) {
        ConntrackSocket.translated(V4, m);
      }
    } catch (LibraryException e) {
      assertThat(e.errno()).isNotZero();
    }
  }
}

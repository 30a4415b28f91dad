package dev.tethys.collect.logs.gelf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.logs.SourceRig;
import dev.tethys.model.logs.LogEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GelfSourceTest {
  /** The example of Graylog's description. */
  private static final String EXAMPLE =
      "{\"version\":\"1.1\",\"host\":\"example.org\",\"short_message\":\"A short message\","
          + "\"full_message\":\"Backtrace here\\n\\nmore stuff\",\"timestamp\":1385053862.3072,"
          + "\"level\":5,\"facility\":\"shop\",\"_user_id\":9001}";

  @TempDir Path folder;
  private SourceRig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new SourceRig(folder);
  }

  @AfterEach
  void end() {
    rig.close();
  }

  private GelfSource start(String more) throws IOException {
    GelfSource s =
        new GelfSource(
            SourceRig.read(
                GelfConfig.TYPE,
                "{listen_address: '127.0.0.1:0', labels: {job: gelf}" + more + "}"),
            rig.context());
    s.start();
    return s;
  }

  private static void send(GelfSource s, byte[] packet) throws IOException {
    try (DatagramSocket d = new DatagramSocket()) {
      d.send(
          new DatagramPacket(
              packet, packet.length, InetAddress.getLoopbackAddress(), s.address().getPort()));
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] gzip(byte[] b) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream g = new GZIPOutputStream(out)) {
      g.write(b);
    }
    return out.toByteArray();
  }

  private static byte[] zlib(byte[] b) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream g = new DeflaterOutputStream(out)) {
      g.write(b);
    }
    return out.toByteArray();
  }

  private static byte[] chunk(int id, int number, int count, byte[] part) {
    byte[] b = new byte[12 + part.length];
    b[0] = 0x1e;
    b[1] = 0x0f;
    b[9] = (byte) id;
    b[10] = (byte) number;
    b[11] = (byte) count;
    System.arraycopy(part, 0, b, 12, part.length);
    return b;
  }

  @Test
  void readsPlainAndCompressedPackets() throws Exception {
    try (GelfSource s = start(", use_incoming_timestamp: true")) {
      send(s, bytes(EXAMPLE));
      LogEntry e = rig.next();
      assertThat(e.line()).isEqualTo(EXAMPLE);
      assertThat(e.timestamp()).isEqualTo(1_385_053_862_307_200_000L);
      assertThat(e.labels().toMap())
          .containsEntry("job", "gelf")
          .containsEntry("was_gelf_message_level", "notice")
          .containsEntry("was_gelf_message_host", "example.org")
          .containsEntry("was_gelf_message_version", "1.1")
          .containsEntry("was_gelf_message_facility", "shop");
      send(s, gzip(bytes(EXAMPLE)));
      assertThat(rig.next().line()).isEqualTo(EXAMPLE);
      send(s, zlib(bytes(EXAMPLE)));
      assertThat(rig.next().line()).isEqualTo(EXAMPLE);
    }
  }

  @Test
  void joinsChunksInAnyOrder() throws Exception {
    byte[] whole = gzip(bytes(EXAMPLE));
    byte[] first = Arrays.copyOfRange(whole, 0, 50);
    byte[] second = Arrays.copyOfRange(whole, 50, 100);
    byte[] third = Arrays.copyOfRange(whole, 100, whole.length);
    try (GelfSource s = start("")) {
      send(s, chunk(7, 2, 3, third));
      send(s, chunk(8, 0, 1, bytes(EXAMPLE)));
      send(s, chunk(7, 0, 3, first));
      send(s, chunk(7, 0, 3, first));
      send(s, chunk(9, 3, 3, third)); // none of three
      send(s, chunk(7, 1, 3, second));
      assertThat(rig.next().line()).isEqualTo(EXAMPLE);
      LogEntry e = rig.next();
      assertThat(e.line()).isEqualTo(EXAMPLE);
      assertThat(e.timestamp() / 1_000_000_000L).isEqualTo(SourceRig.NOW.getEpochSecond());
    }
    assertThat(rig.metric("promtail_gelf_target_parsing_errors_total")).isEqualTo(1);
    assertThat(rig.metric("promtail_gelf_target_entries_total")).isEqualTo(2);
  }

  @Test
  void dropsIncompleteChunks() {
    GelfChunks c = new GelfChunks();
    byte[] part = chunk(1, 0, 2, bytes("x"));
    assertThat(c.take(part, part.length, 0)).isNull();
    byte[] other = chunk(2, 0, 1, bytes("y"));
    assertThat(c.take(other, other.length, GelfChunks.TIME_LIMIT + 1)).isEqualTo(bytes("y"));
    assertThat(c.lost()).isEqualTo(1);
    for (int i = 0; i < GelfChunks.MAX_MESSAGES + 10; i++) {
      byte[] b = chunk(0, 0, 2, bytes("z"));
      b[2] = (byte) (i >> 8);
      b[3] = (byte) i;
      assertThat(c.take(b, b.length, GelfChunks.TIME_LIMIT + 2)).isNull();
    }
    assertThat(c.lost()).isEqualTo(11);
  }

  @Test
  void readsMessagesOverTcp() throws Exception {
    try (GelfSource s = start(", listen_protocol: tcp");
        Socket c = new Socket(s.address().getAddress(), s.address().getPort())) {
      c.getOutputStream().write(bytes(EXAMPLE + "\0{not json\0{\"host\":\"h\"}\0"));
      c.getOutputStream().flush();
      assertThat(rig.next().line()).isEqualTo(EXAMPLE);
      LogEntry e = rig.next();
      assertThat(e.line()).isEqualTo("{\"host\":\"h\"}");
      assertThat(e.labels().get("was_gelf_message_level")).isEqualTo("alert");
    }
    assertThat(rig.metric("promtail_gelf_target_parsing_errors_total")).isEqualTo(1);
  }
}

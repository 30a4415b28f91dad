package dev.tethys.alert.manager.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MemberlistMessagesTest {
  private static ClusterNode node(String name) {
    return new ClusterNode(
        name, new InetSocketAddress("10.1.2.3", 9094), new byte[0], ClusterNode.VERSIONS.clone());
  }

  @Test
  void messagesMatchMemberlist() throws IOException {
    // A dead message of memberlist: the kind, then a map in the order of its fields.
    byte[] theirs =
        HexFormat.of()
            .parseHex(
                "05"
                    + "83"
                    + "ab496e6361726e6174696f6e"
                    + "cd0102"
                    + "a44e6f6465"
                    + "a161"
                    + "a446726f6d"
                    + "a162");
    assertThat(MemberlistMessages.dead(new MemberlistMessages.Dead(0x102, "a", "b")))
        .isEqualTo(theirs);
    assertThat(MemberlistMessages.dead(MemberlistMessages.fields(theirs)))
        .isEqualTo(new MemberlistMessages.Dead(0x102, "a", "b"));
  }

  @Test
  void readsBackItsOutput() throws IOException {
    MemberlistMessages.Alive alive =
        MemberlistMessages.alive(
            MemberlistMessages.fields(
                MemberlistMessages.alive(new MemberlistMessages.Alive(1L << 31, node("ä")))));
    assertThat(alive.incarnation()).isEqualTo(1L << 31);
    assertThat(alive.node().name()).isEqualTo("ä");
    assertThat(alive.node().hostPort()).isEqualTo("10.1.2.3:9094");
    assertThat(alive.node().versions()).isEqualTo(ClusterNode.VERSIONS);
    MemberlistMessages.IndirectPing p =
        MemberlistMessages.indirectPing(
            MemberlistMessages.fields(
                MemberlistMessages.indirectPing(
                    new MemberlistMessages.IndirectPing(7, node("t"), true, node("me")))));
    assertThat(p.sequence()).isEqualTo(7);
    assertThat(p.nack()).isTrue();
    assertThat(p.target().name() + p.from().name()).isEqualTo("tme");
    List<byte[]> parts = List.of(new byte[] {1, 2}, new byte[300], new byte[0]);
    assertThat(MemberlistMessages.parts(MemberlistMessages.compound(parts)))
        .usingRecursiveComparison()
        .isEqualTo(parts);
    byte[] packet = MemberlistMessages.checked(new byte[] {3, 4, 5}, node("x"));
    assertThat(MemberlistMessages.unchecked(packet)).containsExactly(3, 4, 5);
    packet[6] ^= 1;
    assertThatThrownBy(() -> MemberlistMessages.unchecked(packet)).hasMessageContaining("checksum");
  }

  @Test
  void readsNumbersAndStringsOfEveryFormat() throws IOException {
    byte[] b =
        HexFormat.of()
            .parseHex(
                "8a"
                    + "a161d1ff00" // int16
                    + "a162cfffffffffffffffff"
                    + "a163d3000000000000000a"
                    + "a164c4026869" // bin8
                    + "a165d9026869" // str8
                    + "a166c0"
                    + "a167c3"
                    + "a1689301a17802" // an array is passed over
                    + "a16981a17805" // so is a map
                    + "a16ae0");
    MemberlistFields f = MemberlistFields.read(new ByteArrayInputStream(b));
    assertThat(List.of(f.number("a"), f.number("b"), f.number("c"), f.number("j")))
        .containsExactly(-256L, -1L, 10L, -32L);
    assertThat(f.text("d") + f.text("e") + f.text("f")).isEqualTo("hihi");
    assertThat(f.flag("g")).isTrue();
    assertThatThrownBy(
            () ->
                MemberlistFields.read(
                    new ByteArrayInputStream(HexFormat.of().parseHex("dfffffffff"))))
        .isInstanceOf(ProtocolException.class);
    assertThatThrownBy(
            () ->
                MemberlistFields.read(
                    new ByteArrayInputStream(HexFormat.of().parseHex("81a161c67fffffff00"))))
        .hasMessageContaining("at most");
  }

  /** Go's own words: lzw.NewWriter(w, lzw.LSB, 8) as its documentation of the format has it. */
  private static byte[] compressed(byte[] in) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long[] state = {0, 0};
    Map<String, Integer> table = new HashMap<>();
    int width = 9;
    int next = 257;
    put(out, state, 256, width);
    String w = "";
    for (byte b : in) {
      String wc = w + (char) (b & 0xff);
      if (wc.length() == 1 || table.containsKey(wc)) {
        w = wc;
        continue;
      }
      put(out, state, w.length() == 1 ? w.charAt(0) : table.getOrDefault(w, 0), width);
      next++;
      if (next == 1 << width) {
        width++;
      }
      if (next == (1 << 12) - 1) {
        put(out, state, 256, 12);
        table.clear();
        width = 9;
        next = 257;
      } else {
        table.put(wc, next);
      }
      w = wc.substring(wc.length() - 1);
    }
    if (!w.isEmpty()) {
      put(out, state, w.length() == 1 ? w.charAt(0) : table.getOrDefault(w, 0), width);
      next++;
      if (next == 1 << width) {
        width++;
      }
    }
    put(out, state, 257, width);
    put(out, state, 0, 8);
    return out.toByteArray();
  }

  private static void put(ByteArrayOutputStream out, long[] state, int code, int width) {
    state[0] |= (long) code << state[1];
    state[1] += width;
    while (state[1] >= 8) {
      out.write((int) state[0]);
      state[0] >>>= 8;
      state[1] -= 8;
    }
  }

  @Property(tries = 60)
  void compressionIsUndone(
      @ForAll @IntRange(max = 40_000) int length, @ForAll @IntRange(min = 1, max = 256) int kinds)
      throws IOException {
    byte[] text = new byte[length];
    new java.util.Random(length * 31L + kinds).nextBytes(text);
    for (int i = 0; i < length; i++) {
      text[i] = (byte) Math.floorMod(text[i], kinds);
    }
    assertThat(Lzw.decompress(compressed(text), 1 << 20)).isEqualTo(text);
  }

  @Test
  void boundsDecompressedSize() {
    byte[] zeros = new byte[100_000];
    assertThatThrownBy(() -> Lzw.decompress(compressed(zeros), 99_999))
        .hasMessageContaining("99999");
  }

  @Property(tries = 2000)
  void arbitraryBytesCauseAtMostAnError(@ForAll @Size(max = 200) byte[] b) {
    for (int i = 0; i < 3; i++) {
      try {
        switch (i) {
          case 0 -> MemberlistFields.read(new ByteArrayInputStream(b));
          case 1 -> Lzw.decompress(b, 1 << 16);
          default -> MemberlistMessages.parts(b);
        }
      } catch (IOException e) {
        assertThat(e).hasNoCause();
      }
    }
  }

  @Test
  void queueIsBoundedAndDropsMessagesSentOften() {
    BroadcastQueue q = new BroadcastQueue(3);
    for (int i = 0; i < BroadcastQueue.MAX_MESSAGES + 10; i++) {
      q.add("", new byte[] {1});
    }
    assertThat(q.size()).isEqualTo(BroadcastQueue.MAX_MESSAGES);
    assertThat(q.pruned()).isEqualTo(10);
    BroadcastQueue one = new BroadcastQueue(3);
    one.add("a", "first".getBytes(StandardCharsets.UTF_8));
    one.add("a", "second".getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < 3; i++) {
      assertThat(one.take(2, 100, 3)).hasSize(1);
    }
    assertThat(one.take(2, 100, 3)).isEmpty();
    one.add("", new byte[200]);
    assertThat(one.take(2, 100, 3)).isEmpty();
    assertThat(one.size()).isEqualTo(1);
  }
}

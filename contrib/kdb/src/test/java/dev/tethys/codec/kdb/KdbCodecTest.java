package dev.tethys.codec.kdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.kx.c;
import dev.tethys.codec.CodecException;
import dev.tethys.testkit.Shared;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Beside KX's own Java client, and a client for Node.js by others. */
class KdbCodecTest {
  private static final int MAX = 1 << 24;
  private static final UUID GUID = UUID.fromString("8c680a01-5a49-5aab-5a65-d4bfddb6a661");

  private static List<QValue> values() {
    return List.of(
        QValue.bool(true),
        QValue.atom(GUID),
        QValue.atom(QType.LONG, Long.MIN_VALUE),
        QValue.atom(QType.INT, -7),
        QValue.atom(QType.TIMESTAMP, 123_456_789_012_345_678L),
        QValue.atom(QType.DATE, 9000),
        QValue.atom(1.5),
        QValue.symbol("größe"),
        QValue.text("a \"text\" — with signs"),
        QValue.text(""),
        QValue.symbols("", "a", "b c"),
        new QValue.Vector(QType.SHORT, new short[] {1, -1, Short.MIN_VALUE}),
        new QValue.Vector(QType.REAL, new float[] {1, Float.NaN, Float.NEGATIVE_INFINITY}),
        new QValue.Vector(
            QType.FLOAT,
            new double[] {-0.0, Double.POSITIVE_INFINITY, 0x1p-1074, 9007199254740993.0}),
        new QValue.Vector(QType.GUID, new UUID[] {GUID, new UUID(0, 0)}),
        QValue.NOTHING,
        QValue.Primitive.WITHIN,
        new QValue.Lambda("", "{x+y}"),
        QValue.list(),
        QValue.list(QValue.symbol("x"), QValue.list(QValue.text("y")), QValue.atom(2.0)),
        new QValue.Dict(QValue.symbols("a", "b"), new QValue.Vector(QType.LONG, new long[] {1, 2})),
        new QValue.Table(
            List.of("time", "sym", "series", "labels"),
            List.of(
                new QValue.Vector(QType.TIMESPAN, new long[] {1, 2}),
                QValue.symbols("up", "up"),
                new QValue.Vector(QType.GUID, new UUID[] {GUID, GUID}),
                QValue.list(QValue.text("{}"), QValue.text("{\"a\":\"b\"}")))));
  }

  @Test
  void everyTypeRoundTripsInBothByteOrders() {
    for (QValue v : values()) {
      for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
        QMessage m = new QMessage(QMessage.Kind.SYNC, v);
        byte[] b = m.encode(order, true);
        assertThat(QMessage.length(Arrays.copyOf(b, 8), MAX)).isEqualTo(b.length);
        assertThat(QMessage.decode(b, MAX)).isEqualTo(m);
      }
    }
  }

  @Test
  void staleMarkerKeepsItsBits() {
    long stale = 0x7ff0000000000002L;
    QValue v = new QValue.Vector(QType.FLOAT, new double[] {Double.longBitsToDouble(stale)});
    QMessage back = QMessage.decode(new QMessage(QMessage.Kind.ASYNC, v).encode(), MAX);
    double[] d = (double[]) ((QValue.Vector) back.value()).array();
    assertThat(Double.doubleToRawLongBits(d[0])).isEqualTo(stale);
  }

  @Test
  void matchesBytesOfQ() {
    // -8!1i, -8!`a`b!2 3i and -8!("a table") of KX's page on serialisation
    assertThat(hex(QValue.atom(QType.INT, 1))).isEqualTo("010000000d000000fa01000000");
    assertThat(
            hex(
                new QValue.Dict(
                    QValue.symbols("a", "b"), new QValue.Vector(QType.INT, new int[] {2, 3}))))
        .isEqualTo("0100000021000000630b0002000000610062000600020000000200000003000000");
    assertThat(
            hex(
                new QValue.Table(
                    List.of("a", "b"),
                    List.of(
                        new QValue.Vector(QType.INT, new int[] {2}),
                        new QValue.Vector(QType.INT, new int[] {3})))))
        .isEqualTo(
            "010000002f0000006200630b0002000000610062000000020000000600010000000200000006000100000003000000");
  }

  /**
   * Numbers of the functions in queries: the places of {@code = ? in within} and {@code not} in the
   * tables of q, as {@code -8!(within)} shows them. A wrong one is another function of q.
   */
  @Test
  void queryFunctionsUseNumbersOfQ() {
    assertThat(hex(QValue.Primitive.EQUAL)).endsWith("6608");
    assertThat(hex(QValue.Primitive.QUERY)).endsWith("6611");
    assertThat(hex(QValue.Primitive.IN)).endsWith("6617");
    assertThat(hex(QValue.Primitive.WITHIN)).endsWith("6618");
    assertThat(hex(QValue.Primitive.NOT)).endsWith("650f");
  }

  private static String hex(QValue v) {
    return HexFormat.of().formatHex(new QMessage(QMessage.Kind.ASYNC, v).encode());
  }

  @Test
  void kxReadsOurOutput() throws Exception {
    c.setEncoding("UTF-8");
    c kx = new c();
    Object[] table = {
      new long[] {1, 2}, new String[] {"x", "größe"}, new UUID[] {GUID, GUID}, new double[] {1, 2.5}
    };
    QValue ours =
        new QValue.Table(
            List.of("n", "sym", "id", "value"),
            List.of(
                new QValue.Vector(QType.LONG, (long[]) table[0]),
                QValue.symbols((String[]) table[1]),
                new QValue.Vector(QType.GUID, table[2]),
                new QValue.Vector(QType.FLOAT, table[3])));
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      byte[] b = new QMessage(QMessage.Kind.RESPONSE, ours).encode(order, false);
      c.Flip back = (c.Flip) kx.deserialize(b);
      assertThat(back.x).containsExactly("n", "sym", "id", "value");
      assertThat(back.y).isEqualTo(table);
    }
    byte[] error = new QMessage(QMessage.Kind.RESPONSE, new QValue.Error("type")).encode();
    assertThatThrownBy(() -> kx.deserialize(error)).isInstanceOf(c.KException.class);
    Instant at = Instant.parse("2026-01-02T03:04:05.123456789Z");
    long nanos = (at.toEpochMilli() - QType.EPOCH_MILLIS) / 1000 * 1_000_000_000 + at.getNano();
    assertThat(kx.deserialize(message(QValue.atom(QType.TIMESTAMP, nanos)))).isEqualTo(at);
    assertThat(kx.deserialize(message(QValue.atom(QType.DATE, 9497))))
        .isEqualTo(LocalDate.parse("2026-01-01"));
    assertThat(kx.deserialize(message(QValue.text("größe")))).isEqualTo("größe".toCharArray());
  }

  private static byte[] message(QValue v) {
    return new QMessage(QMessage.Kind.SYNC, v).encode();
  }

  @Test
  void readsOutputOfKx() throws Exception {
    c kx = new c();
    kx.zip(true);
    Object flip =
        new c.Flip(
            new c.Dict(
                new String[] {"id", "v"},
                new Object[] {new UUID[] {GUID}, new double[] {Double.NEGATIVE_INFINITY}}));
    assertThat(QMessage.decode(kx.serialize(1, flip, false), MAX))
        .isEqualTo(
            new QMessage(
                QMessage.Kind.SYNC,
                new QValue.Table(
                    List.of("id", "v"),
                    List.of(
                        new QValue.Vector(QType.GUID, new UUID[] {GUID}),
                        new QValue.Vector(QType.FLOAT, new double[] {Double.NEGATIVE_INFINITY})))));
    assertThat(
            QMessage.decode(
                kx.serialize(0, new Object[] {".u.upd".toCharArray(), "m"}, false), MAX))
        .isEqualTo(
            new QMessage(
                QMessage.Kind.ASYNC, QValue.list(QValue.text(".u.upd"), QValue.symbol("m"))));
  }

  @Test
  void compressionMatchesKxBothWays() throws Exception {
    Random random = new Random(7);
    for (int round = 0; round < 60; round++) {
      // from very repetitive to hardly so, around 2000 bytes and far beyond
      int n = 200 + random.nextInt(20_000);
      int kinds = 1 + random.nextInt(300);
      long[] v = new long[n];
      for (int i = 0; i < n; i++) {
        v[i] = round % 3 == 0 ? i : random.nextInt(kinds);
      }
      QMessage m = new QMessage(QMessage.Kind.RESPONSE, new QValue.Vector(QType.LONG, v));
      byte[] plain = m.encode(ByteOrder.BIG_ENDIAN, false);
      byte[] ours = m.encode(ByteOrder.BIG_ENDIAN, true);
      byte[] theirs = new c().serialize(2, v, true);
      assertThat(new c().serialize(2, v, false)).isEqualTo(plain);
      assertThat(ours).isEqualTo(theirs); // to the byte: the format leaves no choice
      assertThat(ours.length).isLessThanOrEqualTo(plain.length);
      assertThat(QMessage.decode(ours, MAX)).isEqualTo(m);
      assertThat(QMessage.decode(m.encode(ByteOrder.LITTLE_ENDIAN, true), MAX)).isEqualTo(m);
      assertThat(new c().deserialize(ours.clone())).isEqualTo(v);
    }
  }

  @Test
  void doesNotCompressNoise() throws Exception {
    byte[] noise = new byte[10_000];
    new Random(1).nextBytes(noise);
    QMessage m = new QMessage(QMessage.Kind.SYNC, new QValue.Vector(QType.BYTE, noise));
    assertThat(m.encode(ByteOrder.LITTLE_ENDIAN, true))
        .isEqualTo(m.encode(ByteOrder.LITTLE_ENDIAN, false));
  }

  @Test
  void damageIsRejected() {
    Random random = new Random(3);
    for (QValue v : values()) {
      byte[] whole = new QMessage(QMessage.Kind.SYNC, v).encode();
      for (int cut = 0; cut < whole.length; cut++) {
        byte[] b = Arrays.copyOf(whole, cut);
        assertThatThrownBy(() -> QMessage.decode(b, MAX)).isInstanceOf(CodecException.class);
      }
      for (int round = 0; round < 200; round++) {
        byte[] b = whole.clone();
        b[random.nextInt(b.length)] = (byte) random.nextInt();
        try {
          QMessage.decode(b, MAX);
        } catch (CodecException e) {
          assertThat(e).hasMessageStartingWith("kdb+: ");
        }
      }
    }
    byte[] zipped =
        new QMessage(QMessage.Kind.SYNC, new QValue.Vector(QType.LONG, new long[5000]))
            .encode(ByteOrder.LITTLE_ENDIAN, true);
    for (int round = 0; round < 2000; round++) {
      byte[] b = Arrays.copyOf(zipped, zipped.length - random.nextInt(20));
      b[8 + random.nextInt(b.length - 8)] = (byte) random.nextInt();
      try {
        QMessage.decode(b, MAX);
      } catch (CodecException e) {
        assertThat(e).hasMessageStartingWith("kdb+: ");
      }
    }
    byte[] deep = new byte[100_000];
    deep[0] = 1;
    assertThatThrownBy(() -> QMessage.decode(deep, MAX)).isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> QMessage.length(new byte[] {1, 1, 0, 0, 0, 0, 0, 127}, MAX))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("at most");
    assertThatThrownBy(() -> message(QValue.symbol("a\0b")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void readsFirstBytesOfAClient() {
    assertThat(QMessage.hello("u", "p")).isEqualTo("u:p\3\0".getBytes(StandardCharsets.US_ASCII));
    assertThat(QMessage.hello("", null)).isEqualTo("\3\0".getBytes(StandardCharsets.US_ASCII));
  }

  /** node-q knows little endian alone, and is not by KX. */
  @Test
  void nodeReadsAndWritesTheSame() throws Exception {
    Path module = Shared.npm("node-q");
    QValue v =
        new QValue.Dict(
            QValue.symbols("n", "sym", "id", "f", "text"),
            QValue.list(
                new QValue.Vector(QType.INT, new int[] {1, -2}),
                QValue.symbols("x", "größe"),
                new QValue.Vector(QType.GUID, new UUID[] {GUID}),
                new QValue.Vector(QType.FLOAT, new double[] {1.5, -2}),
                QValue.text("abc")));
    String script =
        """
        const q = require(process.argv[1] + '/lib/c.js');
        const v = q.deserialize(Buffer.from(process.argv[2], 'hex'));
        console.log(JSON.stringify(v));
        console.log(q.serialize({a: [1, 2], b: 'word'}).toString('hex'));
        const zipped = q.deserialize(Buffer.from(process.argv[3], 'hex'));
        console.log(zipped.length + ' ' + zipped[999]);
        """;
    double[] long1000 = new double[1000];
    Arrays.setAll(long1000, i -> i % 10);
    String zipped =
        HexFormat.of()
            .formatHex(
                new QMessage(QMessage.Kind.RESPONSE, new QValue.Vector(QType.FLOAT, long1000))
                    .encode(ByteOrder.LITTLE_ENDIAN, true));
    Process p =
        new ProcessBuilder(
                "node", "--no-deprecation", "-e", script, module.toString(), hex(v), zipped)
            .redirectErrorStream(true)
            .start();
    List<String> lines =
        new ArrayList<>(
            new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList());
    assertThat(p.waitFor()).as(lines.toString()).isZero();
    assertThat(lines.get(0))
        .isEqualTo(
            "{\"n\":[1,-2],\"sym\":[\"x\",\"größe\"],\"id\":[\""
                + GUID
                + "\"],\"f\":[1.5,-2],\"text\":\"abc\"}");
    QMessage theirs = QMessage.decode(HexFormat.of().parseHex(lines.get(1)), MAX);
    assertThat(theirs.value()).isInstanceOf(QValue.Dict.class);
    assertThat(lines.get(2)).isEqualTo("1000 9");
  }
}

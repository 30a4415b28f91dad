package dev.tethys.codec.collectd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.collectd.PacketReader.Security;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.testkit.FileCorruption;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** Packets of collectd itself are tested in the module of receivers. */
class PacketReaderTest implements CollectdSink {
  private final List<String> seen = new ArrayList<>();

  @Override
  public void values(ValueList v) {
    seen.add(v.id() + " " + v.names() + v.kinds() + v.values() + " @" + v.time());
  }

  @Override
  public void notification(Notification n) {
    seen.add(n.id() + " " + n.severity() + " " + n.message() + " @" + n.time());
  }

  private static byte[] part(int kind, byte[] body) {
    return ByteBuffer.allocate(4 + body.length)
        .putShort((short) kind)
        .putShort((short) (4 + body.length))
        .put(body)
        .array();
  }

  private static byte[] text(int kind, String s) {
    return part(kind, (s + "\0").getBytes(UTF_8));
  }

  private static byte[] number(int kind, long n) {
    return part(kind, ByteBuffer.allocate(8).putLong(n).array());
  }

  private static byte[] values(int kind, long bits) {
    return part(
        6, ByteBuffer.allocate(11).putShort((short) 1).put((byte) kind).putLong(bits).array());
  }

  private static byte[] packet(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] p : parts) {
      out.writeBytes(p);
    }
    return out.toByteArray();
  }

  private static byte[] cpu() {
    return packet(
        text(0, "h"),
        number(8, (1L << 30) * 1_700_000_000L + (1 << 29)),
        text(2, "cpu"),
        text(4, "cpu"),
        number(9, 10L << 30),
        values(0, -1L));
  }

  private RejectedItems read(PacketReader r, byte[] packet) {
    return r.read(packet, 0, packet.length, this);
  }

  private static PacketReader open() {
    return new PacketReader(Security.NONE, null, new TypesDb());
  }

  @Test
  void valuesInheritPrecedingParts() {
    byte[] p =
        packet(
            cpu(),
            part(0x4711, new byte[] {1}),
            text(5, "idle"),
            number(1, 5),
            values(2, -7),
            values(3, 9),
            values(1, Long.reverseBytes(Double.doubleToRawLongBits(2.5))),
            values(1, Long.reverseBytes(Double.doubleToRawLongBits(Double.NaN))),
            number(0x101, 1),
            text(0x100, "hot"));
    assertThat(read(open(), p).isEmpty()).isTrue();
    assertThat(seen)
        .containsExactly(
            "h/cpu/cpu [value][COUNTER][1.8446744073709552E19] @1700000000500000000",
            "h/cpu/cpu-idle [value][DERIVE][-7] @5000000000",
            "h/cpu/cpu-idle [value][ABSOLUTE][9] @5000000000",
            "h/cpu/cpu-idle [value][GAUGE][2.5] @5000000000",
            "h/cpu/cpu-idle [value][GAUGE][null] @5000000000",
            "h/cpu/cpu-idle FAILURE hot @5000000000");
  }

  @Test
  void rejectsOnlyUnknownTypes() {
    TypesDb types = new TypesDb();
    types.add("t", "# types\nload\ta:GAUGE:0:1, b:GAUGE:0:1\ncpu value:COUNTER:0:U\n");
    PacketReader r = new PacketReader(Security.NONE, null, types);
    RejectedItems refused =
        read(r, packet(cpu(), text(4, "load"), values(2, 1), text(4, "odd"), values(2, 1)));
    assertThat(seen).hasSize(1);
    assertThat(refused.text(x -> x.number() + " " + x.item() + " " + x.why()))
        .isEqualTo(
            """
            2 h/cpu/load 1 values, but types_db has 2 data sources of load
            3 h/cpu/odd types_db has no type odd\
            """);
  }

  private static byte[] signed(String user, String password, byte[] rest)
      throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(password.getBytes(UTF_8), "HmacSHA256"));
    mac.update(user.getBytes(UTF_8));
    return packet(part(0x200, packet(mac.doFinal(rest), user.getBytes(UTF_8))), rest);
  }

  @Test
  void rejectsPacketsBelowTheRequiredSecurity() throws GeneralSecurityException {
    PacketReader sign =
        new PacketReader(Security.SIGN, u -> u.equals("alice") ? "pw" : null, new TypesDb());
    PacketReader encrypt =
        new PacketReader(Security.ENCRYPT, u -> u.equals("alice") ? "pw" : null, new TypesDb());
    assertThat(read(sign, signed("alice", "pw", cpu())).isEmpty()).isTrue();
    assertThat(seen).hasSize(1);
    seen.clear();
    for (byte[] p :
        List.of(
            cpu(),
            signed("alice", "other", cpu()),
            signed("bob", "pw", cpu()),
            packet(cpu(), signed("alice", "pw", cpu())),
            signed("alice", "pw", signed("alice", "pw", cpu())))) {
      assertThat(read(sign, p).count()).isEqualTo(1);
    }
    assertThat(read(encrypt, signed("alice", "pw", cpu())).text()).contains("not encrypted");
    assertThat(read(encrypt, part(0x210, new byte[50])).text()).contains("the user  is unknown");
    assertThat(read(open(), part(0x210, new byte[50])).text()).contains("no auth_file");
    assertThat(seen).isEmpty();
    // As collectd does where it knows no users: signatures are not checked.
    assertThat(read(open(), signed("alice", "other", cpu())).isEmpty()).isTrue();
  }

  @Test
  void damageIsRejected() {
    PacketReader r = new PacketReader(Security.NONE, _ -> "pw", new TypesDb());
    Random random = new Random(4711);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      refused += read(r, FileCorruption.of(packet(cpu(), text(0x100, "m")), random)).count();
    }
    assertThat(refused).isPositive();
  }
}

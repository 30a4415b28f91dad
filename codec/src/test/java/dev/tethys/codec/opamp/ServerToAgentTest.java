package dev.tethys.codec.opamp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Messages as bytes; the extension's tests check against protobuf's own library. */
@Tag("slow")
class ServerToAgentTest {
  private static ServerToAgent read(String hex) {
    return ServerToAgent.unframed(HexFormat.of().parseHex(hex));
  }

  @Test
  void acceptsMissingHeader() {
    assertThat(read("00" + "3001").reportAll()).isTrue();
    assertThat(read("3001").reportAll()).isTrue();
    assertThat(read("3002").reportComponents()).isTrue();
    assertThat(read("").reportAll()).isFalse();
    assertThat(read("00").error()).isNull();
  }

  @Test
  void pausesAreBounded() {
    // unavailable, after all nanoseconds that exist
    ServerToAgent.Failure f = read("120f" + "0802" + "1a0b" + "08ffffffffffffffffff01").error();
    assertThat(f).isEqualTo(new ServerToAgent.Failure(true, "", Duration.ofDays(1)));
    assertThat(read("1207" + "0802" + "120162" + "1a00").error())
        .isEqualTo(new ServerToAgent.Failure(true, "b", Duration.ZERO));
    assertThat(read("2208" + "1206" + "20ffffffff0f").heartbeat()).isEqualTo(Duration.ofDays(1));
    assertThat(read("2204" + "12022000").heartbeat()).isEqualTo(Duration.ZERO);
    assertThat(read("2200").heartbeat()).isNull();
  }

  @Test
  void namesEachIgnoredFieldOnce() {
    assertThat(read("1a00" + "1a00" + "4a00" + "2a00" + "5a00").unsupported()).isEqualTo("command");
  }

  @Test
  void uidHasSixteenBytes() {
    assertThat(read("4212" + "0a10" + "000102030405060708090a0b0c0d0e0f").newUid()).hasSize(16);
    for (String wrong : new String[] {"4200", "42030a0101"}) {
      assertThatThrownBy(() -> read(wrong))
          .isInstanceOf(CodecException.class)
          .hasMessageContaining("instance uid");
    }
  }

  /** Any input is a message or an error that says so. */
  @Test
  void rejectsGarbage() {
    Random r = new Random(1);
    int errors = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] b = new byte[r.nextInt(40)];
      r.nextBytes(b);
      if (b.length > 1 && r.nextBoolean()) {
        b[0] = (byte) ((1 + r.nextInt(11)) << 3 | 2);
        b[1] = (byte) r.nextInt(b.length);
      }
      try {
        ServerToAgent.unframed(b);
      } catch (CodecException e) {
        errors++;
      }
    }
    assertThat(errors).isBetween(1, 99_999);
  }
}

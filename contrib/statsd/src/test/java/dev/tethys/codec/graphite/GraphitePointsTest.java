package dev.tethys.codec.graphite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.points.PointNames;
import dev.tethys.codec.points.PointSink;
import dev.tethys.codec.points.RejectedItems;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GraphitePointsTest {
  private final List<String> seen = new ArrayList<>();
  private final PointSink sink =
      (l, t, v) -> {
        seen.add(l + " " + v + " @" + t);
        return null;
      };
  private final GraphitePoints points =
      new GraphitePoints(PathNaming.plain(PointNames.UNDERSCORES), () -> 777);

  private List<String> refused(RejectedItems r) {
    return r.kept().stream().map(x -> x.number() + ": " + x.why()).toList();
  }

  @Test
  void acceptsLinesAroundInvalidLine() {
    byte[] b =
        "a.b-c 1.5 1700000000\n\nno time\n x;dc=far west 1 1\nx;dc=west;rack=r/1\t2 1.25\r\nn 3 -1\ny;dc= 1 1\nz 1e 1"
            .getBytes(UTF_8);
    RejectedItems r = points.lines(b, 0, b.length, sink);
    assertThat(seen)
        .containsExactly(
            "{__name__=\"a_b_c\"} 1.5 @1700000000000",
            "{__name__=\"x\", dc=\"west\", rack=\"r/1\"} 2.0 @1250",
            "{__name__=\"n\"} 3.0 @777");
    assertThat(refused(r))
        .containsExactly(
            "3: the line must have path, value and timestamp",
            "4: the line must have path, value and timestamp",
            "7: the tag \"dc=\" must be name=value",
            "8: invalid value");
  }

  /** Written by Python's pickle.dumps, protocols 0 to 5. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "286c70300a2856612e623b64633d776573740a70310a2849313730303030303030300a46312e350a7470320a7470330a612856630a70340a2846313730303030303030312e32350a49370a7470350a7470360a612856640a70370a28492d310a46696e660a7470380a7470390a612e",
        "5d71002828580b000000612e623b64633d776573747101284a00f15365473ff8000000000000747102747103285801000000637104284741d954fc405000004b07747105747106285801000000647107284affffffff477ff0000000000000747108747109652e",
        "80025d710028580b000000612e623b64633d7765737471014a00f15365473ff800000000000086710286710358010000006371044741d954fc405000004b0786710586710658010000006471074affffffff477ff0000000000000867108867109652e",
        "80035d710028580b000000612e623b64633d7765737471014a00f15365473ff800000000000086710286710358010000006371044741d954fc405000004b0786710586710658010000006471074affffffff477ff0000000000000867108867109652e",
        "8004954e000000000000005d94288c0b612e623b64633d77657374944a00f15365473ff8000000000000869486948c0163944741d954fc405000004b07869486948c0164944affffffff477ff000000000000086948694652e",
        "8005954e000000000000005d94288c0b612e623b64633d77657374944a00f15365473ff8000000000000869486948c0163944741d954fc405000004b07869486948c0164944affffffff477ff000000000000086948694652e"
      })
  void readsEveryPickleProtocol(String hex) {
    byte[] b = HexFormat.of().parseHex(hex);
    // Protocol 0 writes infinity as "inf", which is no number of Java's.
    byte[] readable =
        new String(b, java.nio.charset.StandardCharsets.ISO_8859_1)
            .replace("Finf\n", "F1e999\n")
            .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    assertThat(points.pickle(readable, 0, readable.length, sink, _ -> {}).isEmpty()).isTrue();
    assertThat(seen)
        .containsExactly(
            "{__name__=\"a_b\", dc=\"west\"} 1.5 @1700000000000",
            "{__name__=\"c\"} 7.0 @1700000001250",
            "{__name__=\"d\"} Infinity @777");
  }

  @Test
  void rejectsPicklesWithCalls() {
    // pickle.dumps([os.system], protocol=2)
    byte[] b = HexFormat.of().parseHex("80025d710063706f7369780a73797374656d0a7101612e");
    assertThatThrownBy(() -> points.pickle(b, 0, b.length, sink, _ -> {}))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("makes more than plain data");
  }

  @Property(tries = 500)
  void readsOrRejectsAnyPickle(@ForAll @Size(max = 60) byte[] b) {
    try {
      points.pickle(b, 0, b.length, (l, t, v) -> null, _ -> {});
    } catch (CodecException e) {
      assertThat(e.getMessage()).startsWith("pickle: ");
    }
  }

  @Test
  void chargesMemoryOfSingleElementLists() {
    byte[] b = new byte[10_002];
    Arrays.fill(b, (byte) 0x85); // a tuple of the value before it
    b[0] = 'N';
    b[b.length - 1] = '.';
    AtomicLong told = new AtomicLong();
    points.pickle(b, 0, b.length, sink, told::addAndGet);
    assertThat(told.get()).isGreaterThan(90L * 10_000 - (16 << 10));
  }

  @Test
  void chargesSharedTextsForEachPoint() {
    byte[] path = "p".repeat(1_000).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    java.io.ByteArrayOutputStream p = new java.io.ByteArrayOutputStream();
    p.writeBytes(new byte[] {(byte) 0x80, 2, ']', '(', 'X', (byte) 0xe8, 3, 0, 0});
    p.writeBytes(path);
    p.writeBytes(new byte[] {'K', 1, 'K', 1, (byte) 0x86, (byte) 0x86, 'q', 0});
    for (int i = 0; i < 999; i++) {
      p.writeBytes(new byte[] {'h', 0});
    }
    p.writeBytes(new byte[] {'e', '.'});
    AtomicLong told = new AtomicLong();
    points.pickle(p.toByteArray(), 0, p.size(), sink, told::addAndGet);
    assertThat(seen).hasSize(1_000);
    assertThat(told.get()).isGreaterThan(1_900_000);
  }
}

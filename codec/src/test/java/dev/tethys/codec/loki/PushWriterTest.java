package dev.tethys.codec.loki;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.telemetry.LogsData;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PushWriterTest {
  private static List<String> read(PushWriter w) {
    byte[] b = w.toByteArray();
    LogsData d = PushReader.protobuf(b, 0, b.length);
    List<String> out = new ArrayList<>();
    d.resources()
        .forEach(
            r ->
                r.scopes()
                    .forEach(
                        s -> s.items().forEach(i -> out.add(i.timeUnixNano() + " " + i.body()))));
    return out;
  }

  @Test
  void timesAndLinesOfAnySizeRoundTrip() {
    PushWriter w = new PushWriter();
    long[] times = {0, 1, 999_999_999, 1_000_000_000, 1_700_000_000_123_456_789L};
    List<String> expected = new ArrayList<>();
    for (long t : times) {
      for (int n : new int[] {0, 1, 100, 127, 128, 20_000}) {
        String line = "ü".repeat(n / 2) + "x".repeat(n % 2);
        Labels metadata = n % 2 == 0 ? Labels.EMPTY : Labels.of("k", "v".repeat(t > 1 ? 300 : 1));
        w.add("{a=\"" + n + "\"}", t, line, metadata);
      }
    }
    for (int n : new int[] {0, 1, 100, 127, 128, 20_000}) {
      for (long t : times) {
        expected.add(t + " " + "ü".repeat(n / 2) + "x".repeat(n % 2));
      }
    }
    assertThat(w.entries()).isEqualTo(30);
    assertThat(read(w)).containsExactlyElementsOf(expected);
  }

  @Test
  void writerIsReusable() {
    PushWriter w = new PushWriter();
    w.add("{a=\"1\"}", 5, "first", Labels.EMPTY);
    w.add("{a=\"2\"}", 6, "second", Labels.EMPTY);
    assertThat(read(w)).containsExactly("5 first", "6 second");
    w.clear();
    assertThat(w.entries()).isZero();
    assertThat(w.streams()).isZero();
    byte[] b = "<third>".getBytes(StandardCharsets.UTF_8);
    w.add("{a=\"1\"}", 7, b, 1, 5, Labels.EMPTY);
    assertThat(read(w)).containsExactly("7 third");
    for (int round = 1; round <= 3; round++) {
      w.clear();
      for (int i = 0; i < 4; i++) { // more streams than before, of other lengths
        w.add("{a=\"" + i + "\"}", i + 1, "x".repeat(i * 300 / round), Labels.EMPTY);
      }
      assertThat(read(w))
          .containsExactly(
              "1 ",
              "2 " + "x".repeat(300 / round),
              "3 " + "x".repeat(600 / round),
              "4 " + "x".repeat(900 / round));
    }
  }
}

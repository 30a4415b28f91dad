package dev.tethys.codec.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** For any body, a parser ends with END or with an ExpositionException. */
@Tag("slow")
class HostileInputTest {
  private static final ParserOptions ALL = new ParserOptions(true, true, true, true, true);
  private static final ParserOptions NO_NATIVE = new ParserOptions(true, false, true, false, false);

  private static final String TEXT =
      """
      # HELP a b
      # TYPE a histogram
      a_bucket{le="1",x="y\\"z"} 1 12
      a_bucket{le="+Inf"} 2
      {"é.x","l b"="v"} 1e5
      # EOF
      """;

  private static void drain(byte[] b) {
    for (String type :
        List.of("text/plain", "application/openmetrics-text", "application/vnd.google.protobuf")) {
      for (ParserOptions o : List.of(ParserOptions.DEFAULT, ALL, NO_NATIVE)) {
        try {
          int events = 0;
          ExpositionParser p = ExpositionParsers.parser(type, b, 0, b.length, o);
          for (Event e = p.next(); e != Event.END; e = p.next()) {
            if (e == Event.SERIES || e == Event.HISTOGRAM) {
              p.labels();
              p.startTimestamp();
              while (p.nextExemplar(0) != null) {}
            }
            p.text();
            p.metricName();
            assertThat(++events).isLessThan(4 * b.length + 10);
          }
          assertThat(p.next()).isEqualTo(Event.END);
        } catch (ExpositionException e) {
          assertThat(e.getMessage()).matches("(?s)(line|byte) \\d+: .*");
        }
      }
    }
    try {
      OpenMetricsValidator.validate(b);
    } catch (ExpositionException e) {
      assertThat(e).hasMessageStartingWith("line ");
    }
  }

  @Property(tries = 2000)
  void anyBytes(@ForAll byte[] b) {
    drain(b);
  }

  @Property(tries = 3000)
  void damagedText(@ForAll long seed) {
    drain(damaged(TEXT.getBytes(StandardCharsets.UTF_8), new Random(seed)));
  }

  @Test
  void damagedRecordings() throws IOException {
    List<byte[]> good = new ArrayList<>();
    byte[] proto = Files.readAllBytes(Shared.conformance("common/expfmt/protobuf"));
    good.add(Arrays.copyOf(proto, Math.min(proto.length, 6000)));
    byte[] om = Files.readAllBytes(Shared.conformance("prometheus/textparse/1histogram.om.txt"));
    good.add(Arrays.copyOf(om, Math.min(om.length, 3000)));
    Random random = new Random(42);
    for (byte[] g : good) {
      for (int i = 0; i < 500; i++) {
        drain(damaged(g, random));
      }
    }
  }

  private static byte[] damaged(byte[] good, Random random) {
    byte[] b = good.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(b.length);
      switch (random.nextInt(4)) {
        case 0 -> b[at] = (byte) random.nextInt(256);
        case 1 -> b[at] = (byte) "\"\\{}=, #\n\0_1e".charAt(random.nextInt(13));
        case 2 -> b = Arrays.copyOf(b, at + 1);
        default -> {
          int from = random.nextInt(b.length);
          int n = Math.min(random.nextInt(20), b.length - Math.max(at, from));
          System.arraycopy(b.clone(), from, b, at, n);
        }
      }
    }
    return b;
  }

  @Test
  void readsAMillionLabelsInLinearTime() {
    StringBuilder sb = new StringBuilder("a{");
    for (int i = 1_000_000; i > 0; i--) {
      sb.append('l').append(i).append("=\"\",");
    }
    byte[] b = sb.append("} 1\n").toString().getBytes(StandardCharsets.UTF_8);
    assertTimeoutPreemptively(Duration.ofSeconds(20), () -> drain(b));
  }

  @Test
  void errorOfALongLineIsShort() {
    byte[] b = ("a{b=\"" + "x".repeat(1_000_000)).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(
            () -> Transcript.of(ExpositionParsers.text(b, 0, b.length, ParserOptions.DEFAULT)))
        .isInstanceOf(ExpositionException.class)
        .satisfies(
            e ->
                assertThat(String.valueOf(e.getMessage()))
                    .hasSizeLessThan(3 * TextParser.MAX_EXCERPT));
  }
}

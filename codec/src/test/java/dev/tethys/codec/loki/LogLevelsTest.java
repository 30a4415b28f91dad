package dev.tethys.codec.loki;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LogLevelsTest {
  private static String detect(String line) {
    byte[] b = ("x" + line + "x").getBytes(UTF_8);
    return LogLevels.detect(b, 1, b.length - 2);
  }

  @Test
  void detectsTheLevelOfEachLineOfTheFile() throws IOException {
    List<String> wrong = new ArrayList<>();
    int cases = 0;
    try (var in = Objects.requireNonNull(LogLevelsTest.class.getResourceAsStream("levels.txt"))) {
      for (String l : new String(in.readAllBytes(), UTF_8).split("\n")) {
        if (!l.startsWith("#")) {
          int tab = l.indexOf('\t');
          String want = l.substring(0, tab);
          String got = detect(l.substring(tab + 1));
          cases++;
          if (!got.equals(want)) {
            wrong.add(l + " -> " + got);
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(cases).isEqualTo(19);
  }

  @Test
  void severityNumbersAreFourPerLevel() {
    assertThat(LogLevels.ofSeverityNumber(1)).isEqualTo("trace");
    assertThat(LogLevels.ofSeverityNumber(8)).isEqualTo("debug");
    assertThat(LogLevels.ofSeverityNumber(17)).isEqualTo("error");
    assertThat(LogLevels.ofSeverityNumber(24)).isEqualTo("fatal");
    assertThat(LogLevels.ofSeverityNumber(0)).isEqualTo("unknown");
    assertThat(LogLevels.ofSeverityNumber(25)).isEqualTo("unknown");
    assertThat(LogLevels.ofSeverityNumber("seven")).isEqualTo("info");
  }

  /** Any bytes have a level, and no byte beyond the line is read. */
  @Test
  void readsOnlyWithinTheLine() {
    Random random = new Random(7);
    byte[] alphabet = "{}[]\":=\\,level error \n\0".getBytes(UTF_8);
    for (int round = 0; round < 20_000; round++) {
      byte[] b = new byte[random.nextInt(40)];
      for (int i = 0; i < b.length; i++) {
        b[i] = alphabet[random.nextInt(alphabet.length)];
      }
      int from = b.length == 0 ? 0 : random.nextInt(b.length);
      int length = b.length == from ? 0 : random.nextInt(b.length - from + 1);
      byte[] alone = java.util.Arrays.copyOfRange(b, from, from + length);
      assertThat(LogLevels.detect(b, from, length))
          .isEqualTo(LogLevels.detect(alone, 0, alone.length));
    }
  }
}

package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Output of commands: bars, tables, times and sizes. */
class ConsoleTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream to = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private long now;

  private String shown() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void drawsAndClearsABarOnATerminal() {
    ProgressLine line = new ProgressLine(to, true, "done", () -> now);
    line.step("block", 200);
    now += 50_000_000;
    line.advance(10); // too soon to draw again
    now += 60_000_000;
    line.advance(90);
    assertThat(shown())
        .isEqualTo(
            "\rblock ["
                + ".".repeat(30)
                + "]   0% done"
                + "\rblock ["
                + "#".repeat(15)
                + ".".repeat(15)
                + "]  50% done");
    line.clear();
    assertThat(shown()).endsWith("\r" + " ".repeat(48) + "\r");
  }

  @Test
  void printsOccasionalLinesElsewhere() {
    ProgressLine line = new ProgressLine(to, false, "records", () -> now);
    line.step("log", 0);
    for (int i = 0; i < 25; i++) {
      now += 1_000_000_000;
      line.advance(1000);
    }
    line.clear();
    assertThat(shown()).isEqualTo("log 10,000 records\nlog 20,000 records\n");
  }

  @Test
  void formatsTimesAndSizesLikeGo() {
    assertThat(GoText.duration(0)).isEqualTo("0s");
    assertThat(GoText.duration(7)).isEqualTo("7ms");
    assertThat(GoText.duration(60_000)).isEqualTo("1m0s");
    assertThat(GoText.duration(6_390_001)).isEqualTo("1h46m30.001s");
    assertThat(GoText.duration(7_200_000)).isEqualTo("2h0m0s");
    assertThat(GoText.duration(-1_500)).isEqualTo("-1.5s");
    assertThat(GoText.bytes(7620, true)).isEqualTo("7KiB452B");
    assertThat(GoText.bytes(1L << 30, true)).isEqualTo("1GiB");
    assertThat(GoText.bytes(0, true)).isEqualTo("0B");
    assertThat(GoText.bytes(12, false)).isEqualTo("12");
    assertThat(GoText.time(1_700_000_000_999L, true)).isEqualTo("2023-11-14 22:13:20 +0000 UTC");
  }
}

package dev.tethys.runtime.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class LogFloodTest {
  private final LogFlood flood = new LogFlood();
  private long now = 1_000_000;

  private long admit(Level level, String logger, String template) {
    LogRecord r = new LogRecord(level, template);
    r.setLoggerName(logger);
    r.setInstant(Instant.ofEpochMilli(now));
    return flood.admit(r);
  }

  @Test
  void limitsLinesOfAKindPerWindow() {
    int passed = 0;
    for (int i = 0; i < 50_000; i++) {
      passed += admit(Level.WARNING, "a", "series refused: {0}") >= 0 ? 1 : 0;
    }
    assertThat(passed).isEqualTo(LogFlood.OF_A_KIND);
    assertThat(admit(Level.WARNING, "a", "another")).as("another kind").isZero();
    assertThat(admit(Level.WARNING, "b", "series refused: {0}")).as("another logger").isZero();
    now += LogFlood.WINDOW_MILLIS;
    assertThat(admit(Level.WARNING, "a", "series refused: {0}")).isEqualTo(49_900);
    assertThat(admit(Level.WARNING, "a", "series refused: {0}")).isZero();
  }

  @Test
  void limitsConcatenatedMessagesByLogger() {
    int passed = 0;
    for (int i = 0; i < 50_000; i++) {
      passed += admit(Level.SEVERE, "a", "answering /" + i) >= 0 ? 1 : 0;
    }
    assertThat(passed).isEqualTo(LogFlood.OF_A_LOGGER);
  }

  @Test
  void passesRequestedLines() {
    for (int i = 0; i < 5_000; i++) {
      assertThat(admit(Level.FINE, "a", "detail")).isZero();
      assertThat(admit(Level.INFO, "a", "{0}")).isZero();
    }
  }

  @Test
  void cutsLongMessagesAndReportsSuppressedLines() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    var handler =
        LogSetup.handler(
            LogSetup.Format.LOGFMT,
            java.util.Map.of(),
            new LogSetup.StreamLines(new PrintStream(out, true, StandardCharsets.UTF_8)));
    for (int i = 0; i < 1000; i++) {
      LogRecord r = new LogRecord(Level.WARNING, "labels {0}");
      r.setParameters(new Object[] {"x".repeat(1_000_000)});
      r.setInstant(Instant.ofEpochMilli(now));
      handler.publish(r);
    }
    assertThat(out.size()).isLessThan(LogFlood.OF_A_KIND * (LogSetup.MAX_MESSAGE + 500));
    out.reset();
    LogRecord r = new LogRecord(Level.WARNING, "labels {0}");
    r.setInstant(Instant.ofEpochMilli(now + LogFlood.WINDOW_MILLIS));
    handler.publish(r);
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("Log lines suppressed count=900");
  }

  @Test
  void showsTheLastSuppressedLineWithItsValues() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    var handler =
        LogSetup.handler(
            LogSetup.Format.LOGFMT,
            java.util.Map.of(),
            new LogSetup.StreamLines(new PrintStream(out, true, StandardCharsets.UTF_8)));
    for (int i = 0; i < LogFlood.OF_A_KIND + 77; i++) {
      handler.publish(warning("{0}", "line " + i, now));
    }
    handler.publish(warning("{0}", "it's back", now + LogFlood.WINDOW_MILLIS));
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("msg=\"Log lines suppressed count=77 of=it's back\"")
        .doesNotContain("{0}");
  }

  private static LogRecord warning(String template, String value, long time) {
    LogRecord r = new LogRecord(Level.WARNING, template);
    r.setParameters(new Object[] {value});
    r.setInstant(Instant.ofEpochMilli(time));
    return r;
  }
}

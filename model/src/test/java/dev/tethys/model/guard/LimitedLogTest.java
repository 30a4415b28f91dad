package dev.tethys.model.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LimitedLogTest {
  private final List<String> lines = new ArrayList<>();
  private final AtomicLong now = new AtomicLong(5);
  private final LimitedLog log = new LimitedLog(new Lines(), now::get);

  private final class Lines implements System.Logger {
    @Override
    public String getName() {
      return "test";
    }

    @Override
    public boolean isLoggable(Level level) {
      return level != Level.DEBUG;
    }

    @Override
    public void log(
        Level level, @Nullable ResourceBundle b, String message, @Nullable Throwable thrown) {
      lines.add(message + (thrown == null ? "" : " " + thrown));
    }

    @Override
    public void log(
        Level level, @Nullable ResourceBundle b, String format, @Nullable Object... values) {
      lines.add(MessageFormat.format(format, values));
    }
  }

  @Test
  void logsEachKindOncePerTenSecondsWithTheNumberOfOthers() {
    for (int i = 0; i < 1000; i++) {
      log.log(System.Logger.Level.WARNING, "Request refused client={0}", "c" + i);
      log.log(System.Logger.Level.WARNING, "Series invalid");
    }
    assertThat(lines).containsExactly("Request refused client=c0", "Series invalid");
    now.addAndGet(10_000_000_000L);
    log.log(System.Logger.Level.WARNING, "Request refused client={0}", "last");
    assertThat(lines.getLast()).isEqualTo("Request refused client=last suppressed=999");
  }

  @Test
  void valuesAreCut() {
    log.log(System.Logger.Level.WARNING, "Series invalid labels={0}", "x".repeat(1_000_000));
    assertThat(lines.getFirst()).hasSizeLessThan(400).contains("(999700 more characters)");
  }

  @Test
  void limitsFailures() {
    log.failure(System.Logger.Level.ERROR, "Request failed", "/a", new IllegalStateException("x"));
    log.failure(System.Logger.Level.ERROR, "Request failed", "/b", new IllegalStateException("x"));
    assertThat(lines).containsExactly("Request failed /a java.lang.IllegalStateException: x");
  }

  @Test
  void kindsAreBounded() {
    for (int i = 0; i < 100_000; i++) {
      log.log(System.Logger.Level.WARNING, "template " + i);
    }
    assertThat(lines).hasSizeLessThan(300);
  }
}

package dev.tethys.model.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.ListResourceBundle;
import java.util.ResourceBundle;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JulLoggerTest {
  private static final String NAME = JulLoggerTest.class.getName();

  private final java.util.logging.Logger target = java.util.logging.Logger.getLogger(NAME);
  private final List<LogRecord> records = new ArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          records.add(record);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void capture() {
    target.setUseParentHandlers(false);
    target.addHandler(handler);
    target.setLevel(java.util.logging.Level.ALL);
  }

  @AfterEach
  void release() {
    target.removeHandler(handler);
    target.setLevel(null);
    target.setUseParentHandlers(true);
  }

  @Test
  void writesTheRecordsOfThePlatformLogger() {
    ResourceBundle bundle =
        new ListResourceBundle() {
          @Override
          protected Object[][] getContents() {
            return new Object[][] {{"key", "text {0}"}};
          }
        };
    List<Consumer<Logger>> calls = new ArrayList<>();
    for (Level level : Level.values()) {
      calls.add(l -> l.log(level, "Level tested"));
    }
    calls.add(l -> l.log(Level.INFO, (String) null));
    calls.add(l -> l.log(Level.INFO, () -> "supplied {0}"));
    calls.add(l -> l.log(Level.INFO, new StringBuilder("value {0}")));
    calls.add(l -> l.log(Level.ERROR, "Write failed", new IllegalStateException("x")));
    calls.add(l -> l.log(Level.ERROR, () -> "supplied", new IllegalStateException("x")));
    calls.add(l -> l.log(Level.INFO, "a={0} b={1}", "it''s", 1_000_000));
    calls.add(l -> l.log(Level.INFO, "a={0}", (Object) null));
    calls.add(l -> l.log(Level.INFO, "none", (Object[]) null));
    calls.add(l -> l.log(Level.WARNING, bundle, "key", "value"));
    calls.add(l -> l.log(Level.WARNING, bundle, "key", new IllegalStateException("x")));
    Logger own = JulLogger.of(NAME);
    Logger platform = System.getLogger(NAME);
    for (Consumer<Logger> call : calls) {
      call.accept(own);
      call.accept(platform);
    }

    assertThat(own.getName()).isEqualTo(platform.getName());
    assertThat(records).hasSize(2 * calls.size());
    for (int i = 0; i < records.size(); i += 2) {
      assertThat(text(records.get(i))).isEqualTo(text(records.get(i + 1)));
    }
  }

  @Test
  void levelsFollowTheTarget() {
    Logger own = JulLogger.of(NAME);
    Logger platform = System.getLogger(NAME);
    for (java.util.logging.Level at :
        List.of(
            java.util.logging.Level.ALL,
            java.util.logging.Level.FINE,
            java.util.logging.Level.INFO,
            java.util.logging.Level.SEVERE,
            java.util.logging.Level.OFF)) {
      target.setLevel(at);
      for (Level level : Level.values()) {
        assertThat(own.isLoggable(level))
            .as("%s at %s", level, at)
            .isEqualTo(platform.isLoggable(level));
      }
    }
  }

  @Test
  void doesNotFormatMessagesBelowTheLevel() {
    target.setLevel(java.util.logging.Level.WARNING);
    JulLogger.of(NAME)
        .log(
            Level.INFO,
            () -> {
              throw new AssertionError("made");
            });

    assertThat(records).isEmpty();
  }

  private static String text(LogRecord r) {
    Throwable thrown = r.getThrown();
    return String.join(
        "|",
        r.getLevel().getName(),
        r.getLoggerName(),
        String.valueOf(r.getMessage()),
        r.getMessage() == null ? "" : new SimpleFormatter().formatMessage(r),
        Arrays.toString(r.getParameters()),
        String.valueOf(r.getResourceBundle() == null),
        thrown == null ? "" : thrown.toString());
  }
}

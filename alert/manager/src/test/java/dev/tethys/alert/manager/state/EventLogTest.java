package dev.tethys.alert.manager.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.exposition.Registry;
import dev.tethys.testkit.LogMessages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventLogTest {
  private static final long MOST = 1 << 20;
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path dir;
  private Instant now = START;

  private EventLog open() throws IOException {
    return new EventLog(dir, MOST, Duration.ofDays(30), () -> now, new Registry());
  }

  private EventLog.Entry entry(String name, String event, String by) {
    return new EventLog.Entry(now, LabelSet.of(Map.of("alertname", name)), event, by);
  }

  private static List<String> all(EventLog log, String name, int most) throws IOException {
    return log.find(l -> l.map().containsValue(name), Instant.EPOCH, most).stream()
        .map(e -> e.event() + " " + e.by())
        .toList();
  }

  @Test
  void recordedEventsSurviveLatestFirst() throws IOException {
    EventLog log = open();
    log.record(List.of(entry("A", "firing", ""), entry("B", "firing", "")));
    now = now.plusSeconds(1);
    log.record(List.of(entry("A", "notified", "r/webhook[0]")));
    assertThat(all(log, "A", 10)).containsExactly("notified r/webhook[0]", "firing ");
    assertThat(all(log, "A", 1)).containsExactly("notified r/webhook[0]");
    assertThat(log.find(l -> true, now, 10)).hasSize(1);
    // Not closed: the process was killed, within a write.
    Files.write(dir.resolve(EventLog.FILE), new byte[] {9, 0, 0}, StandardOpenOption.APPEND);
    try (EventLog again = open()) {
      again.record(List.of(entry("A", "silenced", "x".repeat(1000))));
      assertThat(all(again, "A", 10))
          .containsExactly(
              "silenced " + "x".repeat(EventLog.MAX_BY), "notified r/webhook[0]", "firing ");
    }
    log.close();
  }

  @Test
  void boundsSizeAndAge() throws IOException {
    try (EventLog log = open()) {
      List<EventLog.Entry> many = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        many.add(entry("A", "notified", "y".repeat(EventLog.MAX_BY)));
      }
      for (int i = 0; i < 40; i++) {
        log.record(many);
        assertThat(log.find(l -> true, Instant.EPOCH, 1)).hasSize(1); // all of it was written
      }
      long bytes =
          Files.size(dir.resolve(EventLog.FILE)) + Files.size(dir.resolve(EventLog.FILE + ".1"));
      assertThat(bytes).isBetween(MOST / 2, MOST + 2 * 200_000);
      now = now.plus(Duration.ofDays(29));
      log.record(List.of(entry("B", "firing", "")));
      now = now.plus(Duration.ofDays(2));
      assertThat(all(log, "A", 10)).isEmpty();
      assertThat(all(log, "B", 10)).hasSize(1);
      log.collectGarbage();
      assertThat(dir.resolve(EventLog.FILE + ".1")).doesNotExist();
      assertThat(all(log, "B", 10)).hasSize(1);
      now = now.plus(Duration.ofDays(30));
      log.collectGarbage();
      assertThat(Files.size(dir.resolve(EventLog.FILE))).isLessThan(10);
    }
    try (EventLog again = open()) {
      assertThat(again.find(l -> true, Instant.EPOCH, 10)).isEmpty();
    }
  }

  @Test
  void logsFailingDiskOnceAMinute() throws IOException {
    try (LogMessages messages = LogMessages.of(EventLog.class);
        EventLog log = new EventLog(dir, 0, Duration.ofDays(30), () -> now, new Registry())) {
      List<String> said = messages.messages();
      // The current file cannot replace this.
      Files.createDirectories(dir.resolve(EventLog.FILE + ".1").resolve("x"));
      for (int i = 0; i < 5; i++) {
        lose(log);
      }
      assertThat(said).hasSize(1).first().asString().startsWith("1 changes of alerts were not");
      now = now.plusSeconds(60);
      lose(log);
      assertThat(said).hasSize(2).last().asString().startsWith("5 changes of alerts were not");
    }
  }

  private void lose(EventLog log) {
    log.record(List.of(entry("A", "firing", "")));
    // A query waits until all was written, or could not be.
    assertThatThrownBy(() -> log.find(l -> true, Instant.EPOCH, 1)).isInstanceOf(IOException.class);
  }
}

package dev.tethys.collect.kubernetes.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SentEventsTest {
  @TempDir private Path dir;

  private static ClusterEvent event(String uid, long count) {
    return new ClusterEvent(uid, count, 0, null);
  }

  @Test
  void remembersCountsOverRestarts() throws Exception {
    try (SentEvents s = new SentEvents(dir)) {
      s.sent(List.of(event("a", 1), event("b", 2)));
      s.sent(List.of(event("a", 3)));
      s.forget(List.of("b"));
    }
    try (SentEvents s = new SentEvents(dir)) {
      assertThat(s.has(event("a", 3))).isTrue();
      assertThat(s.has(event("a", 4))).isFalse();
      assertThat(s.has(event("b", 1))).isFalse();
    }
  }

  @Test
  void forgetsEventsThatAListLacks() throws Exception {
    try (SentEvents s = new SentEvents(dir)) {
      s.sent(List.of(event("a", 1), event("b", 1)));
      s.retain(Set.of("b"));
    }
    try (SentEvents s = new SentEvents(dir)) {
      assertThat(s.has(event("a", 1))).isFalse();
      assertThat(s.has(event("b", 1))).isTrue();
    }
  }

  @Test
  void rewritesItsFileWhenMostRecordsAreObsolete() throws Exception {
    try (SentEvents s = new SentEvents(dir)) {
      for (int i = 1; i <= 300; i++) {
        int n = i;
        s.sent(IntStream.range(0, 50).mapToObj(k -> event("u" + k, n)).toList());
      }
      assertThat(dir.resolve(SentEvents.FILE).toFile().length()).isLessThan(300_000);
      assertThat(s.has(event("u7", 300))).isTrue();
    }
    try (SentEvents s = new SentEvents(dir)) {
      assertThat(s.has(event("u7", 300))).isTrue();
    }
  }
}

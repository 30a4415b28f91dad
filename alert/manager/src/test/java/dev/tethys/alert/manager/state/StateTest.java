package dev.tethys.alert.manager.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.recorder.EventRecorder;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class StateTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path dir;

  private Silences silences(SilenceLimits limits) throws IOException {
    return new Silences(
        dir, limits, MatcherSyntax.FALLBACK, () -> NOW, new Registry(), true, EventRecorder.off());
  }

  private static Silence silence(String id, String matchers, String comment) {
    return new Silence(
        id,
        new LabelMatchers(MatcherSyntax.FALLBACK.parseAll(matchers, "test")),
        NOW,
        NOW.plusSeconds(60),
        NOW,
        "me",
        comment,
        Map.of("k", "v"));
  }

  @Test
  void silencesHaveLimits() throws IOException, SilenceException {
    try (Silences s = silences(new SilenceLimits(Duration.ofHours(1), 2, 1000))) {
      String first = s.set(silence("", "a=b", "x"));
      s.set(silence("", "\"ü x\"!~b.*,c=d", "y"));
      assertThatThrownBy(() -> s.set(silence("", "a=c", "x")))
          .hasMessage("exceeded maximum number of silences: 2 (limit: 2)");
      assertThatThrownBy(() -> s.set(silence(first, "a=b", "x".repeat(1000))))
          .hasMessageContaining("silence exceeded maximum size:");
      assertThatThrownBy(() -> s.set(silence("nobody", "a=b", "x")))
          .hasMessage("silence not found");
      assertThatThrownBy(() -> s.set(silence("", "a=~\".*\",b=\"\"", "x")))
          .hasMessageContaining("at least one matcher must not match the empty string");
      assertThat(s.silencing(LabelSet.of(Map.of("a", "b")))).containsExactly(first);
      List<Silence> before = s.all();
      try (Silences again = silences(new SilenceLimits(Duration.ofHours(1), 2, 1000))) {
        assertThat(again.all()).isEqualTo(before);
      }
    }
  }

  @Test
  void silencesShareBoundedMemory() throws IOException, SilenceException {
    String heavy = "a=~\"(x.*y){200}%d\"";
    byte[] ofOthers;
    try (Silences s =
        new Silences(
            Files.createDirectory(dir.resolve("other")),
            new SilenceLimits(Duration.ofHours(1), 0, 0),
            MatcherSyntax.FALLBACK,
            () -> NOW,
            new Registry(),
            false,
            EventRecorder.off())) {
      for (int i = 0; i < 20; i++) {
        s.set(silence("", heavy.formatted(i), "x"));
      }
      ofOthers = s.encodeAll();
    }
    long one = silence("", heavy.formatted(10), "x").bytes();
    try (Silences s = silences(new SilenceLimits(Duration.ofHours(1), 0, 0, 3 * one))) {
      s.mergeEncoded(ofOthers);
      assertThat(s.all()).hasSize(3);
      assertThatThrownBy(() -> s.set(silence("", heavy.formatted(30), "x")))
          .hasMessageContaining("bytes of memory");
      String first = s.all().getFirst().id();
      s.set(silence(first, heavy.formatted(0), "y")); // takes the place of itself
      assertThat(s.all()).hasSize(3);
    }
    try (Silences s = silences(new SilenceLimits(Duration.ofHours(1), 0, 0, one / 2))) {
      assertThat(s.all()).hasSize(3); // those on the disk hold on
      assertThatThrownBy(() -> s.mergeEncoded(ofOthers)).hasMessageContaining("bytes of memory");
    }
  }

  @Test
  void silenceLogIsBounded() throws IOException, SilenceException {
    try (Silences s = silences(new SilenceLimits(Duration.ofHours(1), 0, 0))) {
      String id = s.set(silence("", "a=b", "0"));
      for (int i = 1; i < 1100; i++) {
        s.set(silence(id, "a=b", String.valueOf(i)));
      }
      assertThat(Files.size(dir.resolve(Silences.FILE))).isLessThan(260L * Silences.SLACK);
      assertThat(s.all()).hasSize(1);
    }
  }

  @Test
  void dropsOldestNotifications() throws IOException {
    NotificationLog.Key[] keys = new NotificationLog.Key[3];
    try (NotificationLog log =
        new NotificationLog(dir, Duration.ofHours(1), () -> NOW, new Registry(), 2, 1 << 20)) {
      for (int i = 0; i < 3; i++) {
        keys[i] = new NotificationLog.Key("g" + i, "r", "webhook", 0);
        log.note(keys[i], Set.of(1L, -2L), Set.of(), Map.of("a", "b"), Duration.ofMinutes(1));
      }
      assertThat(log.size()).isEqualTo(2);
      assertThat(log.find(keys[0])).isNull();
    }
    try (NotificationLog log =
        new NotificationLog(dir, Duration.ofHours(1), () -> NOW, new Registry())) {
      NotificationLog.Entry e = log.find(keys[2]);
      assertThat(e)
          .isEqualTo(
              new NotificationLog.Entry(
                  NOW, Set.of(1L, -2L), Set.of(), NOW.plusSeconds(60), Map.of("a", "b")));
    }
  }

  @Test
  void notificationsShareBoundedMemory() throws IOException {
    Set<Long> many = LongStream.range(0, 1000).boxed().collect(Collectors.toSet());
    try (NotificationLog log =
        new NotificationLog(dir, Duration.ofHours(1), () -> NOW, new Registry(), 1000, 300_000)) {
      for (int i = 0; i < 50; i++) {
        NotificationLog.Key key = new NotificationLog.Key("g" + i, "r", "webhook", 0);
        log.note(key, many, Set.of(), Map.of(), Duration.ofMinutes(1));
        assertThat(log.find(key)).isNotNull();
      }
      assertThat(log.size()).isEqualTo(4);
      byte[] all = log.encodeAll();
      log.mergeEncoded(all);
      assertThat(log.size()).isEqualTo(4);
    }
  }

  private static Alert alert(Instant start, Instant end, Instant told, boolean timeout, String n) {
    return new Alert(
        LabelSet.of(Map.of("alertname", "A", "n", n)),
        LabelSet.of(Map.of("told", told.toString())),
        start,
        end,
        "",
        told,
        timeout);
  }

  @Test
  void mergesVersionsOfTheSameAlert() {
    Registry registry = new Registry();
    AlertStore store =
        new AlertStore(() -> NOW, 2, 4, 1 << 20, true, registry, EventRecorder.off());
    Instant later = NOW.plusSeconds(600);
    store.put(List.of(alert(NOW.minusSeconds(60), later, NOW.minusSeconds(30), false, "1")));
    // A younger one begins later: the start stays, and the later end that a user set.
    store.put(List.of(alert(NOW.minusSeconds(10), NOW.plusSeconds(300), NOW, false, "1")));
    Alert a = store.all().getFirst();
    assertThat(a.startsAt()).isEqualTo(NOW.minusSeconds(60));
    assertThat(a.endsAt()).isEqualTo(later);
    assertThat(a.annotations().get("told")).isEqualTo(NOW.toString());
    // Resolved now.
    store.put(List.of(alert(NOW.minusSeconds(60), NOW, NOW, false, "1")));
    assertThat(store.all().getFirst().isResolvedAt(NOW)).isTrue();
    // At most two of a name; those that are over free space.
    store.put(List.of(alert(NOW, later, NOW, false, "2"), alert(NOW, later, NOW, false, "3")));
    assertThat(store.all()).hasSize(2);
    store.put(List.of(alert(NOW, later, NOW, false, "4")));
    assertThat(store.all()).hasSize(2).noneMatch(x -> x.labels().get("n").equals("4"));
    assertThat(registry.gather())
        .filteredOn(f -> f.name().equals("alertmanager_alerts_limited_total"))
        .flatExtracting(MetricFamily::metrics)
        .singleElement()
        .asString()
        .contains("alertname=\"" + a.name() + "\"", "value=1.0");
  }

  @Test
  void alertsShareBoundedMemory() {
    Registry registry = new Registry();
    Alert first = alert(NOW.minusSeconds(60), NOW.plusSeconds(60), NOW, false, "x".repeat(1000));
    AlertStore store =
        new AlertStore(() -> NOW, 0, 100, 2 * first.bytes(), true, registry, EventRecorder.off());
    store.put(List.of(first));
    store.put(List.of(alert(NOW, NOW.plusSeconds(60), NOW, false, "y".repeat(1000))));
    assertThat(store.all()).hasSize(2);
    store.put(List.of(alert(NOW, NOW.plusSeconds(60), NOW, false, "z")));
    assertThat(store.all()).hasSize(2);
    // A known one may come again, and its end frees space.
    store.put(List.of(alert(NOW.minusSeconds(60), NOW, NOW, false, "x".repeat(1000))));
    store.put(List.of(alert(NOW, NOW.plusSeconds(60), NOW, false, "z")));
    assertThat(store.all()).extracting(a -> a.labels().get("n").charAt(0)).contains('y', 'z');
    Alert other =
        new Alert(
            LabelSet.of(Map.of("alertname", "Unknown", "n", "x".repeat(5000))),
            LabelSet.EMPTY,
            NOW,
            NOW.plusSeconds(60),
            "",
            NOW,
            false);
    store.put(List.of(other));
    assertThat(registry.gather().toString()).doesNotContain("Unknown");
  }

  @Test
  void fingerprintsAndOrderMatchAlertmanager() {
    LabelSet l = LabelSet.of(Map.of("alertname", "A", "x", "1"));
    assertThat(l.fingerprintText()).isEqualTo("6051004c729abe0e"); // the real one's
    assertThat(LabelSet.of(Map.of("a", "b", "alertname", "foo")).fingerprintText())
        .isEqualTo("1cb44ef0b82c4041");
    assertThat(l.toString()).isEqualTo("{alertname=\"A\", x=\"1\"}");
    assertThat(LabelSet.EMPTY).isLessThan(l);
    assertThat(LabelSet.of(Map.of("b", "1"))).isLessThan(LabelSet.of(Map.of("a", "1")));
    assertThat(LabelSet.of(Map.of("a", "1"))).isLessThan(LabelSet.of(Map.of("a", "2")));
  }
}

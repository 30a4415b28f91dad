package dev.tethys.alert.manager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.dispatch.AlertEvent;
import dev.tethys.alert.manager.dispatch.RoutingTrace;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.schedule.RecurringSilence;
import dev.tethys.alert.manager.state.AlertNote;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.Silence;
import dev.tethys.config.ConfigException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Alertmanager has not: traces, acknowledgements, recurring silences, heartbeats. */
@Timeout(60)
@Tag("slow")
class DecisionsTest extends AlertmanagerFixture {
  private static final String CONFIG =
      """
      route:
        receiver: r
        group_by: [alertname]
        group_wait: 10s
        group_interval: 1m
        repeat_interval: 1h
        routes:
        - {receiver: night, matchers: [alertname="N"], active_time_intervals: [nights]}
        - {receiver: r, matchers: [team=~"a|b", kind="x"], continue: true}
        - {receiver: none, matchers: [alertname="Nobody"]}
      inhibit_rules:
      - {name: big, source_matchers: [alertname="Big"], target_matchers: [alertname="Small"], equal: [zone]}
      time_intervals:
      - {name: nights, time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}]}]}
      receivers:
      - {name: r, labels: {team: ops}, webhook_configs: [{url: '{hook}/r'}]}
      - {name: night, webhook_configs: [{url: '{hook}/night'}]}
      - {name: none}
      """;

  private static LabelSet labels(String name, String... more) {
    Map<String, String> m = new java.util.TreeMap<>();
    m.put("alertname", name);
    for (int i = 0; i < more.length; i += 2) {
      m.put(more[i], more[i + 1]);
    }
    return LabelSet.of(m);
  }

  private static String outcome(Alertmanager m, LabelSet labels) {
    RoutingTrace.Branch b = m.trace(labels).branches().getFirst();
    return b.outcome().text() + ": " + b.because();
  }

  @Test
  void traceNamesTheDecidingReason() throws Exception {
    Alertmanager m = open(CONFIG);
    assertThat(outcome(m, labels("A")))
        .isEqualTo("unknown: no such alert was received; it would be notified after 10 s");
    post(
        firing("A"),
        firing("N"),
        firing("Nobody"),
        firing("Big", "zone", "1"),
        firing("Small", "zone", "1"));
    assertThat(outcome(m, labels("A")))
        .isEqualTo(
            "waiting: its group was not flushed since it arrived; next flush of the group at"
                + " 2026-03-02T12:00:10Z");
    after(Duration.ofSeconds(10));
    assertThat(outcome(m, labels("A")))
        .isEqualTo("notified: sent at 2026-03-02T12:00:10Z, repeated after 2026-03-02T13:00:10Z");
    assertThat(outcome(m, labels("N"))).isEqualTo("muted: no notifications outside of nights");
    assertThat(outcome(m, labels("Nobody"))).isEqualTo("nobody: receiver none has no integrations");
    assertThat(outcome(m, labels("Small", "zone", "1")))
        .isEqualTo("inhibited: inhibited by {alertname=\"Big\", zone=\"1\"} (big, equal zone)");
    RoutingTrace t = m.trace(labels("A", "team", "b", "kind", "y"));
    assertThat(t.steps().get(2).decisions().stream().map(v -> v.matcher() + " " + v.met()))
        .containsExactly("kind=\"x\" false", "team=~\"a|b\" true");
    assertThat(t.branches().getFirst().notified().getFirst().knows()).isFalse();
    String id = m.silences().set(silence("", START, START.plusSeconds(3600), "alertname=\"A\""));
    assertThat(outcome(m, labels("A"))).isEqualTo("silenced: silenced by " + id);
    m.silences().expire(id);
    answer = 400;
    post(firing("A", "n", "2"));
    after(Duration.ofMinutes(1));
    assertThat(outcome(m, labels("A", "n", "2")))
        .startsWith("failed: webhook[0] failed at 2026-03-02T12:01:10Z: ")
        .endsWith("; next flush of the group at 2026-03-02T12:02:10Z");
    answer = 200;
    after(Duration.ofMinutes(1));
    assertThat(outcome(m, labels("A", "n", "2"))).startsWith("notified: ");
    RoutingTrace.Notified told =
        m.trace(labels("A", "n", "2")).branches().getFirst().notified().getFirst();
    assertThat(Objects.requireNonNull(told.failure()).detail()).contains("400");
    assertThat(told.knows()).isTrue();
  }

  @Test
  void reportsEachChangeOnce() throws Exception {
    Alertmanager m = open(CONFIG);
    List<String> events = new ArrayList<>();
    m.onEvents(
        all -> {
          for (AlertEvent e : all) {
            events.add(e.labels().get("alertname") + " " + e.kind().text() + " " + e.by());
          }
        });
    String id = m.silences().set(silence("", START, START.plusSeconds(300), "alertname=\"A\""));
    for (int i = 0; i < 10; i++) {
      post(firing("A"), firing("N"));
      after(Duration.ofMinutes(1));
    }
    assertThat(events)
        .containsExactly(
            "A silenced " + id, "N muted nights", "A free ", "A notified r/webhook[0]");
    events.clear();
    answer = 400;
    for (int i = 0; i < 5; i++) {
      post(firing("B"));
      after(Duration.ofMinutes(1));
    }
    answer = 200;
    after(Duration.ofMinutes(1));
    assertThat(events)
        .filteredOn(e -> e.startsWith("B "))
        .containsExactly("B failed r/webhook[0]", "B notified r/webhook[0]");
  }

  @Test
  void doesNotRepeatAcknowledgedAlerts() throws Exception {
    Alertmanager m = open(CONFIG);
    post(firing("A"));
    assertThat(after(Duration.ofSeconds(10))).hasSize(1);
    m.note(labels("A"), "me", "looking at it", true, null);
    m.close();
    m = open(CONFIG);
    assertThat(m.notes().of(labels("A"))).hasSize(1);
    assertThat(minutes(300, firing("A"))).isEmpty();
    assertThat(outcome(m, labels("A"))).startsWith("acknowledged: acknowledged by me at ");
    // Another process fires: that is a change.
    assertThat(minutes(2, firing("A"), firing("A", "n", "2"))).hasSize(1);
    // One of them is acknowledged only.
    assertThat(minutes(62, firing("A"), firing("A", "n", "2"))).hasSize(1);
    post(resolved("A"), resolved("A", "n", "2"));
    assertThat(after(Duration.ofMinutes(5))).hasSize(1);
    // It fires anew: the acknowledgement was of the previous time.
    after(Duration.ofMinutes(40));
    assertThat(minutes(2, firing("A"))).hasSize(1);
    assertThat(minutes(62, firing("A"))).hasSize(1);
    AlertNote n = m.note(labels("A"), "me", "", true, clock.instant().plus(Duration.ofMinutes(90)));
    assertThat(minutes(80, firing("A"))).isEmpty();
    assertThat(minutes(15, firing("A"))).hasSize(1);
    assertThat(m.notes().withdraw(n.id())).isTrue();
    assertThat(m.notes().withdraw(n.id())).isFalse();
    post(resolved("A"));
    clock.advance(Duration.ofHours(130));
    assertThat(m.notes().all()).isEmpty();
  }

  @Test
  void silencesComeAgain() throws Exception {
    Alertmanager m = open(CONFIG);
    // Around midnight from Sunday to Monday in Berlin, over the change to summer time on March 29.
    String schedule =
        """
        - {weekdays: [sunday], times: [{start_time: '23:30', end_time: '24:00'}], location: Europe/Berlin}
        - {weekdays: [monday], times: [{start_time: '00:00', end_time: '00:30'}], location: Europe/Berlin}
        """;
    RecurringSilence r =
        m.recurringSilences()
            .add(
                new LabelMatchers(MatcherSyntax.FALLBACK.parseAll("alertname=\"A\"", "test")),
                schedule,
                Instant.parse("2026-04-05T22:00:00Z"),
                "me",
                "backup");
    assertThat(m.silences().all()).isEmpty();
    List<String> seen = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    while (clock.instant().isBefore(Instant.parse("2026-04-10T00:00:00Z"))) {
      clock.advance(Duration.ofMinutes(1));
      for (Silence s : m.silences().all()) {
        String line = s.startsAt() + " " + s.endsAt();
        if (!ids.contains(s.id())) {
          ids.add(s.id());
          seen.add(line);
          assertThat(s.stateAt(clock.instant())).isEqualTo(Silence.State.PENDING);
          if (seen.size() == 2) {
            m.close();
            m = open(CONFIG); // it is made once, regardless of restarts
          } else if (seen.size() == 3) {
            m.silences().expire(s.id()); // and not again, when a user has ended it
          }
        }
      }
    }
    assertThat(seen)
        .containsExactly(
            "2026-03-08T22:30:00Z 2026-03-08T23:30:00Z",
            "2026-03-15T22:30:00Z 2026-03-15T23:30:00Z",
            "2026-03-22T22:30:00Z 2026-03-22T23:30:00Z",
            "2026-03-29T21:30:00Z 2026-03-29T22:30:00Z",
            "2026-04-05T21:30:00Z 2026-04-05T22:00:00Z");
    assertThat(m.recurringSilences().all())
        .extracting(RecurringSilence::id)
        .containsExactly(r.id());
    assertThat(m.recurringSilences().withdraw(r.id())).isTrue();
    assertThat(m.recurringSilences().all()).isEmpty();
  }

  private static final String HEARTBEATS =
      CONFIG
          + """
          heartbeats:
          - {name: main, matchers: [alertname="Watchdog"], within: 5m, receiver: night, annotations: {summary: gone}}
          - {name: other, matchers: [alertname="Watchdog", cluster="b"], within: 10m, labels: {alertname: Gone}}
          """;

  @Test
  void alertsOnMissingHeartbeat() throws IOException {
    Alertmanager m = open(HEARTBEATS);
    List<String> heard = minutes(20, firing("Watchdog"));
    // The other one is routed as any alert.
    assertThat(heard)
        .filteredOn(s -> !s.contains("Watchdog"))
        .containsExactly("r: Gone+ (first notification)");
    clock.advance(Duration.ofMinutes(3));
    posted.clear();
    assertThat(after(Duration.ofMinutes(2)))
        .filteredOn(s -> !s.contains("Watchdog"))
        .containsExactly("night: HeartbeatMissing+ (first notification)");
    assertThat(m.heartbeats().getFirst().missingSince()).isNotNull();
    // A reload changes nothing, and sends no notification again.
    m.apply(read(HEARTBEATS));
    assertThat(after(Duration.ofMinutes(10))).noneMatch(s -> s.contains("Heartbeat"));
    post(firing("Watchdog", "cluster", "b"));
    assertThat(after(Duration.ofMinutes(6)))
        .contains(
            "night: HeartbeatMissing- (all alerts resolved)", "r: Gone- (all alerts resolved)");
    // A heartbeat that is no longer expected is not missed any more.
    after(Duration.ofMinutes(30));
    m.apply(read(CONFIG));
    assertThat(m.heartbeats()).isEmpty();
    assertThat(m.alerts().get(labels("Gone", "heartbeat", "other")))
        .matches(a -> a == null || a.isResolvedAt(clock.instant()));
    assertThat(m.config().text()).doesNotContain("heartbeats");
  }

  @Test
  void rejectsHeartbeatsWithoutEffect() {
    Map.of(
            "{matchers: [a=\"b\"], within: 5m}", "missing name in heartbeat",
            "{name: x, within: 5m}", "at least one matcher",
            "{name: x, matchers: [a=\"b\"]}", "missing within in heartbeat",
            "{name: x, matchers: [a=\"b\"], within: 1s}", "shorter than 10s",
            "{name: x, matchers: [a=\"b\"], within: 5m, receiver: nobody}", "undefined receiver",
            "{name: x, matchers: [heartbeat=\"x\"], within: 5m}", "missing heartbeat itself",
            "{name: x, matchers: [a=\"b\"], within: 5m, labels: {heartbeat: y}}", "reserved",
            "{name: x, matchers: [a=\"b\"], within: 5m, timeout: 5m}", "timeout")
        .forEach(
            (entry, problem) ->
                assertThatThrownBy(() -> read(CONFIG + "heartbeats: [" + entry + "]\n"))
                    .as(entry)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(problem));
    AlertmanagerConfig twice =
        read(CONFIG + "heartbeats: [{name: x, matchers: [a=\"b\"], within: 5m}]\n");
    assertThat(twice.heartbeats()).hasSize(1);
  }

  @Test
  void acceptsSilencesWithMatcherSetsAndReceivers() throws Exception {
    Alertmanager m = open(CONFIG);
    LabelMatchers a = new LabelMatchers(MatcherSyntax.FALLBACK.parseAll("alertname=\"A\"", "t"));
    LabelMatchers b = new LabelMatchers(MatcherSyntax.FALLBACK.parseAll("alertname=\"B\"", "t"));
    LabelMatchers c = new LabelMatchers(MatcherSyntax.FALLBACK.parseAll("alertname=\"C\"", "t"));
    LabelMatchers ops = new LabelMatchers(MatcherSyntax.FALLBACK.parseAll("team=\"ops\"", "t"));
    LabelMatchers dev = new LabelMatchers(MatcherSyntax.FALLBACK.parseAll("team=\"dev\"", "t"));
    Instant end = START.plusSeconds(3600);
    String id =
        m.silences()
            .set(
                new Silence(
                    "",
                    List.of(a, b),
                    List.of(dev, ops),
                    START,
                    end,
                    START,
                    "me",
                    "why",
                    Map.of()));
    m.silences()
        .set(new Silence("", List.of(c), List.of(dev), START, end, START, "me", "why", Map.of()));
    post(firing("A"), firing("B"), firing("C"));
    assertThat(after(Duration.ofMinutes(2))).containsExactly("r: C+ (first notification)");
    byte[] wire = m.silences().encodeAll();
    // Another member takes it in, and keeps it.
    java.nio.file.Path first = dir;
    dir = first.resolve("other");
    Alertmanager other = open(CONFIG);
    other.silences().mergeEncoded(wire);
    other.close();
    other = open(CONFIG);
    Silence s = Objects.requireNonNull(other.silences().get(id));
    assertThat(s.sets()).containsExactly(a, b);
    assertThat(s.receiverSets()).containsExactly(dev, ops);
  }

  @Test
  void notesAndSchedulesAreShared() throws Exception {
    Alertmanager m = open(CONFIG);
    AlertNote n = m.note(labels("A"), "me", "text", false, null);
    RecurringSilence r =
        m.recurringSilences()
            .add(
                new LabelMatchers(MatcherSyntax.FALLBACK.parseAll("a=\"b\"", "test")),
                "[{times: [{start_time: '12:00', end_time: '13:00'}]}]",
                null,
                "me",
                "why");
    java.nio.file.Path first = dir;
    dir = first.resolve("other");
    Alertmanager other = open(CONFIG);
    other.notes().shared().mergeEncoded(m.notes().shared().encodeAll());
    other.recurringSilences().shared().mergeEncoded(m.recurringSilences().shared().encodeAll());
    assertThat(other.notes().of(labels("A"))).containsExactly(n);
    clock.advance(Duration.ofMinutes(2));
    assertThat(other.silences().all()).hasSize(1);
    assertThat(other.silences().all().getFirst().id())
        .isEqualTo(m.silences().all().getFirst().id());
    m.recurringSilences().withdraw(r.id());
    m.notes().withdraw(n.id());
    other.notes().shared().mergeEncoded(m.notes().shared().encodeAll());
    other.recurringSilences().shared().mergeEncoded(m.recurringSilences().shared().encodeAll());
    clock.advance(Duration.ofMinutes(2));
    assertThat(other.notes().all()).isEmpty();
    assertThat(other.recurringSilences().all()).isEmpty();
    assertThat(other.silences().all().getFirst().stateAt(clock.instant()))
        .isEqualTo(Silence.State.EXPIRED);
  }
}

package dev.tethys.alert.manager;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.match.MatcherSyntax;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NotificationReplayTest {
  /** A Monday. */
  private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");

  private static final String CONFIG =
      """
      route:
        receiver: all
        group_by: [alertname]
        group_wait: 30s
        group_interval: 5m
        repeat_interval: 1h
        routes:
        - receiver: pager
          matchers: [severity="page"]
          group_by: [job]
          mute_time_intervals: [night]
      time_intervals:
      - name: night
        time_intervals: [{times: [{start_time: '03:00', end_time: '06:00'}]}]
      inhibit_rules:
      - source_matchers: [alertname="Gone"]
        target_matchers: [alertname="Slow"]
        equal: [job]
      receivers:
      - name: all
        webhook_configs:
        - {url: 'http://localhost:1/', send_resolved: false}
      - name: pager
        webhook_configs:
        - {url: 'http://localhost:1/'}
        - {url: 'http://localhost:2/'}
      """;

  @TempDir Path dir;

  private static Instant at(String offset) {
    return START.plus(java.time.Duration.parse(offset));
  }

  private static Map<String, String> labels(String... pairs) {
    Map<String, String> m = new TreeMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      m.put(pairs[i], pairs[i + 1]);
    }
    return m;
  }

  @FunctionalInterface
  private interface Happening {
    void tell(NotificationReplay replay);
  }

  private List<String> sent(Happening what, Instant end) throws Exception {
    Path file = Files.writeString(dir.resolve("alertmanager.yml"), CONFIG);
    List<String> out = new ArrayList<>();
    try (NotificationReplay r =
        new NotificationReplay(
            AlertmanagerConfig.read(file, MatcherSyntax.UTF8),
            Files.createDirectory(dir.resolve("state")),
            START,
            s ->
                out.add(
                    s.at().toString().substring(11, 19)
                        + " "
                        + s.receiver()
                        + " "
                        + s.group()
                        + " "
                        + s.firing()
                        + " "
                        + s.resolved()))) {
      what.tell(r);
      r.until(end);
    }
    return out;
  }

  @Test
  void groupsWaitRepeatAndSendResolvedIfConfigured() throws Exception {
    Map<String, String> a = labels("alertname", "A", "i", "1");
    Map<String, String> b = labels("alertname", "A", "i", "2");
    assertThat(
            sent(
                r -> {
                  r.fires(a, Map.of(), at("PT1M"));
                  r.fires(b, Map.of(), at("PT3M"));
                  r.ends(a, Map.of(), at("PT1M"), at("PT10M"));
                },
                at("PT1H30M")))
        .containsExactly(
            "00:01:30 all/webhook[0] {alertname=\"A\"} 1 0",
            "00:06:30 all/webhook[0] {alertname=\"A\"} 2 0",
            // At 01:06:30 the hour is not over yet, and groups are flushed each five minutes.
            "01:11:30 all/webhook[0] {alertname=\"A\"} 1 0");
  }

  @Test
  void notifiesEachIntegrationExceptDuringMutedTimes() throws Exception {
    Map<String, String> a = labels("alertname", "A", "job", "j", "severity", "page");
    assertThat(
            sent(
                r -> {
                  r.fires(a, Map.of(), at("PT2H"));
                  r.ends(a, Map.of(), at("PT2H"), at("PT4H"));
                },
                at("PT7H")))
        .startsWith(
            "02:00:30 pager/webhook[0] {job=\"j\"} 1 0",
            "02:00:30 pager/webhook[1] {job=\"j\"} 1 0")
        .noneMatch(s -> s.startsWith("03:") || s.startsWith("04:") || s.startsWith("05:"));
  }

  @Test
  void doesNotNotifyOfInhibitedAlerts() throws Exception {
    Map<String, String> gone = labels("alertname", "Gone", "job", "j");
    Map<String, String> slow = labels("alertname", "Slow", "job", "j");
    assertThat(
            sent(
                r -> {
                  r.fires(gone, Map.of(), at("PT1M"));
                  r.fires(slow, Map.of(), at("PT2M"));
                },
                at("PT20M")))
        .containsExactly("00:01:30 all/webhook[0] {alertname=\"Gone\"} 1 0");
  }
}

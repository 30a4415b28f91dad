package dev.tethys.alert.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.NameScheme;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The scenarios of Prometheus's compliance suite for alert generators, over its own rules: samples
 * each 15 s, evaluations each 30 s, alerts sent again after a minute. What the suite allows for by
 * tolerances, since it has a real clock, is exact here.
 */
class AlertGeneratorTest {
  private static final int SAMPLES = 15;
  private static final int EVALUATIONS = 30;

  private final RuleFixture f = new RuleFixture();

  @AfterEach
  void close() {
    f.close();
  }

  private RuleGroup group(String name) throws IOException {
    String text = Files.readString(Shared.conformance("compliance/alert_generator/rules.yaml"));
    List<GroupSpec> specs =
        RuleFile.parse("rules.yaml", text, NameScheme.UTF8, ParserOptions.STABLE);
    f.load(""); // there is nothing to be restored
    f.manager.apply(f.settings, specs.stream().filter(g -> g.name().equals(name)).toList());
    RuleGroup g = f.manager.groups().getFirst();
    assertThat(g.interval()).isEqualTo(Duration.ofSeconds(EVALUATIONS));
    return g;
  }

  private static String series(String group, String alert, String more) {
    return "alert_generator_test_suite{alertname=\""
        + group
        + "_"
        + alert
        + "\",rulegroup=\""
        + group
        + "\""
        + more
        + "}";
  }

  /** Values and how often each comes: {@code 3*1 5*3}. */
  private void put(String series, String values) {
    int i = 0;
    for (String v : values.split(" ")) {
      String[] parts = v.split("\\*");
      for (int n = Integer.parseInt(parts[1]); n > 0; n--) {
        f.put(series, (long) SAMPLES * i++, Double.parseDouble(parts[0]));
      }
    }
  }

  /** An alert that a listener received, and when. */
  private record Told(long at, Alert alert) {
    boolean resolved() {
      return alert.resolvedAt() != null;
    }
  }

  /** The states that were seen, each with the time when it began. */
  private final Map<String, List<String>> states = new TreeMap<>();

  private final Map<String, List<Told>> told = new LinkedHashMap<>();

  private static String shortName(Alert a) {
    String name = a.labels().get("alertname");
    String variant = a.labels().get("variant");
    return name.substring(name.lastIndexOf('_') + 1) + (variant.isEmpty() ? "" : "/" + variant);
  }

  private void run(RuleGroup g, long until) {
    Map<String, String> before = new TreeMap<>();
    for (long t = 0; t <= until; t += EVALUATIONS) {
      f.sent.clear();
      f.clock.set(f.at(t));
      g.evaluate(f.at(t));
      Map<String, String> now = new TreeMap<>();
      for (AlertRule r : g.rules()) {
        assertThat(r.health()).isEqualTo(AlertRule.Health.GOOD);
        for (Alert a : ((AlertingRule) r).activeAlerts()) {
          now.put(
              shortName(a),
              a.state().toString().toLowerCase(java.util.Locale.ROOT)
                  + " "
                  + dev.tethys.model.GoFloat.g(a.value())
                  + " since "
                  + Duration.between(RuleFixture.START, a.activeAt()).toSeconds());
          // The series says the same.
          String labels =
              a.labels().toMap().entrySet().stream()
                  .filter(e -> !e.getKey().equals("alertstate"))
                  .map(e -> e.getKey() + "=\"" + e.getValue() + "\"")
                  .collect(Collectors.joining(","));
          assertThat(f.ask("ALERTS{" + labels + "}", t))
              .singleElement()
              .asString()
              .contains("alertstate=\"" + a.state().toString().toLowerCase(java.util.Locale.ROOT));
        }
      }
      assertThat(f.ask("ALERTS{rulegroup=\"" + g.spec().name() + "\"}", t)).hasSize(now.size());
      for (String name : all(before, now)) {
        String is = now.getOrDefault(name, "inactive");
        if (!is.equals(before.getOrDefault(name, "inactive"))) {
          states.computeIfAbsent(name, k -> new ArrayList<>()).add(t + ": " + is);
        }
      }
      before = now;
      for (Alert a : f.sent) {
        told.computeIfAbsent(shortName(a), k -> new ArrayList<>()).add(new Told(t, a));
      }
    }
  }

  private static List<String> all(Map<String, String> a, Map<String, String> b) {
    Map<String, String> both = new TreeMap<>(a);
    both.putAll(b);
    return List.copyOf(both.keySet());
  }

  /**
   * Checks a stretch in which an alert fires, then is over and still sent.
   *
   * @param until when the sending ends: it fires anew, or it was over for 15 minutes
   */
  private void checkSent(String name, long fires, long over, long until) {
    List<Told> mine =
        told.getOrDefault(name, List.of()).stream()
            .filter(t -> t.at >= fires && t.at < until)
            .toList();
    assertThat(mine).isNotEmpty();
    assertThat(mine.getFirst().at).isEqualTo(fires);
    long last = 0;
    boolean wasOver = false;
    for (Told t : mine) {
      boolean isOver = t.at >= over;
      assertThat(t.resolved()).as("%s at %d", name, t.at).isEqualTo(isOver);
      assertThat(t.alert.firedAt()).isEqualTo(f.at(fires));
      if (isOver) {
        assertThat(t.alert.resolvedAt()).isEqualTo(f.at(over));
      } else {
        // Four times the longer of the interval and the time after which it is sent again.
        assertThat(t.alert.validUntil()).isEqualTo(f.at(t.at + 240));
      }
      if (last > 0 && wasOver == isOver) {
        assertThat(t.at - last).isBetween(60L, 90L);
      } else if (isOver) {
        assertThat(t.at).isEqualTo(over);
      }
      last = t.at;
      wasOver = isOver;
    }
    assertThat(wasOver).as("%s is told to be over", name).isTrue();
    assertThat(until - last).as("%s is sent until %d", name, until).isLessThanOrEqualTo(120);
  }

  private static String annotation(Told t, String name) {
    return Objects.requireNonNull(t.alert.annotations().get(name));
  }

  @Test
  void pendingAndFiringAndResolved() throws IOException {
    RuleGroup g = group("PendingAndFiringAndResolved");
    put(
        series("PendingAndFiringAndResolved", "SimpleAlert", ""),
        "3*1 5*3 9*4 11*13 15*32 19*16 9*20 15*45 8*16");
    run(g, 150 * SAMPLES + 16 * 60);
    assertThat(states.get("SimpleAlert"))
        .containsExactly(
            "120: pending 11 since 120",
            "330: pending 15 since 120",
            "480: firing 15 since 120",
            "810: firing 19 since 120",
            "1050: inactive",
            "1350: pending 15 since 1350",
            "1710: firing 15 since 1350",
            "2010: inactive");
    checkSent("SimpleAlert", 480, 1050, 1350);
    checkSent("SimpleAlert", 1710, 2010, 2010 + 900);
    List<Told> all = told.getOrDefault("SimpleAlert", List.of());
    assertThat(all).noneMatch(t -> t.at >= 1350 && t.at < 1710).noneMatch(t -> t.at > 2910);
    for (Told t : all) {
      String value = t.at < 810 || t.at >= 1350 ? "15" : "19";
      assertThat(annotation(t, "summary")).isEqualTo("The value is " + value + " " + value);
      assertThat(annotation(t, "description")).isEqualTo("SimpleAlert is firing");
    }
  }

  @Test
  void distinguishesPendingResolvedAndInactive() throws IOException {
    String name = "PendingAndResolved_AlwaysInactive";
    RuleGroup g = group(name);
    for (String alert : List.of("PendingAlert", "InactiveAlert")) {
      put(series(name, alert, ""), "3*1 5*3 9*4 11*11 9*1");
    }
    run(g, 60 * SAMPLES);
    assertThat(states).containsOnlyKeys("PendingAlert");
    assertThat(f.changed)
        .containsExactly(
            "120 " + name + "_PendingAlert pending", "300 " + name + "_PendingAlert inactive");
    assertThat(states.get("PendingAlert"))
        .containsExactly("120: pending 11 since 120", "300: inactive");
    assertThat(told).isEmpty();
  }

  @Test
  void zeroForAndSmallFor() throws IOException {
    RuleGroup g = group("ZeroFor_SmallFor");
    for (String alert : List.of("ZeroFor", "SmallFor")) {
      put(series("ZeroFor_SmallFor", alert, ""), "3*1 5*3 9*4 15*13 9*72 11*13 9*1");
    }
    for (int i = 1; i <= 3; i++) {
      put(
          "alert_generator_test_suite{rulegroup=\"ZeroFor_SmallFor\",for=\"template\",id=\""
              + (100 + i)
              + "\",__value__=\"val"
              + i
              + "\"}",
          i + "*28 " + 2 * i + "*201");
    }
    run(g, 127 * SAMPLES + 16 * 60);
    assertThat(states.get("ZeroFor"))
        .containsExactly(
            "120: firing 15 since 120",
            "330: inactive",
            "1410: firing 11 since 1410",
            "1590: inactive");
    assertThat(states.get("SmallFor"))
        .containsExactly("120: pending 15 since 120", "150: firing 15 since 120", "330: inactive");
    assertThat(f.changed)
        .containsExactly(
            "120 ZeroFor_SmallFor_ZeroFor firing",
            "120 ZeroFor_SmallFor_SmallFor pending",
            "150 ZeroFor_SmallFor_SmallFor firing",
            "330 ZeroFor_SmallFor_ZeroFor resolved",
            "330 ZeroFor_SmallFor_SmallFor resolved",
            "1410 ZeroFor_SmallFor_ZeroFor firing",
            "1590 ZeroFor_SmallFor_ZeroFor resolved");
    checkSent("ZeroFor", 120, 330, 330 + 900);
    checkSent("ZeroFor", 1410, 1590, 1590 + 900);
    checkSent("SmallFor", 150, 330, 330 + 900);
    assertThat(told.getOrDefault("ZeroFor", List.of()))
        .noneMatch(t -> t.at > 1230 && t.at < 1410)
        .allMatch(
            t ->
                annotation(t, "template_test")
                    .equals("1.049M 1Mi 2m 15s 95.9% 2022-01-25 12:36:43 +0000 UTC"))
        .allMatch(
            t ->
                annotation(t, "template_query_test")
                    .equals(
                        "Args are: foo bar 99. first_id:101,"
                            + (t.at < 1410 ? "101:1,102:2,103:3," : "101:2,102:4,103:6,")));
    assertThat(told.getOrDefault("SmallFor", List.of()))
        .allMatch(
            t ->
                annotation(t, "template_test")
                    .equals(
                        "This Part IS TESTING the strings. ::1 127.0.0.1. 7815. replaced text. ."));
  }

  @Test
  void newAlertsAndOrder() throws IOException {
    String name = "NewAlerts_OrderCheck";
    RuleGroup g = group(name);
    put(series(name, "Rule1", ",variant=\"one\""), "1*8 11*65 9*21");
    put(series(name, "Rule1", ",variant=\"two\""), "1*32 11*33 9*21");
    run(g, 94 * SAMPLES + 16 * 60);
    assertThat(states.get("Rule1/one"))
        .containsExactly("120: pending 11 since 120", "300: firing 11 since 120", "1110: inactive");
    assertThat(states.get("Rule1/two"))
        .containsExactly("480: pending 11 since 480", "660: firing 11 since 480", "990: inactive");
    // It sees what the rule before it wrote in the same evaluation.
    assertThat(states.get("Rule2")).containsExactly("660: firing 2 since 660", "990: inactive");
    checkSent("Rule1/one", 300, 1110, 1110 + 900);
    checkSent("Rule1/two", 660, 990, 990 + 900);
    checkSent("Rule2", 660, 990, 990 + 900);
    assertThat(told.getOrDefault("Rule2", List.of()))
        .allMatch(
            t ->
                annotation(t, "description")
                    .equals(
                        "Based on ALERTS. Old alertname was NewAlerts_OrderCheck_Rule1. foo was"
                            + " bar."))
        .allMatch(
            t ->
                t.alert
                    .labels()
                    .toMap()
                    .equals(
                        Map.of(
                            "alertname",
                            "NewAlerts_OrderCheck_Rule2",
                            "alertstate",
                            "firing",
                            "ba_dum",
                            "tss",
                            "foo",
                            "baz",
                            "rulegroup",
                            name)));
    Instant start = RuleFixture.START;
    assertThat(told.values())
        .allMatch(l -> l.stream().allMatch(t -> t.alert.activeAt().isAfter(start)));
  }
}

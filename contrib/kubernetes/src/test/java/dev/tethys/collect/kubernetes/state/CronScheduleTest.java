package dev.tethys.collect.kubernetes.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class CronScheduleTest {
  private static String next(String schedule, String zone, String after) {
    long t = new CronSchedule(schedule, zone).next(Instant.parse(after).getEpochSecond());
    return t < 0 ? "none" : Instant.ofEpochSecond(t).toString();
  }

  @Test
  void findsTheNextTime() {
    String t = "2026-12-01T17:30:20Z"; // a Tuesday
    assertThat(next("*/5 * * * *", "", t)).isEqualTo("2026-12-01T17:35:00Z");
    assertThat(next("30 17 * * *", "", "2026-12-01T17:30:00Z")).isEqualTo("2026-12-02T17:30:00Z");
    assertThat(next("0 3 * * 1-5", "", "2026-12-04T05:00:00Z")).isEqualTo("2026-12-07T03:00:00Z");
    assertThat(next("0 0 13 * fri", "", t)).isEqualTo("2026-12-04T00:00:00Z");
    assertThat(next("0 0 13 * *", "", t)).isEqualTo("2026-12-13T00:00:00Z");
    assertThat(next("15,45 9-17/4 * jan,feb ?", "", t)).isEqualTo("2027-01-01T09:15:00Z");
    assertThat(next("@hourly", "", t)).isEqualTo("2026-12-01T18:00:00Z");
    assertThat(next("@weekly", "", t)).isEqualTo("2026-12-06T00:00:00Z");
    assertThat(next("0 0 29 2 *", "", t)).isEqualTo("2028-02-29T00:00:00Z");
    assertThat(next("0 0 31 2 *", "", t)).isEqualTo("none");
    assertThat(next("0 8 * * *", "Europe/Berlin", t)).isEqualTo("2026-12-02T07:00:00Z");
  }

  @Test
  void refusesInvalidSchedules() {
    for (String s :
        new String[] {
          "",
          "* * * *",
          "60 * * * *",
          "* * * * 7",
          "5-1 * * * *",
          "*/0 * * * *",
          "a * * * *",
          "1- * * * *",
          "@never",
          "* ".repeat(200)
        }) {
      assertThatThrownBy(() -> new CronSchedule(s, ""))
          .as(s)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new CronSchedule("@daily", "Mars/Olympus"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void showsTheNextTimeOfCronJobs() {
    String job =
        """
        {"metadata":{"name":"c","namespace":"n","creationTimestamp":"2026-12-01T00:00:00Z"},
         "spec":{"schedule":"%s","suspend":%s},"status":{"lastScheduleTime":"2026-12-01T17:00:00Z"}}
        """;
    assertThat(StateText.of("cronjobs", job.formatted("@hourly", "false")))
        .contains(
            "kube_cronjob_next_schedule_time{cronjob=\"c\",namespace=\"n\"} 1.796148e+09",
            "kube_cronjob_schedule_invalid{cronjob=\"c\",namespace=\"n\"} 0");
    assertThat(StateText.of("cronjobs", job.formatted("@hourly", "true")))
        .noneMatch(l -> l.startsWith("kube_cronjob_next_schedule_time"));
    assertThat(StateText.of("cronjobs", job.formatted("often", "false")))
        .contains("kube_cronjob_schedule_invalid{cronjob=\"c\",namespace=\"n\"} 1");
  }
}

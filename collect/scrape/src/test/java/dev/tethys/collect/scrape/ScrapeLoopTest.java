package dev.tethys.collect.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScrapeLoopTest {
  @Test
  void storesSamplesWithTheTargetsLabelsAtTheTicks() throws Exception {
    try (Setting s = new Setting()) {
      s.body =
          """
          # TYPE a counter
          # HELP a Help of a.
          a{x="1"} 1
          a{job="theirs",exported_job="too"} 2
          b 3 5000
          """;
      s.apply(Setting.job("")).target("zone", "z").scrape(2);
      assertThat(s.samples())
          .containsExactly(
              "a{exported_exported_job=\"theirs\", exported_job=\"too\", T, zone=\"z\"} @0 2",
              "a{exported_exported_job=\"theirs\", exported_job=\"too\", T, zone=\"z\"} @10 2",
              "a{T, x=\"1\", zone=\"z\"} @0 1",
              "a{T, x=\"1\", zone=\"z\"} @10 1",
              s.samples().get(4));
      assertThat(s.samples().get(4)).startsWith("b{T, zone=\"z\"} @-").endsWith(" 3");
      assertThat(s.reports())
          .contains(
              "up{T, zone=\"z\"} @0 1",
              "up{T, zone=\"z\"} @10 1",
              "scrape_duration_seconds{T, zone=\"z\"} @0 0",
              "scrape_samples_scraped{T, zone=\"z\"} @0 3",
              "scrape_samples_post_metric_relabeling{T, zone=\"z\"} @0 3",
              "scrape_series_added{T, zone=\"z\"} @0 3",
              "scrape_series_added{T, zone=\"z\"} @10 0")
          .hasSize(10);
      Target t = s.onlyTarget();
      assertThat(t.report().health()).isEqualTo(TargetHealth.UP);
      assertThat(t.report().lastError()).isNull();
      assertThat(t.url()).isEqualTo("http://" + s.address() + "/metrics");
      assertThat(t.metadata()).hasSize(1);
      assertThat(Objects.requireNonNull(t.metadata("a")).help()).isEqualTo("Help of a.");
      assertThat(s.store.metadata()).containsKeys("a", "up");
      // With few targets, their ticks are at multiples of so many milliseconds.
      long tick = Objects.requireNonNull(t.report().lastScrape()).toEpochMilli() % 10_000;
      assertThat(tick % 512).isZero();
    }
  }

  @Test
  void requestsUseTheJobsSettings() throws Exception {
    try (Setting s = new Setting()) {
      s.apply(
              Setting.job(
                  """
                  metrics_path: /m x
                  params: {module: [a b, c], z: ["1"]}
                  scrape_protocols: [PrometheusText0.0.4]
                  """))
          .target("__param_module", "own")
          .scrape(1);
      assertThat(s.requests)
          .containsExactly(
              "/m%20x?module=own&module=c&z=1 text/plain;version=0.0.4;q=0.6,*/*;q=0.5");
    }
  }

  /** A machine may learn what time it is long after it began to scrape. */
  @ParameterizedTest
  @ValueSource(longs = {-86_400, -3_603, -25, -10, 10, 25, 3_603, 86_400})
  void scrapesGoOnWhenTheClockIsSet(long seconds) throws Exception {
    try (Setting s = new Setting()) {
      s.apply(Setting.job("")).target().scrape(2);
      Instant before = s.clock.instant();
      s.clock.set(Duration.ofSeconds(seconds));
      s.clock.pass(Duration.ofSeconds(40), 1);
      // The first when it was due all the same, then in step with the clock again.
      assertThat(s.requests).hasSizeBetween(2 + 4, 2 + 5);
      long last =
          Objects.requireNonNull(s.onlyTarget().report().lastScrape()).getEpochSecond()
              - before.getEpochSecond();
      assertThat(last).isBetween(seconds + 30, seconds + 40);
      assertThat(last % 10).isZero();
    }
  }

  @Test
  void endsVanishedSeries() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\nb{x=\"1\",y=\"2\"} 2\n";
      s.apply(Setting.job("")).target().scrape(1);
      s.body = "b{y=\"2\",x=\"1\"} 3\n"; // the same series, written otherwise
      s.scrape(2);
      assertThat(s.samples())
          .containsExactly(
              "a{T} @0 1",
              "a{T} @10 stale",
              "b{T, x=\"1\", y=\"2\"} @0 2",
              "b{T, x=\"1\", y=\"2\"} @10 3",
              "b{T, x=\"1\", y=\"2\"} @20 3");
    }
  }

  @Test
  void newSeriesOverTheLimitDoNotAffectKnownOnes() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\n";
      s.apply(Setting.job("")).target().scrape(1);
      s.store.limitSeries(s.store.series(0, Long.MAX_VALUE, List.of(List.of()), 0).size());
      s.body = "a 2\nb 7\n";
      s.scrape(1);
      assertThat(s.onlyTarget().report().health()).isEqualTo(TargetHealth.UP);
      assertThat(s.samples()).containsExactly("a{T} @0 1", "a{T} @10 2");
      s.store.limitSeries(Long.MAX_VALUE);
      s.scrape(1);
      assertThat(s.samples())
          .containsExactly("a{T} @0 1", "a{T} @10 2", "a{T} @20 2", "b{T} @20 7");
    }
  }

  @Test
  void failedScrapeEndsAllSeriesAndStoresNothing() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\nb 2\n";
      s.apply(Setting.job("")).target().scrape(1);
      s.body = "a 2\nb 3\nc 4\nbroken{\n";
      s.scrape(1);
      assertThat(s.onlyTarget().report().lastError())
          .isEqualTo("line 4: expected label name, got \"\\n\" while parsing: \"broken{\\n\"");
      s.handler = e -> Setting.answer(e, 500, Setting.TEXT, new byte[0]);
      s.scrape(1);
      assertThat(s.onlyTarget().report().lastError())
          .isEqualTo("server returned HTTP status 500 Internal Server Error");
      assertThat(s.onlyTarget().report().health()).isEqualTo(TargetHealth.DOWN);
      s.handler =
          e -> Setting.answer(e, 200, Setting.TEXT, "a 5\n".getBytes(StandardCharsets.UTF_8));
      s.scrape(1);
      assertThat(s.samples())
          .containsExactly(
              "a{T} @0 1", "a{T} @10 stale", "a{T} @30 5", "b{T} @0 2", "b{T} @10 stale");
      assertThat(s.reports())
          .contains("up{T} @0 1", "up{T} @10 0", "up{T} @20 0", "up{T} @30 1")
          .contains("scrape_samples_scraped{T} @10 3", "scrape_samples_scraped{T} @20 0");
    }
  }

  @Test
  void nextScrapeDeliversMetadataOfAFailedOne() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "# TYPE a counter\na 1\nbroken\n";
      s.apply(Setting.job("")).target().scrape(1);
      assertThat(s.store.metadata()).doesNotContainKey("a");
      s.body = "# TYPE a counter\na 1\n";
      s.scrape(1);
      assertThat(s.store.metadata()).containsKey("a");
    }
  }

  @Test
  void refusedConnectionIsAFailedScrape() throws Exception {
    try (Setting s = new Setting()) {
      s.apply(Setting.job("")).target();
      s.server.stop(0);
      s.scrape(1);
      assertThat(s.onlyTarget().report().lastError())
          .startsWith("Get \"http://" + s.address() + "/metrics\": ");
      assertThat(s.reports()).contains("up{T} @0 0");
    }
  }

  @Test
  void endsRemovedTargetAfterTwoIntervals() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\n";
      s.apply(Setting.job("")).target().scrape(1);
      s.targets();
      s.clock.pass(Duration.ofSeconds(15), 1);
      s.clock.settle(1);
      assertThat(s.samples()).containsExactly("a{T} @0 1");
      s.clock.passUntil(Duration.ofSeconds(10), 0);
      s.awaitThat(() -> s.store.commits() == 2);
      assertThat(s.samples()).containsExactly("a{T} @0 1", "a{T} @10 stale");
      assertThat(s.reports()).contains("up{T} @0 1", "up{T} @10 stale");
    }
  }

  @Test
  void doesNotEndReturningTarget() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\nb 1\n";
      s.apply(Setting.job("")).target().scrape(1);
      s.targets();
      s.clock.pass(Duration.ofSeconds(1), 1);
      s.body = "a 2\n";
      s.target();
      s.clock.pass(Duration.ofSeconds(19), 2);
      s.clock.passUntil(Duration.ofSeconds(4), 1);
      s.awaitThat(() -> s.store.commits() >= 4);
      assertThat(s.samples())
          .contains("a{T} @0 1", "a{T} @10 2", "a{T} @20 2", "b{T} @0 1", "b{T} @10 stale")
          .noneMatch(l -> l.startsWith("a") && l.endsWith("stale"));
      assertThat(s.reports()).noneMatch(l -> l.endsWith("stale"));
    }
  }

  @Test
  void shutdownEndsNoSeries() throws Exception {
    Setting s = new Setting();
    try (s) {
      s.body = "a 1\n";
      s.apply(Setting.job("")).target().scrape(1);
    }
    s.clock.settle(0);
    assertThat(s.samples()).containsExactly("a{T} @0 1");
  }

  @Test
  void keepsOrIgnoresTargetTimestamps() throws Exception {
    try (Setting s = new Setting()) {
      s.apply(Setting.job("honor_timestamps: false\n")).target();
      s.body = "a 1 5000\n";
      s.scrape(1);
      s.body = "";
      s.scrape(1);
      assertThat(s.samples()).containsExactly("a{T} @0 1", "a{T} @10 stale");
    }
    try (Setting s = new Setting()) {
      long t = Setting.START.toEpochMilli();
      s.apply(Setting.job("")).target();
      s.body = "a 1 " + (t - 1) + "\nb 2 " + (t + 900_000) + "\n";
      s.scrape(1);
      s.body = "";
      s.scrape(1);
      assertThat(s.samples()).hasSize(1).noneMatch(l -> l.endsWith("stale"));
      assertThat(s.counted("prometheus_target_scrapes_sample_out_of_bounds_total")).isEqualTo(1);
    }
    try (Setting s = new Setting()) {
      long t = Setting.START.toEpochMilli();
      s.apply(Setting.job("track_timestamps_staleness: true\n")).target();
      s.body = "a 1 " + (t - 1) + "\n";
      s.scrape(1);
      s.body = "";
      s.scrape(1);
      assertThat(s.samples()).hasSize(2).contains("a{T} @10 stale");
    }
  }

  @Test
  void firstDuplicateWins() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\na 2\na{} 3\nb 1 1000\nb 2 2000\n";
      s.apply(Setting.job("")).target().scrape(1);
      assertThat(s.samples()).contains("a{T} @0 1").hasSize(3);
      assertThat(s.counted("prometheus_target_scrapes_sample_duplicate_timestamp_total"))
          .isEqualTo(2);
      assertThat(s.reports())
          .contains("scrape_samples_scraped{T} @0 5", "up{T} @0 1")
          .contains("scrape_samples_post_metric_relabeling{T} @0 5");
    }
  }

  @Test
  void metricRelabellingRewritesAndDrops() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a{l=\"1\"} 1\nb 2\nc 3\n";
      s.apply(
              Setting.job(
                  """
                  metric_relabel_configs:
                  - {source_labels: [__name__], regex: b, action: drop}
                  - {target_label: l, replacement: ''}
                  - {source_labels: [__name__], regex: c, target_label: __name__, replacement: d}
                  """))
          .target()
          .scrape(2);
      assertThat(s.samples()).containsExactly("a{T} @0 1", "a{T} @10 1", "d{T} @0 3", "d{T} @10 3");
      assertThat(s.reports())
          .contains(
              "scrape_samples_scraped{T} @10 3", "scrape_samples_post_metric_relabeling{T} @10 2");
    }
  }

  @Test
  void honouredLabelsWin() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a{job=\"theirs\",instance=\"\"} 1\n";
      s.apply(Setting.job("honor_labels: true\n")).target().scrape(1);
      assertThat(s.samples()).containsExactly("a{job=\"theirs\"} @0 1");
    }
    try (Setting s = new Setting()) {
      s.body = "a{job=\"theirs\",instance=\"\"} 1\n";
      s.apply(Setting.job("")).target().scrape(1);
      assertThat(s.samples()).containsExactly("a{exported_job=\"theirs\", T} @0 1");
    }
  }

  @Test
  void limitsFailTheWholeScrape() throws Exception {
    String[][] cases = {
      {"sample_limit: 2", "sample limit exceeded"},
      {"label_limit: 3", "label_limit exceeded (metric: b, number of labels: 4, limit: 3)"},
      {
        "label_name_length_limit: 8",
        "label_name_length_limit exceeded (metric: b, label name: long_name, length: 9, limit: 8)"
      },
      {
        "label_value_length_limit: 4",
        "label_value_length_limit exceeded (metric: b, label name: long_name, value: \"value\","
            + " length: 5, limit: 4)"
      },
      {"body_size_limit: 20B", "body size limit exceeded"},
    };
    for (String[] c : cases) {
      try (Setting s = new Setting()) {
        s.body = "a 1\n";
        s.apply(Setting.job("extra_scrape_metrics: true\n" + c[0] + "\n")).target().scrape(1);
        s.body = "a 1\nb{long_name=\"value\"} 2\nc 3\n";
        s.scrape(1);
        assertThat(s.onlyTarget().report().lastError()).isEqualTo(c[1]);
        assertThat(s.samples()).containsExactly("a{T} @0 1", "a{T} @10 stale");
        boolean body = c[0].startsWith("body");
        assertThat(s.reports())
            .contains(
                "up{T} @10 0",
                "scrape_body_size_bytes{T} @10 " + (body ? "-1" : "31"),
                "scrape_timeout_seconds{T} @10 5",
                "scrape_sample_limit{T} @10 " + (c[0].startsWith("sample") ? "2" : "0"));
        if (c[0].startsWith("sample")) {
          assertThat(s.reports()).contains("scrape_samples_scraped{T} @10 3");
          assertThat(s.counted("prometheus_target_scrapes_exceeded_sample_limit_total"))
              .isEqualTo(1);
        }
      }
    }
  }

  @Test
  void tooManyTargetsAllFail() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\n";
      s.apply(Setting.job("target_limit: 1\n"));
      s.targets(
          Labels.of("__address__", s.address(), "instance", "x"),
          Labels.of("__address__", s.address(), "instance", "y"));
      s.clock.pass(Duration.ofSeconds(10), 2);
      s.clock.settle(2);
      assertThat(s.samples()).isEmpty();
      assertThat(s.manager.pools().getFirst().active())
          .extracting(t -> t.report().lastError())
          .containsOnly("target_limit exceeded (number of targets: 2, limit: 1)");
      s.target();
      s.clock.pass(Duration.ofSeconds(10), 3);
      assertThat(s.onlyTarget().report().lastError()).isNull();
    }
  }

  @Test
  void badNamesFailUnderTheLegacyScheme() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "{\"a.b\"} 1\n";
      s.apply(Setting.job("metric_name_validation_scheme: legacy\n")).target().scrape(1);
      assertThat(s.onlyTarget().report().lastError())
          .startsWith("invalid metric name or label names: {__name__=\"a.b\"");
      s.clock.pass(Duration.ofSeconds(1), 1);
      s.apply(Setting.job(""));
      s.clock.tick(2);
      assertThat(s.samples()).hasSize(1);
    }
  }
}

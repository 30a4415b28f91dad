package dev.tethys.collect.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScrapeManagerTest {
  @Test
  void reloadKeepsUnchangedJobs() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\n";
      s.apply(Setting.job("metric_relabel_configs: [{action: drop, regex: x}]\n"))
          .target()
          .scrape(1);
      Target before = s.onlyTarget();
      s.apply(Setting.job("metric_relabel_configs: [{action: drop, regex: x}]\n")).target();
      assertThat(s.onlyTarget()).isSameAs(before);
      assertThat(s.transportsOpened).isEqualTo(1);
      s.clock.settle(1);
      s.scrape(1);
      assertThat(s.reports()).contains("scrape_series_added{T} @10 0");
      assertThat(s.counted("prometheus_target_scrape_pool_reloads_total")).isZero();
    }
  }

  @Test
  void changeThatKeepsSeriesKeepsTheCaches() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\nb 1\n";
      s.apply(Setting.job("")).target().scrape(1);
      s.clock.pass(Duration.ofSeconds(1), 1);
      s.body = "a 1\n";
      s.apply(Setting.job("sample_limit: 100\n"));
      s.scrape(1);
      assertThat(s.reports()).contains("scrape_series_added{T} @10 0");
      assertThat(s.samples())
          .containsExactly("a{T} @0 1", "a{T} @10 1", "b{T} @0 1", "b{T} @10 stale");
      assertThat(s.counted("prometheus_target_scrape_pool_reloads_total")).isEqualTo(1);
    }
  }

  @Test
  void changeOfSeriesEndsThoseMissingFromTheNewLoop() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\nb 1\n";
      s.apply(Setting.job("")).target().scrape(1);
      s.clock.pass(Duration.ofSeconds(1), 1);
      s.apply(
          Setting.job(
              "metric_relabel_configs: [{source_labels: [__name__], regex: b, action: drop}]\n"));
      s.clock.pass(Duration.ofSeconds(19), 2);
      s.clock.passUntil(Duration.ofSeconds(4), 1);
      s.awaitThat(() -> s.store.commits() >= 4);
      assertThat(s.samples())
          .containsExactly("a{T} @0 1", "a{T} @10 1", "a{T} @20 1", "b{T} @0 1", "b{T} @10 stale");
      assertThat(s.reports()).noneMatch(l -> l.endsWith("stale"));
    }
  }

  @Test
  void scrapesTargetAgainAfterOutOfMemory() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\n";
      s.store.failNextCommit(new OutOfMemoryError("Java heap space"));
      s.apply(Setting.job("")).target().scrape(2);
      assertThat(s.requests).hasSize(2);
      assertThat(s.samples()).containsExactly("a{T} @0 1"); // from the first one stored on
    }
  }

  @Test
  void stopsRemovedJob() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\n";
      s.apply(Setting.job("")).target().scrape(1);
      s.apply();
      assertThat(s.manager.pools()).isEmpty();
      s.target(); // news from before
      assertThat(s.manager.pools()).isEmpty();
      assertThat(s.registry.gather())
          .extracting(MetricFamily::name)
          .doesNotContain("prometheus_target_scrape_pool_targets");
    }
  }

  @Test
  void keepsObjectsOfRemainingTargetsAndForgetsRemovedOnes() throws Exception {
    try (Setting s = new Setting()) {
      s.apply(Setting.job(""));
      s.targets(
          Labels.of("__address__", "h:1"),
          Labels.of("__address__", "h:2", "__scrape_interval__", "20s"),
          Labels.of("__address__", "h:3"));
      List<Target> first = s.manager.pools().getFirst().active();
      assertThat(first).extracting(Target::scrapeInterval).containsExactly("10s", "20s", "10s");
      assertThat(first.get(2).scrapeInterval())
          .as("targets of a job share the text")
          .isSameAs(first.get(0).scrapeInterval());
      s.targets(
          Labels.of("__address__", "h:2", "__scrape_interval__", "20s"),
          Labels.of("__address__", "h:3", "__meta_new", "yes"),
          Labels.of("__address__", "h:3"),
          Labels.of("__address__", "h:4"));
      List<Target> second = s.manager.pools().getFirst().active();
      assertThat(second)
          .extracting(Target::url)
          .containsExactly("http://h:2/metrics", "http://h:3/metrics", "http://h:4/metrics");
      assertThat(second.get(0)).isSameAs(first.get(1));
      assertThat(second.get(1)).isSameAs(first.get(2));
      assertThat(second.get(1).discoveredLabels().get("__meta_new")).isEqualTo("yes");
      assertThat(second.get(1).allLabels())
          .as("labels for relabelling alone are not kept")
          .isEqualTo(first.get(2).allLabels());
      s.targets();
      assertThat(s.manager.pools().getFirst().active()).isEmpty();
      s.targets(Labels.of("__address__", "h:3"));
      assertThat(s.manager.pools().getFirst().active()).hasSize(1);
      assertThat(value(s, "prometheus_target_scrape_pool_targets")).isEqualTo(1);
    }
  }

  @Test
  void showsDroppedTargetsAndTheirOutcome() throws Exception {
    try (Setting s = new Setting()) {
      s.apply(
          Setting.job(
              """
              keep_dropped_targets: 1
              relabel_configs:
              - {source_labels: [__meta_a], regex: 'x.*', action: drop}
              - {target_label: z, replacement: one}
              """));
      s.targets(
          Labels.of("__address__", "h:1", "__meta_a", "x1"),
          Labels.of("__address__", "h:2", "__meta_a", "x2"),
          Labels.of("__address__", "h:3"),
          Labels.of("__address__", "h:3"),
          Labels.of("__address__", "h/4"));
      ScrapeManager.Pool p = s.manager.pools().getFirst();
      assertThat(p.job()).isEqualTo("j");
      assertThat(p.active()).hasSize(1);
      assertThat(p.active().getFirst().labels())
          .isEqualTo(Labels.of("instance", "h:3", "job", "j", "z", "one"));
      assertThat(p.dropped()).hasSize(1);
      assertThat(p.droppedCount()).isEqualTo(2);
      Labels discovered = p.dropped().getFirst().discoveredLabels();
      assertThat(discovered.get("__meta_a")).isEqualTo("x1");
      assertThat(discovered.get("__scrape_interval__")).isEqualTo("10s");
      List<ScrapeManager.RelabelStep> steps =
          Objects.requireNonNull(s.manager.relabelSteps("j", discovered));
      assertThat(steps).hasSize(1);
      assertThat(steps.getFirst().keep()).isFalse();
      steps =
          Objects.requireNonNull(
              s.manager.relabelSteps("j", p.active().getFirst().discoveredLabels()));
      assertThat(steps).hasSize(2);
      assertThat(steps.get(1).output().get("z")).isEqualTo("one");
      assertThat(s.manager.relabelSteps("nobody", discovered)).isNull();
      assertThat(value(s, "prometheus_target_scrape_pool_targets")).isEqualTo(1);
      assertThat(value(s, "prometheus_target_sync_failed_total")).isEqualTo(1);
    }
  }

  private static double value(Setting s, String name) {
    return s.counted(name);
  }

  @Test
  void logsFailuresToAFileReopenedByReload(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("failures.log");
    try (Setting s = new Setting()) {
      s.handler = e -> Setting.answer(e, 500, Setting.TEXT, new byte[0]);
      ScrapeConfig job = Setting.job("scrape_failure_log_file: " + file + "\n");
      s.apply(job).target().scrape(1);
      assertThat(Files.readString(file))
          .matches(
              "\\{\"time\":\"1970-01-12T13:46:[0-9.]+Z\",\"level\":\"ERROR\",\"msg\":\"server"
                  + " returned HTTP status 500 Internal Server Error\",\"job_name\":\"j\","
                  + "\"target\":\"http://127.0.0.1:\\d+/metrics\"}\n");
      Files.move(file, dir.resolve("old.log"));
      s.apply(job);
      s.scrape(1);
      assertThat(Files.readAllLines(file)).hasSize(1);
      assertThatThrownBy(
              () ->
                  s.apply(Setting.job("scrape_failure_log_file: " + dir.resolve("no/such") + "\n")))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("can't create json log file: ");
      s.scrape(1);
      assertThat(Files.readAllLines(file)).hasSize(2);
    }
  }

  @Test
  void jobsAreIndependent() throws Exception {
    try (Setting s = new Setting()) {
      s.body = "a 1\n";
      ScrapeConfig other =
          ScrapeConfig.read(
              YamlDocument.parse("t", null, "job_name: other\nscrape_interval: 10s\n").root(),
              ScrapeDefaults.DEFAULT);
      s.apply(Setting.job(""), other);
      TargetGroup g =
          new TargetGroup("s", List.of(Labels.of("__address__", s.address())), Labels.EMPTY);
      s.manager.targets(Map.of("j", List.of(g), "other", List.of(g), "unknown", List.of(g)));
      s.clock.pass(Duration.ofSeconds(10), 2);
      s.clock.settle(2);
      assertThat(s.manager.pools())
          .extracting(ScrapeManager.Pool::job)
          .containsExactly("j", "other");
      assertThat(s.samples()).hasSize(2);
      assertThat(value(s, "prometheus_target_scrape_pools_total")).isEqualTo(2);
    }
  }
}

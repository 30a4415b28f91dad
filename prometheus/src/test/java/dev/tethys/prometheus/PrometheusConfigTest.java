package dev.tethys.prometheus;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.config.ConfigException;
import dev.tethys.config.NotBuiltException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogRates;
import dev.tethys.store.logs.LogLimits;
import dev.tethys.store.logs.LogRetention;
import dev.tethys.store.metrics.Downsampling;
import dev.tethys.store.metrics.RetentionPolicy;
import dev.tethys.testkit.Shared;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class PrometheusConfigTest {
  @TempDir Path dir;

  private static PrometheusConfig parse(String yaml) throws IOException {
    return PrometheusConfig.read(
        YamlDocument.parse("test.yml", null, yaml), null, Map.of("REGION", "eu")::get);
  }

  @Test
  void keepsLogsByStreamAndLimitsThemByTenant() throws IOException {
    LogsConfig logs =
        parse(
                """
                logs:
                  limits_config:
                    retention_period: 31d
                    retention_stream:
                      - {selector: '{namespace="dev"}', priority: 1, period: 24h}
                      - {selector: '{app=~"audit|bank"}', period: 0s}
                    ingestion_rate_mb: 2
                    ingestion_burst_size_mb: 6
                    per_stream_rate_limit: 1MB
                  overrides:
                    shop: {retention_period: 7d, ingestion_rate_mb: 0, per_stream_rate_limit_burst: 3MB}
                """)
            .logs();
    LogRetention kept =
        requireNonNull(logs.limits("a", LogLimits.DEFAULTS, Duration.ZERO).retention());
    assertThat(kept.nanos()).isEqualTo(Duration.ofDays(31).toNanos());
    assertThat(kept.rules())
        .containsExactly(
            new LogRetention.Rule(
                List.of(Matcher.of(Matcher.Type.EQUAL, "namespace", "dev")),
                1,
                Duration.ofDays(1).toNanos()),
            new LogRetention.Rule(
                List.of(Matcher.of(Matcher.Type.REGEX, "app", "audit|bank")), 0, 0));
    LogRetention shop =
        requireNonNull(logs.limits("shop", LogLimits.DEFAULTS, Duration.ZERO).retention());
    assertThat(shop.nanos()).isEqualTo(Duration.ofDays(7).toNanos());
    assertThat(shop.rules()).hasSize(2);
    assertThat(logs.rates("a"))
        .isEqualTo(
            new LogRates.Rates(
                new LogRates.Rate(2 << 20, 6 << 20), new LogRates.Rate(1 << 20, 1 << 20)));
    assertThat(logs.rates("shop"))
        .isEqualTo(new LogRates.Rates(null, new LogRates.Rate(1 << 20, 3 << 20)));
    assertThat(LogsConfig.DEFAULT.limits("a", LogLimits.DEFAULTS, Duration.ZERO).retention())
        .isNull();
    assertThatThrownBy(
            () ->
                parse(
                    "logs: {limits_config: {retention_stream: [{selector: 'up', period: 1d}]}}\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("labels in braces");
    assertThatThrownBy(() -> parse("logs: {limits_config: {ingestion_rate_mb: -1}}\n"))
        .hasMessageContaining("ingestion_rate_mb is -1.0");
  }

  /**
   * What must be said about a file that Prometheus refuses; {@code not built} where we say only
   * that.
   */
  private static Map<String, String> refusals() throws IOException {
    Map<String, String> out = new LinkedHashMap<>();
    try (BufferedReader r =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    PrometheusConfigTest.class.getResourceAsStream("refusals.txt")),
                StandardCharsets.UTF_8))) {
      r.lines()
          .filter(l -> !l.isBlank() && !l.startsWith("#"))
          .forEach(
              l ->
                  out.put(
                      l.substring(0, l.indexOf('|')).strip(),
                      l.substring(l.indexOf('|') + 1).strip()));
    }
    return out;
  }

  /** Failure to read a file; one that needs a contribution is skipped in a build of the core. */
  private static @Nullable Throwable failure(Path file) {
    Throwable t = catchThrowable(() -> PrometheusConfig.read(file));
    assumeThat(String.valueOf(t)).doesNotContain(" belongs to contrib/");
    return t;
  }

  @TestFactory
  Stream<DynamicTest> refusesEveryFileThatPrometheusRefuses() throws IOException {
    Map<String, String> expected = refusals();
    return Shared.conformanceFiles("prometheus/config", ".bad.yml").stream()
        .filter(f -> !f.toString().contains("/scrape_configs/"))
        // Read by other files of the same folder as parts, not on their own.
        .map(
            f ->
                DynamicTest.dynamicTest(
                    f.getFileName().toString(),
                    () -> {
                      Throwable t = failure(f);
                      assertThat(t).isInstanceOf(ConfigException.class);
                      String want = expected.getOrDefault(f.getFileName().toString(), "");
                      assertThat(want).as("a row in refusals.txt").isNotEmpty();
                      assertThat(t)
                          .hasMessageContaining(want)
                          .isNotInstanceOf(NotBuiltException.class);
                      assertThat(t).message().containsPattern("\\.yml(:\\d+:\\d+)?: ");
                    }));
  }

  @TestFactory
  Stream<DynamicTest> loadsEveryGoodFile() {
    return Shared.conformanceFiles("prometheus/config", ".good.yml").stream()
        .map(
            f ->
                DynamicTest.dynamicTest(
                    f.getFileName().toString(),
                    () -> {
                      assertThat(failure(f)).isNull();
                    }));
  }

  @TestFactory
  Stream<DynamicTest> loadsWhatItWritesBack() {
    // External labels are shown with their variables expanded, so their dollars are gone.
    return Shared.conformanceFiles("prometheus/config", ".good.yml").stream()
        .filter(f -> !f.endsWith("external_labels.good.yml"))
        .map(
            f ->
                DynamicTest.dynamicTest(
                    f.getFileName().toString(),
                    () -> {
                      assertThat(failure(f)).isNull();
                      PrometheusConfig c = PrometheusConfig.read(f);
                      // Secrets are masked; those of some clouds have to look like a UUID.
                      String text =
                          c.toYaml().replace("<secret>", "11111111-1111-1111-1111-111111111111");
                      PrometheusConfig again =
                          PrometheusConfig.read(
                              YamlDocument.parse(f.toString(), f.getParent(), text),
                              null,
                              System::getenv);
                      assertThat(again.toYaml()).isEqualTo(c.toYaml());
                      assertThat(again.scrapeConfigs()).hasSameSizeAs(c.scrapeConfigs());
                    }));
  }

  @Test
  void jobsInheritFromTheGlobalSection() throws IOException {
    PrometheusConfig c =
        parse(
            """
            global:
              scrape_interval: 5s
              sample_limit: 100
              external_labels: {region: $REGION, zone: "${REGION}-1", price: "$$5"}
            scrape_configs:
            - job_name: a
            - job_name: b
              scrape_interval: 1m
              sample_limit: 7
            """);
    assertThat(c.global().externalLabels())
        .isEqualTo(Labels.of("region", "eu", "zone", "eu-1", "price", "$5"));
    ScrapeConfig a = c.scrapeConfigs().getFirst();
    ScrapeConfig b = c.scrapeConfigs().getLast();
    assertThat(a.common().interval()).isEqualTo(Duration.ofSeconds(5));
    assertThat(a.common().timeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(a.common().limits().samples()).isEqualTo(100);
    assertThat(b.common().interval()).isEqualTo(Duration.ofMinutes(1));
    assertThat(b.common().limits().samples()).isEqualTo(7);
  }

  @Test
  void supportsPrometheusStoreSettings() throws IOException {
    String text =
        """
        storage:
          tsdb:
            stale_series_compaction_threshold: 0.4
            chunk_encoding: {floats: xor2}
        remote_write:
        - {url: http://x/, round_robin_dns: true}
        """;
    PrometheusConfig c = parse(text);
    assertThat(c.storage().quietShare()).isEqualTo(0.4);
    assertThat(parse(c.toYaml()).storage()).isEqualTo(c.storage());
    assertThat(c.toYaml()).contains("round_robin_dns: true");
    assertThat(parse("").storage().quietShare()).isEqualTo(0.2);
    assertThat(parse(text.replace("0.4", "0")).storage().quietShare()).isEqualTo(0.2);
    assertThatThrownBy(() -> parse(text.replace("0.4", "1.4")))
        .hasMessageContaining("test.yml:3:")
        .hasMessageContaining("between 0 and 1");
    assertThatThrownBy(() -> parse(text.replace("xor2", "xor3")))
        .hasMessageContaining("allowed: xor, xor2");
  }

  @Test
  void retentionRulesKeepTheirOrderAndRoundTrip() throws IOException {
    String text =
        """
        storage:
          tsdb:
            retention:
              time: 15d
              percentage: 80
              rules:
              - {match: '{job="debug"}', time: 2d}
              - {match: 'up{job=~"a|b"}', time: 0s}
        """;
    StorageConfig c = parse(text).storage();
    assertThat(c.retentionPercentage()).isEqualTo(80);
    assertThat(c.retentionRules())
        .containsExactly(
            new RetentionPolicy.Rule(List.of(Matcher.equal("job", "debug")), Duration.ofDays(2)),
            new RetentionPolicy.Rule(
                List.of(
                    Matcher.of(Matcher.Type.REGEX, "job", "a|b"), Matcher.equal("__name__", "up")),
                Duration.ZERO));
    assertThat(parse(parse(text).toYaml()).storage()).isEqualTo(c);
    assertThatThrownBy(() -> parse(text.replace("{job=\"debug\"}", "{job=")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test.yml:7:");
    assertThatThrownBy(() -> parse(text.replace("{job=\"debug\"}", "{}")))
        .hasMessageContaining("a rule selector requires matchers");
  }

  @Test
  void checksAndRoundTripsDownsamplingLevels() throws IOException {
    String text =
        """
        storage:
          tsdb:
            retention: {time: 15d}
            downsampling:
            - {resolution: 5m, after: 40h, retention: 180d}
            - {resolution: 1h, after: 10d}
        """;
    StorageConfig c = parse(text).storage();
    assertThat(c.downsampling())
        .containsExactly(
            new Downsampling(Duration.ofMinutes(5), Duration.ofHours(40), Duration.ofDays(180)),
            new Downsampling(Duration.ofHours(1), Duration.ofDays(10), Duration.ZERO));
    assertThat(parse(parse(text).toYaml()).storage()).isEqualTo(c);
    assertThatThrownBy(() -> parse(text.replace("5m,", "1s,")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test.yml:5:")
        .hasMessageContaining("between 10s and 1d");
    assertThatThrownBy(() -> parse(text.replace("1h, after: 10d", "7m, after: 10d")))
        .hasMessageContaining("test.yml:5:5: ")
        .hasMessageContaining("multiple");
    assertThatThrownBy(() -> parse(text.replace("time: 15d", "time: 1d")))
        .hasMessageContaining("only after its retention");
  }

  @Test
  void acceptsEmptyFile() throws IOException {
    assertThat(parse("").scrapeConfigs()).isEmpty();
    assertThat(parse("global:\nscrape_configs:\n").scrapeConfigs()).isEmpty();
  }

  @Test
  void readsAndNamesIncludedFiles() throws IOException {
    Files.writeString(dir.resolve("one.yml"), "scrape_configs: [{job_name: one}]");
    Files.writeString(dir.resolve("two.yml"), "scrape_configs: [{job_name: two}]");
    Path main = dir.resolve("prometheus.yml");
    Files.writeString(main, "scrape_config_files: ['*o*.yml']\n");
    PrometheusConfig c;
    Files.writeString(main, "scrape_config_files: ['[ot]*.yml']\n");
    c = PrometheusConfig.read(main);
    assertThat(c.scrapeConfigs()).extracting(ScrapeConfig::jobName).containsExactly("one", "two");
    assertThat(c.files()).containsExactly(main, dir.resolve("one.yml"), dir.resolve("two.yml"));
    Files.writeString(dir.resolve("two.yml"), "scrape_configs: [{job_name: one}]");
    assertThatThrownBy(() -> PrometheusConfig.read(main))
        .hasMessageContaining("two.yml:1:18")
        .hasMessageContaining("multiple scrape configs with job name \"one\"")
        .hasMessageContaining("one.yml:1:18");
  }

  @Test
  void warnsOfGoRuntimeKeys() throws IOException {
    assertThat(parse("runtime: {gogc: 50}").notices())
        .containsExactly(
            "test.yml:1:10: runtime.gogc tunes Go's garbage collector and means nothing here");
  }

  @Test
  void namesAllErrorsOfTheFileAndItsIncludes() throws IOException {
    Path more = Files.writeString(dir.resolve("more.yml"), "scrape_configs: [{job_nam: y}]\n");
    String yaml =
        """
        global: {scrape_interval: 5x, evaluation_intervall: 1s}
        scrape_configs:
          - {job_name: a, scrape_timeout: 1m, scrape_interval: 10s}
          - {job_name: b, static_configs: [{targts: [x]}]}
          - {job_name: b}
          - {job_name: b, relabel_configs: [{action: replce}, {regex: "("}]}
        scrape_config_files: [%s]
        rule_files: ["a*/b.yml"]
        alerting: {alertmanagers: [{api_version: v9}]}
        remote_write: [{url: ""}, {url: "http://x", name: a}, {url: "http://y", name: a}]
        remote_read: [{url: ""}]
        storage: {tsdb: {retention: {time: x}}}
        """
            .formatted(more);
    assertThatThrownBy(() -> parse(yaml))
        .satisfies(
            e ->
                assertThat(requireNonNull(e.getMessage()).lines().map(l -> l.split(": ")[0]))
                    .containsExactly(
                        "test.yml:1:27",
                        "test.yml:1:31",
                        "test.yml:3:35",
                        "test.yml:4:37",
                        "test.yml:6:5",
                        "test.yml:6:46",
                        "test.yml:6:55",
                        "test.yml:8:14",
                        "test.yml:9:42",
                        "test.yml:10:22",
                        "test.yml:10:55",
                        "test.yml:11:21",
                        "test.yml:12:36",
                        more + ":1:19"));
  }
}

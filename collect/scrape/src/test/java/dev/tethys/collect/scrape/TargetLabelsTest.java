package dev.tethys.collect.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetLabelsTest {
  private static Labels of(String job, String... target) {
    return Objects.requireNonNull(
        TargetLabels.of(
            Setting.job(job), Labels.of(target), Labels.of("group", "g", "job", "", "x", "group")));
  }

  @Test
  void fillsInDefaults() {
    assertThat(of("", "__address__", "h:1", "x", "own", "__meta_m", "gone", "__tmp", "stays"))
        .isEqualTo(
            Labels.of(
                "__address__",
                "h:1",
                "__always_scrape_classic_histograms__",
                "false",
                "__convert_classic_histograms_to_nhcb__",
                "false",
                "__metrics_path__",
                "/metrics",
                "__scheme__",
                "http",
                "__scrape_interval__",
                "10s",
                "__scrape_native_histograms__",
                "false",
                "__scrape_timeout__",
                "5s",
                "__tmp",
                "stays",
                "group",
                "g",
                "instance",
                "h:1",
                "job",
                "j",
                "x",
                "own"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "__x__|1|no address",
        "__address__|a/b|\"a/b\" is not a valid hostname",
        "__scrape_interval__|x|error parsing scrape interval: not a valid duration string: \"x\" (write it like 30s, 5m or 1h30m; units are y, w, d, h, m, s, ms)",
        "__scrape_interval__|0|scrape interval cannot be 0",
        "__scrape_timeout__|0s|scrape timeout cannot be 0",
        "__scrape_timeout__|11s|scrape timeout cannot be greater than scrape interval (\"11s\" > \"10s\")",
        "__scrape_native_histograms__|maybe|error parsing scrape native histograms: strconv.ParseBool: parsing \"maybe\": invalid syntax"
      })
  void refusesTargetsThatCannotBeScraped(String label, String value, String error) {
    String[] target =
        label.equals("__x__")
            ? new String[] {label, value}
            : new String[] {"__address__", "h:1", label, value};
    assertThatThrownBy(() -> of("", target)).hasMessage(error);
  }

  @Test
  void relabellingRewritesAndDrops() {
    String job =
        """
        relabel_configs:
        - {source_labels: [__meta_port], target_label: __address__, replacement: 'h:$1'}
        - {source_labels: [__meta_drop], regex: yes, action: drop}
        - {target_label: instance, replacement: named}
        """;
    Labels l = of(job, "__meta_port", "7");
    assertThat(l.get("instance")).isEqualTo("named");
    assertThat(l.get("__address__")).isEqualTo("h:7");
    assertThat(TargetLabels.of(Setting.job(job), Labels.of("__meta_drop", "yes"), Labels.EMPTY))
        .isNull();
  }

  @Test
  void buildsUrlsFromLabelsAndParameters() {
    ScrapeConfig c = Setting.job("scheme: https\nmetrics_path: 'p/é?'\nparams: {a: ['1', '&=']}\n");
    Labels l =
        Objects.requireNonNull(
            TargetLabels.of(
                c, Labels.of("__address__", "[::1]:9", "__param_b", "~*"), Labels.EMPTY));
    Target t = new Target(l, c, Labels.EMPTY, Labels.EMPTY);
    assertThat(t.url()).isEqualTo("https://[::1]:9/p/%C3%A9%3F?a=1&a=%26%3D&b=~%2A");
    assertThat(t.labels()).isEqualTo(Labels.of("instance", "[::1]:9", "job", "j"));
  }

  @Test
  void offsetsAreSpreadAndStable() {
    int[] perSecond = new int[10];
    for (int i = 0; i < 1000; i++) {
      ScrapeConfig c = Setting.job("");
      Labels l =
          Objects.requireNonNull(
              TargetLabels.of(c, Labels.of("__address__", "h:" + i), Labels.EMPTY));
      Target t = new Target(l, c, Labels.EMPTY, Labels.EMPTY);
      long o = t.offsetNanos(Duration.ofSeconds(10), 42);
      assertThat(o)
          .isEqualTo(
              new Target(l, c, Labels.EMPTY, Labels.EMPTY).offsetNanos(Duration.ofSeconds(10), 42));
      perSecond[(int) (o / 1_000_000_000)]++;
    }
    for (int n : perSecond) {
      assertThat(n).isBetween(60, 140);
    }
  }
}

package dev.tethys.collect.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.tracing.SpanRecorder;
import dev.tethys.testkit.MemoryMetricStore;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Starts of series whose targets tell none. The pages, and what is to be stored of them, are those
 * of Prometheus's own tests of {@code st-synthesis}.
 */
class SynthesizedStartTest {
  private static final ScrapeOptions SYNTHESIZED =
      new ScrapeOptions(
          "t", true, false, false, true, ScrapeOptions.TOLERANCE, 1 << 20, SpanRecorder.OFF);
  private static final long T0 = Setting.START.toEpochMilli();

  private static Setting setting() {
    Setting s = new Setting(SYNTHESIZED, new MemoryMetricStore());
    s.handler =
        e ->
            Setting.answer(
                e,
                200,
                "application/openmetrics-text",
                (s.body + "# EOF\n").getBytes(StandardCharsets.UTF_8));
    return s;
  }

  private static void scrape(Setting s, String page) throws InterruptedException {
    s.body = page;
    s.scrape(1);
  }

  /** The samples of a metric, its starts as seconds since the first scrape. */
  private static List<String> of(Setting s, String metric) {
    long first =
        s.store.dump().stream()
            .filter(l -> l.startsWith("up{"))
            .map(l -> l.replaceAll(".*@(\\d+) .*", "$1"))
            .mapToLong(Long::parseLong)
            .min()
            .orElse(T0);
    return s.samples().stream()
        .filter(l -> l.startsWith(metric))
        .map(
            l -> {
              String[] parts = l.split(" ", 3);
              int at = parts[1].indexOf('@');
              return at <= 0
                  ? l
                  : parts[0]
                      + " "
                      + (Long.parseLong(parts[1].substring(0, at)) - first)
                      + "ms"
                      + parts[1].substring(at)
                      + " "
                      + parts[2];
            })
        .toList();
  }

  @Test
  void startsAtFirstSampleAndAcceptsReportedStarts() throws Exception {
    try (Setting s = setting()) {
      s.apply(Setting.job("")).target();
      scrape(s, "# TYPE c counter\nc 10\n# TYPE g gauge\ng 10\n");
      scrape(s, "# TYPE c counter\nc 15\n# TYPE g gauge\ng 12\n");
      scrape(s, "# TYPE c counter\nc 4\n"); // begun anew
      scrape(s, "# TYPE c counter\nc 20\nc_created 1726839.016\n# TYPE g gauge\ng 15\n");
      scrape(s, "# TYPE c counter\nc 25\n");
      scrape(s, "# TYPE c counter\nc 32\n");
      assertThat(of(s, "c{"))
          .containsExactly(
              "c{T} 0ms@10 5",
              "c{T} 19999ms@20 4",
              "c{T} " + (1726839016L - first(s)) + "ms@30 20",
              "c{T} 40000ms@50 7");
      assertThat(of(s, "g{")).startsWith("g{T} @0 10", "g{T} @10 12").hasSize(5);
    }
  }

  private static long first(Setting s) {
    return s.store.dump().stream()
        .filter(l -> l.startsWith("up{"))
        .mapToLong(l -> Long.parseLong(l.replaceAll(".*@(\\d+) .*", "$1")))
        .min()
        .orElseThrow();
  }

  @Test
  void returningSeriesStartsAgain() throws Exception {
    try (Setting s = setting()) {
      s.apply(Setting.job("")).target();
      scrape(s, "# TYPE c counter\nc 10\n");
      scrape(s, "# TYPE c counter\nc 15\n");
      scrape(s, "");
      scrape(s, "# TYPE c counter\nc 100\n");
      scrape(s, "# TYPE c counter\nc 101\n");
      assertThat(of(s, "c{")).hasSize(3).startsWith("c{T} 0ms@10 5").endsWith("c{T} 30000ms@40 1");
    }
  }

  @Test
  void countsOnlyCountAndSumOfSummaries() throws Exception {
    try (Setting s = setting()) {
      s.apply(Setting.job("")).target();
      scrape(s, "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 10\ns_count 3\n");
      scrape(s, "# TYPE s summary\ns{quantile=\"0.5\"} 2\ns_sum 16\ns_count 5\n");
      assertThat(of(s, "s"))
          .containsExactlyInAnyOrder(
              "s{T, quantile=\"0.5\"} @0 1",
              "s{T, quantile=\"0.5\"} @10 2",
              "s_sum{T} 0ms@10 6",
              "s_count{T} 0ms@10 2");
    }
  }

  @Test
  void ignoresMetricOfAnotherFamily() throws Exception {
    try (Setting s = setting()) {
      s.apply(Setting.job("fallback_scrape_protocol: PrometheusText0.0.4\n")).target();
      s.handler =
          e -> Setting.answer(e, 200, Setting.TEXT, s.body.getBytes(StandardCharsets.UTF_8));
      scrape(s, "# TYPE c counter\nother 10\nc_total 1\n");
      scrape(s, "# TYPE c counter\nother 11\nc_total 3\n");
      assertThat(of(s, "other")).containsExactly("other{T} @0 10", "other{T} @10 11");
      assertThat(of(s, "c_total")).containsExactly("c_total{T} 0ms@10 2");
    }
  }

  @Test
  void rejectsLateSamplesAndRestartsAtTheNext() throws Exception {
    try (Setting s = setting()) {
      s.apply(Setting.job("")).target();
      long t = T0 / 1000;
      scrape(s, "# TYPE c counter\nc 10 " + t + "\n");
      scrape(s, "# TYPE c counter\nc 9 " + (t - 5) + "\n");
      scrape(s, "# TYPE c counter\nc 12 " + (t + 7) + "\n");
      scrape(s, "# TYPE c counter\nc 15 " + (t + 9) + "\n");
      assertThat(s.counted("prometheus_target_scrapes_sample_out_of_order_total")).isEqualTo(1);
      assertThat(of(s, "c{")).hasSize(1);
      assertThat(of(s, "c{").getFirst()).endsWith(" 3");
    }
  }

  @Test
  void countsHistogramsByBuckets() throws Exception {
    try (Setting s = setting()) {
      s.apply(Setting.job("convert_classic_histograms_to_nhcb: true\n")).target();
      scrape(s, page(1, 3, 9));
      scrape(s, page(2, 5, 12));
      scrape(s, page(0, 1, 4)); // begun anew
      assertThat(of(s, "h{"))
          .containsExactly(
              "h{T} 0ms@10 {schema:-53 count:2 sum:3 z:0 pos:[0, 2][1, 1] neg:[][] bounds:[1]}",
              "h{T} 19999ms@20 {schema:-53 count:1 sum:4 z:0 pos:[1, 1][1] neg:[][] bounds:[1]}");
    }
  }

  private static String page(int one, int all, int sum) {
    return "# TYPE h histogram\nh_bucket{le=\"1\"} "
        + one
        + "\nh_bucket{le=\"+Inf\"} "
        + all
        + "\nh_count "
        + all
        + "\nh_sum "
        + sum
        + "\n";
  }
}

package dev.tethys.insight.objectives.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.ObjectiveSet;
import dev.tethys.insight.objectives.RecordedMetrics;
import dev.tethys.insight.objectives.TargetOverride;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OwnFilesTest {
  private static final String ENTRY = "span_kind=\"SPAN_KIND_SERVER\"";

  private final RecordedMetrics f = new RecordedMetrics();

  @AfterEach
  void close() {
    f.close();
  }

  private static String objective(String indicator) {
    return "objectives:\n- name: a\n  service: web\n  target: 99\n  indicator: " + indicator + "\n";
  }

  private static ObjectiveSet read(String text) {
    return ObjectiveFiles.parse("slo.yml", text, 10);
  }

  private double ratio(String indicator) {
    List<Objective> all = read(objective(indicator)).objectives();
    assertThat(RecordedMetrics.groups(all)).hasSize(3);
    return f.value(all.getFirst().indicator().expression(Duration.ofMinutes(30)), 60);
  }

  @Test
  void countsFailedSpans() {
    assertThat(ratio("{availability: {}}")).isNaN();
    f.add("traces_spanmetrics_calls_total{service=\"web\"," + ENTRY + "}", 0, 60, m -> m * 95);
    assertThat(ratio("{availability: {}}")).isZero();
    f.add(
        "traces_spanmetrics_calls_total{service=\"web\",status_code=\"STATUS_CODE_ERROR\","
            + ENTRY
            + "}",
        0,
        60,
        m -> m * 5);
    f.add("traces_spanmetrics_calls_total{service=\"db\"," + ENTRY + "}", 0, 60, m -> m * 1000);
    assertThat(ratio("{availability: {}}")).isCloseTo(0.05, within(1e-9));
    assertThat(ratio("{availability: {source: spans}}")).isCloseTo(0.05, within(1e-9));
    assertThat(ratio("{availability: {source: node_agent}}")).isNaN();
  }

  @Test
  void countsRequestsThatTheNodeAgentSees() {
    String of = "container_http_inbound_requests_total{machine_id=\"m\",";
    f.add(of + "container_id=\"/docker/web\",app_id=\"\",status=\"2xx\"}", 0, 60, m -> m * 80);
    f.add(of + "container_id=\"/docker/web\",app_id=\"\",status=\"5xx\"}", 0, 60, m -> m * 20);
    f.add(of + "container_id=\"/docker/web2\",app_id=\"\",status=\"5xx\"}", 0, 60, m -> m * 99);
    f.add(
        of + "container_id=\"/k8s/a/web-1/web\",app_id=\"/k8s/a/web\",status=\"5xx\"}",
        0,
        60,
        m -> m * 20);
    assertThat(ratio("{availability: {}}")).isCloseTo(1.0 / 3, within(1e-9));
    String buckets =
        "container_http_inbound_requests_duration_seconds_total_bucket{machine_id=\"m\","
            + "container_id=\"/docker/web\",app_id=\"\",le=";
    f.add(buckets + "\"0.25\"}", 0, 60, m -> m * 50);
    f.add(buckets + "\"0.5\"}", 0, 60, m -> m * 60);
    f.add(buckets + "\"+Inf\"}", 0, 60, m -> m * 100);
    assertThat(ratio("{latency: {threshold: 300ms}}")).isCloseTo(0.4, within(1e-9));
    assertThat(ratio("{latency: {threshold: 100ms}}")).isCloseTo(0.5, within(1e-9));
  }

  @Test
  void countsRequestsOfTheServiceGraph() {
    f.add("traces_service_graph_request_total{client=\"a\",server=\"web\"}", 0, 60, m -> m * 10);
    f.add("traces_service_graph_request_failed_total{client=\"a\",server=\"web\"}", 0, 60, m -> m);
    assertThat(ratio("{availability: {source: service_graph}}")).isCloseTo(0.1, within(1e-9));
    assertThat(ratio("{availability: {}}")).isCloseTo(0.1, within(1e-9));
  }

  @Test
  void takesTheBucketAtOrAboveTheThreshold() {
    f.add("h_bucket{job=\"x\",le=\"0.1\"}", 0, 60, m -> m * 50);
    f.add("h_bucket{job=\"x\",le=\"0.5\"}", 0, 60, m -> m * 90);
    f.add("h_bucket{job=\"x\",le=\"1\"}", 0, 60, m -> m * 99);
    f.add("h_bucket{job=\"x\",le=\"+Inf\"}", 0, 60, m -> m * 100);
    assertThat(slow("500ms")).isCloseTo(0.1, within(1e-9));
    assertThat(slow("400ms")).isCloseTo(0.1, within(1e-9));
    assertThat(slow("501ms")).isCloseTo(0.01, within(1e-9));
    assertThat(slow("2s")).isCloseTo(0, within(1e-9));
    f.add("ms_bucket{le=\"500\"}", 0, 60, m -> m * 90);
    f.add("ms_bucket{le=\"1000\"}", 0, 60, m -> m * 99);
    f.add("ms_bucket{le=\"+Inf\"}", 0, 60, m -> m * 100);
    assertThat(ratio("{histogram: {metric: ms, threshold: 600ms, unit: milliseconds}}"))
        .isCloseTo(0.01, within(1e-9));
  }

  private double slow(String threshold) {
    return ratio("{histogram: {metric: h, matchers: 'job=\"x\"', threshold: " + threshold + "}}");
  }

  @Test
  void countsGoodEventsAndRatios() {
    f.add("all_total", 0, 60, m -> m * 100);
    f.add("good_total", 0, 60, m -> m * 80);
    assertThat(
            ratio(
                "{promql: {total: 'sum(rate(all_total[{{.window}}]))', good:"
                    + " 'sum(rate(good_total[{{.window}}]))'}}"))
        .isCloseTo(0.2, within(1e-9));
    f.add("up", 0, 60, m -> m % 2);
    assertThat(ratio("{ratio: {of: good, query: 'avg(avg_over_time(up[{{.window}}]))'}}"))
        .isCloseTo(0.5, within(1e-2));
    assertThat(
            ratio(
                "{promql: {total: 'sum(rate(all_total[{{.window}}]))', good:"
                    + " 'sum(rate(none_total[{{.window}}]))'}}"))
        .isEqualTo(1);
  }

  @Test
  void nativeHistogramsAreFractions() {
    assertThat(
            read(objective("{histogram: {metric: h, threshold: 250ms, type: native}}"))
                .objectives()
                .getFirst()
                .indicator()
                .expression(Duration.ofHours(1)))
        .isEqualTo("(1 - histogram_fraction(-Inf, 0.25, sum(rate(h{}[1h])))) > -Inf");
  }

  private static void fails(String text, String message) {
    assertThatThrownBy(() -> read(text)).hasMessageContaining(message);
  }

  @Test
  void namesMistakesWithTheirPlace() {
    String good = objective("{availability: {}}");
    fails(
        good.replace("99", "100"), "slo.yml:4:11: target is 100.0; it must be a percentage above");
    fails(
        good + "  window: 1d\n", "slo.yml:6:11: window is 1d; it must be from 7d to 366d, or from");
    fails(
        good + "  burn_rates: coroot\n  window: 1h\n", "window is 1h; it must be from 1d to 366d");
    fails(good + "  burn_rates: none\n", "allowed: google, coroot");
    fails(good.replace("service: web", "service: ''"), "service must have 1 to 200 characters");
    fails(objective("{}"), "indicator has 0 kinds; write exactly one of availability, latency");
    fails(objective("{availability: {}, ratio: {query: 'x[{{.window}}]'}}"), "range vector");
    fails(objective("{logql: x}"), "indicator.logql is valid but not built in Tethys yet");
    fails(objective("{latency: {threshold: 0s}}"), "threshold is 0s; write 1ms to 11d");
    fails(objective("{histogram: {metric: 'a b', threshold: 1s}}"), "metric is \"a b\"; write");
    fails(
        objective("{histogram: {metric: a, matchers: 'x', threshold: 1s}}"),
        "could not parse the matchers");
    fails(objective("{availability: {protocol: 'a{}'}}"), "protocol is \"a{}\"; write one such as");
    fails(
        good + "  burn_rates: coroot\n  alerts: {ticket: {}}\n",
        "burn_rates: coroot has no tickets");
    fails(good + good.substring(good.indexOf('-')), "another objective has the identity \"web-a\"");
    fails("objective: []\n", "unknown key \"objective\"");
    fails(
        "apiVersion: sloth.slok.dev/v1\nkind: PrometheusServiceLevel\n",
        "supported are openslo/v1");
  }

  @Test
  void alertsCanBeSwitchedOff() {
    String good = objective("{availability: {}}");
    assertThat(read(good).objectives().getFirst().alerts()).hasSize(2);
    assertThat(read(good + "  alerts: {disable: true}\n").objectives().getFirst().alerts())
        .isEmpty();
    assertThat(read(good + "  alerts: {page: {disable: true}}\n").objectives().getFirst().alerts())
        .hasSize(1);
  }

  @Test
  void readsOverridesOfDefaults() {
    List<TargetOverride> all =
        read("defaults:\n- {match: 'shop-*', availability: 99.5, latency: {target: 0}}\n"
                + "- {match: '*', latency: {threshold: 1s}}\n")
            .overrides();
    assertThat(all).hasSize(2);
    assertThat(all.getFirst().services().matches("shop-cart")).isTrue();
    assertThat(all.getFirst().services().matches("shop")).isFalse();
    assertThat(all.getFirst().availability()).isEqualTo(99.5);
    assertThat(all.getFirst().latency()).isZero();
    assertThat(all.getLast().threshold()).isEqualTo(1);
    fails("defaults: [{match: x, availability: 100}]", "availability is 100.0; it must be");
  }
}

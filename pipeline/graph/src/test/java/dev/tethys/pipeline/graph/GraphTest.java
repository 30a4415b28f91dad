package dev.tethys.pipeline.graph;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class GraphTest extends GraphCase {
  private static final String TWO_BRANCHES =
      """
      receivers: {in: }
      processors: {pass: {x: %d}}
      exporters: {out/a: {x: %d}, out/b: }
      service:
        pipelines:
          logs/a: {receivers: [in], processors: [pass], exporters: [out/a]}
          logs/b: {receivers: [in], exporters: [out/b]}
      """;

  @Test
  void startsDownstreamFirstAndStopsUpstreamFirst() throws IOException {
    graph.apply(
        config(
            """
            extensions: {auth: }
            receivers: {in: }
            processors: {pass: }
            connectors: {forward: }
            exporters: {out: {auth: auth}}
            service:
              extensions: [auth]
              pipelines:
                logs/a: {receivers: [in], processors: [pass], exporters: [forward]}
                logs/b: {receivers: [forward], exporters: [out]}
            """));
    assertThat(send("in", Signal.LOGS, 3)).isEqualTo(Outcome.ACCEPTED);
    assertThat(taken("out")).hasSize(1);
    GraphStatus s = graph.status();
    assertThat(s.edges()).extracting(GraphStatus.EdgeStatus::items).containsExactly(3L, 3L, 3L);
    assertThat(s.edges())
        .extracting(GraphStatus.EdgeStatus::id)
        .contains("processor:pass@logs/a..logs/a..connector:forward@logs-logs");
    graph.stop(Duration.ofSeconds(1));
    assertThat(doubles.log)
        .containsExactly(
            "start auth",
            "start out",
            "start forward",
            "start pass",
            "start in",
            "stop in",
            "stop pass",
            "stop forward",
            "stop out",
            "stop auth");
  }

  @Test
  void fanOutPassesTheSameBytesToAll() throws IOException {
    graph.apply(config(TWO_BRANCHES.formatted(0, 0)));
    send("in", Signal.LOGS, 1);
    assertThat(taken("out/a").getFirst().body()).isSameAs(taken("out/b").getFirst().body());
  }

  @Test
  void reloadChangesOnlyAffectedNodes() throws IOException {
    graph.apply(config(TWO_BRANCHES.formatted(0, 0)));
    doubles.log.clear();
    graph.apply(config(TWO_BRANCHES.formatted(0, 1)));
    assertThat(doubles.log).containsExactly("start out/a", "stop out/a");
    send("in", Signal.LOGS, 1);
    assertThat(taken("out/a")).hasSize(1);
    doubles.log.clear();
    graph.apply(config(TWO_BRANCHES.formatted(0, 1)));
    assertThat(doubles.log).isEmpty();
    // a pipeline is removed, with its exporter and processor
    graph.apply(
        config(
            """
            receivers: {in: }
            exporters: {out/b: }
            service: {pipelines: {logs/b: {receivers: [in], exporters: [out/b]}}}
            """));
    assertThat(doubles.log).containsExactly("stop pass", "stop out/a");
    send("in", Signal.LOGS, 1);
    assertThat(taken("out/b")).hasSize(2);
    assertThat(graph.status().edges()).hasSize(1);
  }

  private MetricFamily.@Nullable Metric metric(String name) {
    for (MetricFamily f : services.metrics().gather()) {
      if (f.name().equals(name)) {
        assertThat(f.metrics()).hasSize(1);
        return f.metrics().getFirst();
      }
    }
    return null;
  }

  private static String counted(int x) {
    return "{receivers: {in: {x: "
        + x
        + "}}, exporters: {out: }, service: {pipelines: {logs: {receivers: [in], exporters:"
        + " [out]}}}}";
  }

  @Test
  void keepsCountsOfAComponentWhenANodeIsReplaced() throws IOException {
    for (int x = 1; x <= 3; x++) {
      graph.apply(config(counted(x)));
      assertThat(requireNonNull(metric("starts_total")).point())
          .isEqualTo(new MetricFamily.Value(x, null));
    }
    MetricFamily.Quantiles q = (MetricFamily.Quantiles) requireNonNull(metric("x")).point();
    assertThat(q.count()).isEqualTo(3);
    assertThat(q.sum()).isEqualTo(6);
    assertThat(q.values()).as("of the node that runs").containsExactly(3);
    // A failed change returns to a recreated node.
    doubles.broken.add("in/b");
    GraphConfig wrong =
        config(counted(4).replace("in:", "in/b: , in:").replace("[in]", "[in, in/b]"));
    assertThatThrownBy(() -> graph.apply(wrong)).isInstanceOf(IOException.class);
    double starts = ((MetricFamily.Value) requireNonNull(metric("starts_total")).point()).value();
    assertThat(starts).isGreaterThanOrEqualTo(4);
    // A removed component is no longer shown.
    graph.apply(config(counted(1).replace("in:", "source:").replace("[in]", "[source]")));
    assertThat(requireNonNull(metric("starts_total")).labels().get("id")).isEqualTo("source");
  }

  private GraphConfig tuned(int x) {
    return config(
        "{receivers: {tuned: {x: "
            + x
            + "}}, exporters: {out: }, service: {pipelines: {logs: {receivers: [tuned], exporters:"
            + " [out]}}}}");
  }

  @Test
  void doesNotStopAdjustableComponents() throws IOException {
    graph.apply(tuned(1));
    doubles.log.clear();
    graph.apply(tuned(1));
    assertThat(doubles.log).isEmpty();
    graph.apply(tuned(2));
    assertThat(doubles.log).containsExactly("adjust tuned to 2");
    doubles.broken.add("tuned at 3");
    doubles.log.clear();
    GraphConfig wrong = tuned(3);
    assertThatThrownBy(() -> graph.apply(wrong))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("receiver tuned cannot take its new settings: no such place");
    assertThat(doubles.log).containsExactly("adjust tuned to 3", "adjust tuned to 2");
    doubles.log.clear();
    graph.apply(tuned(2));
    assertThat(doubles.log).isEmpty();
  }

  @Test
  void replacesComponentsWithTheirExtension() throws IOException {
    String yaml =
        """
        extensions: {auth: {x: %d}}
        receivers: {in: }
        exporters: {out: {auth: auth}, out/b: }
        service:
          extensions: [auth]
          pipelines: {logs: {receivers: [in], exporters: [out, out/b]}}
        """;
    graph.apply(config(yaml.formatted(0)));
    doubles.log.clear();
    graph.apply(config(yaml.formatted(1)));
    assertThat(doubles.log).contains("start out", "stop out", "start auth", "stop auth");
    assertThat(doubles.log).doesNotContain("start out/b", "start in");
  }

  @Test
  void failedStartChangesNothing() throws IOException {
    graph.apply(config(TWO_BRANCHES.formatted(0, 0)));
    doubles.broken.add("in");
    assertThatThrownBy(
            () ->
                graph.apply(config(TWO_BRANCHES.formatted(1, 1).replace("{in: }", "{in: {x: 1}}"))))
        .isInstanceOf(IOException.class)
        .hasMessage("receiver in cannot start: the port is taken");
    // The receiver had to stop first, and cannot come back either while it is broken.
    doubles.broken.clear();
    doubles.broken.add("out/a");
    graph.apply(config(TWO_BRANCHES.formatted(0, 0).replace("{in: }", "{in: {x: 2}}")));
    doubles.log.clear();
    assertThatThrownBy(
            () ->
                graph.apply(config(TWO_BRANCHES.formatted(1, 1).replace("{in: }", "{in: {x: 3}}"))))
        .hasMessageContaining("exporter out/a cannot start");
    assertThat(send("in", Signal.LOGS, 1)).isEqualTo(Outcome.ACCEPTED);
    assertThat(taken("out/a")).hasSize(1);
    assertThat(doubles.log).doesNotContain("stop in");
  }

  @Test
  void showsAndRetriesAReceiverThatCannotRestart() throws Exception {
    graph.apply(config(TWO_BRANCHES.formatted(0, 0)));
    doubles.broken.add("in");
    assertThatThrownBy(
            () ->
                graph.apply(config(TWO_BRANCHES.formatted(0, 0).replace("{in: }", "{in: {x: 1}}"))))
        .hasMessageContaining("the port is taken");
    String why = "receiver in cannot start: the port is taken";
    assertThat(graph.failures().values()).containsExactly(why);
    assertThat(graph.waits()).containsExactly(why);
    doubles.log.clear();
    doubles.broken.clear();
    long until = System.nanoTime() + 20_000_000_000L;
    while (!graph.failures().isEmpty() && System.nanoTime() - until < 0) {
      Waiting.pause();
    }
    assertThat(graph.failures()).isEmpty();
    assertThat(doubles.log).containsExactly("start in");
    assertThat(send("in", Signal.LOGS, 1)).isEqualTo(Outcome.ACCEPTED);
    assertThat(taken("out/a")).hasSize(1);
  }

  @Test
  void nextChangeStartsAStoppedReceiver() throws IOException {
    graph.apply(config(TWO_BRANCHES.formatted(0, 0)));
    doubles.broken.add("in");
    assertThatThrownBy(
            () ->
                graph.apply(config(TWO_BRANCHES.formatted(0, 0).replace("{in: }", "{in: {x: 1}}"))))
        .hasMessageContaining("the port is taken");
    doubles.broken.clear();
    graph.apply(config(TWO_BRANCHES.formatted(0, 1)));
    assertThat(graph.failures()).isEmpty();
    assertThat(send("in", Signal.LOGS, 1)).isEqualTo(Outcome.ACCEPTED);
  }

  @Test
  void notifiesExtensionsOfTheRunningGraph() throws IOException {
    String yaml =
        """
        extensions: {auth: {x: %d}}
        receivers: {in: }
        processors: {pass: }
        exporters: {out: , %s: }
        service:
          extensions: [auth]
          pipelines: {logs: {receivers: [in], processors: [pass], exporters: [out, %s]}}
        """;
    graph.apply(config(yaml.formatted(1, "out/b", "out/b")));
    String b =
        "[auth] Pipeline[id=logs, receivers=[in], processors=[pass], exporters=[out, out/b]]";
    assertThat(doubles.watched).containsExactly("auth 1 " + b, "auth 1 ready");
    doubles.watched.clear();
    graph.apply(config(yaml.formatted(1, "out/c", "out/c")));
    assertThat(doubles.watched)
        .containsExactly("auth 1 " + b.replace("out/b", "out/c"), "auth 1 ready");
    // The extension is replaced before the receiver fails: its replacement must be notified.
    doubles.watched.clear();
    doubles.broken.add("in/new");
    assertThatThrownBy(
            () ->
                graph.apply(
                    config(
                        yaml.formatted(2, "out/c", "out/c")
                            .replace("{in: }", "{in: , in/new: }")
                            .replace("[in]", "[in, in/new]"))))
        .hasMessageContaining("in/new cannot start");
    assertThat(doubles.watched)
        .containsExactly("auth 1 " + b.replace("out/b", "out/c"), "auth 1 ready");
  }

  @Test
  void receiverThatCannotStartYieldsToItsPredecessor() throws IOException {
    graph.apply(config(TWO_BRANCHES.formatted(0, 0)));
    doubles.broken.add("in/new");
    assertThatThrownBy(
            () ->
                graph.apply(
                    config(
                        """
                        receivers: {in: {x: 5}, in/new: }
                        exporters: {out/b: }
                        service:
                          pipelines:
                            logs/b: {receivers: [in, in/new], exporters: [out/b]}
                        """)))
        .hasMessageContaining("in/new");
    assertThat(send("in", Signal.LOGS, 1)).isEqualTo(Outcome.ACCEPTED);
    assertThat(taken("out/a")).hasSize(1);
    assertThat(taken("out/b")).hasSize(1);
  }

  @Test
  void tapShowsPassingBatches() throws Exception {
    graph.apply(config(TWO_BRANCHES.formatted(0, 0)));
    String edge = graph.status().edges().getFirst().id();
    assertThat(graph.tap("no such", 10)).isEmpty();
    Tap t = graph.tap(edge, 1000).orElseThrow();
    send("in", Signal.LOGS, 7);
    Batch b = t.next(1000);
    assertThat(b).isNotNull();
    t.close();
    send("in", Signal.LOGS, 7);
    assertThat(t.next(1)).isNull();
  }

  @Test
  void checkOpensNothing() {
    Graph.check(config(TWO_BRANCHES.formatted(0, 0)), services);
    assertThat(doubles.log).isEmpty();
  }
}

package dev.tethys.pipeline.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Filter at the entry of pipelines. */
class EntryFilterTest extends GraphCase {
  /** Filter that drops data entering the named pipelines. */
  private static final class Drops implements EntryFilter {
    final List<String> asked = new ArrayList<>();
    List<String> dropped = List.of();
    boolean active;
    @Nullable PipelineId moved;

    @Override
    public boolean isActive() {
      return active;
    }

    @Override
    public void filter(
        PipelineId pipeline,
        boolean fresh,
        Batch batch,
        AckCallback ack,
        Consumer next,
        Entries entries) {
      asked.add(pipeline + (fresh ? " fresh" : ""));
      Consumer other = moved == null ? null : entries.of(moved);
      if (other != null) {
        other.consume(batch, ack);
      } else if (dropped.contains(pipeline.toString())) {
        ack.complete(Outcome.ACCEPTED);
      } else {
        next.consume(batch, ack);
      }
    }
  }

  private final Drops filter = new Drops();
  private final GraphServices filtered =
      new GraphServices(
          doubles.components(),
          Scheduler.system(),
          new Outboxes(new SimulatedFiles(1), Scheduler.system(), new Random(1)),
          ledger,
          new Registry(),
          filter);

  private Graph run(String yaml) throws IOException {
    Graph g = new Graph(filtered);
    GraphConfig c = config(yaml);
    g.apply(c);
    return g;
  }

  @Test
  void filtersEachPipelineOnceWhileThereAreRules() throws IOException {
    Graph g =
        run(
            """
            receivers: {in: }
            processors: {pass: }
            exporters: {out/a: , out/b: , out/c: }
            service:
              pipelines:
                logs/a: {receivers: [in], processors: [pass], exporters: [out/a]}
                logs/b: {receivers: [in], exporters: [out/b, out/c]}
            """);
    assertThat(send("in", Signal.LOGS, 3)).isEqualTo(Outcome.ACCEPTED);
    assertThat(filter.asked).isEmpty();
    filter.active = true;
    filter.dropped = List.of("logs/b");
    assertThat(send("in", Signal.LOGS, 3)).isEqualTo(Outcome.ACCEPTED);
    assertThat(filter.asked).containsExactly("logs/a fresh", "logs/b fresh");
    assertThat(taken("out/a")).hasSize(2);
    assertThat(taken("out/b")).hasSize(1);
    assertThat(taken("out/c")).hasSize(1);
    filter.dropped = List.of();
    assertThat(send("in", Signal.LOGS, 3)).isEqualTo(Outcome.ACCEPTED);
    assertThat(taken("out/b")).hasSize(2);
    assertThat(taken("out/c")).hasSize(2);
    g.stop(java.time.Duration.ofSeconds(5));
  }

  @Test
  void filterMovesABatchToARunningPipeline() throws IOException {
    Graph g =
        run(
            """
            receivers: {in: , in/other: }
            processors: {pass: }
            exporters: {out/a: , out/b: , out/c: }
            service:
              pipelines:
                logs/a: {receivers: [in], exporters: [out/a]}
                logs/b: {receivers: [in/other], processors: [pass], exporters: [out/b, out/c]}
            """);
    filter.active = true;
    filter.moved = PipelineId.parse("logs/b");
    assertThat(send("in", Signal.LOGS, 3)).isEqualTo(Outcome.ACCEPTED);
    assertThat(taken("out/a")).isEmpty();
    assertThat(taken("out/b")).hasSize(1);
    assertThat(taken("out/c")).hasSize(1);
    assertThat(
            g.status().edges().stream()
                .filter(e -> e.items() > 0)
                .map(GraphStatus.EdgeStatus::pipeline))
        .hasSize(3)
        .containsOnly("logs/b");
    assertThat(g.balance().waiting()).isZero();
    filter.moved = PipelineId.parse("logs/absent");
    assertThat(send("in", Signal.LOGS, 3)).isEqualTo(Outcome.ACCEPTED);
    assertThat(taken("out/a")).hasSize(1);
    g.stop(java.time.Duration.ofSeconds(5));
  }

  @Test
  void itemsForwardedByAConnectorAreNotFresh() throws IOException {
    filter.active = true;
    Graph g =
        run(
            """
            receivers: {in: }
            exporters: {out: }
            connectors: {forward: }
            service:
              pipelines:
                logs/a: {receivers: [in], exporters: [forward]}
                logs/b: {receivers: [forward], exporters: [out]}
            """);
    assertThat(send("in", Signal.LOGS, 3)).isEqualTo(Outcome.ACCEPTED);
    assertThat(filter.asked).containsExactly("logs/a fresh", "logs/b");
    g.stop(java.time.Duration.ofSeconds(5));
  }
}

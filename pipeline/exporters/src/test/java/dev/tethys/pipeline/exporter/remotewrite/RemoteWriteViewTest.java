package dev.tethys.pipeline.exporter.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.Appender;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.GraphStatus;
import dev.tethys.pipeline.graph.Tap;
import dev.tethys.pipeline.sample.BatchSink;
import dev.tethys.web.client.HttpClientFactory;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Remote write as a graph that is displayed. */
class RemoteWriteViewTest {
  private static List<RemoteWriteConfig> configs(String yaml) {
    return RemoteWriteConfig.readAll(
        YamlDocument.parse("t.yml", null, yaml).root().items(), NameScheme.UTF8);
  }

  private static void append(BatchSink sink, int series) throws Exception {
    try (Appender a = sink.appender()) {
      for (int i = 0; i < series; i++) {
        a.append(a.series(Labels.of("__name__", "up", "i", "" + i)), 0, 1000, 1);
      }
      a.commit();
    }
  }

  @Test
  void countsItemsFromEachSourceToEachDestination() throws Exception {
    Registry registry = new Registry();
    try (HttpClientFactory clients = new HttpClientFactory("test");
        RemoteWrite remote =
            new RemoteWrite(
                clients,
                new RemoteWriteMetrics(registry),
                new Outboxes(new RealFiles(), Scheduler.system(), new Random()),
                new RemoteWrite.Options(null, 1 << 20, Duration.ZERO),
                Scheduler.system())) {
      BatchSink scrape = new BatchSink(remote.from("scrape"), AckCallback.NONE);
      BatchSink rules = new BatchSink(remote.from("rules"), AckCallback.NONE);
      assertThat(remote.status().nodes()).as("no destination, nothing to see").isEmpty();

      remote.apply(configs("[{url: 'http://127.0.0.1:9/a', name: a}]"), Labels.EMPTY);
      append(scrape, 3);
      remote.apply(
          configs(
              "[{url: 'http://127.0.0.1:9/a', name: a}, {url: 'http://u:p@127.0.0.1:9/b', name:"
                  + " b}]"),
          Labels.EMPTY);
      Tap tap =
          remote
              .tap("receiver:scrape..metrics..exporter:prometheus_remote_write/b@metrics", 10)
              .orElseThrow();
      append(scrape, 2);
      append(rules, 1);

      GraphStatus s = remote.status();
      assertThat(s.nodes())
          .extracting(GraphStatus.NodeStatus::id)
          .containsExactly(
              "receiver:rules",
              "receiver:scrape",
              "exporter:prometheus_remote_write/a@metrics",
              "exporter:prometheus_remote_write/b@metrics");
      assertThat(s.nodes().get(1).balances().get(Signal.METRICS))
          .satisfies(b -> assertThat(b.in()).isEqualTo(5))
          .satisfies(b -> assertThat(b.isBalanced()).isTrue());
      assertThat(s.nodes().get(3).where()).contains("entry 2").doesNotContain("u:p");
      assertThat(remote.outboxes()).hasSize(2).containsKey(s.nodes().get(2).id());
      assertThat(s.edges())
          .extracting(e -> e.from() + " " + e.to().charAt(33) + " " + e.items())
          .containsExactlyInAnyOrder(
              "receiver:scrape a 5",
              "receiver:rules a 1",
              "receiver:scrape b 2",
              "receiver:rules b 1");
      Batch seen = tap.next(10_000);
      assertThat(seen).extracting(b -> b == null ? -1 : b.items()).isEqualTo(2);
      assertThat(remote.tap("receiver:none..metrics..exporter:x", 1)).isEmpty();

      assertThat(items(registry))
          .contains(
              Labels.of(
                  "component",
                  "prometheus_remote_write/b",
                  "kind",
                  "exporter",
                  "signal",
                  "metrics",
                  "state",
                  "in"));

      remote.apply(List.of(), Labels.EMPTY);
      assertThat(remote.status().edges()).isEmpty();
      assertThat(items(registry)).isEmpty();
    }
  }

  /** Items in the metrics of accounts. */
  private static List<Labels> items(Registry registry) {
    return registry.gather().stream()
        .filter(f -> f.name().equals("tethys_pipeline_items_total"))
        .flatMap(f -> f.metrics().stream())
        .map(MetricFamily.Metric::labels)
        .toList();
  }
}

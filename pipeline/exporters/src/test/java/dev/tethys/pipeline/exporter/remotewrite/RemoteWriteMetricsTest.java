package dev.tethys.pipeline.exporter.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RemoteWriteMetricsTest {
  private static final RequestContents SOME = new RequestContents(1, 2, 3, 4, 5_000, 6_000);

  private final Registry registry = new Registry();
  private final RemoteWriteMetrics metrics = new RemoteWriteMetrics(registry);

  /** Exposed destinations, by name and URL. */
  private Set<String> shown() {
    return registry.gather().stream()
        .flatMap(f -> f.metrics().stream())
        .map(MetricFamily.Metric::labels)
        .filter(l -> !l.get("remote_name").isEmpty())
        .map(l -> l.get("remote_name") + " " + l.get("url"))
        .collect(Collectors.toSet());
  }

  private double failed() {
    return registry.gather().stream()
        .filter(f -> f.name().equals("prometheus_remote_storage_samples_failed_total"))
        .mapToDouble(f -> ((MetricFamily.Value) f.metrics().getFirst().point()).value())
        .sum();
  }

  private static void everything(RemoteWriteMetrics.Of of) {
    of.sent(SOME, 100);
    of.attempted(SOME, 100);
    of.failed(1, 2, 3, 4);
    of.retried(SOME);
    of.dropped(RemoteWriteQueue.TOO_OLD, 1, 2, 3);
    of.dropped(RemoteWriteQueue.DROPPED_SERIES, 1, 2, 3);
    of.enqueueRetry();
    of.observeDuration(1);
    of.queued(7_000);
  }

  /** Requests may be in flight for as long as a queue is flushed. */
  @Test
  void removedDestinationDoesNotReappear() {
    RemoteWriteMetrics.Of before = metrics.of("n", "u");
    everything(before);
    assertThat(shown()).containsExactly("n u");
    metrics.of("n", "u").forget();
    assertThat(shown()).isEmpty();
    everything(before);
    assertThat(shown()).isEmpty();
    RemoteWriteMetrics.Of after = metrics.of("n", "u");
    assertThat(shown()).containsExactly("n u");
    after.failed(5, 0, 0, 0);
    everything(before);
    assertThat(failed()).isEqualTo(5);
  }

  @Test
  void exposesARenamedUrlOnce() throws IOException {
    try (HttpClientFactory clients = new HttpClientFactory("test");
        RemoteWrite remote =
            new RemoteWrite(
                clients,
                metrics,
                new Outboxes(new RealFiles(), Scheduler.system(), new Random(1)),
                new RemoteWrite.Options(null, 1 << 20, Duration.ZERO),
                Scheduler.system())) {
      for (String url : new String[] {"http://127.0.0.1:9/a", "http://127.0.0.1:9/b"}) {
        remote.apply(read("[{name: n, url: '" + url + "'}]"), Labels.EMPTY);
        assertThat(shown()).containsExactly("n " + url);
        // The same with other settings continues counting.
        metrics.of("n", url).failed(5, 0, 0, 0);
        remote.apply(read("[{name: n, url: '" + url + "'}]"), Labels.of("e", "f"));
        assertThat(shown()).containsExactly("n " + url);
        assertThat(failed()).isEqualTo(5);
      }
      remote.apply(List.of(), Labels.EMPTY);
      assertThat(shown()).isEmpty();
    }
  }

  private static List<RemoteWriteConfig> read(String yaml) {
    return RemoteWriteConfig.readAll(
        YamlDocument.parse("t.yml", null, yaml).root().items(), NameScheme.UTF8);
  }
}

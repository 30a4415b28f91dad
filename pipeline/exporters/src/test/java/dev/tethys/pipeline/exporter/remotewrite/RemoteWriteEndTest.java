package dev.tethys.pipeline.exporter.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.Appender;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.sample.BatchSink;
import dev.tethys.testkit.LogMessages;
import dev.tethys.web.client.HttpClientFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Destinations that hang when a process ends. */
@Timeout(60)
@Tag("slow")
class RemoteWriteEndTest {
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void reportsLostSamples(boolean disk, @TempDir Path dir) throws Exception {
    LogMessages log = LogMessages.of(RemoteWriteQueue.class);
    // More destinations than there are threads; the kernel takes their connections, no server does.
    try (log;
        ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        HttpClientFactory clients = new HttpClientFactory("test")) {
      RemoteWrite remote =
          new RemoteWrite(
              clients,
              new RemoteWriteMetrics(new Registry()),
              new Outboxes(new RealFiles(), Scheduler.ofFewTasks(), new Random(1)),
              new RemoteWrite.Options(disk ? dir : null, 64 << 20, Duration.ofMillis(100)),
              Scheduler.ofFewTasks());
      StringBuilder yaml = new StringBuilder();
      for (int i = 0; i < 6; i++) {
        yaml.append(
            "- {name: n%d, url: 'http://127.0.0.1:%d/'}\n".formatted(i, silent.getLocalPort()));
      }
      remote.apply(
          RemoteWriteConfig.readAll(
              YamlDocument.parse("t.yml", null, yaml.toString()).root().items(), NameScheme.UTF8),
          Labels.EMPTY);
      try (Appender a = new BatchSink(remote.from("scrape"), AckCallback.NONE).appender()) {
        for (int i = 0; i < 7; i++) {
          a.append(a.series(Labels.of("__name__", "m", "i", "" + i)), 0, 1, 1);
        }
        a.commit();
      }
      remote.close();
    }
    assertThat(log.messages()).hasSize(disk ? 0 : 6);
    assertThat(log.messages())
        .allMatch(
            s ->
                s.matches(
                    "n\\d: 7 samples, histograms and exemplars were not delivered to .*"
                        + " within [0-9.]+m?s; they were in memory only"));
  }
}

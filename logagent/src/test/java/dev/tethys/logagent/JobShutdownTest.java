package dev.tethys.logagent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceMetrics;
import dev.tethys.collect.logs.file.FileMetrics;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.stages.StageContext;
import dev.tethys.pipeline.stages.StageMetrics;
import dev.tethys.pipeline.stages.Stages;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs whose sources do not do what they should. */
@Timeout(60)
@Tag("slow")
class JobShutdownTest {
  @TempDir Path folder;
  private final Registry registry = new Registry();
  private final StageMetrics stageMetrics = new StageMetrics(registry);
  private final HttpClientFactory http = new HttpClientFactory("test");
  private final CountDownLatch over = new CountDownLatch(1);
  private PromtailConfig config;
  private LogExporters destinations;
  private SourcePositions reading;

  @BeforeEach
  void begin() throws IOException {
    config =
        PromtailConfig.of(
            YamlDocument.parse(
                "promtail.yml",
                null,
                """
                positions: {filename: %s/positions.yaml}
                clients: [{url: "http://127.0.0.1:1/loki/api/v1/push"}]
                scrape_configs: [{job_name: a}]
                """
                    .formatted(folder)));
    destinations = new LogExporters(config, true, http, registry, stageMetrics, List.of());
    reading = SourcePositions.open(config, true, new FileMetrics(registry));
  }

  @AfterEach
  void end() {
    reading.close();
    destinations.close(java.time.Duration.ZERO);
    http.close();
  }

  /** What a source does when it starts, stops and closes. */
  private record Source(Step start, Runnable stop, Runnable close) implements LogSourceConfig {
    interface Step {
      void run() throws IOException;
    }

    @Override
    public String kind() {
      return "test";
    }

    @Override
    public LogSource source(SourceContext context) {
      return new LogSource() {
        @Override
        public void start() throws IOException {
          start.run();
        }

        @Override
        public void stop() {
          stop.run();
        }

        @Override
        public void close() {
          close.run();
        }

        @Override
        public Labels labels() {
          return Labels.EMPTY;
        }

        @Override
        public Map<String, String> details() {
          return Map.of();
        }
      };
    }
  }

  private LogJob job(LogSourceConfig... sources) {
    PromtailConfig.ScrapeConfig c = config.jobs().getFirst();
    JobPipeline pipeline =
        new JobPipeline(
            "a",
            Stages.none(new StageContext("a", stageMetrics)),
            new StageInspection("a", false),
            destinations::accept);
    return new LogJob(
        new PromtailConfig.ScrapeConfig(
            c.written(),
            c.name(),
            c.stages(),
            c.discovery(),
            List.of(sources),
            c.relabeling(),
            c.options()),
        pipeline,
        new SourceContext(
            "a",
            pipeline,
            c.relabeling(),
            reading.positions(),
            new SourceMetrics(new Registry()),
            InstantSource.system(),
            http),
        reading.tailing());
  }

  private JobShutdown leave(LogJob j) {
    return JobShutdown.of(j, destinations, false, over::countDown);
  }

  @Test
  void abortedJobDoesNotWaitForAHangingSource() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try {
      JobShutdown d =
          leave(
              job(
                  new Source(
                      () -> {},
                      () -> {
                        try {
                          never.await();
                        } catch (InterruptedException e) {
                          Thread.currentThread().interrupt();
                        }
                      },
                      () -> {})));
      JobShutdown.cut(List.of(d));
      assertThat(over.await(50, TimeUnit.SECONDS)).isTrue();
    } finally {
      never.countDown();
    }
  }

  @Test
  void sourceThatCannotBeClosedDoesNotBlock() throws Exception {
    JobShutdown d =
        leave(
            job(
                new Source(
                    () -> {},
                    () -> {},
                    () -> {
                      throw new IllegalStateException("a fault of a source");
                    })));
    d.awaitDelivery();
    JobShutdown.cut(List.of(d));
    assertThat(over.await(50, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void sourceFaultDoesNotPreventOthersFromStarting() {
    CountDownLatch started = new CountDownLatch(1);
    LogJob j =
        job(
            new Source(
                () -> {
                  throw new IllegalStateException("a fault of a source");
                },
                () -> {},
                () -> {}),
            new Source(
                () -> {
                  throw new IOException("no port");
                },
                () -> {},
                () -> {}),
            new Source(started::countDown, () -> {}, () -> {}));
    try {
      assertThatThrownBy(j::start)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("a fault of a source")
          .hasMessageContaining("no port");
      assertThat(started.getCount()).isZero();
    } finally {
      j.close();
    }
  }
}

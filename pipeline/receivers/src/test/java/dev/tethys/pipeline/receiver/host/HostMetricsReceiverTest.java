package dev.tethys.pipeline.receiver.host;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.host.HostReadings;
import dev.tethys.collect.host.linux.HostFiles;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.TestPipeline;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A receiver at work on this machine. */
@Tag("slow")
class HostMetricsReceiverTest {
  private final TestPipeline pipeline = new TestPipeline();
  private final HostMetricsReceiverFactory factory = new HostMetricsReceiverFactory("1", _ -> null);

  private HostMetricsReceiver receiver(String yaml, Signal signal) {
    HostMetricsReceiverFactory.Settings s = TestPipeline.read(factory.settings(), yaml);
    return new HostMetricsReceiver(
        s,
        "1",
        () -> HostFiles.readings(factory.sources(""), HostMetricsReceiver.timeLimit(s)),
        pipeline.of(signal),
        "receiver host_metrics",
        "host_metrics",
        new Registry());
  }

  @Test
  void valuesOfThisMachineArePlausible() throws Exception {
    HostMetricsReceiver r =
        receiver(
            """
            initial_delay: 0s
            collection_interval: 200ms
            scrapers:
              cpu: {metrics: {system.cpu.utilization: {enabled: true}, system.cpu.logical.count: {enabled: true}, system.cpu.physical.count: {enabled: true}}}
              disk:
              load:
              filesystem: {include_virtual_filesystems: true}
              memory: {metrics: {system.memory.limit: {enabled: true}}}
              network:
              paging:
              processes:
              process: {mute_process_all_errors: true, metrics: {process.uptime: {enabled: true}}}
              system:
            """,
            Signal.METRICS);
    r.start();
    await(() -> pipeline.batches.size() >= 2);
    r.stop(Duration.ofSeconds(30));

    MetricsData data = (MetricsData) pipeline.batches.get(1).takeTree();
    assertThat(pipeline.batches.get(1).items()).isEqualTo(data.itemCount());
    Map<String, Double> memory = HostFixture.values(data, "system.memory.usage");
    double limit = HostFixture.value(data, "system.memory.limit");
    assertThat(limit).isGreaterThan(64 << 20);
    assertThat(memory.get("used")).isBetween(1.0, limit);
    double cpus = HostFixture.value(data, "system.cpu.logical.count");
    assertThat(HostFixture.points(data, "system.cpu.time")).hasSize((int) (8 * cpus));
    assertThat(HostFixture.value(data, "system.cpu.physical.count")).isBetween(1.0, cpus);
    assertThat(HostFixture.values(data, "system.cpu.utilization").values())
        .isNotEmpty()
        .allMatch(u -> u >= 0 && u <= 1);
    assertThat(HostFixture.value(data, "system.uptime")).isPositive();
    assertThat(HostFixture.value(data, "system.processes.created")).isPositive();
    assertThat(HostFixture.values(data, "system.filesystem.usage").values())
        .isNotEmpty()
        .allMatch(v -> v >= 0);
    assertThat(HostFixture.values(data, "system.network.io").keySet())
        .contains("lo receive", "lo transmit");
    long now = System.currentTimeMillis() * 1_000_000;
    ResourceGroup<Metric> own = null;
    for (ResourceGroup<Metric> g : data.resources()) {
      for (Metric m : g.scopes().getFirst().items()) {
        assertThat(HostFixture.points(m))
            .as(m.name())
            .allMatch(p -> p.startTimeUnixNano() > 0 && p.startTimeUnixNano() <= p.timeUnixNano())
            .allMatch(p -> Math.abs(now - p.timeUnixNano()) < 120_000_000_000L);
      }
      if (Long.valueOf(ProcessHandle.current().pid())
          .equals(g.resource().attributes().get("process.pid"))) {
        own = g;
      }
    }
    Objects.requireNonNull(own, "this process is none of those that were seen");
    assertThat(own.resource().attributes().getString("process.executable.name")).isEqualTo("java");
    assertThat(own.resource().attributes().getString("process.executable.path")).endsWith("/java");
    MetricsData mine = new MetricsData();
    mine.resources().add(own);
    assertThat(HostFixture.value(mine, "process.memory.usage"))
        .isBetween((double) (16 << 20), limit);
    assertThat(HostFixture.values(mine, "process.cpu.time").get("user")).isPositive();
    long started =
        ProcessHandle.current().info().startInstant().orElseThrow().toEpochMilli() * 1_000_000;
    assertThat(HostFixture.points(own.scopes().getFirst().items().getFirst()).getFirst())
        .satisfies(
            p -> assertThat(Math.abs(p.startTimeUnixNano() - started)).isLessThan(2_000_000_000L));
  }

  @Test
  void retriesRejectedBatches() throws Exception {
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ZERO);
    HostMetricsReceiver r =
        receiver(
            "{initial_delay: 0s, collection_interval: 1h, scrapers: {load: }}", Signal.METRICS);
    r.start();
    await(() -> pipeline.batches.size() >= 2);
    assertThat(pipeline.batches.get(1)).isSameAs(pipeline.batches.get(0));
    pipeline.outcome = Outcome.ACCEPTED;
    int offered = pipeline.batches.size();
    await(() -> pipeline.batches.size() > offered);
    r.stop(Duration.ofSeconds(30));
  }

  @Test
  void scrapeErrorStopsNeitherItNorLaterOnes() throws Exception {
    AtomicInteger given = new AtomicInteger();
    AtomicInteger made = new AtomicInteger();
    HostMetricsReceiverFactory.Settings s =
        TestPipeline.read(
            factory.settings(),
            "{initial_delay: 0s, collection_interval: 20ms, scrapers: {memory: , load: }}");
    Consumer to =
        (batch, ack) -> {
          if (given.getAndIncrement() == 0) {
            throw new NoSuchMethodError("of a consumer");
          }
          pipeline.consume(batch, ack);
        };
    HostMetricsReceiver r =
        new HostMetricsReceiver(
            s,
            "1",
            () -> {
              if (made.getAndIncrement() == 0) {
                throw new NoSuchMethodError("of the readings");
              }
              return HostFixture.failing(
                  HostReadings.class,
                  HostFiles.readings(factory.sources(""), HostMetricsReceiver.timeLimit(s)),
                  call -> call.equals("memory") ? new NoSuchMethodError("of a scraper") : null);
            },
            Map.of(Signal.METRICS, to),
            "receiver host_metrics",
            "host_metrics",
            new Registry());
    r.start();
    await(() -> pipeline.batches.size() >= 2);
    r.stop(Duration.ofSeconds(30));
    assertThat(made).hasValue(2);
    MetricsData data = (MetricsData) pipeline.batches.get(1).takeTree();
    assertThat(HostFixture.metrics(data).keySet())
        .containsExactly(
            "system.cpu.load_average.15m",
            "system.cpu.load_average.1m",
            "system.cpu.load_average.5m");
  }

  @Test
  void limitsTheTime() throws Exception {
    HostMetricsReceiver r =
        receiver("{timeout: 1ns, scrapers: {load: , process: }}", Signal.METRICS);
    assertThat(r.gather().resources()).isEmpty();
  }

  @Test
  void reportsTheHostAsEntity() throws Exception {
    HostMetricsReceiver r =
        receiver("{metadata_collection_interval: 20ms, scrapers: {load: }}", Signal.LOGS);
    r.start();
    await(() -> pipeline.batches.size() >= 2);
    r.stop(Duration.ofSeconds(30));
    var scope = ((LogsData) pipeline.batches.get(1).takeTree()).resources().getFirst().scopes();
    assertThat(scope.getFirst().scope().attributes().get("otel.entity.event_as_log"))
        .isEqualTo(true);
    LogRecord log = scope.getFirst().items().getFirst();
    assertThat(log.attributes().get("otel.entity.event.type")).isEqualTo("entity_state");
    assertThat(log.attributes().get("otel.entity.type")).isEqualTo("host");
    assertThat(log.attributes().get("otel.entity.interval")).isEqualTo(20L);
  }
}

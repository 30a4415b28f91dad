package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.ObserverSinks;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.collect.observe.logs.ObservedLog;
import dev.tethys.collect.scrape.HttpTransports;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.ScrapeTransport;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.prometheus.collect.CollectedExporters;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.web.client.HttpClientFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class EmbeddedObserverTest {
  @TempDir Path folder;
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final CollectedExporters exporters =
      new CollectedExporters(new HttpTransports(clients), clients);

  @AfterEach
  void close() {
    exporters.close();
    clients.close();
  }

  private EmbeddedObserver observer(boolean embedded, String... arguments) {
    FlagSet flags = ServerFlags.set().parse(List.of(arguments));
    return new EmbeddedObserver(flags, embedded, exporters, () -> "localhost:9090");
  }

  @Test
  void isOffWithAConfigurationFileOrFlag() {
    try (EmbeddedObserver configured = observer(false);
        EmbeddedObserver refused = observer(true, "--no-observe");
        EmbeddedObserver wanted = observer(false, "--observe")) {
      assertThat(configured.plan())
          .isEqualTo("no processes: off with a configuration file unless --observe is given");
      assertThat(refused.plan()).isEqualTo("no processes: switched off by --no-observe");
      assertThat(wanted.plan()).contains("job node-agent");
    }
  }

  @Test
  void labelsLogServicesAsOnTheMap() {
    LogEntry e =
        EmbeddedObserver.entry(
            new ObservedLog(
                new Owner("/k8s/shop/web-1/app", "/k8s/shop/web"),
                "stdout/stderr",
                LogLevel.ERROR,
                "failed",
                "hash",
                7));
    assertThat(e.labels())
        .hasToString(
            "{container_id=\"/k8s/shop/web-1/app\", job=\"node-agent\", level=\"error\","
                + " service_name=\"web\", source=\"stdout/stderr\"}");
    assertThat(e.timestamp()).isEqualTo(7);
  }

  @Test
  void labelsSpanServicesAsOnTheMap() {
    TracesData batch = new TracesData();
    for (String service : List.of("/process/java", "/system.slice/nginx.service")) {
      ResourceGroup<Span> g = new ResourceGroup<>();
      g.resource().attributes().put("service.name", service);
      batch.resources().add(g);
    }
    ObservedTelemetry.describe(batch, Map.of("host.name", "here"));
    assertThat(batch.resources())
        .extracting(g -> g.resource().attributes().get("service.name"))
        .containsExactly("java", "nginx");
    assertThat(batch.resources().getFirst().resource().attributes().get("host.name"))
        .isEqualTo("here");
  }

  @Test
  void jobReadsItWithoutAPort() throws Exception {
    try (EmbeddedObserver observer = observer(false, "--observe")) {
      assertThat(observer.jobs(List.of())).isEmpty();
      CountDownLatch changed = new CountDownLatch(1);
      observer.start(ObserverSinks.NONE, null, folder, changed::countDown);
      assertThat(changed.await(60, TimeUnit.SECONDS)).isTrue();
      ScrapeConfig job = observer.jobs(List.of()).getFirst();
      assertThat(job.jobName()).isEqualTo("node-agent");
      try (ScrapeTransport transport = exporters.open(job, "");
          ScrapeTransport.Response answer =
              transport.get(
                  URI.create("http://localhost:9090/metrics/observe"),
                  Map.of("Accept", "text/plain"),
                  Duration.ofSeconds(30))) {
        assertThat(answer.status()).isEqualTo(200);
        assertThat(new String(answer.body().readAllBytes(), StandardCharsets.UTF_8))
            .contains("tethys_observe_signal_info{")
            .contains("node_uptime_seconds");
      }
      // A job of the same name in the configuration is the user's own.
      List<ScrapeConfig> configured =
          PrometheusConfig.parse("test", EmbeddedObserver.OWN_JOB.yaml("localhost:1", "here"))
              .jobs();
      assertThat(observer.jobs(configured)).isEmpty();
    }
  }
}

package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Costs and risks of a server over its own store. */
@Tag("slow")
class CostServerTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private static final String PRICES =
      """
      prices:
        - name: example
          from: 2020-01-01
          currency: EUR
          rates:
            - {cpu_hour: 0.1, memory_gib_hour: 0.01}
      """;

  @TempDir Path dir;

  /** Writes a machine and a database on a public address. */
  private void write() {
    long now = System.currentTimeMillis();
    try (MetricsDatabase db = MetricsDatabase.open(dir.resolve("data"), DatabaseOptions.DEFAULTS);
        Appender a = db.appender()) {
      for (long t = now - 300_000; t <= now + 120_000; t += 15_000) {
        String[] container = {"machine_id", "m1", "container_id", "/docker/pg"};
        add(a, t, 1, "node_info", "machine_id", "m1", "hostname", "alpha");
        add(a, t, 4, "node_resources_cpu_logical_cores", "machine_id", "m1");
        add(a, t, 8L << 30, "node_resources_memory_total_bytes", "machine_id", "m1");
        add(a, t, 1, "container_info", container);
        add(
            a,
            t,
            1,
            "container_application_type",
            "machine_id",
            "m1",
            "container_id",
            "/docker/pg",
            "application_type",
            "postgres");
        add(
            a,
            t,
            1,
            "container_net_tcp_listen_info",
            "machine_id",
            "m1",
            "container_id",
            "/docker/pg",
            "listen_addr",
            "203.0.113.7:5432");
      }
      a.commit();
    }
  }

  private static void add(Appender a, long time, double value, String metric, String... labels) {
    String[] all = new String[labels.length + 2];
    all[0] = Labels.METRIC_NAME;
    all[1] = metric;
    System.arraycopy(labels, 0, all, 2, labels.length);
    a.append(a.series(Labels.of(all)), 0, time, value);
  }

  @Test
  void pricesAMachineAndNamesAnExposedDatabase() throws IOException {
    Path prices = Files.writeString(dir.resolve("prices.yml"), PRICES);
    write();
    try (TethysProcess p = TethysProcess.server(dir, "", "--insight.prices-file=" + prices)) {
      p.await(
          "risk",
          SOON,
          () ->
              p.get("/api/v1/insight/risks")
                  .body()
                  .contains("\"id\":\"ExposedDatabase:database_instance:machine:m1/docker/pg\""));
      assertThat(p.get("/api/v1/insight/costs").body())
          .contains("\"currency\":\"EUR\"")
          .contains("\"cores\":4.0,\"memoryGib\":8.0,\"total\":0.48");
      assertThat(p.get("/api/v1/insight/deployments").body()).contains("\"deployments\":[]");
    }
  }

  @Test
  void refusesToStartWithAMistake() throws IOException {
    Path prices = Files.writeString(dir.resolve("prices.yml"), PRICES.replace("0.1", "cheap"));
    Files.writeString(dir.resolve("prometheus.yml"), "");
    try (TethysProcess p =
        TethysProcess.launch(
            dir,
            Ports.free(),
            List.of("server", "--config.file=prometheus.yml", "--insight.prices-file=" + prices))) {
      p.await("error", SOON, () -> p.log().contains("prices.yml:6:20: "));
    }
  }
}

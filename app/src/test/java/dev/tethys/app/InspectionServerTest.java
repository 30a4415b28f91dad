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

/** Inspections of a server over its own store. */
@Tag("slow")
class InspectionServerTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path dir;

  /** Writes a full machine of the last minutes. */
  private void writeMachine() {
    long now = System.currentTimeMillis();
    try (MetricsDatabase db = MetricsDatabase.open(dir.resolve("data"), DatabaseOptions.DEFAULTS);
        Appender a = db.appender()) {
      for (long t = now - 300_000; t <= now + 60_000; t += 15_000) {
        double passed = (t - now) / 1e3 + 300;
        add(a, t, 1, "__name__", "node_info", "machine_id", "m1", "hostname", "alpha");
        add(a, t, passed, cpu("user"));
        add(a, t, 1, cpu("idle"));
      }
      a.commit();
    }
  }

  private static String[] cpu(String mode) {
    return new String[] {
      "__name__", "node_resources_cpu_usage_seconds_total", "machine_id", "m1", "mode", mode
    };
  }

  private static void add(Appender a, long time, double value, String... labels) {
    a.append(a.series(Labels.of(labels)), 0, time, value);
  }

  @Test
  void namesAFullMachineAndAlertsOnIt() throws IOException {
    Path own = Files.writeString(dir.resolve("own.yml"), "disable: [MemoryNode]\n");
    writeMachine();
    try (TethysProcess p =
        TethysProcess.server(
            dir, "", "--insight.inspections-file=" + own, "--insight.inspections.alerts")) {
      p.await(
          "problem",
          SOON,
          () ->
              p.get("/api/v1/insight/problems")
                  .body()
                  .contains("\"id\":\"CPUNode:node:machine:m1\""));
      assertThat(p.get("/api/v1/insight/health").body())
          .contains("\"id\":\"node:machine:m1\",\"status\":\"critical\"");
      assertThat(p.get("/api/v1/insight/inspections").body())
          .contains("\"id\":\"CPUNode\"")
          .doesNotContain("MemoryNode");
      assertThat(p.get("/metrics").body()).contains("tethys_inspections_problems 1");
      p.await(
          "alert",
          SOON,
          () -> {
            String alerts = p.get("/api/v1/alerts").body();
            return alerts.contains("\"alertname\":\"CPUNode\"") && alerts.contains("firing");
          });
    }
  }

  @Test
  void refusesToStartWithAMistake() throws IOException {
    Path own = Files.writeString(dir.resolve("own.yml"), "disable: [CPUNod]\n");
    Files.writeString(dir.resolve("prometheus.yml"), "");
    try (TethysProcess p =
        TethysProcess.launch(
            dir,
            Ports.free(),
            List.of(
                "server", "--config.file=prometheus.yml", "--insight.inspections-file=" + own))) {
      p.await(
          "error", SOON, () -> p.log().contains("own.yml:1:11: there is no inspection \"CPUNod\""));
    }
  }
}

package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real VictoriaMetrics is tried as a server of OTLP. */
class OtlpProbeTest {
  @TempDir Path folder;

  @Test
  void probesOtlpServer() throws Exception {
    int port = Ports.free();
    try (ServerProcess victoria =
        new ServerProcess(
            port,
            folder.resolve("log"),
            Map.of(),
            List.of(
                Shared.peer("victoria-metrics").toString(),
                "-storageDataPath=" + folder.resolve("data"),
                "-httpListenAddr=127.0.0.1:" + port))) {
      String url = "otlp_http+http://127.0.0.1:" + port + "/opentelemetry";
      Printed printed = Printed.of("exporter", "check", url);
      assertThat(printed.err()).isEmpty();
      assertThat(printed.out()).contains("takes OTLP", "tethys_probe = 42.5");
      assertThat(printed.status()).isZero();
      TestPipeline.await("it is counted", ExporterContract.TIME_LIMIT, () -> rows(victoria) >= 1);
      Printed wrong = Printed.of("exporter", "check", url + "/none");
      assertThat(wrong.err()).contains("HTTP status 400");
      assertThat(wrong.status()).isNotZero();
    }
  }

  private static double rows(ServerProcess victoria) {
    try {
      return victoria
          .get("/metrics")
          .lines()
          .filter(l -> l.startsWith("vm_rows_inserted_total{type=\"opentelemetry\"}"))
          .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' '))))
          .sum();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}

package dev.tethys.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pages of a control plane whose collectors receive the traffic of the demo shop, in Chromium. */
@Tag("slow")
class BrowserFleetTrafficTest extends BrowserScenarios {
  /** Collector of a fleet that the demo shop sends to; its port is a variable of the process. */
  private static final String SHOP =
      """
      receivers:
        otlp: {protocols: {http: {endpoint: "127.0.0.1:${env:OTLP_PORT}"}}}
      processors:
        batch: {timeout: 200ms}
      exporters:
        nop: {}
      service:
        telemetry:
          metrics: {level: none}
          volumes: {prices: {currency: EUR, exporters: {nop: {per_gib: 2.5}}}}
        pipelines:
          logs: {receivers: [otlp], processors: [batch], exporters: [nop]}
          traces: {receivers: [otlp], processors: [batch], exporters: [nop]}
          metrics: {receivers: [otlp], processors: [batch], exporters: [nop]}
      """;

  @Tag("contrib")
  @Test
  void controlsAFleetWithShopTrafficInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    Path file = dir.resolve("shop.yaml");
    Files.writeString(file, SHOP);
    List<TethysProcess> all = new ArrayList<>();
    try {
      String url = control(all);
      List<String> demo = new ArrayList<>(List.of("demo", "--web.listen-address=127.0.0.1:0"));
      List<TethysProcess> agents = new ArrayList<>();
      for (int i = 1; i <= 5; i++) {
        TethysProcess agent =
            TethysProcess.launch(
                dir,
                0,
                List.of(),
                Map.of("OTLP_PORT", "0"),
                List.of(
                    "collector",
                    "--config=" + file,
                    "--web.enable-tap",
                    "--control=" + url,
                    "--control.data=" + dir.resolve("agent-" + i),
                    "--control.label=env=" + (i <= 3 ? "prod" : "dev"),
                    "--control.label=zone=z" + i));
        all.add(agent);
        agents.add(agent);
      }
      for (TethysProcess agent : agents) {
        agent.await("a listener", Duration.ofSeconds(120), () -> !listening(agent).isEmpty());
        demo.add("--otlp.endpoint=" + listening(agent).getFirst());
      }
      demo.add("--rate=20");
      all.add(TethysProcess.launch(dir, 0, demo));
      scenarios("--suite=fleet-traffic", "--base-url=" + url);
    } finally {
      TethysProcess.closeAll(all);
    }
  }
}

package dev.tethys.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pages of a control plane with collectors, in Chromium. */
@Tag("slow")
class BrowserFleetTest extends BrowserScenarios {
  /** Collector of a fleet, which listens at a port that is free. */
  private static final String FLEET =
      """
      receivers:
        otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}
      exporters:
        nop: {}
      service:
        telemetry: {metrics: {level: none}}
        pipelines:
          logs: {receivers: [otlp], exporters: [nop]}
      """;

  @Test
  void controlsAFleetInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    List<TethysProcess> all = new ArrayList<>();
    try {
      String url = control(all);
      for (String env : List.of("prod", "prod", "dev")) {
        Path file = dir.resolve("fleet-" + all.size() + ".yaml");
        Files.writeString(file, FLEET);
        all.add(
            TethysProcess.launch(
                dir,
                0,
                List.of(
                    "collector",
                    "--config=" + file,
                    "--control=" + url,
                    "--control.data=" + dir.resolve("fleet-" + all.size()),
                    "--control.label=env=" + env)));
      }
      scenarios("--suite=fleet", "--base-url=" + url, "--feed=" + url);
    } finally {
      TethysProcess.closeAll(all);
    }
  }
}

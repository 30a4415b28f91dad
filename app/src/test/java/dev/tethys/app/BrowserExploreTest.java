package dev.tethys.app;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pages that explore logs, traces, profiles, services and machines, in Chromium. */
@Tag("slow")
class BrowserExploreTest extends BrowserScenarios {
  /** The first suite needs an empty log store. The second answers Loki's API within the browser. */
  @Test
  void exploresLogsInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    try (TethysProcess server = TethysProcess.server(dir, "global: {}\n")) {
      scenarios("--suite=explore-logs-store", "--base-url=http://127.0.0.1:" + server.port);
      scenarios("--suite=explore-logs", "--base-url=http://127.0.0.1:" + server.port);
    }
  }

  /** Tempo's API and Prometheus's are answered within the browser; dashboards are stored. */
  @Test
  void exploresTracesProfilesAndServicesInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    try (TethysProcess server = TethysProcess.server(dir, "global: {}\n")) {
      scenarios("--suite=explore-traces", "--base-url=http://127.0.0.1:" + server.port);
      scenarios("--suite=explore-profiles", "--base-url=http://127.0.0.1:" + server.port);
      scenarios("--suite=services", "--base-url=http://127.0.0.1:" + server.port);
      scenarios("--suite=infrastructure", "--base-url=http://127.0.0.1:" + server.port);
      scenarios("--suite=databases", "--base-url=http://127.0.0.1:" + server.port);
      scenarios("--suite=insight", "--base-url=http://127.0.0.1:" + server.port);
      scenarios("--suite=dashboards", "--base-url=http://127.0.0.1:" + server.port);
    }
  }
}

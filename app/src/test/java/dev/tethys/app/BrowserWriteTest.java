package dev.tethys.app;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pages of remote write and of the Pushgateway, in Chromium. */
@Tag("slow")
class BrowserWriteTest extends BrowserScenarios {
  @Test
  void showsPushgatewayInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    try (TethysProcess gateway =
        TethysProcess.launch(
            dir,
            0,
            List.of("pushgateway", "--web.enable-admin-api", "--web.listen-address=127.0.0.1:0"))) {
      gateway.await("a listener", Duration.ofSeconds(120), () -> !listening(gateway).isEmpty());
      scenarios("--suite=pushgateway", "--base-url=" + listening(gateway).getFirst());
    }
    try (TethysProcess server = TethysProcess.server(dir, "{}\n", "--web.enable-pushgateway")) {
      scenarios(
          "--suite=pushgateway",
          "--base-url=http://127.0.0.1:" + server.port,
          "--manager=/pushgateway",
          "--only=groups");
    }
  }

  @Test
  void showsRemoteWriteOfServerAndAgentInChromium() throws IOException, InterruptedException {
    assumeBrowser();
    HttpServer target = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    target.createContext(
        "/metrics",
        exchange -> {
          byte[] body = "scraped_total 7\n".getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "text/plain");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    target.start();
    String config =
        """
        global: {scrape_interval: 1s, scrape_timeout: 1s}
        scrape_configs: [{job_name: t, static_configs: [{targets: ['127.0.0.1:{target}']}]}]
        remote_write: [{url: 'http://127.0.0.1:9/api/v1/write', name: down}]
        """
            .replace("{target}", String.valueOf(target.getAddress().getPort()));
    try {
      try (TethysProcess server = TethysProcess.server(dir, config)) {
        scenarios("--suite=remote-write", "--base-url=http://127.0.0.1:" + server.port);
      }
      try (TethysProcess agent =
          TethysProcess.launch(
              dir,
              0,
              List.of(
                  "agent",
                  "--config.file=" + dir.resolve("prometheus.yml"),
                  "--web.enable-tap",
                  "--web.listen-address=127.0.0.1:0"))) {
        agent.await("a listener", Duration.ofSeconds(120), () -> !listening(agent).isEmpty());
        scenarios("--suite=remote-write", "--base-url=" + listening(agent).getFirst());
      }
    } finally {
      target.stop(0);
    }
  }
}

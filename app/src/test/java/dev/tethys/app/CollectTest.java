package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exporters inside a server in its own process. */
@Tag("contrib")
@Tag("slow")
class CollectTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path dir;

  @Test
  void scrapesTargetsWithoutAPort() throws IOException {
    HttpServer target =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    target.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    target.createContext(
        "/",
        x -> {
          x.sendResponseHeaders(200, -1);
          x.close();
        });
    target.start();
    String url = "http://127.0.0.1:" + target.getAddress().getPort() + "/a";
    String yaml =
        """
        global: {scrape_interval: 1s}
        collect:
        - exporter: blackbox
          config: {modules: {web: {prober: http, http: {basic_auth: {username: u, password: hidden}}}}}
          params: {module: [web]}
          static_configs: [{targets: ['%s'], labels: {site: here}}]
        - exporter: haproxy
          flags: {haproxy.scrape-uri: 'unix:%s'}
        """
            .formatted(url, dir.resolve("none"));
    try (TethysProcess server = TethysProcess.server(dir, yaml)) {
      server.await(
          "a probe that succeeds",
          LONG,
          () ->
              server
                  .query(
                      "probe_success{job=\"blackbox\",instance=\"" + url + "\",site=\"here\"} == 1")
                  .contains("\"value\""));
      server.await(
          "an exporter that shows that its target is down",
          LONG,
          () ->
              server.query("haproxy_up{job=\"haproxy\"} == 0").contains("\"value\"")
                  && server.query("up{job=\"haproxy\"} == 1").contains("\"value\""));
      assertThat(server.get("/api/v1/status/config").body())
          .contains("exporter: blackbox")
          .doesNotContain("hidden");
    } finally {
      target.stop(0);
    }
  }
}

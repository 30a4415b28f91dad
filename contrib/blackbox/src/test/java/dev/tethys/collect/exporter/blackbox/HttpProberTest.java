package dev.tethys.collect.exporter.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.FlagSettings;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.web.Params;
import dev.tethys.web.client.HttpClientFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hosts and users that servers receive. Each was asked of the real blackbox_exporter. */
class HttpProberTest {
  @TempDir Path dir;
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private String port;

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    port = ":" + server.getAddress().getPort();
    server.createContext(
        "/",
        x -> {
          String path = x.getRequestURI().getPath();
          seen.add(
              path
                  + " "
                  + x.getRequestHeaders().getFirst("Host").replace(port, "")
                  + " "
                  + x.getRequestHeaders().getFirst("Authorization"));
          String to =
              switch (path) {
                case "/absolute" -> "http://localhost" + port + "/network";
                case "/network" -> "//127.0.0.1" + port + "/end";
                case "/name" -> "//localhost" + port + "/end";
                case "/user" -> "http://c:d@localhost" + port + "/path";
                case "/path" -> "/end";
                default -> "";
              };
          if (!to.isEmpty()) {
            x.getResponseHeaders().set("Location", to);
          }
          x.sendResponseHeaders(to.isEmpty() ? 200 : 302, -1);
          x.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    clients.close();
  }

  private void probe(String target) throws Exception {
    Path file =
        Files.writeString(
            dir.resolve("blackbox.yml"),
            "modules: {http: {prober: http, http: {preferred_ip_protocol: ip4}}}\n");
    seen.clear();
    try (Exporter e =
        new Blackbox()
            .open(
                new FlagSettings(new Blackbox(), Map.of("config.file", file.toString())),
                new ExporterDependencies(clients, InstantSource.system(), n -> null))) {
      Objects.requireNonNull(e.probes().get("/probe"))
          .collect(
              new Probe(
                  Params.parse(
                      "module=http&target=" + URLEncoder.encode(target, StandardCharsets.UTF_8)),
                  null));
    }
  }

  @Test
  void schemelessLocationKeepsTheHostOfAnIpUrl() throws Exception {
    probe("http://localhost" + port + "/network");
    assertThat(seen).containsExactly("/network localhost null", "/end localhost null");
    probe("http://127.0.0.1" + port + "/name");
    assertThat(seen).containsExactly("/name 127.0.0.1 null", "/end localhost null");
    probe("http://localhost" + port + "/path");
    assertThat(seen).containsExactly("/path localhost null", "/end localhost null");
  }

  @Test
  void locationWithASchemeUsesItsHost() throws Exception {
    probe("http://localhost" + port + "/absolute");
    assertThat(seen)
        .containsExactly(
            "/absolute localhost null", "/network localhost null", "/end 127.0.0.1 null");
  }

  @Test
  void userOfAUrlLogsInAndIsNotPartOfTheHost() throws Exception {
    probe("http://a:b%40@localhost" + port + "/end");
    assertThat(seen).containsExactly("/end localhost Basic YTpiQA==");
    probe("http://localhost" + port + "/user");
    assertThat(seen)
        .containsExactly(
            "/user localhost null", "/path localhost Basic Yzpk", "/end localhost Basic Yzpk");
  }
}

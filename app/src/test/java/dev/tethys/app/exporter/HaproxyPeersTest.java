package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Shared;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same statistics shown by Tethys and by the real haproxy_exporter. */
@Tag("contrib")
class HaproxyPeersTest {
  @TempDir Path dir;

  @Test
  void exposesSameMetricsAsReference() throws Exception {
    Path peer = Shared.peer("prometheus-haproxy-exporter");
    // A row that comes twice is an error there, and here its last one holds.
    TreeSet<String> names = new TreeSet<>();
    String csv =
        String.join(
            "\n",
            Files.readAllLines(Shared.conformance("haproxy_exporter/test/haproxy.csv")).stream()
                .filter(l -> names.add(l.split(",", 3)[0] + "," + l.split(",", 3)[1]))
                .toList());
    byte[] body = csv.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        x -> {
          x.sendResponseHeaders(200, body.length);
          x.getResponseBody().write(body);
          x.close();
        });
    server.start();
    String uri = "--haproxy.scrape-uri=http://127.0.0.1:" + server.getAddress().getPort() + "/;csv";
    try (RealExporter real =
            new RealExporter(
                dir,
                List.of(
                    peer.toString(),
                    uri,
                    "--haproxy.timeout=60s",
                    "--web.listen-address=ADDRESS"));
        BuiltInExporter ours =
            new BuiltInExporter(
                Kinds.of("haproxy"),
                List.of(uri, "--haproxy.timeout=60s", "--web.listen-address=127.0.0.1:0"));
        HttpClient client = HttpClient.newHttpClient()) {
      ExposedText theirs = ExposedText.parse(real.get("/metrics")).only("haproxy_");
      ExposedText our =
          ExposedText.parse(
                  RealExporter.get(client, "http://127.0.0.1:" + ours.port() + "/metrics"))
              .only("haproxy_");
      our = without(our);
      theirs = without(theirs);
      assertThat(theirs.samples()).hasSizeGreaterThan(10_000);
      assertThat(our.types()).isEqualTo(theirs.types());
      assertThat(our.helps()).isEqualTo(theirs.helps());
      assertThat(our.samples().keySet()).isEqualTo(theirs.samples().keySet());
      TreeMap<String, Double> different = new TreeMap<>(our.samples());
      different.entrySet().removeAll(theirs.samples().entrySet());
      assertThat(different).isEmpty();
    } finally {
      server.stop(0);
    }
  }

  /** What is of the program itself: its build, how often it was asked. */
  private static ExposedText without(ExposedText e) {
    e.types().keySet().removeIf(HaproxyPeersTest::isOwn);
    e.helps().keySet().removeIf(HaproxyPeersTest::isOwn);
    e.samples().keySet().removeIf(HaproxyPeersTest::isOwn);
    return e;
  }

  private static boolean isOwn(String name) {
    return name.startsWith("haproxy_exporter_build_info");
  }
}

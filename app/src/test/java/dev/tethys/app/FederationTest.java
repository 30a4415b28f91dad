package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A server that reads five stores, of which two are well and have a series in common. */
@Timeout(120)
@Tag("slow")
class FederationTest {
  private static final long T0 = 1_700_000_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;
  private final CountDownLatch over = new CountDownLatch(1);
  private final List<HttpServer> servers = new ArrayList<>();

  @AfterEach
  void stop() {
    over.countDown();
    servers.forEach(s -> s.stop(0));
  }

  /** What becomes of a question. */
  @FunctionalInterface
  private interface Said {
    String answer(HttpExchange x) throws InterruptedException;
  }

  private int serve(Said said) throws IOException {
    HttpServer s = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    s.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    s.createContext(
        "/",
        x -> {
          try (x) {
            x.getRequestBody().readAllBytes();
            byte[] b = said.answer(x).getBytes(StandardCharsets.UTF_8);
            x.sendResponseHeaders(200, b.length);
            x.getResponseBody().write(b);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    s.start();
    servers.add(s);
    return s.getAddress().getPort();
  }

  /** As InfluxDB has it: the minutes of an hour, one after another. */
  private static String points(String own, int from, int to, int plus) {
    StringBuilder sb = new StringBuilder("{\"results\":[{\"series\":[");
    for (String host : List.of("both", own)) {
      sb.append(host.equals(own) ? "," : "").append("{\"name\":\"m\",\"tags\":{\"host\":\"");
      sb.append(host).append("\"},\"columns\":[\"time\",\"value\",\"value_text\"],\"values\":[");
      for (int t = from; t < to; t++) {
        sb.append(t == from ? "" : ",").append('[').append((T0 + t * 60L) * 1000);
        sb.append(',').append(t + plus).append(",null]");
      }
      sb.append("]}");
    }
    return sb.append("]}]}").toString();
  }

  private static JsonNode get(TethysProcess server, String path) throws Exception {
    HttpResponse<String> r =
        TethysProcess.CLIENT.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port + path)).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    JsonNode answer = JSON.readTree(r.body());
    assertThat(answer.path("status").asString()).isEqualTo("success");
    assertThat(
            StreamSupport.stream(answer.path("warnings").spliterator(), false)
                .map(
                    w ->
                        w.asString()
                            .replaceAll(
                                "^(stores: \\w+): .*?(refused|within|InfluxDB).*", "$1 $2")))
        .as(path)
        .containsExactlyInAnyOrder(
            "stores: down refused", "stores: slow within", "stores: odd InfluxDB");
    return answer.path("data");
  }

  private static List<String> hosts(JsonNode series, String at) {
    return StreamSupport.stream(series.spliterator(), false)
        .map(s -> s.at(at + "/host").asString())
        .toList();
  }

  @Test
  void returnsDataOfHealthyStoresAndNamesFailedOnes() throws Exception {
    String store =
        "  - {name: %s, type: influxdb, url: 'http://127.0.0.1:%d', database: d, timeout: %s}\n";
    String config =
        "stores:\n"
            + store.formatted("first", serve(x -> points("one", 0, 40, 0)), "60s")
            + store.formatted("second", serve(x -> points("two", 20, 60, 1000)), "60s")
            + store.formatted("down", Ports.free(), "60s")
            + store.formatted(
                "slow",
                serve(
                    x -> {
                      over.await();
                      return "";
                    }),
                "500ms")
            + store.formatted("odd", serve(x -> "<html>Welcome!</html>"), "60s");
    String range = "start=" + T0 + "&end=" + (T0 + 3600);
    try (TethysProcess server = TethysProcess.server(dir, config)) {
      JsonNode now = get(server, "/api/v1/query?query=m&time=" + (T0 + 30 * 60));
      assertThat(hosts(now.path("result"), "/metric"))
          .containsExactlyInAnyOrder("both", "one", "two");
      JsonNode sum =
          get(server, "/api/v1/query_range?query=m%7Bhost%3D%22both%22%7D&step=60&" + range);
      assertThat(sum.path("result").size()).isEqualTo(1);
      JsonNode values = sum.at("/result/0/values");
      for (int t = 0; t < 60; t++) { // the first named is believed
        assertThat(values.get(t).get(0).asLong()).isEqualTo(T0 + t * 60L);
        assertThat(values.get(t).get(1).asString()).isEqualTo("" + (t < 40 ? t : t + 1000));
      }
      JsonNode two = get(server, "/api/v1/query?query=m%20-%20m&time=" + (T0 + 30 * 60));
      assertThat(two.path("result").size()).as("a selector twice").isEqualTo(3);
      assertThat(get(server, "/api/v1/labels?match%5B%5D=m&" + range).toString())
          .isEqualTo("[\"__name__\",\"host\"]");
      assertThat(get(server, "/api/v1/label/host/values?match%5B%5D=m&" + range).toString())
          .isEqualTo("[\"both\",\"one\",\"two\"]");
      assertThat(hosts(get(server, "/api/v1/series?match%5B%5D=m&" + range), ""))
          .containsExactly("both", "one", "two");
    }
  }
}

package dev.tethys.store.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.CodecException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.remote.influx.InfluxStoreType;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpQueriesTest {
  private final HttpClientFactory clients = new HttpClientFactory("tethys/test");
  private HttpServer server;
  private volatile int status = 200;
  private volatile String body = "";

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        x -> {
          byte[] b = body.getBytes(StandardCharsets.UTF_8);
          x.sendResponseHeaders(status, b.length == 0 ? -1 : b.length);
          x.getResponseBody().write(b);
          x.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    clients.close();
  }

  private HttpQueries questions() throws IOException {
    String entry =
        "[{name: far, type: influxdb, database: d, url: 'http://127.0.0.1:%d/at/'}]"
            .formatted(server.getAddress().getPort());
    StoreConfig c =
        StoreConfig.readAll(
                StoreConfig.LIST.read(YamlDocument.parse("stores.yml", null, entry).root()),
                List.of(new InfluxStoreType()))
            .getFirst();
    return new HttpQueries(c, c.connect(clients), new StoreLimits(1000, 5000));
  }

  private String asked(Set<Integer> also) throws IOException, InterruptedException {
    HttpQueries http = questions();
    StringBuilder out = new StringBuilder();
    http.ask(
        ClientRequest.get(http.at("/x?y=1")),
        also,
        in -> out.append(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
    return out.toString();
  }

  @Test
  void readsABodyAndReportsAStatus() throws Exception {
    assertThat(questions().at("/x?y=1").getPath()).isEqualTo("/at/x");
    body = "yes";
    assertThat(asked(Set.of())).isEqualTo("yes");
    status = 400;
    assertThat(asked(Set.of(400))).isEqualTo("yes");
    body = "no ".repeat(1000);
    assertThatThrownBy(() -> asked(Set.of()))
        .isInstanceOfSatisfying(
            HttpQueries.RefusedException.class,
            e -> {
              assertThat(e.status()).isEqualTo(400);
              assertThat(e.body()).hasSize(2999);
              assertThat(e).hasMessageStartingWith("HTTP status 400: no no");
              assertThat(e.toString()).hasSizeLessThan(1200);
            });
    body = "<html>\r\n  <h1>Bad Request</h1>\n</html>\n";
    assertThatThrownBy(() -> asked(Set.of()))
        .hasMessage("HTTP status 400: <html> <h1>Bad Request</h1> </html>");
    status = 503;
    body = "";
    assertThatThrownBy(() -> asked(Set.of())).hasMessage("HTTP status 503");
  }

  @Test
  void reportsMalformedAndOversizedResponses() throws Exception {
    HttpQueries http = questions();
    ClientRequest c = ClientRequest.get(http.at("/"));
    assertThatThrownBy(
            () ->
                http.ask(
                    c,
                    in -> {
                      throw new CodecException("no JSON");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("no JSON");
    body = "x".repeat(6000);
    assertThatThrownBy(() -> http.ask(c, in -> in.readAllBytes()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("store far")
        .hasMessageContaining("max_response_bytes");
  }
}

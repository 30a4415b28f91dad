package dev.tethys.api.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.source.SourceStatus;
import dev.tethys.insight.source.SourceStatus.State;
import dev.tethys.insight.source.TimeGap;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SourceApiTest {
  private final HttpClient client = HttpClient.newHttpClient();
  private volatile List<SourceStatus> sources = List.of();
  private HttpListener listener;

  @BeforeEach
  void start() throws IOException {
    Routes routes = new Routes();
    new SourceApi(() -> sources).addTo(routes);
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"), () -> WebConfig.NONE, routes, null);
  }

  @AfterEach
  void stop() {
    listener.close();
  }

  private String get(String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + listener.port() + "/api/v1/insight/source"));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    HttpResponse<String> r = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    return r.statusCode() + " " + r.body();
  }

  @Test
  void answersWithoutSources() throws Exception {
    assertThat(get()).isEqualTo("200 {\"status\":\"success\",\"data\":{\"sources\":[]}}");
  }

  @Test
  void showsStatesAndGaps() throws Exception {
    sources =
        List.of(
            new SourceStatus(
                "prod",
                "http://a",
                State.CATCHING_UP,
                1_800_000_000_500L,
                30_000,
                7,
                8,
                List.of(new TimeGap(1_000, 2_000, "none \"left\"")),
                List.of(),
                null,
                List.of("x is left out")),
            new SourceStatus(
                "", "http://b", State.AWAY, 0, -1, 0, 0, List.of(), List.of(), "no", List.of()));
    assertThat(get())
        .isEqualTo(
            "200 {\"status\":\"success\",\"data\":{\"sources\":["
                + "{\"name\":\"prod\",\"url\":\"http://a\",\"state\":\"catching up\","
                + "\"lastSuccess\":1800000000.500,\"behindSeconds\":30,\"series\":7,\"samples\":8,"
                + "\"missing\":[{\"from\":1,\"to\":2,\"reason\":\"none \\\"left\\\"\"}],"
                + "\"open\":[],\"error\":null,\"problems\":[\"x is left out\"]},"
                + "{\"name\":\"\",\"url\":\"http://b\",\"state\":\"away\",\"lastSuccess\":null,"
                + "\"behindSeconds\":null,\"series\":0,\"samples\":0,\"missing\":[],\"open\":[],"
                + "\"error\":\"no\",\"problems\":[]}]}}");
  }

  @Test
  void hidesSourcesFromOtherTenants() throws Exception {
    assertThat(get("X-Scope-OrgID", "team")).startsWith("404 ").contains("only the default tenant");
  }
}

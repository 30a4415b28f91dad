package dev.tethys.api.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.costs.CostReport;
import dev.tethys.insight.costs.EntityCost;
import dev.tethys.insight.costs.NodeCost;
import dev.tethys.insight.costs.PriceList;
import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CostApiTest {
  private static final long NOW = 1_800_000_000_000L;

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Long> asked = new ArrayList<>();
  private @Nullable World world = World.EMPTY;
  private @Nullable PriceList prices =
      new PriceList(
          "example",
          "p.yml:1:1",
          LocalDate.of(2026, 1, 1),
          "EUR",
          List.of(),
          Double.NaN,
          Double.NaN,
          Double.NaN);
  private HttpListener listener;

  @BeforeEach
  void start() throws IOException {
    Routes routes = new Routes();
    new CostApi(this::report, () -> world, () -> NOW).addTo(routes);
    listener =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"), () -> WebConfig.NONE, routes, null);
  }

  @AfterEach
  void stop() {
    listener.close();
  }

  private static Entity entity(EntityKind kind, String name) {
    return new Entity(kind, kind.text() + ":" + name, name, Map.of(), List.of(name), List.of());
  }

  private CostReport report(World w, long from, long to) {
    asked.add(to - from);
    return new CostReport(
        prices,
        from,
        to,
        List.of(new NodeCost(entity(EntityKind.NODE, "n1"), 4, 16, 2, 0.5, Double.NaN, "")),
        List.of(
            new EntityCost(
                entity(EntityKind.SERVICE, "cart"), 1, 2, 0.25, 0.5, Double.NaN, 0.01, Double.NaN)),
        List.of(),
        List.of("a notice"));
  }

  private String get(String query) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + listener.port() + "/api/v1/insight/costs" + query))
            .build();
    HttpResponse<String> r = client.send(request, HttpResponse.BodyHandlers.ofString());
    return r.statusCode() + " " + r.body();
  }

  @Test
  void showsCostsOfADayByDefault() throws Exception {
    assertThat(get(""))
        .isEqualTo(
            "200 {\"status\":\"success\",\"data\":{\"prices\":{\"name\":\"example\","
                + "\"from\":\"2026-01-01\",\"currency\":\"EUR\"},\"from\":1799913600,"
                + "\"to\":1800000000,\"nodes\":[{\"entity\":{\"id\":\"node:n1\",\"kind\":\"node\","
                + "\"name\":\"n1\"},\"cores\":4.0,\"memoryGib\":16.0,\"total\":2.0,\"used\":0.5,"
                + "\"requested\":null,\"idle\":1.5,\"note\":\"\"}],\"services\":[{\"entity\":"
                + "{\"id\":\"service:cart\",\"kind\":\"service\",\"name\":\"cart\"},\"cores\":1.0,"
                + "\"memoryGib\":2.0,\"total\":0.26,\"used\":0.25,\"requested\":0.5,\"disk\":null,"
                + "\"zones\":0.01,\"internet\":null}],\"workloads\":[],"
                + "\"notices\":[\"a notice\"]}}");
    get("");
    assertThat(asked).as("kept for a minute").containsExactly(86_400_000L);
    get("?start=1799996400");
    assertThat(asked).containsExactly(86_400_000L, 3_600_000L);
  }

  @Test
  void saysThatThereIsNoPriceList() throws Exception {
    prices = null;
    assertThat(get("")).contains("\"prices\":null");
  }

  @Test
  void refusesOddWindows() throws Exception {
    assertThat(get("?start=1799999999")).startsWith("400 ").contains("5 minutes to 7 days");
    assertThat(get("?start=1")).startsWith("400 ").contains("5 minutes to 7 days");
    assertThat(get("?end=soon")).startsWith("400 ").contains("soon");
    world = null;
    assertThat(get("")).startsWith("503 ");
  }
}

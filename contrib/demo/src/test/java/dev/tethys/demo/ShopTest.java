package dev.tethys.demo;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.demo.role.FaultPage;
import dev.tethys.demo.service.Shop;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Span;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests the shop with a receiver of OTLP that keeps what it was sent. */
@Tag("slow")
class ShopTest {
  private final HttpClient http = HttpClient.newHttpClient();
  private final Faults faults = new Faults();
  private final List<Got> spans = new CopyOnWriteArrayList<>();
  private final Map<String, Integer> requests = new ConcurrentHashMap<>();
  private HttpListener receiver;
  private OtlpQueue queue;
  private Shop shop;

  /** A span with the resource that sent it. */
  record Got(Attributes resource, Span span) {
    String service() {
      return Objects.requireNonNull(resource.getString("service.name"));
    }
  }

  @BeforeEach
  void start() throws Exception {
    Routes routes = new Routes();
    for (OtlpSignal signal : List.of(OtlpSignal.TRACES, OtlpSignal.LOGS, OtlpSignal.METRICS)) {
      routes.post(
          signal.httpPath(),
          (q, r) -> {
            keep(signal, q);
            r.status(200).send();
          });
    }
    receiver = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
    queue = new OtlpQueue(List.of(URI.create("http://127.0.0.1:" + receiver.port())));
    shop = new Shop("127.0.0.1:0", queue, faults, r -> new FaultPage(faults).routes(r));
  }

  private void keep(OtlpSignal signal, HttpRequest q) throws IOException {
    requests.merge(signal.httpPath(), 1, Integer::sum);
    if (signal != OtlpSignal.TRACES) {
      return;
    }
    byte[] packed = q.bodyBytes(10 << 20);
    byte[] body = new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes();
    for (var r : new OtlpReader().traces(body, 0, body.length).resources()) {
      for (var s : r.scopes()) {
        s.items().forEach(i -> spans.add(new Got(r.resource().attributes(), i)));
      }
    }
  }

  @AfterEach
  void stop() throws Exception {
    shop.close();
    queue.close();
    receiver.close();
  }

  private HttpResponse<String> send(String method, String path) throws Exception {
    return http.send(
        java.net.http.HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + shop.port() + path))
            .method(method, java.net.http.HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static int idOf(String card, String region) {
    for (int i = 0; i < Shopper.COUNT; i++) {
      Shopper s = Shopper.of(i);
      if (s.card().equals(card) && s.region().equals(region) && !s.currency().equals("CHF")) {
        return i;
      }
    }
    throw new AssertionError("no customer with " + card + " in " + region);
  }

  @Test
  void orderIsOneTraceAcrossAllServices() throws Exception {
    String product = Product.ALL.getFirst().id();
    assertThat(send("POST", "/cart?user=1&product=" + product).statusCode()).isEqualTo(200);
    HttpResponse<String> order = send("POST", "/checkout?user=1");
    assertThat(order.statusCode()).as(order.body()).isEqualTo(200);
    await(() -> shop.shipments() == 1);
    shop.close();
    queue.close(); // sends what is queued
    Span consumer =
        spans.stream()
            .map(Got::span)
            .filter(s -> s.name().equals("process orders"))
            .findFirst()
            .orElseThrow();
    List<Got> trace =
        spans.stream().filter(g -> g.span().traceIdLow() == consumer.traceIdLow()).toList();
    assertThat(trace.stream().map(Got::service).collect(Collectors.toSet()))
        .containsExactlyInAnyOrder(
            "cart", "catalog", "checkout", "frontend", "payment", "shipping");
    List<Long> ids = trace.stream().map(g -> g.span().spanId()).toList();
    List<Long> parents = trace.stream().map(g -> g.span().parentSpanId()).toList();
    assertThat(parents).containsOnlyOnce(0L);
    assertThat(ids).containsAll(parents.stream().filter(p -> p != 0).toList());
    assertThat(trace)
        .extracting(g -> g.span().attributes().get("db.system.name"))
        .contains("postgresql", "redis");
  }

  @Test
  void allSignalsArrive() throws Exception {
    send("GET", "/search?user=1&category=books&q=Vega");
    await(() -> requests.keySet().containsAll(List.of("/v1/metrics", "/v1/logs", "/v1/traces")));
    await(queue::hasDelivered);
  }

  @Test
  void distributesRequestsOverReceivers() throws Exception {
    ConcurrentHashMap<Integer, Integer> got = new ConcurrentHashMap<>();
    List<HttpListener> receivers = new ArrayList<>();
    List<URI> urls = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      int own = i;
      Routes routes = new Routes();
      for (OtlpSignal s : List.of(OtlpSignal.TRACES, OtlpSignal.LOGS, OtlpSignal.METRICS)) {
        routes.post(
            s.httpPath(),
            (q, r) -> {
              got.merge(own, 1, Integer::sum);
              r.status(200).send();
            });
      }
      receivers.add(HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null));
      urls.add(URI.create("http://127.0.0.1:" + receivers.getLast().port()));
    }
    try (OtlpQueue several = new OtlpQueue(urls);
        Shop other = new Shop("127.0.0.1:0", several, faults, r -> {})) {
      await(
          () -> {
            visit(other.port());
            return got.size() == 2;
          });
      assertThat(Math.abs(got.getOrDefault(0, 0) - got.getOrDefault(1, 0))).isLessThanOrEqualTo(2);
    } finally {
      for (HttpListener l : receivers) {
        l.close();
      }
    }
  }

  private void visit(int port) {
    try {
      http.send(
          java.net.http.HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + port + "/home?user=1"))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void faultAffectsOnlyItsTarget() throws Exception {
    String product = Product.ALL.getFirst().id();
    assertThat(send("POST", "/api/faults/error-burst/on").body()).contains("\"error-burst\":true");
    int declined = idOf("amex", "eu-west");
    int other = idOf("visa", "us-east");
    for (int user : List.of(declined, other)) {
      send("POST", "/cart?user=" + user + "&product=" + product);
    }
    HttpResponse<String> failed = send("POST", "/checkout?user=" + declined);
    assertThat(failed.statusCode()).isEqualTo(502);
    assertThat(failed.body()).contains("bank declined amex");
    assertThat(send("POST", "/api/faults/error-burst/off").body()).doesNotContain("true");
    faults.set(Fault.BAD_DEPLOY, true);
    send("POST", "/checkout?user=" + other);
    await(
        () ->
            spans.stream()
                .anyMatch(
                    g ->
                        g.service().equals("checkout")
                            && "2.1.0".equals(g.resource().getString("service.version"))));
  }

  @Test
  void rejectsForeignRequests() throws Exception {
    assertThat(send("POST", "/api/faults/flood/on").body())
        .contains("no fault 'flood'; faults: slow-query");
    assertThat(send("POST", "/api/faults/slow-query/maybe").statusCode()).isEqualTo(400);
    assertThat(send("GET", "/home").body()).contains("parameter user must have");
    assertThat(send("GET", "/home?user=500").body()).contains("a number from 0 to 499");
    assertThat(send("GET", "/product/NONE-1?user=1").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/faults").body()).contains("slow-query", "Switch on");
  }
}

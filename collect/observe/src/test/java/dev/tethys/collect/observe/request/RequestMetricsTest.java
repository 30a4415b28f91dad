package dev.tethys.collect.observe.request;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.protocol.ApiCall;
import dev.tethys.collect.observe.protocol.HttpApi;
import dev.tethys.collect.observe.protocol.ObservedRequest;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Protocol;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Point;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

class RequestMetricsTest {
  private static final Owner SHOP = new Owner("/k8s/default/shop-1/shop", "/k8s/default/shop");
  private static final String IDS =
      "app_id=\"/k8s/default/shop\", container_id=\"/k8s/default/shop-1/shop\"";
  private static final String TO =
      "{actual_destination=\"10.0.0.1:80\", " + IDS + ", destination=\"10.0.0.1:80\"";

  private final RequestMetrics metrics = new RequestMetrics(new ReentrantLock());

  private static ObservedRequest request(Protocol p, Status status, String code, long nanos) {
    return new ObservedRequest(
        p, true, "publish", "", "", status, code, 0, nanos, 0, 0, null, List.of());
  }

  private TreeMap<String, Point> collect() {
    TreeMap<String, Point> out = new TreeMap<>();
    metrics.collect(f -> f.metrics().forEach(m -> out.put(f.name() + m.labels(), m.point())));
    return out;
  }

  private void out(ObservedRequest r) {
    metrics.add(SHOP, "10.0.0.1:80", "10.0.0.1:80", r);
  }

  @Test
  void countsByStatusWithCorootNames() {
    out(request(Protocol.HTTP, Status.OK, "200", 1));
    out(request(Protocol.HTTP, Status.OK, "204", 1));
    out(request(Protocol.HTTP2, Status.OK, "grpc:14", 1));
    out(request(Protocol.POSTGRES, Status.FAILED, "42P01", 1));
    metrics.add(SHOP, null, null, request(Protocol.REDIS, Status.OK, "", 1));
    assertThat(collect())
        .containsEntry("container_http_requests_total" + TO + ", status=\"2xx\"}", value(2))
        .containsEntry("container_http_requests_total" + TO + ", status=\"grpc:14\"}", value(1))
        .containsEntry("container_postgres_queries_total" + TO + ", status=\"failed\"}", value(1))
        .containsEntry(
            "container_redis_inbound_queries_total{" + IDS + ", status=\"ok\"}", value(1));
    assertThat(metrics.total()).isEqualTo(5);
  }

  private static Point value(double v) {
    return new Value(v, null);
  }

  @Test
  void bucketBoundsAreInclusive() {
    for (long nanos : new long[] {0, 5_000_000, 5_000_001, 250_000_000, 20_000_000_000L}) {
      out(request(Protocol.HTTP, Status.OK, "200", nanos));
    }
    Native n =
        (Native)
            Objects.requireNonNull(
                collect().get("container_http_requests_duration_seconds_total" + TO + "}"));
    Buckets b = Objects.requireNonNull(n.classic());
    assertThat(b.count()).isEqualTo(5);
    assertThat(b.sum()).isEqualTo(20.260000001);
    assertThat(b.bounds()).startsWith(0.005, 0.01).endsWith(10, Double.POSITIVE_INFINITY);
    assertThat(b.cumulative()).containsExactly(2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 5);
  }

  @Test
  void countsWaitingRequestsWithoutLatency() {
    for (String command : List.of("BRPOP", "GET")) {
      out(
          new ObservedRequest(
              Protocol.REDIS, true, command, "", "", Status.OK, "", 0, 9, 0, 0, null, List.of()));
    }
    TreeMap<String, Point> all = collect();
    assertThat(all)
        .containsEntry("container_redis_queries_total" + TO + ", status=\"ok\"}", value(2));
    Native n =
        (Native)
            Objects.requireNonNull(
                all.get("container_redis_queries_duration_seconds_total" + TO + "}"));
    assertThat(Objects.requireNonNull(n.classic()).count()).isEqualTo(1);
  }

  @Test
  void messagesHaveAMethodAndNoLatency() {
    out(request(Protocol.NATS, Status.UNKNOWN, "", 0));
    assertThat(collect())
        .containsOnlyKeys(
            "container_nats_messages_total"
                + TO.replace("\"10.0.0.1:80\"", "\"10.0.0.1:80\"")
                + ", method=\"publish\", status=\"unknown\"}");
  }

  @Test
  void boundsTheProtocolsOfADestinationAndForgetsIdleOnes() {
    for (Protocol p : Protocol.values()) {
      out(request(p, Status.OK, "", 1));
    }
    assertThat(metrics.total()).isEqualTo(7); // HTTP/2 is counted with HTTP
    assertThat(metrics.shed()).isEqualTo(Protocol.values().length - 7);
    metrics.forgetIdle(RequestMetrics.IDLE_NANOS / 2);
    assertThat(metrics.total()).isEqualTo(7);
    metrics.forgetIdle(2 * RequestMetrics.IDLE_NANOS);
    assertThat(collect()).isEmpty();
    out(request(Protocol.ZOOKEEPER, Status.OK, "", 1));
    assertThat(metrics.total()).isEqualTo(1);
  }

  private static ObservedRequest call(HttpApi api, Status status, String http, String model) {
    ApiCall call = new ApiCall(api, "openai", "chat", model, "", status, "", "", 10, 3);
    Status of = http.charAt(0) >= '4' ? Status.FAILED : Status.OK;
    return new ObservedRequest(
        Protocol.HTTP, true, "POST", "/x", "", of, http, 0, 1, 0, 0, null, List.of(), call);
  }

  @Test
  void countsRequestsOfProtocolsOverHttpWithBoth() {
    out(call(HttpApi.ELASTICSEARCH, Status.OK, "200", ""));
    out(call(HttpApi.ELASTICSEARCH, Status.FAILED, "404", ""));
    out(call(HttpApi.JSONRPC, Status.FAILED, "200", ""));
    metrics.add(SHOP, null, null, call(HttpApi.S3, Status.FAILED, "503", ""));
    assertThat(collect())
        .containsEntry("container_http_requests_total" + TO + ", status=\"2xx\"}", value(2))
        .containsEntry("container_http_requests_total" + TO + ", status=\"4xx\"}", value(1))
        .containsEntry("container_elasticsearch_queries_total" + TO + ", status=\"2xx\"}", value(1))
        .containsEntry("container_elasticsearch_queries_total" + TO + ", status=\"4xx\"}", value(1))
        .containsEntry("container_jsonrpc_requests_total" + TO + ", status=\"failed\"}", value(1))
        .containsEntry("container_s3_inbound_requests_total{" + IDS + ", status=\"5xx\"}", value(1))
        .containsKey("container_elasticsearch_queries_duration_seconds_total" + TO + "}");
    assertThat(metrics.total()).isEqualTo(4);
  }

  @Test
  void gatewayMayUseAllProtocolsOverHttp() {
    for (HttpApi api : HttpApi.values()) {
      out(call(api, Status.OK, "200", "m"));
    }
    for (Protocol p : List.of(Protocol.REDIS, Protocol.NATS, Protocol.DUBBO)) {
      out(request(p, Status.OK, "", 1));
    }
    assertThat(metrics.shed()).isZero();
    metrics.forgetIdle(2 * RequestMetrics.IDLE_NANOS);
    assertThat(collect()).isEmpty();
  }

  @Test
  void countsTokensByModelAndBoundsModels() {
    for (int i = 0; i < TokenMetrics.MAX_OF_DESTINATION + 20; i++) {
      out(call(HttpApi.GENAI, Status.OK, "200", "model-" + i));
      out(call(HttpApi.GENAI, Status.OK, "200", "model-0"));
    }
    String labels =
        "{" + IDS + ", destination=\"10.0.0.1:80\", model=\"%s\", provider=\"%s\", type=\"%s\"}";
    String name = "tethys_container_genai_tokens_total";
    assertThat(collect())
        .containsEntry(name + labels.formatted("model-0", "openai", "input"), value(710))
        .containsEntry(name + labels.formatted("model-0", "openai", "output"), value(213))
        .containsEntry(name + labels.formatted("model-49", "openai", "output"), value(3));
    assertThat(collect().keySet().stream().filter(k -> k.startsWith(name))).hasSize(2 * 51);
    assertThat(collect().entrySet())
        .filteredOn(e -> e.getKey().startsWith(name) && e.getKey().contains("~other"))
        .extracting(java.util.Map.Entry::getValue)
        .containsExactlyInAnyOrder(value(200), value(60));
    metrics.forgetIdle(2 * RequestMetrics.IDLE_NANOS);
    assertThat(collect()).isEmpty();
  }

  @Test
  void boundsTheStatusesOfADestination() {
    for (int i = 0; i < 100; i++) {
      out(request(Protocol.HTTP2, Status.OK, "grpc:" + i, 1));
    }
    assertThat(collect())
        .hasSizeLessThan(36)
        .containsEntry("container_http_requests_total" + TO + ", status=\"~other\"}", value(68));
  }
}

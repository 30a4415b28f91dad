package dev.tethys.pipeline.exporter.loadbalancing;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.OutboxView;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.extension.FileStorage;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.web.Grpc;
import dev.tethys.web.GrpcException;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs in a graph with gRPC servers on several addresses of one name. */
@Tag("slow")
class LoadBalancerTest {
  private static final List<String> THREE = List.of("127.0.0.2", "127.0.0.3", "127.0.0.4");

  /** Receiver that emits the test's batches. */
  private static final class In implements ReceiverFactory<String> {
    volatile @Nullable Consumer traces;

    @Override
    public String type() {
      return "in";
    }

    @Override
    public String about() {
      return "";
    }

    @Override
    public Type<String> settings() {
      return new Section("in", "").type(o -> "");
    }

    @Override
    public Set<Signal> signals() {
      return EnumSet.allOf(Signal.class);
    }

    @Override
    public Receiver create(String settings, Map<Signal, Consumer> outputs, Context context) {
      return new Receiver() {
        @Override
        public void start() {
          traces = outputs.values().iterator().next();
        }
      };
    }
  }

  @TempDir Path folder;

  private final In in = new In();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final Map<String, Set<Long>> got = new ConcurrentHashMap<>();
  private final Set<String> down = ConcurrentHashMap.newKeySet();
  private final Set<String> stuck = ConcurrentHashMap.newKeySet();
  private final List<String> addresses = new CopyOnWriteArrayList<>(THREE);
  private final List<Outcome> told = new CopyOnWriteArrayList<>();
  private final Registry registry = new Registry();
  private final AccountingRegistry ledger = new AccountingRegistry();
  private GraphServices services = services();
  private Graph graph = new Graph(services);
  private int port;
  private volatile boolean nobody;

  private GraphServices services() {
    Components all =
        new Components(
            List.of(
                in,
                new FileStorage(),
                new LoadBalancingExporterFactory(
                    new ServiceBackends.Reach(
                        (c, call) -> {
                          throw new IOException("there is no cluster");
                        },
                        d -> {},
                        v -> null,
                        folder),
                    this::lookup,
                    new HttpClientFactory("test"))));
    return new GraphServices(
        all,
        Scheduler.system(),
        new Outboxes(new RealFiles(), Scheduler.system(), new Random(1)),
        ledger,
        registry);
  }

  private List<InetAddress> lookup(String name, Duration timeout) throws IOException {
    assertThat(name).isEqualTo("backends.test");
    if (nobody) {
      return List.of();
    }
    if (addresses.isEmpty()) {
      throw new UnknownHostException("no such name");
    }
    return addresses.stream().map(InetAddress::ofLiteral).toList();
  }

  private void listen() throws IOException {
    for (String a : THREE) {
      Routes r =
          new Routes()
              .post(
                  OtlpSignal.TRACES.grpcPath(),
                  Grpc.unary(
                      1 << 20,
                      (m, q) -> {
                        while (stuck.contains(a)) {
                          Thread.onSpinWait();
                        }
                        if (down.contains(a)) {
                          throw new GrpcException(GrpcException.Status.UNAVAILABLE, "is down");
                        }
                        Set<Long> to = got.computeIfAbsent(a, x -> ConcurrentHashMap.newKeySet());
                        ExportTraceServiceRequest e = ExportTraceServiceRequest.parseFrom(m);
                        for (ResourceSpans rs : e.getResourceSpansList()) {
                          for (ScopeSpans ss : rs.getScopeSpansList()) {
                            for (Span s : ss.getSpansList()) {
                              to.add(s.getTraceId().asReadOnlyByteBuffer().getLong(8));
                            }
                          }
                        }
                        return new byte[0];
                      }));
      HttpListener l = HttpListener.start(HttpListenerOptions.on(a + ":" + port), r, null);
      port = l.port();
      open.add(l);
    }
  }

  @AfterEach
  void everythingIsAccountedFor() throws Exception {
    stuck.clear();
    stop();
    for (AutoCloseable c : open) {
      c.close();
    }
  }

  private void stop() {
    graph.stop(Duration.ofSeconds(2));
    for (ItemAccounting a : ledger.accounts()) {
      assertThat(a.balance().isBalanced()).as("%s %s", a.component(), a.balance()).isTrue();
      assertThat(a.balance().held()).as("%s %s", a.component(), a.balance()).isZero();
    }
  }

  private void run(String exporter) throws IOException {
    if (port == 0) {
      listen();
    }
    String yaml =
        """
        extensions: {file_storage: {directory: %s, create_directory: true, fsync: false}}
        receivers: {in: }
        exporters: {loadbalancing: {%s}}
        service:
          extensions: [file_storage]
          pipelines: {traces: {receivers: [in], exporters: [loadbalancing]}}
        """
            .formatted(folder.resolve("q"), exporter);
    graph.apply(
        GraphConfig.read(YamlDocument.parse("c.yaml", null, yaml), services.components(), false));
  }

  private ItemAccounting account() {
    return ledger.account("exporter", "loadbalancing", Signal.TRACES);
  }

  private String dns(String otlp, String rest) {
    return ("protocol: {otlp: {tls: {insecure: true}, compression: none, retry_on_failure:"
            + " {initial_interval: 20ms, max_interval: 50ms} %s}},"
            + " resolver: {dns: {hostname: backends.test, port: %d, interval: 30ms}} %s")
        .formatted(otlp, port, rest);
  }

  private static Batch batch(long from, int traces) {
    ScopeSpans.Builder s = ScopeSpans.newBuilder();
    for (long i = from; i < from + traces; i++) {
      byte[] id = ByteBuffer.allocate(16).putLong(77).putLong(i).array();
      s.addSpans(
          Span.newBuilder()
              .setTraceId(ByteString.copyFrom(id))
              .setSpanId(ByteString.copyFrom(id, 8, 8)));
    }
    byte[] b =
        ExportTraceServiceRequest.newBuilder()
            .addResourceSpans(ResourceSpans.newBuilder().addScopeSpans(s))
            .build()
            .toByteArray();
    return new Batch(Signal.TRACES, Encoding.OTLP, b, traces, 0);
  }

  private void send(long from, int traces) {
    Objects.requireNonNull(in.traces).consume(batch(from, traces), told::add);
  }

  private Set<Long> all() {
    Set<Long> out = new HashSet<>();
    got.values().forEach(out::addAll);
    return out;
  }

  private double value(String family) {
    double sum = 0;
    for (MetricFamily f : registry.gather()) {
      if (f.name().equals(family)) {
        for (MetricFamily.Metric m : f.metrics()) {
          sum += ((MetricFamily.Value) m.point()).value();
        }
      }
    }
    return sum;
  }

  /** Owner of a trace on the ring of these addresses. */
  private static String owner(long trace, List<String> addresses, int port) {
    byte[] id = ByteBuffer.allocate(16).putLong(77).putLong(trace).array();
    String name = HashRing.of(addresses.stream().map(a -> a + ":" + port).toList()).owner(id);
    return name.substring(0, name.indexOf(':'));
  }

  private void assertOwners(List<String> addresses) {
    got.forEach(
        (address, traces) ->
            traces.forEach(t -> assertThat(owner(t, addresses, port)).isEqualTo(address)));
  }

  /** Forms from the Collector's documentation. */
  @ParameterizedTest
  @ValueSource(strings = {"protocol: {otlp: }", "protocol: {}", ""})
  void appliesDefaultsOfBackends(String protocol) {
    YamlDocument d =
        YamlDocument.parse("c.yaml", null, protocol + "\nresolver: {static: {hostnames: [a]}}");
    LoadBalancingSettings s = LoadBalancingSettings.TYPE.read(d.root());
    assertThat(s.namesEndpoint()).isFalse();
  }

  @Test
  void sendsEveryTraceToItsOwner() throws IOException {
    listen();
    run(dns("", ""));
    send(0, 300);
    await(() -> told.size() == 1);
    assertThat(told).containsExactly(Outcome.ACCEPTED);
    assertThat(got).hasSize(3);
    assertThat(all()).hasSize(300);
    assertOwners(THREE);
    assertThat(account().balance().out()).isEqualTo(300);
    assertThat(value("otelcol_loadbalancer_num_backends")).isEqualTo(3);
    assertThat(value("otelcol_loadbalancer_backend_outcome_total")).isEqualTo(3);
  }

  @Test
  void failedBackendDelaysOnlyItsOwnTraces() throws IOException {
    listen();
    down.add("127.0.0.3");
    run(dns("", ""));
    send(0, 300);
    long others =
        java.util.stream.LongStream.range(0, 300)
            .filter(t -> !owner(t, THREE, port).equals("127.0.0.3"))
            .count();
    await(() -> all().size() == others);
    assertThat(told).isEmpty();
    down.clear();
    await(() -> told.size() == 1);
    assertThat(all()).hasSize(300);
    assertOwners(THREE);
  }

  @Test
  void transfersRequestsOfARemovedBackendOnce() throws IOException {
    listen();
    down.addAll(THREE);
    run(dns("", ""));
    for (int i = 0; i < 5; i++) {
      send(i * 100L, 100);
    }
    await(() -> account().balance().held() == 500);
    addresses.remove("127.0.0.3");
    await(() -> value("otelcol_loadbalancer_num_backends") == 2);
    down.removeAll(addresses);
    await(() -> told.size() == 5);
    assertThat(told).containsOnly(Outcome.ACCEPTED);
    assertThat(got).containsOnlyKeys("127.0.0.2", "127.0.0.4");
    assertThat(all()).hasSize(500);
    assertOwners(List.of("127.0.0.2", "127.0.0.4"));
    assertThat(account().balance().in()).isEqualTo(500);
    assertThat(account().balance().out()).isEqualTo(500);
    OutboxView box = graph.outboxes().values().iterator().next();
    assertThat(box.status().requests()).isZero();
  }

  @Test
  void resumesAReturningBackend() throws IOException {
    listen();
    down.addAll(THREE);
    run(dns("", ""));
    send(0, 200);
    await(() -> account().balance().held() == 200);
    addresses.remove("127.0.0.4");
    await(() -> value("otelcol_loadbalancer_num_backends") == 2);
    addresses.add("127.0.0.4");
    await(() -> value("otelcol_loadbalancer_num_backends") == 3);
    send(1000, 200);
    down.clear();
    await(() -> told.size() == 2);
    assertThat(told).containsOnly(Outcome.ACCEPTED);
    assertThat(all()).hasSize(400);
  }

  @Test
  void fullQueueWithoutBackendsBlocksNoChange() throws Exception {
    listen();
    down.addAll(THREE);
    addresses.retainAll(List.of("127.0.0.2"));
    run(
        dns(
            "",
            ", sending_queue: {queue_size: 1, sizer: requests, block_on_overflow: true, batch:"
                + " {flush_timeout: 1h, min_size: 8, sizer: items}}"));
    send(0, 8);
    await(() -> account().balance().held() == 8);
    send(100, 3); // waits for company
    nobody = true;
    await(() -> value("otelcol_loadbalancer_num_backends") == 0);
    addresses.set(0, "127.0.0.3");
    down.remove("127.0.0.3");
    nobody = false;
    await(() -> told.size() == 2);
    assertThat(told).containsOnly(Outcome.ACCEPTED);
    assertThat(got).containsOnlyKeys("127.0.0.3");
    assertThat(all()).hasSize(11);
  }

  @Test
  void keepsAcknowledgedDataWithoutBackends() throws Exception {
    listen();
    addresses.retainAll(List.of("127.0.0.2"));
    stuck.add("127.0.0.2");
    run(
        dns("sending_queue: {storage: file_storage, num_consumers: 1}", "")
            .replace("retry_on_failure: {", "retry_on_failure: {enabled: false,")
            .replace("} sending_queue", "}, sending_queue"));
    send(0, 8);
    send(100, 3);
    await(() -> told.size() == 2);
    OutboxView box = graph.outboxes().values().iterator().next();
    await(() -> box.status().inFlight() == 1);
    nobody = true;
    await(() -> box.status().lastError().contains("knows no backend"));
    addresses.set(0, "127.0.0.3");
    nobody = false;
    await(() -> got.containsKey("127.0.0.3"));
    stuck.clear();
    await(() -> all().size() == 11);
    await(() -> account().balance().out() == 11); // the counts follow the response
  }

  @Test
  void reportsABackendThatCannotBeOpenedOnce() throws Exception {
    listen();
    addresses.retainAll(List.of("127.0.0.2"));
    run(dns("sending_queue: {storage: file_storage}", "").replace("} sending", "}, sending"));
    Path q = folder.resolve("q").resolve("exporter_loadbalancing_traces");
    Files.writeString(q.resolve("of-127.0.0.3%3A" + port), "no folder");
    double updates = value("otelcol_loadbalancer_num_backend_updates_total");
    addresses.add("127.0.0.3");
    double looked = value("otelcol_loadbalancer_num_resolutions_total");
    await(() -> value("otelcol_loadbalancer_num_resolutions_total") > looked + 5);
    assertThat(value("otelcol_loadbalancer_num_backends")).isEqualTo(1);
    assertThat(value("otelcol_loadbalancer_num_backend_updates_total")).isEqualTo(updates);
  }

  @Test
  void keepsTheLastBackendsWhenLookupsFail() throws IOException {
    listen();
    run(dns("", ""));
    addresses.clear();
    double failed = value("otelcol_loadbalancer_num_resolutions_total");
    await(() -> value("otelcol_loadbalancer_num_resolutions_total") > failed + 3);
    send(0, 100);
    await(() -> told.size() == 1);
    assertThat(all()).hasSize(100);
  }

  @Test
  void rejectsAsRetryableWithoutBackends() throws IOException {
    listen();
    addresses.clear();
    run(dns("", ""));
    send(0, 10);
    assertThat(told.getFirst())
        .isInstanceOfSatisfying(
            Outcome.Unavailable.class,
            u ->
                assertThat(u.reason())
                    .contains("knows no backend of backends.test", "no such name"));
    addresses.add("127.0.0.2");
    await(() -> value("otelcol_loadbalancer_num_backends") == 1);
    send(0, 10);
    await(() -> told.size() == 2);
    assertThat(told.get(1)).isEqualTo(Outcome.ACCEPTED);
  }

  @Test
  void nextProcessTransfersQueuesOfRemovedBackends() throws IOException {
    listen();
    down.addAll(THREE);
    String queue = ", sending_queue: {storage: file_storage}";
    run(dns(queue, ""));
    send(0, 300);
    await(() -> told.size() == 1);
    stop();
    assertThat(account().balance().kept()).isEqualTo(300);
    graph = new Graph(services);
    addresses.remove("127.0.0.2");
    down.clear();
    run(dns(queue, ""));
    await(() -> all().size() == 300);
    assertOwners(List.of("127.0.0.3", "127.0.0.4"));
    Path q = folder.resolve("q").resolve("exporter_loadbalancing_traces");
    await(() -> !q.resolve("of-127.0.0.2%3A" + port).toFile().exists());
    assertThat(q.resolve("of-127.0.0.3%3A" + port)).exists();
  }

  @Test
  void keepsTheNamesOfAStaticList() throws IOException {
    listen();
    run(
        "protocol: {otlp: {tls: {insecure: true}}}, resolver: {static: {hostnames: [\"127.0.0.2:"
            + port
            + "\"]}}, sending_queue: {batch: {flush_timeout: 10ms}}");
    send(0, 5);
    await(() -> told.size() == 1);
    assertThat(got).containsOnlyKeys("127.0.0.2");
  }

  @Test
  void completesTargets() {
    assertThat(LoadBalancingSettings.target("host")).isEqualTo("host:4317");
    assertThat(LoadBalancingSettings.target("host:1")).isEqualTo("host:1");
    assertThat(LoadBalancingSettings.target("[::1]")).isEqualTo("[::1]:4317");
    assertThat(LoadBalancingSettings.target("[::1]:5")).isEqualTo("[::1]:5");
    assertThat(LoadBalancingSettings.target("2001:db8::1")).isEqualTo("[2001:db8::1]:4317");
    assertThat(LoadBalancingSettings.target("http://host:5")).isEqualTo("http://host:5");
  }

  @Test
  void reportsInvalidSettings() {
    String otlp = "protocol: {otlp: {}}, ";
    String[][] wrong = {
      {otlp + "resolver: {}", "no resolvers specified"},
      {otlp + "resolver: {static: {}}", "no endpoints specified for the static resolver"},
      {otlp + "resolver: {dns: {}}", "no hostname specified"},
      {otlp + "resolver: {k8s: {}}", "no service specified"},
      {otlp + "resolver: {dns: {hostname: a, port: x}}", "port must be a number"},
      {otlp + "resolver: {static: {hostnames: [a]}, dns: {hostname: b}}", "only one resolver"},
      {
        otlp + "resolver: {dns: {hostname: b}, aws_cloud_map: {namespace: a, service_name: b}}",
        "only one resolver"
      },
      {otlp + "resolver: {static: {hostnames: [\"a:b\"]}}", "must be host:port"},
      {otlp + "resolver: {aws_cloud_map: {namespace: a}}", "requires service_name"},
      {
        otlp + "resolver: {static: {hostnames: [a]}}, routing_key: metric",
        "unsupported routing_key"
      },
      {
        otlp + "resolver: {static: {hostnames: [a]}}, routing_key: attributes", "routing_attributes"
      },
    };
    port = 1;
    for (String[] w : wrong) {
      assertThatThrownBy(() -> run(w[0]))
          .as(w[0])
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(w[1]);
    }
  }
}

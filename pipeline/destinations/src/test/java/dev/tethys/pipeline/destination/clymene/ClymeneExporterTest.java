package dev.tethys.pipeline.destination.clymene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.clymene.LogBatchJson;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.remote.RequestSlices;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.DestinationProbe;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Parcel;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.delivery.Verdict;
import dev.tethys.pipeline.destination.client.PlainContext;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against a gateway made with grpc-java, and one that takes HTTP. */
class ClymeneExporterTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(1700000001));
  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream in) {
          try {
            return in.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private final List<byte[]> metrics = new CopyOnWriteArrayList<>();
  private final List<byte[]> logs = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private volatile @Nullable Status status;

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
    clients.close();
  }

  private ServerServiceDefinition service(String name, String method, List<byte[]> to) {
    return ServerServiceDefinition.builder(name)
        .addMethod(
            ServerMethodDefinition.create(
                MethodDescriptor.newBuilder(BYTES, BYTES)
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName(name + "/" + method)
                    .build(),
                ServerCalls.asyncUnaryCall(
                    (byte[] message, io.grpc.stub.StreamObserver<byte[]> answer) -> {
                      Status s = status;
                      if (s != null) {
                        answer.onError(s.asRuntimeException());
                        return;
                      }
                      to.add(message);
                      answer.onNext(new byte[0]);
                      answer.onCompleted();
                    })))
        .build();
  }

  private int gateway() throws IOException {
    Server s =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(service("prometheus.ClymeneService", "RequestMetrics", metrics))
            .addService(service("logproto.Gateway", "TransferBatch", logs))
            .build()
            .start();
    open.add(s::shutdownNow);
    return s.getPort();
  }

  @Test
  void gatewaysAreTried() throws Exception {
    int port = gateway();
    ClymeneExporterFactory factory = new ClymeneExporterFactory(clients);
    String keys = "{grpc: {endpoint: '127.0.0.1:" + port + "', tls: {insecure: true}}}";
    for (Signal signal : List.of(Signal.METRICS, Signal.LOGS)) {
      try (DestinationProbe p =
          factory.probe(settings(keys), signal, new PlainContext("clymene"))) {
        assertThat(p.connect()).isEqualTo("127.0.0.1:" + port + " speaks gRPC");
        assertThat(p.plan()).isEmpty();
        assertThat(p.write(1_700_000_000, 42.5)).contains("42.5", "nothing is read back");
      }
    }
    assertThat(metrics).hasSize(1);
    assertThat(new String(logs.getFirst(), StandardCharsets.UTF_8)).contains("tethys_probe 42.5");
    String nobody = "{grpc: {endpoint: '127.0.0.1:1', tls: {insecure: true}}}";
    try (DestinationProbe p =
        factory.probe(settings(nobody), Signal.LOGS, new PlainContext("clymene"))) {
      assertThatThrownBy(p::connect).hasMessageStartingWith("127.0.0.1:1: ");
    }
  }

  private static ClymeneSettings settings(String yaml) {
    YamlDocument d = YamlDocument.parse("test.yaml", null, yaml);
    ClymeneSettings s = ClymeneSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private List<Verdict> send(ClymeneSettings s, Batch b) throws Exception {
    List<Verdict> out = new ArrayList<>();
    ClymeneParcels parcels = ClymeneExporterFactory.parcels(s, null, CLOCK);
    try (Sender sender = ClymeneExporterFactory.sender(s, b.signal(), null, clients, parcels)) {
      for (Parcel p : parcels.encode(b).parcels()) {
        out.add(sender.send(p));
      }
    }
    return out;
  }

  private static byte[] request(int series) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < series; i++) {
      w.beginSeries(Labels.of("__name__", "m" + i, "job", "a")).sample(1, i + 1).endSeries();
    }
    return w.toByteArray();
  }

  private static Batch samples(int series, long lane) {
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, request(series), series, lane);
  }

  private static Batch lines(int n) {
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    for (int i = 0; i < n; i++) {
      LogRecord r = new LogRecord();
      r.setTimeUnixNano(1700000000000000000L + i);
      r.setBody("line " + i);
      scope.items().add(r);
    }
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    group.resource().attributes().put("app", "shop");
    group.scopes().add(scope);
    LogsData data = new LogsData();
    data.resources().add(group);
    return new Batch(
        Signal.LOGS,
        Encoding.OTLP,
        new OtlpWriter().write(data),
        n,
        0,
        new Metadata(Map.of("X-Scope-OrgID", List.of("team-a"))));
  }

  private static int count(byte[] request) {
    RequestSlices s = new RequestSlices().reset(request, 0, request.length);
    int n = 0;
    while (s.next()) {
      n += s.samples();
    }
    return n;
  }

  @Test
  void gatewaysAreCalledInTurn() throws Exception {
    int a = gateway();
    int b = gateway();
    ClymeneSettings s =
        settings(
            "{grpc: {endpoints: ['127.0.0.1:%d', '127.0.0.1:%d'], tls: {insecure: true}}}"
                .formatted(a, b));
    assertThat(send(s, samples(3, 7))).containsExactly(Verdict.DELIVERED);
    assertThat(metrics.getFirst()).isEqualTo(request(3));
    assertThat(send(s, samples(64, 0)))
        .as("series without a lane are dealt out")
        .hasSizeGreaterThan(2)
        .containsOnly(Verdict.DELIVERED);
    assertThat(metrics.stream().mapToInt(ClymeneExporterTest::count).sum()).isEqualTo(67);
    assertThat(send(s, lines(2))).containsExactly(Verdict.DELIVERED);
    ProtoReader r = new ProtoReader(logs.getFirst());
    assertThat(r.next()).isTrue();
    byte[] json = r.readBytes();
    LogBatchJson.Batch batch = LogBatchJson.read(json, 0, json.length);
    assertThat(batch.tenant()).isEqualTo("team-a");
    assertThat(batch.logs().itemCount()).isEqualTo(2);
  }

  @Test
  void messagesAreNoLargerThanAGatewayTakes() throws Exception {
    ClymeneSettings s =
        settings(
            "{grpc: {endpoint: '127.0.0.1:%d', tls: {insecure: true}}, max_message_bytes: 2000}"
                .formatted(gateway()));
    assertThat(send(s, samples(200, 7))).hasSizeGreaterThan(3).containsOnly(Verdict.DELIVERED);
    assertThat(metrics).allMatch(m -> m.length <= 2000);
    assertThat(metrics.stream().mapToInt(ClymeneExporterTest::count).sum()).isEqualTo(200);
    assertThat(send(s, lines(100))).hasSizeGreaterThan(3).containsOnly(Verdict.DELIVERED);
    Encoder.Encoded e =
        ClymeneExporterFactory.parcels(s, null, CLOCK)
            .encode(
                new Batch(
                    Signal.METRICS,
                    Encoding.REMOTE_WRITE,
                    new WriteRequestWriter()
                        .beginSeries(Labels.of("__name__", "x".repeat(3000)))
                        .sample(1, 1)
                        .endSeries()
                        .toByteArray(),
                    1,
                    7));
    assertThat(e.parcels()).isEmpty();
    assertThat(e.dropped()).isEqualTo(1);
    assertThat(e.reason()).isEqualTo("larger than a message may be");
  }

  @Test
  void whatGatewaysSayIsUnderstood() throws Exception {
    ClymeneSettings s =
        settings("{grpc: {endpoint: '127.0.0.1:%d', tls: {insecure: true}}}".formatted(gateway()));
    status = Status.UNAVAILABLE.withDescription("queue is full");
    assertThat(send(s, samples(1, 7)).getFirst())
        .isInstanceOfSatisfying(
            Verdict.Later.class, v -> assertThat(v.reason()).contains("queue is full"));
    status = Status.UNKNOWN.withDescription("database is down");
    assertThat(send(s, samples(1, 7)).getFirst()).isInstanceOf(Verdict.Later.class);
    status = Status.INVALID_ARGUMENT.withDescription("nameless");
    assertThat(send(s, samples(1, 7)).getFirst())
        .isInstanceOfSatisfying(
            Verdict.Never.class, v -> assertThat(v.reason()).contains("nameless"));
  }

  @Test
  void overHttpTooWithAPathForEachSignal() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    int[] answer = {204};
    HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .post(
                    "/api/metrics",
                    (q, r) -> {
                      byte[] b = q.bodyBytes(1 << 20);
                      metrics.add(Compression.SNAPPY.decompress(b, 0, b.length, 1 << 20));
                      seen.add(q.header("Content-Encoding") + " " + q.header("User-Agent"));
                      r.status(answer[0]).send();
                    })
                .post(
                    "/api/logs",
                    (q, r) -> {
                      logs.add(q.bodyBytes(1 << 20));
                      r.header("Retry-After", "7").status(answer[0]).send();
                    }),
            null);
    open.add(l);
    ClymeneSettings s =
        settings(
            "{http: {endpoint: 'http://127.0.0.1:%d', headers: {User-Agent: mine}}}"
                .formatted(l.port()));
    assertThat(send(s, samples(2, 7))).containsExactly(Verdict.DELIVERED);
    assertThat(metrics.getFirst()).isEqualTo(request(2));
    assertThat(seen).containsExactly("snappy mine");
    assertThat(send(s, lines(1))).containsExactly(Verdict.DELIVERED);
    assertThat(LogBatchJson.read(logs.getFirst(), 0, logs.getFirst().length).logs().itemCount())
        .isEqualTo(1);
    answer[0] = 503;
    assertThat(send(s, lines(1)).getFirst())
        .isInstanceOfSatisfying(
            Verdict.Later.class, v -> assertThat(v.after().toSeconds()).isEqualTo(7));
    answer[0] = 400;
    assertThat(send(s, samples(1, 7)).getFirst()).isInstanceOf(Verdict.Never.class);
  }

  /** Halves, until they are taken: all that there was, once. */
  private void cut(ClymeneSettings s, Batch b, int parts, Runnable taken) throws Exception {
    ClymeneParcels parcels = ClymeneExporterFactory.parcels(s, null, CLOCK);
    Deque<Parcel> left = new ArrayDeque<>(parcels.encode(b).parcels());
    assertThat(left).hasSize(1);
    int delivered = 0;
    try (Sender sender = ClymeneExporterFactory.sender(s, b.signal(), null, clients, parcels)) {
      while (left.size() < parts) {
        Parcel p = left.removeFirst();
        assertThat(sender.send(p))
            .isInstanceOfSatisfying(Verdict.Instead.class, v -> left.addAll(v.parcels()));
      }
      taken.run();
      for (Parcel p : left) {
        assertThat(sender.send(p)).isEqualTo(Verdict.DELIVERED);
        delivered += p.items();
      }
    }
    assertThat(delivered).isEqualTo(b.items());
  }

  @Test
  void whatIsTooLargeForAGatewayIsCutInHalves() throws Exception {
    int[] answer = {413};
    HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .post(
                    "/api/metrics",
                    (q, r) -> {
                      byte[] b = q.bodyBytes(1 << 20);
                      if (answer[0] == 200) {
                        metrics.add(Compression.SNAPPY.decompress(b, 0, b.length, 1 << 20));
                      }
                      r.status(answer[0]).send();
                    })
                .post(
                    "/api/logs",
                    (q, r) -> {
                      byte[] b = q.bodyBytes(1 << 20);
                      if (answer[0] == 200) {
                        logs.add(b);
                      }
                      r.status(answer[0]).send();
                    }),
            null);
    open.add(l);
    ClymeneSettings http =
        settings("{http: {endpoint: 'http://127.0.0.1:%d'}}".formatted(l.port()));
    cut(http, samples(7, 7), 4, () -> answer[0] = 200);
    assertThat(metrics.stream().mapToInt(ClymeneExporterTest::count).sum()).isEqualTo(7);
    answer[0] = 413;
    cut(http, lines(5), 3, () -> answer[0] = 200);
    assertThat(bodies(logs))
        .containsExactlyInAnyOrder("line 0", "line 1", "line 2", "line 3", "line 4");
    answer[0] = 413;
    assertThat(send(http, samples(1, 7)).getFirst()).isInstanceOf(Verdict.Never.class);
    metrics.clear();
    logs.clear();
    ClymeneSettings grpc =
        settings(
            "{grpc: {endpoint: '127.0.0.1:%d', compression: gzip, tls: {insecure: true}}}"
                .formatted(gateway()));
    Status large =
        Status.RESOURCE_EXHAUSTED.withDescription(
            "grpc: received message larger than max (5 vs. 4)");
    status = large;
    cut(grpc, samples(7, 7), 2, () -> status = null);
    assertThat(metrics.stream().mapToInt(ClymeneExporterTest::count).sum()).isEqualTo(7);
    status = large;
    cut(grpc, lines(4), 4, () -> status = null);
    List<byte[]> batches = new ArrayList<>();
    for (byte[] message : logs) {
      ProtoReader r = new ProtoReader(message);
      assertThat(r.next()).isTrue();
      batches.add(r.readBytes());
    }
    assertThat(bodies(batches)).containsExactlyInAnyOrder("line 0", "line 1", "line 2", "line 3");
  }

  private static List<String> bodies(List<byte[]> batches) {
    List<String> out = new ArrayList<>();
    for (byte[] json : batches) {
      LogBatchJson.Batch b = LogBatchJson.read(json, 0, json.length);
      assertThat(b.tenant()).isEqualTo("team-a");
      b.logs()
          .resources()
          .forEach(
              g ->
                  g.scopes()
                      .forEach(x -> x.items().forEach(r -> out.add(String.valueOf(r.body())))));
    }
    return out;
  }

  @Test
  void settingsAreReadStrictly() {
    for (String[] w :
        new String[][] {
          {"{}", "exactly one of grpc and http"},
          {"{grpc: {endpoint: 'a:1'}, http: {endpoint: 'http://a'}}", "exactly one"},
          {"{grpc: {endpoints: []}}", "endpoint is missing"},
          {"{grpc: {endpoints: ['a']}}", "endpoints wants host:port, not \"a\""},
          {"{http: {}}", "endpoint is missing"},
          {"{http: {endpoint: 'http://a', compression: zstd}}", "compression cannot be chosen"},
          {"{grpc: {endpoint: 'a:1'}, max_message_bytes: 1}", "wants 1024 to"}
        }) {
      assertThatThrownBy(() -> settings(w[0]))
          .as(w[0])
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(w[1]);
    }
    assertThat(ClymeneSettings.url(java.net.URI.create("http://a:1/x/y"), Signal.LOGS))
        .hasToString("http://a:1/x/y");
  }
}

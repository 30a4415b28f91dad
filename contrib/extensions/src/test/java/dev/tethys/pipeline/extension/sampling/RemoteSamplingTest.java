package dev.tethys.pipeline.extension.sampling;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.receiver.GrpcJava;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.GrpcServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.HttpClientFactory;
import io.jaegertracing.internal.samplers.HttpSamplingManager;
import io.jaegertracing.internal.samplers.http.SamplingStrategyResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asked by Jaeger's own client, with the file of Jaeger's documentation. */
@Tag("slow")
class RemoteSamplingTest {
  private static final String FILE =
      """
      {
        "service_strategies": [
          {"service": "foo", "type": "probabilistic", "param": 0.8, "operation_strategies": [
            {"operation": "op1", "type": "probabilistic", "param": 0.2},
            {"operation": "op2", "type": "probabilistic", "param": 0.4}]},
          {"service": "bar", "type": "ratelimiting", "param": 5}
        ],
        "default_strategy": {"type": "probabilistic", "param": 0.5, "operation_strategies": [
          {"operation": "/health", "type": "probabilistic", "param": 0.0},
          {"operation": "op1", "type": "probabilistic", "param": 0.9}]}
      }
      """;

  @TempDir private Path dir;
  private final List<RemoteSampling.Running> running = new ArrayList<>();

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final RemoteSampling factory = new RemoteSampling(clients);

  private RemoteSampling.Running start(String yaml) throws IOException {
    RemoteSampling.Settings s = TestPipeline.read(factory.settings(), yaml);
    StrategySource source =
        s.remote() == null
            ? new FileStrategies(s.file(), s.reload(), Scheduler.system(), clients)
            : new RemoteStrategies(s.remote(), null, s.reload(), Scheduler.system()::nanos);
    RemoteSampling.Running r =
        new RemoteSampling.Running(s, source, null, null, Scheduler.system());
    running.add(r);
    r.start();
    return r;
  }

  @AfterEach
  void stop() {
    running.forEach(r -> r.stop(Duration.ZERO));
    clients.close();
  }

  private static String doors(String source) {
    return "{http: {endpoint: '127.0.0.1:0'}, grpc: {endpoint: '127.0.0.1:0'}, source: "
        + source
        + "}";
  }

  @Test
  void queriesAnotherServer() throws Exception {
    RemoteSampling.Running there = start(settings(""));
    String source =
        "{remote: {endpoint: '127.0.0.1:%d', tls: {insecure: true}}, reload_interval: 1h}";
    RemoteSampling.Running r = start(doors(source.formatted(there.grpcPort())));
    HttpSamplingManager client = new HttpSamplingManager("127.0.0.1:" + r.httpPort());
    HttpSamplingManager direct = new HttpSamplingManager("127.0.0.1:" + there.httpPort());
    for (String service : List.of("foo", "bar", "else")) {
      assertThat(client.getSamplingStrategy(service))
          .isEqualTo(direct.getSamplingStrategy(service));
    }
    try (GrpcJava grpc = new GrpcJava(r.grpcPort())) {
      byte[] bar = new ProtoWriter().string(1, "bar").toByteArray();
      assertThat(grpc.call("jaeger.api_v2.SamplingManager/GetSamplingStrategy", bar))
          .containsExactly(8, 1, 26, 2, 8, 5);
      there.stop(Duration.ZERO);
      assertThat(grpc.call("jaeger.api_v2.SamplingManager/GetSamplingStrategy", bar))
          .as("kept")
          .containsExactly(8, 1, 26, 2, 8, 5);
      byte[] other = new ProtoWriter().string(1, "other").toByteArray();
      assertThatThrownBy(
              () -> grpc.call("jaeger.api_v2.SamplingManager/GetSamplingStrategy", other))
          .hasMessageContaining("UNAVAILABLE");
    }
  }

  @Test
  void doesNotCacheAnUnreadableResponse() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    ReceiverAdmission admission = new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES);
    GrpcServerEndpoint endpoint =
        new GrpcServerEndpoint(
            admission,
            GrpcServerSettings.type("127.0.0.1:0")
                .read(YamlDocument.parse("double", null, "{}").root()),
            null);
    byte[] strategy = {8, 1, 26, 2, 8, 5};
    endpoint.method(
        RemoteSampling.METHOD,
        (message, request, hold, metadata) ->
            asked.getAndIncrement() == 0 ? new byte[] {26, 99, 8} : strategy);
    PushReceiver there = new PushReceiver(endpoint, null, System::nanoTime);
    there.start();
    try {
      String source =
          "{remote: {endpoint: '127.0.0.1:%d', tls: {insecure: true}}, reload_interval: 1h}";
      RemoteSampling.Running r = start(doors(source.formatted(there.grpcPort())));
      try (GrpcJava grpc = new GrpcJava(r.grpcPort())) {
        byte[] foo = new ProtoWriter().string(1, "foo").toByteArray();
        String method = "jaeger.api_v2.SamplingManager/GetSamplingStrategy";
        assertThatThrownBy(() -> grpc.call(method, foo)).hasMessageContaining("UNAVAILABLE");
        assertThat(grpc.call(method, foo)).containsExactly(strategy);
        assertThat(grpc.call(method, foo)).containsExactly(strategy);
      }
      assertThat(asked).hasValue(2);
    } finally {
      there.stop(Duration.ZERO);
    }
  }

  @Test
  void readsAFileFromAUrl() throws Exception {
    HttpServer web = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    AtomicInteger status = new AtomicInteger(503);
    web.createContext(
        "/strategies",
        x -> {
          byte[] b = FILE.getBytes(UTF_8);
          x.sendResponseHeaders(status.get(), b.length);
          x.getResponseBody().write(b);
          x.close();
        });
    web.start();
    try {
      String url = "http://127.0.0.1:" + web.getAddress().getPort() + "/strategies";
      RemoteSampling.Running r = start(doors("{file: '" + url + "', reload_interval: 10ms}"));
      HttpSamplingManager client = new HttpSamplingManager("127.0.0.1:" + r.httpPort());
      await(client, 0.001); // not ready yet
      status.set(200);
      await(client, 0.5);
      status.set(404);
      assertThatThrownBy(() -> start(doors("{file: '" + url + "'}"))).hasMessageContaining("404");
    } finally {
      web.stop(0);
    }
  }

  private String settings(String more) throws IOException {
    Path f = Files.writeString(dir.resolve("strategies.json"), FILE);
    return "{http: {endpoint: '127.0.0.1:0'}, grpc: {endpoint: '127.0.0.1:0'}, source: {file: '"
        + f
        + "'"
        + more
        + "}}";
  }

  @Test
  void servesJaegersClient() throws Exception {
    RemoteSampling.Running r = start(settings(""));
    HttpSamplingManager client = new HttpSamplingManager("127.0.0.1:" + r.httpPort());
    SamplingStrategyResponse foo = client.getSamplingStrategy("foo");
    assertThat(foo.getProbabilisticSampling().getSamplingRate()).isEqualTo(0.8);
    assertThat(foo.getOperationSampling().getDefaultSamplingProbability()).isEqualTo(0.8);
    assertThat(foo.getOperationSampling().getPerOperationStrategies())
        .extracting(o -> o.getOperation() + "=" + o.getProbabilisticSampling().getSamplingRate())
        .containsExactly("op1=0.2", "op2=0.4", "/health=0.0");
    SamplingStrategyResponse bar = client.getSamplingStrategy("bar");
    assertThat(bar.getRateLimitingSampling().getMaxTracesPerSecond()).isEqualTo(5);
    assertThat(bar.getOperationSampling()).isNull();
    assertThat(client.getSamplingStrategy("else").getProbabilisticSampling().getSamplingRate())
        .isEqualTo(0.5);
    try (HttpClient http = HttpClient.newHttpClient()) {
      URI none = URI.create("http://127.0.0.1:" + r.httpPort() + "/sampling");
      assertThat(
              http.send(HttpRequest.newBuilder(none).build(), BodyHandlers.ofString()).statusCode())
          .isEqualTo(400);
    }
  }

  @Test
  void servesTheSameOverGrpc() throws Exception {
    RemoteSampling.Running r = start(settings(""));
    try (GrpcJava grpc = new GrpcJava(r.grpcPort())) {
      byte[] bar =
          grpc.call(
              "jaeger.api_v2.SamplingManager/GetSamplingStrategy",
              new ProtoWriter().string(1, "bar").toByteArray());
      assertThat(bar).containsExactly(8, 1, 26, 2, 8, 5);
      byte[] other = grpc.call("jaeger.api_v2.SamplingManager/GetSamplingStrategy", new byte[0]);
      assertThat(new String(other, UTF_8)).contains("/health", "op1");
    }
  }

  @Test
  void reloadsTheFile() throws Exception {
    RemoteSampling.Running r = start(settings(", reload_interval: 10ms"));
    Path f = dir.resolve("strategies.json");
    HttpSamplingManager client = new HttpSamplingManager("127.0.0.1:" + r.httpPort());
    Files.writeString(f, "{\"default_strategy\": {\"type\": \"probabilistic\", \"param\": 0.25}}");
    await(client, 0.25);
    Files.writeString(f, "{\"default_strategy\": {\"type\": \"nonsense\"}}");
    TimeUnit.MILLISECONDS.sleep(50); // some looks
    assertThat(client.getSamplingStrategy("x").getProbabilisticSampling().getSamplingRate())
        .isEqualTo(0.25);
    Files.writeString(f, "{}");
    await(client, 0.001);
  }

  private static void await(HttpSamplingManager client, double rate) throws Exception {
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (client.getSamplingStrategy("x").getProbabilisticSampling().getSamplingRate() != rate) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Waiting.pause();
    }
  }

  @Test
  void rejectsInvalidStrategies() throws Exception {
    assertThatThrownBy(() -> TestPipeline.read(factory.settings(), "{source: {}}"))
        .hasMessageContaining("one of file and remote");
    Path f = Files.writeString(dir.resolve("bad.json"), "{\"default_strategies\": {}}");
    assertThatThrownBy(
            () -> start("{http: {endpoint: '127.0.0.1:0'}, source: {file: '" + f + "'}}"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("default_strategies");
  }
}

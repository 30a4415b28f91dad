package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The first configuration of a page runs: every exporter of it delivers its data to a double that
 * takes everything instead of its server, to files, or to our own receiver.
 */
@Tag("contrib")
@Tag("slow")
class PagesRunTest {
  private static final Duration TIME_LIMIT = Duration.ofMinutes(2);
  private static final Pattern FENCE = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);

  /** What the protocols of these pages say when all went well. */
  private static final String WELL =
      "{\"errors\":false,\"code\":0,\"ackId\":0,\"acks\":{\"0\":true},\"column_meta\":[],"
          + "\"data\":[],\"rows\":0}";

  @TempDir Path folder;

  private static final class Feed implements ReceiverFactory<Boolean> {
    private final Map<Signal, Consumer> outputs = new EnumMap<>(Signal.class);

    @Override
    public String type() {
      return "feed";
    }

    @Override
    public String about() {
      return "Hands on what the test gives it.";
    }

    @Override
    public Type<Boolean> settings() {
      return new Section("feed", "Of the test.").type(o -> true);
    }

    @Override
    public Set<Signal> signals() {
      return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
    }

    @Override
    public Receiver create(Boolean s, Map<Signal, Consumer> to, Context context) {
      outputs.putAll(to);
      return new Receiver() {};
    }
  }

  private record Running(Graph graph) implements AutoCloseable {
    List<String> errors() {
      return graph.outboxes().values().stream().map(o -> o.status().lastError()).toList();
    }

    @Override
    public void close() {
      graph.stop(Duration.ZERO);
    }
  }

  private static Running run(AccountingRegistry ledger, String yaml, ComponentFactory<?>... more)
      throws IOException {
    List<ComponentFactory<?>> all = new ArrayList<>(BuiltIn.components().all());
    all.addAll(List.of(more));
    Components components = new Components(all);
    Graph graph =
        new Graph(
            new GraphServices(
                components,
                Scheduler.system(),
                new Outboxes(new RealFiles(), Scheduler.system(), new Random(1)),
                ledger,
                new Registry()));
    graph.apply(GraphConfig.read(YamlDocument.parse("page", null, yaml), components, false));
    return new Running(graph);
  }

  private static Batch batch(Signal signal) {
    if (signal == Signal.METRICS) {
      WriteRequestWriter w = new WriteRequestWriter();
      w.beginSeries(Labels.of("__name__", "up", "job", "node")).sample(1_700_000_000_000L, 1);
      return new Batch(signal, Encoding.REMOTE_WRITE, w.endSeries().toByteArray(), 1, 0);
    }
    String json =
        signal == Signal.LOGS
            ? "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":"
                + "\"1700000000000000000\",\"body\":{\"stringValue\":\"x\"}}]}]}]}"
            : "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":"
                + "\"01020304050607080102030405060708\",\"spanId\":\"0102030405060708\","
                + "\"name\":\"x\",\"startTimeUnixNano\":\"1700000000000000000\","
                + "\"endTimeUnixNano\":\"1700000001000000000\"}]}]}]}";
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    byte[] body = OtlpJson.toProtobuf(signal.otlp(), b, 0, b.length).toByteArray();
    return new Batch(signal, Encoding.OTLP, body, 1, 0);
  }

  private String here(String yaml, int http, int grpc) {
    return yaml.replaceAll(
            "(?s)receivers:\n  otlp:\n    protocols:\n      http:\n", "receivers: {feed: }\n")
        .replace("receivers: [otlp]", "receivers: [feed]")
        .replaceAll("https?://[^/\\s,\"'}]+", "http://127.0.0.1:" + http)
        .replaceAll("endpoint: gateway:4317", "endpoint: 127.0.0.1:" + grpc)
        .replace("/var/lib/tethys", folder.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"clickhouse", "clymene", "file", "loki", "otlp", "splunk", "zipkin"})
  void theFirstConfigurationOfAPageDelivers(String page) throws Exception {
    Matcher m =
        FENCE.matcher(
            Files.readString(Shared.root().resolve("docs/pipelines/exporters/" + page + ".md")));
    assertThat(m.find()).isTrue();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        x -> {
          x.getRequestBody().readAllBytes();
          byte[] said = page.equals("otlp") ? new byte[0] : WELL.getBytes(StandardCharsets.UTF_8);
          x.getResponseHeaders().add("X-Prometheus-Remote-Write-Samples-Written", "1");
          x.sendResponseHeaders(200, said.length == 0 ? -1 : said.length);
          x.getResponseBody().write(said);
          x.close();
        });
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    int grpc = Ports.free();
    AccountingRegistry ledger = new AccountingRegistry();
    Feed feed = new Feed();
    String own =
        "receivers: {otlp: {protocols: {grpc: {endpoint: '127.0.0.1:"
            + grpc
            + "'}}}}\n"
            + "exporters: {nop: }\nservice: {pipelines: {metrics: {receivers: [otlp], exporters:"
            + " [nop]}, logs: {receivers: [otlp], exporters: [nop]}, traces: {receivers: [otlp],"
            + " exporters: [nop]}}}\n";
    try (Running peer = page.equals("otlp") ? run(new AccountingRegistry(), own) : null;
        Running running =
            run(ledger, here(m.group(1), server.getAddress().getPort(), grpc), feed)) {
      assertThat(feed.outputs).isNotEmpty();
      feed.outputs.forEach((signal, to) -> to.consume(batch(signal), AckCallback.NONE));
      for (ItemAccounting a : ledger.accounts()) {
        if (a.kind().equals("exporter")) {
          TestPipeline.await(
              a + " has delivered beside " + peer + ": " + running.errors(),
              TIME_LIMIT,
              () -> a.balance().out() > 0 && a.balance().held() == 0);
          assertThat(a.balance().isBalanced()).as(a + " " + a.balance()).isTrue();
        }
      }
    } finally {
      server.stop(0);
    }
    if (page.equals("file")) {
      assertThat(Files.readString(folder.resolve("telemetry.json")))
          .contains("\"up\"", "\"stringValue\":\"x\"");
      assertThat(folder.resolve("rotated/telemetry.proto")).isNotEmptyFile();
    }
  }
}

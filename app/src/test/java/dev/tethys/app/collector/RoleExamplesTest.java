package dev.tethys.app.collector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.app.TethysProcess;
import dev.tethys.app.clymene.ClymeneFlags;
import dev.tethys.app.clymene.ClymeneGraph;
import dev.tethys.app.clymene.ClymeneRole;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.ValidatedWriteRequest;
import dev.tethys.codec.remote.WriteMessage;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.YamlLayers;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.testkit.KafkaProcess;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.testkit.Ports;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each example of the documentation, run unchanged. */
@Tag("contrib")
@Tag("slow")
class RoleExamplesTest {
  @TempDir private Path dir;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void close() throws Exception {
    http.close();
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
  }

  /** A database that takes remote write. */
  private final class Database {
    final List<String> samples = new CopyOnWriteArrayList<>();
    final String url;

    Database() throws IOException {
      HttpListener l =
          HttpListener.start(
              HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofSeconds(1)),
              new Routes()
                  .post(
                      "/api/v1/write",
                      (q, r) -> {
                        byte[] b = q.bodyBytes(64 << 20);
                        b = Compression.SNAPPY.decompress(b, 0, b.length, 64 << 20);
                        ValidatedWriteRequest t =
                            WriteMessage.ofContentType(q.header("Content-Type")) == WriteMessage.V1
                                ? ValidatedWriteRequest.ofV1(b, 0, b.length)
                                : ValidatedWriteRequest.ofV2(b, 0, b.length);
                        take(t, String.valueOf(q.header("X-Scope-OrgID")));
                        r.header("X-Prometheus-Remote-Write-Samples-Written", "" + t.samples());
                        r.header("X-Prometheus-Remote-Write-Histograms-Written", "0");
                        r.header("X-Prometheus-Remote-Write-Exemplars-Written", "0");
                        r.status(204).send();
                      }),
              null);
      open.add(l);
      url = "http://127.0.0.1:" + l.port() + "/api/v1/write";
    }

    private void take(ValidatedWriteRequest t, String tenant) {
      WriteRequestReader r = new WriteRequestReader().reset(t.body(), 0, t.body().length);
      while (r.nextSeries()) {
        Labels l =
            WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
        for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
          if (e == SeriesEvent.SAMPLE) {
            samples.add(tenant + " " + l + " " + r.value());
          }
        }
      }
    }

    void awaits(Predicate<String> one) throws Exception {
      until(() -> samples.stream().anyMatch(one), samples);
    }
  }

  private static void until(BooleanSupplier done, Object seen) {
    TethysProcess.await("what is to arrive", Duration.ofSeconds(90), done, () -> seen);
  }

  private CollectorRole run(String example, Map<String, String> environment) throws IOException {
    Map<String, String> all = new HashMap<>(environment);
    all.put("METRICS", "none");
    Path file = root().resolve("docs/pipelines/examples").resolve(example);
    CollectorRole role =
        new CollectorRole(
            new ConfigSources(List.of(file.toString()), List.of(), all::get),
            BuiltIn.components(),
            false,
            false);
    open.add(role);
    role.start();
    return role;
  }

  static Path root() {
    Path p = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(p.resolve("docs/pipelines/examples"))) {
      p = java.util.Objects.requireNonNull(p.getParent(), "no folder above has the examples");
    }
    return p;
  }

  private int post(String url, String type, byte[] body, String tenant) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(url))
                .POST(BodyPublishers.ofByteArray(body))
                .header("Content-Type", type)
                .header("X-Scope-OrgID", tenant)
                .build(),
            BodyHandlers.discarding())
        .statusCode();
  }

  private static byte[] loki(String line) {
    return ("{\"streams\":[{\"stream\":{\"app\":\"shop\"},\"values\":[[\"1700000000000000000\",\""
            + line
            + "\"]]}]}")
        .getBytes(UTF_8);
  }

  private static byte[] otlpMetric(String name) {
    return ("{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\""
            + name
            + "\",\"gauge\":{\"dataPoints\":[{\"timeUnixNano\":\"1700000000000000000\",\"asDouble\":5}]}}]}]}]}")
        .getBytes(UTF_8);
  }

  private void lineIn(Path file, String... texts) throws Exception {
    for (String text : texts) {
      until(
          () -> {
            try {
              return Files.exists(file) && Files.readString(file).contains(text);
            } catch (IOException e) {
              return false;
            }
          },
          text);
    }
  }

  @Test
  void agentScrapesForAGatewayAndADatabase() throws Exception {
    HttpListener target =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofSeconds(1)),
            new Routes()
                .get(
                    "/metrics",
                    (q, r) ->
                        r.send(
                            "text/plain; version=0.0.4",
                            "orders_total 17\ngo_threads 3\n".getBytes(UTF_8))),
            null);
    open.add(target);
    Database direct = new Database();
    Database behind = new Database();
    String grpc = "127.0.0.1:" + Ports.free();
    String push = "127.0.0.1:" + Ports.free();
    Path logs = dir.resolve("logs.ndjson");
    run(
        "gateway.yaml",
        Map.of(
            "QUEUES",
            dir.resolve("gateway").toString(),
            "GRPC",
            grpc,
            "HTTP",
            push,
            "REMOTE_WRITE",
            behind.url,
            "LOGS",
            logs.toString(),
            "NAME",
            "gw"));
    run(
        "agent.yaml",
        Map.of(
            "QUEUES",
            dir.resolve("agent").toString(),
            "HEALTH",
            "127.0.0.1:" + Ports.free(),
            "INTERVAL",
            "1s",
            "CLUSTER",
            "c1",
            "TARGET",
            "127.0.0.1:" + target.port(),
            "GATEWAY",
            grpc,
            "REMOTE_WRITE",
            direct.url));
    String target1 = "instance=\"127.0.0.1:" + target.port() + "\", job=\"node\"";
    direct.awaits(
        s -> s.equals("null {__name__=\"orders_total\", cluster=\"c1\", " + target1 + "} 17.0"));
    direct.awaits(
        s ->
            s.equals(
                "null {__name__=\"go_threads\", cluster=\"c1\", "
                    + target1
                    + ", runtime=\"go/threads\"} 3.0"));
    behind.awaits(
        s ->
            s.equals(
                "anonymous {__name__=\"up\", cluster=\"c1\", gateway=\"gw\", "
                    + target1
                    + "} 1.0"));
    assertThat(
            post("http://" + push + "/v1/metrics", "application/json", otlpMetric("heat"), "team"))
        .isEqualTo(200);
    behind.awaits(s -> s.startsWith("team {__name__=\"heat\"") && s.endsWith("} 5.0"));
    assertThat(
            post(
                "http://" + push + "/loki/api/v1/push",
                "application/json",
                loki("order taken"),
                "team"))
        .isEqualTo(204);
    lineIn(logs, "order taken", "1700000000000000000");
  }

  @Test
  void collectorMasksSensitiveData() throws Exception {
    Database database = new Database();
    String otlp = "127.0.0.1:" + Ports.free();
    String loki = "127.0.0.1:" + Ports.free();
    Path logs = dir.resolve("logs.ndjson");
    Path traces = dir.resolve("traces.ndjson");
    run(
        "collector.yaml",
        Map.of(
            "OTLP",
            otlp,
            "LOKI",
            loki,
            "LOGS",
            logs.toString(),
            "TRACES",
            traces.toString(),
            "REMOTE_WRITE",
            database.url));
    assertThat(
            post(
                "http://" + loki + "/loki/api/v1/push",
                "application/json",
                loki("login password=secret ok"),
                "t"))
        .isEqualTo(204);
    String span =
        "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":"
            + "\"5b8efff798038103d269b633813fc60c\",\"spanId\":\"eee19b7ec3c1b174\","
            + "\"name\":\"checkout\"}]}]}]}";
    assertThat(post("http://" + otlp + "/v1/traces", "application/json", span.getBytes(UTF_8), "t"))
        .isEqualTo(200);
    assertThat(post("http://" + otlp + "/v1/metrics", "application/json", otlpMetric("heat"), "t"))
        .isEqualTo(200);
    lineIn(logs, "login password=*** ok");
    assertThat(Files.readString(logs)).doesNotContain("secret");
    lineIn(traces, "checkout");
    database.awaits(s -> s.contains("__name__=\"heat\""));
  }

  @Test
  void collectsFromRunningPods() throws Exception {
    HttpListener target =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofSeconds(1)),
            new Routes().get("/own", (q, r) -> r.send("orders_total 17\n")),
            null);
    open.add(target);
    KubernetesDouble cluster = new KubernetesDouble();
    open.add(cluster);
    Path kubeconfig = dir.resolve("kubeconfig");
    Files.writeString(
        kubeconfig,
        "{current-context: a, contexts: [{name: a, context: {cluster: k}}], clusters: [{name: k,"
            + " cluster: {server: \"%s\"}}]}".formatted(cluster.url()));
    Path logs = dir.resolve("logs.ndjson");
    Path pods = dir.resolve("pods");
    Database database = new Database();
    run(
        "discovered.yaml",
        Map.of(
            "AUTH",
            "kubeConfig",
            "KUBECONFIG_FILE",
            kubeconfig.toString(),
            "NODE_NAME",
            "node-1",
            "POSITIONS",
            dir.resolve("positions").toString(),
            "POD_LOGS",
            pods.toString(),
            "INTERVAL",
            "1s",
            "LOGS",
            logs.toString(),
            "REMOTE_WRITE",
            database.url));
    Path log = pods.resolve("default_shop-0_u1/shop/0.log");
    Files.createDirectories(log.getParent());
    Files.writeString(log, "2026-01-01T00:00:00.5Z stdout F order taken\n");
    cluster.put(
        "/api/v1/pods",
        "default/shop-0",
        """
        {"metadata": {"name": "shop-0", "namespace": "default", "uid": "u1",
          "labels": {"app": "shop"}, "annotations": {"prometheus.io/scrape": "true",
          "prometheus.io/port": "%d", "prometheus.io/path": "/own"}},
         "spec": {"nodeName": "node-1", "containers": [{"name": "shop", "image": "shop:1"}]},
         "status": {"phase": "Running", "podIP": "127.0.0.1", "containerStatuses": [
           {"name": "shop", "containerID": "containerd://c1", "state": {"running": {}}}]}}
        """
            .formatted(target.port()));
    database.awaits(
        s ->
            s.contains("__name__=\"orders_total\"")
                && s.contains("app=\"shop\"")
                && s.contains("instance=\"127.0.0.1:" + target.port() + "\"")
                && s.contains("k8s_namespace_name=\"default\"")
                && s.contains("k8s_pod_name=\"shop-0\"")
                && s.endsWith(" 17.0"));
    lineIn(logs, "order taken", "k8s.container.name", "container.image.name", "shop-0");
  }

  /** Told by Clymene's flags, it reads its file anew when it is asked to. */
  @Test
  void reloadsAnAgentWithClymenesConfiguration() throws Exception {
    HttpListener target =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofSeconds(1)),
            new Routes().get("/metrics", (q, r) -> r.send("orders_total 17\n")),
            null);
    open.add(target);
    Database database = new Database();
    Path file = dir.resolve("clymene.yml");
    String config =
        """
        global: {scrape_interval: 1s}
        rule_files: [nobody-looks-at-it.yml]
        scrape_configs:
        - job_name: NAME
          static_configs: [{targets: ['127.0.0.1:%d']}]
          metric_relabel_configs: [{regex: '(.*)', source_labels: [job], replacement: 'is $1', target_label: x}]
        """
            .formatted(target.port());
    Files.writeString(file, config.replace("NAME", "first"));
    Map<String, String> variables =
        Map.of("STORAGE_TYPE", "prometheus", "PROMETHEUS_REMOTE_URL", database.url);
    ClymeneFlags flags =
        ClymeneFlags.read(
            ClymeneRole.AGENT,
            List.of(
                "--config.file=" + file,
                "--http.port=" + Ports.free(),
                "--admin.http.host-ports=127.0.0.1:" + Ports.free()),
            variables);
    CollectorRole role =
        new CollectorRole(
            () ->
                new YamlLayers(Map.of())
                    .add("graph", ClymeneGraph.yaml(flags, d -> {}).replace("0.0.0.0", "127.0.0.1"))
                    .document(),
            BuiltIn.components(),
            false,
            false);
    open.add(role);
    role.start();
    database.awaits(s -> s.contains("job=\"first\", x=\"is first\"} 17.0"));
    Files.writeString(file, config.replace("NAME", "second"));
    assertThat(
            post("http://127.0.0.1:" + role.port() + "/api/reload", "text/plain", new byte[0], "t"))
        .isEqualTo(200);
    database.awaits(s -> s.contains("job=\"second\", x=\"is second\"} 17.0"));
    Files.writeString(file, "nonsense: 1");
    assertThat(
            post("http://127.0.0.1:" + role.port() + "/api/reload", "text/plain", new byte[0], "t"))
        .isEqualTo(400);
  }

  /** With a real broker, which a fleet of Clymene's agents writes to. */
  @Test
  void ingesterReadsAgentRecordsFromKafka() throws Exception {
    try (KafkaProcess kafka = new KafkaProcess(Files.createDirectory(dir.resolve("broker")))) {
      byte[] request =
          new WriteRequestWriter()
              .beginSeries(Labels.of("__name__", "up", "job", "node"))
              .sample(1_700_000_000_000L, 1)
              .endSeries()
              .toByteArray();
      try (KafkaProducer<byte[], byte[]> p =
          new KafkaProducer<>(
              Map.of(
                  "bootstrap.servers",
                  kafka.address(),
                  "max.block.ms",
                  90_000,
                  "key.serializer",
                  ByteArraySerializer.class,
                  "value.serializer",
                  ByteArraySerializer.class))) {
        p.send(
                new ProducerRecord<>(
                    "clymene", Compression.SNAPPY.compress(request, 0, request.length, -1)))
            .get(90, TimeUnit.SECONDS);
      }
      Database database = new Database();
      CollectorRole role =
          run("ingester.yaml", Map.of("KAFKA", kafka.address(), "REMOTE_WRITE", database.url));
      database.awaits(s -> s.equals("null {__name__=\"up\", job=\"node\"} 1.0"));
      role.close();
    }
  }

  /** {@code ["t", 1700000000, {"log": "of fluent"}]}. */
  private static final byte[] FLUENT =
      new byte[] {
        (byte) 0x93,
        (byte) 0xa1,
        't',
        (byte) 0xce,
        0x65,
        0x53,
        (byte) 0xf1,
        0,
        (byte) 0x81,
        (byte) 0xa3,
        'l',
        'o',
        'g',
        (byte) 0xa9,
        'o',
        'f',
        ' ',
        'f',
        'l',
        'u',
        'e',
        'n',
        't'
      };

  private static void overTcp(int port, String text) throws IOException {
    try (java.net.Socket c = new java.net.Socket("127.0.0.1", port)) {
      c.getOutputStream().write(text.getBytes(UTF_8));
    }
  }

  @Test
  void parsesLogsOfFilesAndSockets() throws Exception {
    Path logs = Files.createDirectory(dir.resolve("logs"));
    Files.writeString(
        logs.resolve("a.log"),
        """
        2026-01-02 03:04:05 [INFO] started
        2026-01-02 03:04:06 [DEBUG] of no interest
        2026-01-02 03:04:07 [ERROR] it failed
          at Main.main(Main.java:3)
        """);
    Path out = dir.resolve("logs.ndjson");
    int syslog = Ports.free();
    int tcp = Ports.free();
    int fluent = Ports.free();
    int bulk = Ports.free();
    run(
        "logs.yaml",
        Map.of(
            "LOGS",
            logs.toString(),
            "SYSLOG",
            "127.0.0.1:" + syslog,
            "TCPLOG",
            "127.0.0.1:" + tcp,
            "UDPLOG",
            "127.0.0.1:" + Ports.free(),
            "JOURNAL",
            dir.resolve("no journal").toString(),
            "FLUENT",
            "127.0.0.1:" + fluent,
            "BULK",
            "127.0.0.1:" + bulk,
            "OUT",
            out.toString(),
            "STORAGE",
            dir.resolve("storage").toString()));
    overTcp(syslog, "<34>1 2003-10-11T22:14:15.003Z host su - ID47 - 'su root' failed\n");
    overTcp(tcp, "{\"user\":\"joe\"}\nroute=/a status=200\n");
    overTcp(fluent, FLUENT);
    lineIn(out, "\"stringValue\":\"started\"");
    lineIn(out, "it failed\\n  at Main.main(Main.java:3)");
    lineIn(out, "'su root' failed");
    lineIn(out, "\"key\":\"user\"");
    lineIn(out, "\"key\":\"route\"");
    lineIn(out, "of fluent");
    assertThat(
            post(
                "http://127.0.0.1:" + bulk + "/l/_bulk",
                "application/x-ndjson",
                "{\"create\":{}}\n{\"message\":\"of a beat\"}\n".getBytes(UTF_8),
                "t"))
        .isEqualTo(200);
    lineIn(out, "of a beat");
    assertThat(Files.readString(out)).doesNotContain("of no interest");
  }

  private static void overTcp(int port, byte[] bytes) throws IOException {
    try (java.net.Socket c = new java.net.Socket("127.0.0.1", port)) {
      c.getOutputStream().write(bytes);
    }
  }

  /** Where a receiver of the example listens. */
  private static String at(Map<String, String> environment, String name, String path) {
    return "http://" + environment.get(name) + path;
  }

  private static int portOf(Map<String, String> environment, String name) {
    return URI.create("http://" + environment.get(name)).getPort();
  }

  /** A batch of one span, in Thrift's binary protocol. */
  private static byte[] thrift() throws IOException {
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    java.io.DataOutputStream out = new java.io.DataOutputStream(bytes);
    out.write(12); // the process
    out.writeShort(1);
    text(out, 1, "shop");
    out.write(0);
    out.write(15); // a list of structs
    out.writeShort(2);
    out.write(12);
    out.writeInt(1);
    for (int id = 1; id <= 4; id++) {
      out.write(10);
      out.writeShort(id);
      out.writeLong(id == 4 ? 0 : id);
    }
    text(out, 5, "of jaeger");
    out.write(0);
    out.write(0);
    return bytes.toByteArray();
  }

  private static void text(java.io.DataOutputStream out, int id, String text) throws IOException {
    out.write(11);
    out.writeShort(id);
    out.writeInt(text.length());
    out.writeBytes(text);
  }

  /** A profile of one sample. */
  private static byte[] pprof() {
    ProtoWriter w = new ProtoWriter();
    int m = w.begin(1);
    w.int64(1, 1).int64(2, 2);
    w.end(m);
    m = w.begin(2);
    int v = w.begin(2);
    w.varint(7);
    w.end(v);
    w.end(m);
    for (String s : List.of("", "of pprof", "count")) {
      w.string(6, s);
    }
    return w.toByteArray();
  }

  @Test
  void acceptsPushesOfOtherSystems() throws Exception {
    Database database = new Database();
    Map<String, String> e = new HashMap<>();
    for (String name :
        "INFLUX INFLUX_UDP CARBON STATSD OPENTSDB ZIPKIN COLLECTD DATADOG IMPORT JAEGER JAEGER_GRPC JAEGER_AGENT LOKI FLUENT BULK PYROSCOPE PPROF"
            .split(" ")) {
      e.put(name, "127.0.0.1:" + Ports.free());
    }
    Path spans = dir.resolve("spans.ndjson");
    Path logs = dir.resolve("logs.ndjson");
    Path profiles = dir.resolve("profiles.ndjson");
    e.put("STATSD_TRANSPORT", "tcp");
    e.put("INTERVAL", "100ms");
    e.put("REMOTE_WRITE", database.url);
    e.put("SPANS", spans.toString());
    e.put("LOGS", logs.toString());
    e.put("PROFILES", profiles.toString());
    run("receivers.yaml", e);
    String json = "application/json";
    Map<String, Integer> answers = new java.util.TreeMap<>();
    record Push(String name, String path, String type, byte[] body) {}
    for (Push p :
        List.of(
            new Push("INFLUX", "/write?db=d", "text/plain", "cpu,host=a idle=98.5".getBytes(UTF_8)),
            new Push(
                "OPENTSDB",
                "/api/put",
                json,
                "{\"metric\":\"m\",\"timestamp\":1700000000,\"value\":4,\"tags\":{\"h\":\"a\"}}"
                    .getBytes(UTF_8)),
            new Push(
                "COLLECTD",
                "/",
                json,
                ("[{\"values\":[7],\"dstypes\":[\"gauge\"],\"dsnames\":[\"value\"],\"time\":1700000000,"
                        + "\"host\":\"web1\",\"plugin\":\"users\",\"type\":\"users\"}]")
                    .getBytes(UTF_8)),
            new Push(
                "DATADOG",
                "/api/v1/series",
                json,
                "{\"series\":[{\"metric\":\"dogs\",\"type\":\"gauge\",\"points\":[[1700000000,5]]}]}"
                    .getBytes(UTF_8)),
            new Push(
                "DATADOG", "/api/v2/logs", json, "[{\"message\":\"of a dog\"}]".getBytes(UTF_8)),
            new Push(
                "DATADOG",
                "/v0.4/traces",
                json,
                "[[{\"service\":\"s\",\"name\":\"of a tracer\",\"trace_id\":1,\"span_id\":2}]]"
                    .getBytes(UTF_8)),
            new Push(
                "IMPORT",
                "/api/v1/import?extra_label=origin=import",
                json,
                "{\"metric\":{\"__name__\":\"imported\"},\"values\":[6],\"timestamps\":[1700000000000]}"
                    .getBytes(UTF_8)),
            new Push(
                "ZIPKIN",
                "/api/v2/spans",
                json,
                "[{\"traceId\":\"a\",\"id\":\"b\",\"name\":\"of zipkin\"}]".getBytes(UTF_8)),
            new Push("JAEGER", "/api/traces", "application/x-thrift", thrift()),
            new Push("LOKI", "/loki/api/v1/push", json, loki("of loki")),
            new Push(
                "BULK",
                "/l/_bulk",
                "application/x-ndjson",
                "{\"create\":{}}\n{\"message\":\"of a beat\"}\n".getBytes(UTF_8)),
            new Push(
                "PYROSCOPE", "/ingest?name=a", "text/plain", "of;pyroscope 3\n".getBytes(UTF_8)),
            new Push("PPROF", "/v1/pprof", "application/octet-stream", pprof()))) {
      answers.put(p.name + p.path, post(at(e, p.name, p.path), p.type, p.body, "t"));
    }
    assertThat(answers.values()).as("%s", answers).allMatch(status -> status / 100 == 2);
    overTcp(portOf(e, "CARBON"), "servers.web1.cpu.load 0.7 1700000000\n");
    overTcp(portOf(e, "STATSD"), "hits:3|c|#route:x\ntook:20|ms\n");
    overTcp(portOf(e, "FLUENT"), FLUENT);
    database.awaits(
        s -> s.contains("\"users\"") && s.contains("host=\"web1\"") && s.endsWith(" 7.0"));
    database.awaits(s -> s.equals("null {__name__=\"cpu_idle\", db=\"d\", host=\"a\"} 98.5"));
    database.awaits(s -> s.equals("null {__name__=\"cpu_load\", host=\"web1\"} 0.7"));
    database.awaits(s -> s.contains("\"m\", h=\"a\"} 4.0"));
    database.awaits(s -> s.contains("\"dogs\"") && s.endsWith(" 5.0"));
    database.awaits(s -> s.contains("\"imported\", origin=\"import\"} 6.0"));
    database.awaits(s -> s.contains("hits_total") && s.contains("route=\"x\"} 3.0"));
    database.awaits(s -> s.contains("took_milliseconds_bucket") && s.contains("le=\"100"));
    lineIn(spans, "of zipkin", "of jaeger", "of a tracer");
    lineIn(logs, "of a dog", "of loki", "of a beat", "of fluent");
    lineIn(profiles, "of pprof", "pyroscope");
  }

  @Test
  void observesTheHost() throws Exception {
    Database database = new Database();
    run("host.yaml", new HashMap<>(Map.of("INTERVAL", "200ms", "REMOTE_WRITE", database.url)));
    database.awaits(
        s -> s.contains("\"system_memory_usage_bytes\"") && s.contains("state=\"used\""));
    database.awaits(s -> s.contains("\"system_cpu_time_seconds_total\"") && s.contains("cpu0"));
    database.awaits(s -> s.contains("\"system_cpu_utilization_ratio\""));
  }
}

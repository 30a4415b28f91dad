package dev.tethys.app;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.testkit.KafkaProcess;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The record of events compared with the real Alertmanager's: the same history leaves the same
 * events in files; topics of a real Kafka have the content of the file.
 */
@Timeout(240)
@Tag("slow")
class EventRecorderPeersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}";
  private static final Set<String> VARYING =
      Set.of("@timestamp", "instance", "version", "buildContext", "flushId", "updatedAt");

  @TempDir Path dir;

  private String config(String name, int hook, String brokers) {
    return """
    route:
      receiver: r
      group_by: [alertname]
      group_wait: 4s
      group_interval: 2s
      routes: [{receiver: both, matchers: [team="blue"], group_by: ['...']}]
    inhibit_rules:
    - {source_matchers: [severity="page"], target_matchers: ['severity=~"warn|info"'], equal: [cluster, zone]}
    - {source_matchers: [never="x"], target_matchers: [severity="warn"]}
    receivers:
    - {name: r, webhook_configs: [{url: 'http://127.0.0.1:%d/r'}]}
    - {name: both, webhook_configs: [{url: 'http://127.0.0.1:%<d/a'}, {url: 'http://127.0.0.1:%<d/b', send_resolved: false}]}
    event_recorder:
      file_outputs: [{path: '%s'}]
      kafka_outputs:
      - {brokers: ['%s'], topic: %s-json, compression: gzip}
      - {brokers: ['%3$s'], topic: %4$s-proto, format: protobuf, acks: all, client_id: test}
    """
        .formatted(hook, dir.resolve(name + ".jsonl"), brokers, name);
  }

  private static String alert(String labels, String start, String end) {
    return """
    {"labels": {%s}, "annotations": {"text": "ü"}, "startsAt": "%s", "endsAt": "%s"}\
    """
        .formatted(labels, start, end);
  }

  @Test
  void sameLifecycleProducesTheSameEvents() throws Exception {
    HttpServer hook =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hook.createContext(
        "/",
        x -> {
          x.getRequestBody().readAllBytes();
          x.sendResponseHeaders(200, -1);
          x.close();
        });
    hook.start();
    int port = Ports.free();
    try (KafkaProcess kafka = new KafkaProcess(Files.createDirectory(dir.resolve("broker")))) {
      topics(kafka, "ours-json", "ours-proto");
      int to = hook.getAddress().getPort();
      Files.writeString(dir.resolve("ours.yml"), config("ours", to, kafka.address()));
      try (RealAlertmanager peer =
              RealAlertmanager.start(
                  dir,
                  "real",
                  config("real", to, kafka.address()),
                  "--cluster.listen-address= --enable-feature=event-recorder");
          TethysProcess ours =
              TethysProcess.launch(
                      dir,
                      port,
                      List.of(
                          "alertmanager",
                          "--cluster.listen-address=",
                          "--enable-feature=event-recorder",
                          "--config.file=" + dir.resolve("ours.yml"),
                          "--storage.path=" + dir.resolve("ours"),
                          "--web.external-url=http://am.example.org/x",
                          "--web.route-prefix=/",
                          "--web.listen-address=127.0.0.1:" + port))
                  .awaitReady()) {
        live(new int[] {peer.port(), port});
        assertThat(ours.stop()).isZero();
        peer.process().descendants().forEach(ProcessHandle::destroy);
        peer.process().destroy();
        peer.process().waitFor();
        await("the end", () -> text("real").contains("Shutdown"));
        assertSame(jsonEvents(lines("ours")), jsonEvents(lines("real")));
        List<ConsumerRecord<byte[], byte[]>> inJson = records(kafka, "ours-json");
        assertThat(jsonEvents(inJson.stream().map(ConsumerRecord::value).toList()))
            .isEqualTo(jsonEvents(lines("ours")));
        assertThat(inJson).allMatch(r -> r.key().length > 0);
        assertSaysTheSame(records(kafka, "ours-proto"), inJson);
      }
    } finally {
      hook.stop(0);
    }
  }

  /** Shows only what is different. */
  private static void assertSame(Set<String> ours, Set<String> real) {
    assertThat(real).hasSizeGreaterThan(15);
    Set<String> more = new TreeSet<>(ours);
    more.removeAll(real);
    Set<String> missing = new TreeSet<>(real);
    missing.removeAll(ours);
    assertThat(List.of(more, missing)).isEqualTo(List.of(Set.of(), Set.of()));
  }

  private void live(int[] ports) throws IOException {
    String matchers =
        "\"matchers\": [{\"name\": \"alertname\", \"value\": \"S.*\", \"isRegex\": true},"
            + " {\"name\": \"team\", \"value\": \"red\", \"isRegex\": false, \"isEqual\": false}],"
            + " \"endsAt\": \""
            + Instant.now().plusSeconds(500)
            + "\", \"createdBy\": \"me\"";
    for (int p : ports) {
      String begun = Instant.now().toString();
      String id =
          JSON.readTree(
                  post(
                      p,
                      "silences",
                      "{" + matchers + ", \"startsAt\": \"" + begun + "\", \"comment\": \"c\"}"))
              .path("silenceID")
              .asString();
      String since =
          JSON.readTree(RealAlertmanager.send(p, "GET", "/api/v2/silence/" + id, "").body())
              .path("startsAt")
              .asString();
      post(
          p,
          "silences",
          "{\"id\": \""
              + id
              + "\", "
              + matchers
              + ", \"startsAt\": \""
              + since
              + "\", \"comment\": \"other\"}");
    }
    // Not so old that the real one flushes groups before all alerts of them have arrived.
    String start = Instant.now().toString();
    String later = Instant.now().plusSeconds(600).toString();
    String over = Instant.now().plusMillis(1).toString();
    for (int p : ports) {
      post(
          p,
          "alerts",
          "["
              + String.join(
                  ",",
                  alert("\"alertname\":\"A\",\"n\":\"1\"", start, later),
                  alert("\"alertname\":\"A\",\"n\":\"2\"", start, later),
                  alert("\"alertname\":\"S\"", start, later),
                  alert(
                      "\"alertname\":\"P\",\"severity\":\"page\",\"team\":\"blue\",\"cluster\":\"c\"",
                      start,
                      later),
                  alert(
                      "\"alertname\":\"W\",\"severity\":\"warn\",\"cluster\":\"c\"", start, later))
              + "]");
    }
    await(
        "first notifications",
        () ->
            List.of("real", "ours").stream()
                .allMatch(
                    n ->
                        occurrences(n, "NOTIFY_REASON_FIRST") >= 3
                            && occurrences(n, "silenceMutedAlert") > 0
                            && occurrences(n, "inhibitionMutedAlert") > 0));
    for (int p : ports) {
      post(
          p,
          "alerts",
          "["
              + alert("\"alertname\":\"A\",\"n\":\"1\"", start, over)
              + ","
              + alert(
                  "\"alertname\":\"P\",\"severity\":\"page\",\"team\":\"blue\",\"cluster\":\"c\"",
                  start,
                  over)
              + "]");
    }
    await(
        "second notifications",
        () ->
            List.of("real", "ours").stream()
                .allMatch(
                    n ->
                        occurrences(n, "alertResolved") >= 2
                            && text(n).contains("ALL_ALERTS_RESOLVED")
                            && text(n).contains("NEW_RESOLVED_ALERTS")
                            && occurrences(n, "NOTIFY_REASON_FIRST") >= 4));
  }

  private static String post(int port, String path, String body) throws IOException {
    HttpResponse<String> r = RealAlertmanager.send(port, "POST", "/api/v2/" + path, body);
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return r.body();
  }

  private String text(String name) {
    try {
      Path p = dir.resolve(name + ".jsonl");
      return Files.exists(p) ? Files.readString(p) : "";
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private long occurrences(String name, String of) {
    return text(name).lines().filter(l -> l.contains(of)).count();
  }

  private List<byte[]> lines(String name) {
    return text(name).lines().map(l -> l.getBytes(StandardCharsets.UTF_8)).toList();
  }

  /** The distinct events, as flushes of groups are repeated; without the parts that must differ. */
  private static Set<String> jsonEvents(List<byte[]> events) {
    return events.stream()
        .map(e -> normal(JSON.readTree(e)).toString().replaceAll(UUID, "<id>"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static JsonNode normal(JsonNode n) {
    if (n.isObject()) {
      ObjectNode o = JSON.createObjectNode();
      n.properties().stream()
          .sorted(Map.Entry.comparingByKey())
          .filter(e -> !VARYING.contains(e.getKey()))
          .filter(e -> !(e.getKey().equals("startsAt") && n.has("createdBy")))
          .forEach(e -> o.set(e.getKey(), normal(e.getValue())));
      return o;
    }
    if (n.isArray()) {
      List<JsonNode> all = new ArrayList<>();
      n.forEach(i -> all.add(normal(i)));
      // Hashes of what is kept back are in no order.
      if (all.stream().allMatch(i -> i.size() == 1 && i.has("hash"))) {
        all.sort((a, b) -> a.toString().compareTo(b.toString()));
      }
      var a = JSON.createArrayNode();
      all.forEach(a::add);
      return a;
    }
    return n;
  }

  private static void topics(KafkaProcess kafka, String... names) {
    Map<String, Object> properties =
        Map.of("bootstrap.servers", kafka.address(), "default.api.timeout.ms", 90_000);
    try (Admin a = Admin.create(properties)) {
      a.createTopics(Stream.of(names).map(n -> new NewTopic(n, 1, (short) 1)).toList())
          .all()
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    }
  }

  private static List<ConsumerRecord<byte[], byte[]>> records(KafkaProcess kafka, String topic) {
    try (KafkaConsumer<byte[], byte[]> c =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", kafka.address(), "auto.offset.reset", "earliest"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      TopicPartition p = new TopicPartition(topic, 0);
      c.assign(List.of(p));
      long end = c.endOffsets(List.of(p), Duration.ofSeconds(60)).getOrDefault(p, 0L);
      List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
      while (c.position(p, Duration.ofSeconds(30)) < end) {
        c.poll(Duration.ofSeconds(1)).forEach(all::add);
      }
      return all;
    }
  }

  /** Debian's build has no Kafka, so that protobuf is held against JSON, which it wrote too. */
  private static void assertSaysTheSame(
      List<ConsumerRecord<byte[], byte[]>> protobuf, List<ConsumerRecord<byte[], byte[]>> json) {
    assertThat(protobuf).hasSameSizeAs(json);
    for (int i = 0; i < json.size(); i++) {
      List<String> wanted = new ArrayList<>();
      leaves(JSON.readTree(json.get(i).value()), wanted);
      List<String> found = new ArrayList<>();
      values(protobuf.get(i).value(), found);
      assertThat(found).containsAll(wanted);
    }
  }

  /** Texts and numbers but those that protobuf has in another form. */
  private static void leaves(JsonNode n, List<String> to) {
    if (n.isString() && !n.asString().matches("\\d{4}-\\d\\d-.*Z|\\d+s|[A-Z]+_[A-Z_]+")) {
      to.add(n.asString());
    }
    n.forEach(child -> leaves(child, to));
  }

  /** All values of a message, without its schema. */
  private static void values(byte[] message, List<String> to) {
    ProtoReader r = new ProtoReader(message);
    while (r.next()) {
      switch (r.wireType()) {
        case ProtoReader.VARINT -> to.add(Long.toUnsignedString(r.readLong()));
        case ProtoReader.LENGTH -> {
          byte[] b = r.readBytes();
          to.add(new String(b, StandardCharsets.UTF_8));
          try {
            values(b, to);
          } catch (CodecException e) {
            packed(b, to); // a text, or numbers
          }
        }
        default -> r.skip();
      }
    }
  }

  private static void packed(byte[] b, List<String> to) {
    try {
      ProtoReader r = new ProtoReader(b);
      while (!r.atEnd()) {
        to.add(Long.toUnsignedString(r.readVarint()));
      }
    } catch (CodecException e) {
      // a text
    }
  }
}

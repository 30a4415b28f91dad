package dev.tethys.alert.manager;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.alert.manager.recorder.EventRecorder;
import dev.tethys.alert.manager.recorder.KafkaTopics;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.config.ConfigException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What is recorded of an Alertmanager's life, and how outputs behave that are slow or gone. */
@Timeout(90)
@Tag("slow")
class EventRecorderTest extends AlertmanagerFixture {
  private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
  private final List<KafkaTopics.Target> topics = new CopyOnWriteArrayList<>();
  private final List<byte[]> records = new CopyOnWriteArrayList<>();

  @Override
  EventRecorder recorder() {
    return EventRecorder.of(
        new EventRecorder.Origin("host1", "1.2.3", "built here"),
        clients,
        registry,
        stdout,
        target -> {
          topics.add(target);
          return new KafkaTopics.Topic() {
            @Override
            public void write(
                byte[] key, byte[] value, Consumer<KafkaTopics.@Nullable Failure> done) {
              assertThat(new String(key, StandardCharsets.UTF_8)).isEqualTo("host1");
              records.add(value);
              done.accept(
                  records.size() == 1 ? new KafkaTopics.Failure("timeout", "too late") : null);
            }

            @Override
            public void close(Duration limit) {}
          };
        },
        clock);
  }

  private static String with(String recorder) {
    return PLAIN + "event_recorder: " + recorder + "\n";
  }

  private void close() {
    Objects.requireNonNull(manager).close();
    manager = null;
  }

  private static List<JsonNode> events(Path file) throws IOException {
    return Files.readAllLines(file).stream().map(l -> (JsonNode) JSON.readTree(l)).toList();
  }

  private static List<String> kinds(List<JsonNode> events) {
    return events.stream().map(e -> e.path("data").propertyNames().iterator().next()).toList();
  }

  private static JsonNode the(List<JsonNode> events, String kind) {
    return events.stream()
        .map(e -> e.path("data").path(kind))
        .filter(n -> !n.isMissingNode())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void recordsEventsOfEachAlert() throws Exception {
    Path file = dir.resolve("events.jsonl");
    open(
        with("{file_outputs: [{path: " + file + "}], stdout_outputs: [{}]}")
            + "inhibit_rules: [{name: quiet, source_matchers: [n=\"high\"], target_matchers: [n=\"low\"],"
            + " equal: [alertname]}]\n");
    Alertmanager m = Objects.requireNonNull(manager);
    post(firing("A", "n", "1"));
    after(Duration.ofSeconds(10));
    post(resolved("A", "n", "1"));
    after(Duration.ofMinutes(1));
    String id =
        m.silences()
            .set(silence("", clock.instant(), clock.instant().plusSeconds(900), "n=~\"sil.*\""));
    m.silences()
        .set(silence(id, clock.instant(), clock.instant().plusSeconds(1800), "n=~\"sil.*\""));
    post(firing("B", "n", "high"), firing("B", "n", "low"), firing("B", "n", "silent"));
    after(Duration.ofSeconds(10));
    close();

    List<JsonNode> all = events(file);
    assertThat(kinds(all))
        .containsExactly(
            "alertmanagerStartupEvent",
            "alertCreated",
            "alertGrouped",
            "notification",
            "alertGrouped",
            "notification",
            "alertResolved",
            "silenceCreated",
            "silenceUpdated",
            "alertCreated",
            "alertCreated",
            "alertCreated",
            "alertGrouped",
            "alertGrouped",
            "alertGrouped",
            "inhibitionMutedAlert",
            "silenceMutedAlert",
            "notification",
            "alertmanagerShutdownEvent");
    assertThat(stdout.toString(StandardCharsets.UTF_8)).isEqualTo(Files.readString(file));
    JsonNode first = all.getFirst();
    assertThat(first.path("@timestamp").asString()).isEqualTo("2026-03-02T12:00:00Z");
    assertThat(first.path("instance").asString()).isEqualTo("host1");
    assertThat(the(all, "alertmanagerStartupEvent").path("version").asString()).isEqualTo("1.2.3");
    JsonNode alert = the(all, "alertCreated").path("alert");
    assertThat(alert.path("name").asString()).isEqualTo("A");
    assertThat(alert.path("labels").toString())
        .isEqualTo(
            "{\"labels\":[{\"key\":\"alertname\",\"value\":\"A\"},{\"key\":\"n\",\"value\":\"1\"}]}");
    JsonNode sent = the(all, "notification");
    assertThat(sent.path("reason").asString()).isEqualTo("NOTIFY_REASON_FIRST_NOTIFICATION");
    assertThat(sent.path("repeatInterval").asString()).isEqualTo("3600s");
    assertThat(sent.path("flushId").asString()).isEqualTo("1");
    assertThat(sent.path("alerts").path(0).path("details").path("endsAt").asString())
        .isEqualTo("0001-01-01T00:00:00Z");
    assertThat(sent.path("firingAlerts").path(0).path("hash"))
        .isEqualTo(sent.path("alerts").path(0).path("hash"));
    JsonNode last = all.get(all.size() - 2).path("data").path("notification");
    assertThat(last.path("mutedAlerts")).hasSize(2);
    assertThat(last.path("alerts")).hasSize(1);
    JsonNode inhibited = the(all, "inhibitionMutedAlert");
    assertThat(inhibited.path("inhibitRules").path(0).path("name").asString()).isEqualTo("quiet");
    assertThat(inhibited.path("inhibitingFingerprints")).hasSize(1);
    JsonNode silence = the(all, "silenceMutedAlert").path("silence");
    assertThat(silence.path("id").asString()).isEqualTo(id);
    assertThat(silence.path("matcherSets").path(0).path("matchers").path(0).path("rendered"))
        .hasToString("\"n=~\\\"sil.*\\\"\"");
    assertThat(
            value(
                "alertmanager_events_recorded_total{event_type=\"notification\",output=\"file:"
                    + file
                    + "\",result=\"success\"}"))
        .isEqualTo(3);
    assertThat(value("alertmanager_event_recorder_queue_length")).isZero();
  }

  @Test
  void recreatesRotatedFile() throws Exception {
    Path file = dir.resolve("events.jsonl");
    open(with("{file_outputs: [{path: " + file + "}]}"));
    post(firing("A"));
    await("two events", () -> lines(file) == 3);
    Files.move(file, dir.resolve("events.1"));
    post(firing("B"));
    await("the new file", () -> lines(file) == 2);
    Files.delete(file);
    post(firing("C"));
    await("the newer file", () -> lines(file) == 2);
    assertThat(lines(dir.resolve("events.1"))).isEqualTo(3);
  }

  private static int lines(Path file) {
    try {
      return Files.exists(file) ? Files.readAllLines(file).size() : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  @Test
  void reloadChangesOutputsUnlessOneCannotBeOpened() throws Exception {
    Path one = dir.resolve("one");
    Path two = dir.resolve("two");
    Alertmanager m = open(with("{file_outputs: [{path: " + one + "}]}"));
    post(firing("A"));
    await("events", () -> lines(one) == 3);
    m.apply(read(with("{file_outputs: [{path: " + two + "}]}")));
    post(firing("B"));
    // The groups of the new configuration take in what there is.
    await("events in the other file", () -> lines(two) == 3);
    assertThat(lines(one)).isEqualTo(3);
    m.apply(read(with("{file_outputs: [{path: " + one + "}, {path: " + dir + "/no/where}]}")));
    post(firing("C"));
    await("events where they went before", () -> lines(two) == 7);
    assertThat(lines(one)).isEqualTo(3);
    m.apply(read(PLAIN));
    post(firing("D"));
    close();
    assertThat(lines(two)).isEqualTo(7);
  }

  /** A server whose answers a test decides on. */
  private record Hook(HttpServer server, List<String> bodies) implements AutoCloseable {
    interface Answer {
      int status(int request) throws Exception;
    }

    static Hook start(Answer answer) {
      List<String> bodies = new CopyOnWriteArrayList<>();
      HttpServer s = loopback();
      s.setExecutor(java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor());
      s.createContext(
          "/",
          x -> {
            String body = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            int n;
            synchronized (bodies) {
              bodies.add(body);
              n = bodies.size();
            }
            try {
              x.sendResponseHeaders(answer.status(n), -1);
            } catch (Exception e) {
              throw new IOException(e);
            } finally {
              x.close();
            }
          });
      s.start();
      return new Hook(s, bodies);
    }

    String url() {
      return "http://user:pw@127.0.0.1:" + server.getAddress().getPort() + "/in?token=t";
    }

    String name() {
      return "webhook:http://127.0.0.1:" + server.getAddress().getPort() + "/in";
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  @Test
  void webhookReceivesEachEventAndRetriesAfterFailure() throws Exception {
    try (Hook h = Hook.start(n -> n == 1 ? 503 : 200)) {
      open(with("{webhook_outputs: [{url: '" + h.url() + "', workers: 1, retry_backoff: 1ms}]}"));
      post(firing("A"));
      close();
      List<String> kinds = kinds(h.bodies().stream().map(JSON::readTree).toList());
      assertThat(kinds)
          .containsExactly(
              "alertmanagerStartupEvent",
              "alertmanagerStartupEvent",
              "alertCreated",
              "alertGrouped",
              "alertmanagerShutdownEvent");
      assertThat(value("alertmanager_event_output_drops_total{output=\"" + h.name() + "\"}"))
          .isZero();
    }
  }

  @Test
  void rejectingWebhookLosesOnlyItsEvents() throws Exception {
    Path file = dir.resolve("events");
    try (Hook h = Hook.start(n -> 400)) {
      open(
          with(
              "{webhook_outputs: [{url: '"
                  + h.url()
                  + "', workers: 2, max_retries: 2, retry_backoff: 1ms}], file_outputs: [{path: "
                  + file
                  + "}]}"));
      post(firing("A"));
      close();
      assertThat(h.bodies()).hasSize(8);
      assertThat(lines(file)).isEqualTo(4);
      assertThat(value("alertmanager_event_output_drops_total{output=\"" + h.name() + "\"}"))
          .isEqualTo(4);
    }
  }

  @Test
  void batchesAreArraysOfLimitedLength() throws Exception {
    try (Hook h = Hook.start(n -> 200)) {
      open(
          with(
              "{webhook_outputs: [{url: '"
                  + h.url()
                  + "', workers: 1, batch: true, batch_max_events: 4, batch_max_bytes: 100000,"
                  + " batch_flush_interval: 1h}]}"));
      for (int i = 0; i < 5; i++) {
        post(firing("A", "n", "" + i));
      }
      close();
      List<Integer> sizes = new ArrayList<>();
      List<JsonNode> all = new ArrayList<>();
      for (String b : h.bodies()) {
        JsonNode array = JSON.readTree(b);
        assertThat(array.isArray()).isTrue();
        sizes.add(array.size());
        array.forEach(all::add);
      }
      assertThat(sizes).containsExactly(4, 4, 4);
      assertThat(kinds(all)).startsWith("alertmanagerStartupEvent", "alertCreated", "alertGrouped");
    }
  }

  @Test
  void sendsOversizedEventInItsOwnBatch() throws Exception {
    try (Hook h = Hook.start(n -> 200)) {
      open(
          with(
              "{webhook_outputs: [{url: '"
                  + h.url()
                  + "', workers: 1, batch: true, batch_max_bytes: 150, batch_flush_interval: 1h}]}"));
      post(firing("A"));
      close();
      assertThat(h.bodies()).hasSize(4).allMatch(b -> JSON.readTree(b).size() == 1);
    }
  }

  @Test
  void silentWebhookDoesNotBlockOthers() throws Exception {
    Path file = dir.resolve("events");
    CountDownLatch over = new CountDownLatch(1);
    try (Hook h =
        Hook.start(
            n -> {
              over.await();
              return 200;
            })) {
      open(
          with(
              "{webhook_outputs: [{url: '"
                  + h.url()
                  + "', workers: 2, timeout: 1h}], file_outputs: [{path: "
                  + file
                  + "}]}"));
      for (int i = 0; i < 700; i++) {
        post(firing("A", "n", "" + i));
      }
      await("the file", () -> lines(file) == 1401);
      // Two are being posted, 1024 wait.
      assertThat(value("alertmanager_event_output_drops_total{output=\"" + h.name() + "\"}"))
          .isBetween(375.0, 377.0);
      assertThat(after(Duration.ofSeconds(10))).hasSize(1);
      over.countDown();
      close();
      assertThat(h.bodies().size()).isBetween(1025, 1028);
    } finally {
      over.countDown();
    }
  }

  @Test
  void kafkaGetsJsonOrProtobuf() throws Exception {
    open(
        with(
            "{kafka_outputs: [{brokers: ['b:2', 'a:1'], topic: t, format: protobuf, acks: all,"
                + " compression: zstd}]}"));
    post(firing("A"));
    close();
    assertThat(topics)
        .containsExactly(
            new KafkaTopics.Target(List.of("a:1", "b:2"), "t", "alertmanager", -1, "zstd", null));
    assertThat(records).hasSize(4);
    ProtoReader r = new ProtoReader(records.get(1));
    List<String> fields = new ArrayList<>();
    while (r.next()) {
      fields.add(r.field() == 2 ? "2=" + r.readString() : r.field() + "");
      if (r.field() != 2) {
        r.skip();
      }
    }
    assertThat(fields).containsExactly("1", "2=host1", "3");
    assertThat(
            value(
                "alertmanager_event_kafka_produce_errors_total{error_type=\"timeout\","
                    + "output=\"kafka:a:1,b:2/t\"}"))
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {file_outputs: [{}]}                                        | event_recorder file output requires a path
          {file_outputs: [{path: a, more: b}]}                        | more
          {webhook_outputs: [{}]}                                     | event_recorder webhook output requires a url
          {webhook_outputs: [{url: 'ftp://a/'}]}                      | unsupported scheme
          {webhook_outputs: [{url: <secret>}]}                        | requires an absolute http(s) url
          {webhook_outputs: [{url: 'http://a/', batch_max_events: 1}]} | webhook batch settings require batch: true
          {webhook_outputs: [{url: 'http://a/', batch: true, batch_max_bytes: -1}]} | webhook batch settings cannot be negative
          {kafka_outputs: [{topic: t}]}                               | at least one broker is required
          {kafka_outputs: [{brokers: ['a:1']}]}                       | event_recorder kafka output requires a topic
          {kafka_outputs: [{brokers: ['a:1'], topic: t, acks: some}]} | acks
          {kafka_outputs: [{brokers: ['a:1'], topic: t, format: xml}]} | format
          {stdout_outputs: [{path: a}]}                               | path
          """)
  void reportsInvalidSettings(String recorder, String said) {
    assertThatThrownBy(() -> read(with(recorder)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(said)
        .hasMessageContaining("am.yml:");
  }

  @Test
  void recordsNothingWithoutTheFeature() throws Exception {
    Path file = dir.resolve("events");
    open(PLAIN);
    Alertmanager m = Objects.requireNonNull(manager);
    m.close();
    Alertmanager off =
        new Alertmanager(
            m.options(),
            clients,
            new dev.tethys.model.exposition.Registry(),
            clock,
            new dev.tethys.web.tracing.Tracing("a", "1", clients, registry));
    manager = off;
    off.apply(read(with("{file_outputs: [{path: " + file + "}]}")));
    post(firing("A"));
    close();
    assertThat(file).doesNotExist();
  }
}

package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.StackProfile;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.testkit.ServerProcess;
import io.opentelemetry.proto.profiles.v1development.ProfilesData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a real broker. */
@Timeout(180)
@Tag("slow")
class KafkaTest {
  private static final Histogram GAUGE_HISTOGRAM =
      new Histogram(
          true,
          Histogram.ResetHint.GAUGE,
          0,
          0.5,
          1,
          4,
          9,
          new int[] {0, 2},
          new double[] {1, 2},
          new int[0],
          new double[0],
          null);

  @TempDir static Path dir;
  private static KafkaBroker broker;

  @BeforeAll
  static void begin() throws Exception {
    broker = new KafkaBroker(dir);
  }

  @AfterAll
  static void end() throws Exception {
    broker.close();
  }

  private record Arrival(Batch batch, AckCallback ack) {}

  private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();

  private Arrival next() throws InterruptedException {
    Arrival a = arrivals.poll(60, TimeUnit.SECONDS);
    assertThat(a).as("nothing arrived").isNotNull();
    return java.util.Objects.requireNonNull(a);
  }

  private Exporter exporter(Signal signal, String yaml) {
    KafkaExporterFactory f = new KafkaExporterFactory();
    return f.create(
        f.settings().read(YamlDocument.parse("a.yml", null, with(yaml)).root()),
        signal,
        new TestContext());
  }

  private Receiver receiver(Signal signal, String yaml) throws IOException {
    return receiver(signal, yaml, new TestContext());
  }

  private Receiver receiver(Signal signal, String yaml, TestContext context) throws IOException {
    KafkaReceiverFactory f = new KafkaReceiverFactory();
    Consumer output = (b, r) -> arrivals.add(new Arrival(b, r));
    Receiver r =
        f.create(
            f.settings().read(YamlDocument.parse("a.yml", null, with(yaml)).root()),
            Map.of(signal, output),
            context);
    r.start();
    return r;
  }

  private static String with(String yaml) {
    return "brokers: ['" + broker.address() + "']\n" + yaml;
  }

  private static String group(String topic, String more) {
    return """
    group_id: %1$s
    initial_offset: earliest
    metrics: {topics: [%1$s], encoding: remote_write}
    logs: {topics: [%1$s], encoding: raw}
    autocommit: {interval: 100ms}
    error_backoff: {initial_interval: 10ms}
    """
            .formatted(topic)
        + more;
  }

  private static void produce(String topic, String... values) throws Exception {
    try (KafkaProducer<byte[], byte[]> p =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.address()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (String v : values) {
        p.send(new ProducerRecord<>(topic, v.getBytes(StandardCharsets.UTF_8))).get();
      }
    }
  }

  private static List<ConsumerRecord<byte[], byte[]>> read(String topic, int count) {
    List<ConsumerRecord<byte[], byte[]>> out = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> c =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", broker.address(), "auto.offset.reset", "earliest"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> all =
          c.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      c.assign(all);
      c.seekToBeginning(all);
      while (out.size() < count) {
        c.poll(Duration.ofSeconds(1)).forEach(out::add);
      }
    }
    return out;
  }

  private static long committed(String group) throws Exception {
    try (Admin a = broker.admin()) {
      return a
          .listConsumerGroupOffsets(group)
          .partitionsToOffsetAndMetadata()
          .get(30, TimeUnit.SECONDS)
          .values()
          .stream()
          .mapToLong(o -> o == null ? 0 : o.offset())
          .sum();
    }
  }

  private static void untilCommitted(String group, long offset) throws Exception {
    while (committed(group) != offset) {
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      TimeUnit.MILLISECONDS.sleep(50); // polls another process
    }
  }

  @Test
  void keepsTheOrderOfEachSeriesThroughATopic() throws Exception {
    broker.topic("metrics", 5);
    Exporter out =
        exporter(
            Signal.METRICS,
            "metrics: {topic: metrics, encoding: remote_write}\n"
                + "producer: {compression: zstd, linger: 0s, flush_max_messages: 1, batch_size:"
                + " 512}");
    Receiver in = receiver(Signal.METRICS, group("metrics", ""));
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Batch b = RecordsTest.series(50, 1 + i % 3);
      sent.addAll(RecordsTest.samples(b));
      BlockingQueue<Outcome> outcome = new LinkedBlockingQueue<>();
      out.consume(b, outcome::add);
      assertThat(outcome.take()).isEqualTo(Outcome.ACCEPTED);
    }
    List<String> received = new ArrayList<>();
    Map<String, Long> lanes = new HashMap<>();
    while (received.size() < sent.size()) {
      Arrival a = next();
      received.addAll(RecordsTest.samples(a.batch()));
      assertThat(a.batch().lane()).isNotZero();
      a.ack().complete(Outcome.ACCEPTED);
    }
    assertThat(received).containsExactlyInAnyOrderElementsOf(sent);
    untilCommitted("metrics", 20);
    in.stop(Duration.ofSeconds(5));
    out.stop(Duration.ZERO);
    for (ConsumerRecord<byte[], byte[]> r : read("metrics", 20)) {
      Long before =
          lanes.putIfAbsent(new String(r.key(), StandardCharsets.UTF_8), (long) r.partition());
      assertThat(before == null || before == r.partition()).isTrue();
    }
    assertThat(lanes).hasSize(3);
  }

  @Test
  void sendsProfilesThroughATopic() throws Exception {
    for (String encoding : List.of("otlp_proto", "otlp_json")) {
      String topic = "profiles-" + encoding;
      broker.topic(topic, 1);
      String where = ": {%s: %s, encoding: " + encoding + "}";
      Exporter out = exporter(Signal.PROFILES, "profiles" + where.formatted("topic", topic));
      Receiver in =
          receiver(
              Signal.PROFILES,
              "group_id: profiles\ninitial_offset: earliest\nprofiles"
                  + where.formatted("topics", "[" + topic + "]"));
      ProfilesWriter w = new ProfilesWriter();
      w.resource(Map.of("service.name", "shop"));
      StackProfile p =
          new StackProfile(
              new StackProfile.About("cpu", "nanoseconds", "cpu", "nanoseconds", 10, 1, 2), w);
      for (String f : List.of("main", "other")) {
        p.add(StackProfile.stack(List.of(new StackProfile.Frame(f, 7)), w), List.of(), 30);
      }
      p.write(Map.of());
      Batch sent = new Batch(Signal.PROFILES, Encoding.OTLP, w.toByteArray(), w.samples(), 0);
      BlockingQueue<Outcome> outcome = new LinkedBlockingQueue<>();
      byte[] bytes = sent.body().clone();
      out.consume(sent, outcome::add);
      assertThat(outcome.take()).isEqualTo(Outcome.ACCEPTED);
      Arrival a = next();
      assertThat(a.batch().items()).isEqualTo(2);
      assertThat(ProfilesData.parseFrom(a.batch().body())).isEqualTo(ProfilesData.parseFrom(bytes));
      a.ack().complete(Outcome.ACCEPTED);
      in.stop(Duration.ofSeconds(5));
      out.stop(Duration.ZERO);
    }
  }

  @Test
  void positionWaitsForTheAcknowledgement() throws Exception {
    broker.topic("late", 1);
    produce("late", "a", "b", "c");
    Receiver in = receiver(Signal.LOGS, group("late", ""));
    Arrival a = next();
    Arrival b = next();
    Arrival c = next();
    c.ack().complete(Outcome.ACCEPTED);
    a.ack().complete(Outcome.ACCEPTED);
    untilCommitted("late", 1);
    in.stop(Duration.ZERO);
    assertThat(committed("late")).isEqualTo(1);
    b.ack().complete(Outcome.ACCEPTED); // too late to count

    Receiver again = receiver(Signal.LOGS, group("late", ""));
    Arrival b2 = next();
    assertThat(RecordsTest.bodies(b2.batch())).containsExactly("b");
    b2.ack().complete(Outcome.ACCEPTED);
    next().ack().complete(Outcome.ACCEPTED);
    again.stop(Duration.ofSeconds(5));
    assertThat(committed("late")).isEqualTo(3);
  }

  /** librdkafka, with its own compression libraries, writes records and reads ours. */
  @Test
  void interoperatesWithKcat(@TempDir Path folder) throws Exception {
    Path kcat = ServerProcess.find("kcat");
    Path lines = Files.writeString(folder.resolve("lines"), "one\nüber\nthree\n");
    broker.topic("kcat", 1);
    Receiver in = receiver(Signal.LOGS, group("kcat", ""));
    for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
      run(kcat, folder, "-P", "-t", "kcat", "-z", codec, "-l", lines.toString());
      List<String> got = new ArrayList<>();
      while (got.size() < 3) {
        Arrival a = next();
        got.addAll(RecordsTest.bodies(a.batch()));
        a.ack().complete(Outcome.ACCEPTED);
      }
      assertThat(got).as(codec).containsExactly("one", "über", "three");
    }
    in.stop(Duration.ofSeconds(5));
    broker.topic("read", 1);
    Exporter out =
        exporter(
            Signal.METRICS,
            "metrics: {topic: read, encoding: otlp_json}\n"
                + "producer: {linger: 0s, compression: zstd}");
    BlockingQueue<Outcome> outcome = new LinkedBlockingQueue<>();
    out.consume(RecordsTest.series(1, 1), outcome::add);
    assertThat(outcome.take()).isEqualTo(Outcome.ACCEPTED);
    out.stop(Duration.ZERO);
    assertThat(run(kcat, folder, "-C", "-t", "read", "-e", "-q")).contains("resourceMetrics");
  }

  private static String run(Path kcat, Path folder, String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of(kcat.toString(), "-b", broker.address()));
    command.addAll(List.of(args));
    Path out = folder.resolve("out");
    Process p =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    boolean ended = p.waitFor(60, TimeUnit.SECONDS);
    p.destroyForcibly();
    String said = Files.readString(out);
    assertThat(ended && p.exitValue() == 0).as(said).isTrue();
    return said;
  }

  @Test
  void convertsHeadersToResourceAttributesAndMetadata() throws Exception {
    broker.topic("headers", 1);
    try (KafkaProducer<byte[], byte[]> p =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.address()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      ProducerRecord<byte[], byte[]> r = new ProducerRecord<>("headers", new byte[] {'a'});
      for (String h : new String[] {"team=one", "team=two", "app-id=7", "other=x"}) {
        String[] pair = h.split("=", 2);
        r.headers().add(pair[0], pair[1].getBytes(StandardCharsets.UTF_8));
      }
      p.send(r).get();
    }
    Receiver in =
        receiver(
            Signal.LOGS,
            group(
                "headers",
                "header_extraction: {extract_headers: true, headers: [team, 'app*', absent]}"));
    Arrival a = next();
    Batch b = a.batch();
    Attributes expected = new Attributes();
    expected.put("kafka.header.team", "one");
    expected.put("kafka.header.app-id", "7");
    assertThat(
            new OtlpReader()
                .logs(b.body(), 0, b.body().length)
                .resources()
                .getFirst()
                .resource()
                .attributes())
        .isEqualTo(expected);
    assertThat(b.metadata().get("team")).containsExactly("one", "two");
    assertThat(b.metadata().get("other")).containsExactly("x");
    a.ack().complete(Outcome.ACCEPTED);
    in.stop(Duration.ofSeconds(5));
  }

  /** Series have no resource: they become metrics that have one. */
  @Test
  void convertsHeadersOfSeriesToAttributes() {
    RecordReader reader =
        new RecordReader(Signal.METRICS, new RecordEncoding.Reading(RecordEncoding.REMOTE_WRITE));
    RecordWriter w =
        RecordsTest.write(RecordEncoding.REMOTE_WRITE, 1_000_000, RecordsTest.series(2, 1));
    Batch b =
        reader
            .read(w.values().getFirst().bytes(), 0, 1, Metadata.NONE, Map.of("kafka.header.k", "v"))
            .batch();
    assertThat(new OtlpReader().metrics(b.body(), 0, b.body().length).resources())
        .isNotEmpty()
        .allMatch(
            g -> String.valueOf(g.resource().attributes().getString("kafka.header.k")).equals("v"));
  }

  /** OTLP has no native histogram of a gauge. */
  @Test
  void countsSamplesUnsupportedByOtlpOnce() throws Exception {
    broker.topic("place", 1);
    byte[] request =
        new WriteRequestWriter()
            .metadata("h", new MetricMetadata(MetricType.HISTOGRAM, "", ""))
            .beginSeries(Labels.of("__name__", "h"))
            .histogram(1_700_000_000_000L, GAUGE_HISTOGRAM)
            .endSeries()
            .beginSeries(Labels.of("__name__", "up"))
            .sample(1_700_000_000_000L, 1)
            .endSeries()
            .toByteArray();
    try (KafkaProducer<byte[], byte[]> p =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.address()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      ProducerRecord<byte[], byte[]> r =
          new ProducerRecord<>("place", SnappyBlock.encode(request, 0, request.length));
      r.headers().add("team", new byte[] {'a'});
      p.send(r).get();
    }
    TestContext context = new TestContext();
    Receiver in =
        receiver(
            Signal.METRICS,
            group("place", "header_extraction: {extract_headers: true, headers: [team]}"),
            context);
    next().ack().complete(new Outcome.Unavailable("full", Duration.ZERO));
    Arrival again = next();
    assertThat(again.batch().items()).isEqualTo(1);
    again.ack().complete(Outcome.ACCEPTED);
    assertThat(context.account(Signal.METRICS).balance().dropped())
        .containsExactly(Map.entry(RecordReader.NO_PLACE, 1L));
    in.stop(Duration.ofSeconds(5));
  }

  @Test
  void rereadsRejectedRecordsInOrder() throws Exception {
    broker.topic("again", 1);
    produce("again", "a", "b", "c");
    Receiver in = receiver(Signal.LOGS, group("again", ""));
    next().ack().complete(Outcome.ACCEPTED);
    Arrival b = next();
    Arrival c = next();
    b.ack().complete(new Outcome.Unavailable("full", Duration.ZERO));
    c.ack().complete(Outcome.ACCEPTED);
    List<String> second = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Arrival x = next();
      second.addAll(RecordsTest.bodies(x.batch()));
      x.ack().complete(Outcome.ACCEPTED);
    }
    assertThat(second).containsExactly("b", "c");
    untilCommitted("again", 3);
    in.stop(Duration.ofSeconds(5));
  }

  @Test
  void sendsUnreadableAndRejectedRecordsToDeadLetters() throws Exception {
    broker.topic("poison", 1);
    broker.topic("dead", 1);
    produce("poison", "this is no request");
    Receiver in = receiver(Signal.METRICS, group("poison", "dead_letter_topic: dead"));
    ConsumerRecord<byte[], byte[]> dead = read("dead", 1).getFirst();
    assertThat(new String(dead.value(), StandardCharsets.UTF_8)).isEqualTo("this is no request");
    assertThat(
            new String(
                dead.headers().lastHeader("dead_letter.topic").value(), StandardCharsets.UTF_8))
        .isEqualTo("poison");
    untilCommitted("poison", 1);

    Exporter out = exporter(Signal.METRICS, "metrics: {topic: poison, encoding: remote_write}");
    out.consume(RecordsTest.series(3, 1), AckCallback.NONE);
    next().ack().complete(new Outcome.Rejected("never", 3));
    assertThat(read("dead", 2)).hasSize(2);
    untilCommitted("poison", 2);
    in.stop(Duration.ofSeconds(5));
    out.stop(Duration.ZERO);
  }

  @Test
  void survivesABrokerRestartOnBothSides() throws Exception {
    broker.topic("killed", 1);
    Exporter out =
        exporter(Signal.METRICS, "metrics: {topic: killed, encoding: remote_write}\ntimeout: 2s");
    Receiver in = receiver(Signal.METRICS, group("killed", ""));
    out.consume(RecordsTest.series(1, 1), AckCallback.NONE);
    next().ack().complete(Outcome.ACCEPTED);
    untilCommitted("killed", 1);
    broker.killAndRestart();
    BlockingQueue<Outcome> outcome = new LinkedBlockingQueue<>();
    Thread.ofVirtual().start(() -> out.consume(RecordsTest.series(2, 1), outcome::add));
    assertThat(outcome.poll(90, TimeUnit.SECONDS)).isEqualTo(Outcome.ACCEPTED);
    Arrival a = next();
    assertThat(a.batch().items()).isEqualTo(2);
    a.ack().complete(Outcome.ACCEPTED);
    in.stop(Duration.ofSeconds(5));
    out.stop(Duration.ZERO);
  }

  /** A group forgets a member that was silent for too long, as on a machine that was paused. */
  @Test
  void continuesAfterRemovalFromTheGroup() throws Exception {
    broker.topic("silent", 1);
    produce("silent", "a", "b", "c");
    Receiver in =
        receiver(
            Signal.LOGS,
            group("silent", "")
                .replace("autocommit: {interval: 100ms}", "autocommit: {interval: 1h}"));
    next().ack().complete(Outcome.ACCEPTED);
    next().ack().complete(Outcome.ACCEPTED);
    Arrival c = next();
    try (Admin a = broker.admin()) {
      String before = member(a, "silent");
      a.removeMembersFromConsumerGroup("silent", new RemoveMembersFromConsumerGroupOptions())
          .all()
          .get(30, TimeUnit.SECONDS);
      c.ack().complete(Outcome.ACCEPTED); // counts, though the partition has no owner by then
      while (member(a, "silent").isEmpty() || member(a, "silent").equals(before)) {
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        TimeUnit.MILLISECONDS.sleep(50); // polls another process
      }
    }
    produce("silent", "d");
    Arrival d = next();
    assertThat(RecordsTest.bodies(d.batch())).containsExactly("d");
    d.ack().complete(Outcome.ACCEPTED);
    in.stop(Duration.ofSeconds(5));
    assertThat(committed("silent")).isEqualTo(4);
  }

  /** Id of a group member with assigned partitions; "" if there is none. */
  private static String member(Admin a, String group) throws Exception {
    ConsumerGroupDescription of =
        Objects.requireNonNull(
            a.describeConsumerGroups(List.of(group)).all().get(30, TimeUnit.SECONDS).get(group));
    return of.members().stream()
        .filter(m -> !m.assignment().topicPartitions().isEmpty())
        .map(m -> m.consumerId())
        .findFirst()
        .orElse("");
  }

  @Test
  void doesNotRereadRecordsInFlightAtATakeover() throws Exception {
    broker.topic("replaced", 1);
    produce("replaced", "a", "b");
    Receiver in = receiver(Signal.LOGS, group("replaced", ""));
    Arrival a = next();
    Arrival b = next();
    Thread ending = Thread.ofVirtual().start(() -> in.stop(Duration.ZERO));
    assertThat(ending.join(Duration.ofMillis(200))).as("waits a moment").isFalse();
    a.ack().complete(Outcome.ACCEPTED);
    b.ack().complete(Outcome.ACCEPTED);
    ending.join();
    assertThat(committed("replaced")).isEqualTo(2);
  }

  @Test
  void storesEachRecordOnceAcrossABrokerFreeze() throws Exception {
    broker.topic("still", 1);
    Exporter out =
        exporter(Signal.METRICS, "metrics: {topic: still, encoding: remote_write}\ntimeout: 1s");
    out.consume(RecordsTest.series(1, 1), AckCallback.NONE);
    BlockingQueue<Outcome> outcome = new LinkedBlockingQueue<>();
    broker.freeze(true);
    try {
      Thread.ofVirtual().start(() -> out.consume(RecordsTest.series(2, 1), outcome::add));
      TimeUnit.MILLISECONDS.sleep(1500); // longer than the timeout
      assertThat(outcome).isEmpty();
    } finally {
      broker.freeze(false);
    }
    assertThat(outcome.poll(90, TimeUnit.SECONDS)).isEqualTo(Outcome.ACCEPTED);
    out.stop(Duration.ZERO);
    TopicPartition only = new TopicPartition("still", 0);
    try (Admin a = broker.admin()) {
      var ends = a.listOffsets(Map.of(only, OffsetSpec.latest())).all().get(30, TimeUnit.SECONDS);
      assertThat(Objects.requireNonNull(ends.get(only)).offset()).isEqualTo(2);
    }
  }

  @Test
  void movesPartitionsBetweenMembersWithoutLoss() throws Exception {
    broker.topic("shared", 2);
    Receiver one = receiver(Signal.LOGS, group("shared", ""));
    produce("shared", "1", "2", "3", "4", "5", "6", "7", "8");
    List<String> seen = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Arrival a = next();
      seen.addAll(RecordsTest.bodies(a.batch()));
      a.ack().complete(Outcome.ACCEPTED);
    }
    Receiver two = receiver(Signal.LOGS, group("shared", ""));
    produce("shared", "9", "10", "11", "12");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (committed("shared") < 12 && System.nanoTime() < end) {
      Arrival a = arrivals.poll(100, TimeUnit.MILLISECONDS);
      if (a != null) {
        seen.addAll(RecordsTest.bodies(a.batch()));
        a.ack().complete(Outcome.ACCEPTED);
      }
    }
    assertThat(seen).contains("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12");
    one.stop(Duration.ofSeconds(5));
    two.stop(Duration.ofSeconds(5));
  }
}

package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.tethys.model.Labels;
import dev.tethys.testkit.KafkaProcess;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xerial.snappy.Snappy;

/**
 * A real broker, read by Kafka's client; records are remote write requests, which protobuf's own
 * library takes apart. Clients go where the broker says that it is: that is what stands before it.
 */
@Tag("slow")
class KafkaContractTest extends ExporterContract {
  /** A broker, and what stands before it. */
  record Broker(KafkaProcess kafka, FaultProxy proxy) implements AutoCloseable {
    static Broker in(Path folder) throws Exception {
      int port = Ports.free();
      FaultProxy proxy = new FaultProxy(port);
      return new Broker(new KafkaProcess(folder, port, proxy.port()), proxy);
    }

    /** Creates a topic of two partitions and returns its name. */
    String topic(String kind) throws Exception {
      String topic = kind + "-" + TOPICS.incrementAndGet();
      try (Admin a = Admin.create(Map.of("bootstrap.servers", kafka.address()))) {
        a.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get(60, TimeUnit.SECONDS);
      }
      return topic;
    }

    /** Something that is done with the value of a record. */
    @FunctionalInterface
    interface Reader {
      void read(byte[] value) throws IOException;
    }

    /** Reads all that a topic holds. */
    void read(String topic, Reader reader) throws IOException {
      try (KafkaConsumer<byte[], byte[]> c =
          new KafkaConsumer<>(
              Map.of("bootstrap.servers", kafka.address()),
              new ByteArrayDeserializer(),
              new ByteArrayDeserializer())) {
        List<TopicPartition> all =
            c.partitionsFor(topic, Duration.ofMinutes(1)).stream()
                .map(p -> new TopicPartition(topic, p.partition()))
                .toList();
        c.assign(all);
        c.seekToBeginning(all);
        Map<TopicPartition, Long> ends = c.endOffsets(all, Duration.ofMinutes(1));
        while (all.stream().anyMatch(p -> c.position(p) < ends.getOrDefault(p, 0L))) {
          for (ConsumerRecord<byte[], byte[]> r : c.poll(Duration.ofSeconds(1))) {
            reader.read(r.value());
          }
        }
      }
    }

    @Override
    public void close() throws IOException {
      try {
        kafka.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      proxy.close();
    }
  }

  @TempDir static Path folder;

  /** One for all tests, which have their own topics: it takes its time to start. */
  private static @Nullable Broker shared;

  private static final AtomicInteger TOPICS = new AtomicInteger();

  @AfterAll
  static void stop() throws IOException {
    if (shared != null) {
      shared.close();
      shared = null;
    }
  }

  @Override
  Peer start() throws Exception {
    if (shared == null) {
      shared = Broker.in(folder);
    }
    shared.proxy.set(FaultProxy.Fault.NONE); // which may have ended with a test's faults
    return peer(shared, false);
  }

  @Override
  Peer startIn(Path in) throws Exception {
    takesMinutes();
    return peer(Broker.in(in), true);
  }

  /** Brokers are asked how they make topics, and each signal has its own. */
  @Test
  void probesTopicsOfAllSignals() throws Exception {
    Peer peer = started();
    String config =
        "yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {kafka: {%s, logs: {topic: tried}}},"
                .formatted(peer.exporterKeys(peer.port()))
            + " service: {pipelines: {metrics: {receivers: [otlp], exporters: [kafka]},"
            + " logs: {receivers: [otlp], exporters: [kafka]}}}}";
    Printed looked = Printed.of("exporter", "check", "kafka", "--config=" + config, "--no-write");
    assertThat(looked.err()).isEmpty();
    assertThat(looked.out())
        .containsPattern("1 broker; topic samples-\\d+ has 2 partitions\n")
        .contains("1 broker; topic tried does not exist\n")
        .contains(
            "would be created:\n"
                + "  topic tried, by the brokers at the first record: as --partitions 1"
                + " --replication-factor 1\n");
    Printed tried = Printed.of("exporter", "check", "kafka", "--config=" + config);
    assertThat(tried.err()).isEmpty();
    assertThat(tried.out())
        .contains("sent tethys_probe = 42.5 to samples-")
        .containsPattern(
            "sent the line \"tethys_probe 42.5\" to tried, partition 0, offset 0, and read it"
                + " back");
    assertThat(
            Printed.of("exporter", "check", "kafka", "--config=" + config, "--signal=logs").out())
        .contains("topic tried has 1 partition", "nothing is to be created", "offset 1")
        .doesNotContain("samples-");
  }

  /** A topic in it; whether the broker ends with it. */
  private static Peer peer(Broker broker, boolean own) throws Exception {
    KafkaProcess kafka = broker.kafka;
    FaultProxy proxy = broker.proxy;
    String topic = broker.topic("samples");
    return new Peer() {
      @Override
      public int port() {
        return proxy.port();
      }

      @Override
      public FaultProxy proxy() {
        takesMinutes();
        return proxy;
      }

      @Override
      public String exporter() {
        return "kafka";
      }

      @Override
      public String exporterKeys(int at) {
        return "brokers: ['127.0.0.1:"
            + at
            + "'], metrics: {topic: "
            + topic
            + ", encoding: remote_write}, timeout: 3s, producer: {compression: lz4}";
      }

      @Override
      public Histograms histograms() {
        return Histograms.WHOLE;
      }

      @Override
      public boolean isHttp() {
        return false;
      }

      @Override
      public boolean isIdempotent() {
        return false;
      }

      @Override
      public void read(Found into) throws Exception {
        proxy.set(FaultProxy.Fault.NONE); // which may have ended with the faults
        broker.read(topic, body -> request(Snappy.uncompress(body), into));
      }

      @Override
      public boolean killAndRestart() throws Exception {
        takesMinutes();
        kafka.killAndRestart();
        return true;
      }

      /** A broker whose only folder fails ends itself. */
      @Override
      public void roomAgain() throws Exception {
        kafka.killAndRestart();
      }

      @Override
      public void close() throws IOException {
        if (own) {
          broker.close();
        }
      }
    };
  }

  /** {@code WriteRequest} of Prometheus's remote.proto. */
  private static void request(byte[] body, Found into) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(body);
    for (int tag; (tag = in.readTag()) != 0; ) {
      if (WireFormat.getTagFieldNumber(tag) == 1) {
        series(in.readBytes().newCodedInput(), into);
      } else {
        in.skipField(tag);
      }
    }
  }

  private static void series(CodedInputStream in, Found into) throws IOException {
    Map<String, String> labels = new HashMap<>();
    Labels all = Labels.EMPTY;
    for (int tag; (tag = in.readTag()) != 0; ) {
      CodedInputStream part = in.readBytes().newCodedInput();
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> {
          part.readTag();
          String name = part.readStringRequireUtf8();
          part.readTag();
          labels.put(name, part.readStringRequireUtf8());
          all = Labels.of(labels);
        }
        case 2 -> {
          double value = 0;
          long time = 0;
          for (int t; (t = part.readTag()) != 0; ) {
            switch (WireFormat.getTagFieldNumber(t)) {
              case 1 -> value = part.readDouble();
              default -> time = part.readInt64();
            }
          }
          into.sample(all, time, value);
        }
        case 4 -> histogram(part, all, into);
        default -> throw new AssertionError("a field that nobody wrote: " + tag);
      }
    }
  }

  private static void histogram(CodedInputStream in, Labels of, Found into) throws IOException {
    double count = 0;
    double sum = 0;
    long time = 0;
    for (int tag; (tag = in.readTag()) != 0; ) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> count = in.readUInt64();
        case 2 -> count = in.readDouble();
        case 3 -> sum = in.readDouble();
        case 15 -> time = in.readInt64();
        default -> in.skipField(tag);
      }
    }
    into.histogram(of, time, count, sum);
  }
}

package dev.tethys.pipeline.kafka;

import dev.tethys.pipeline.component.DestinationProbe;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.SampleProbe;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Tries a cluster: a sample goes to the topic of metrics as the exporter writes it, and the record
 * is looked for behind what was there before.
 */
final class KafkaTrial implements DestinationProbe {
  private final KafkaExporterSettings settings;
  private final String topic;
  private final SampleProbe probe;
  private final Map<TopicPartition, Long> ends = new HashMap<>();

  KafkaTrial(KafkaExporterSettings settings, String topic, Encoder encoder) {
    this.settings = settings;
    this.topic = topic;
    this.probe =
        new SampleProbe(
            this::describe,
            encoder,
            new KafkaSender(settings.properties(), settings.maxRecords()),
            (p, seconds, value) -> topic + look(p.body()));
  }

  /** What the brokers are reached by, without what only producers have. */
  private Map<String, Object> connection() {
    Map<String, Object> m = new HashMap<>(settings.properties());
    m.keySet()
        .removeAll(
            Set.of(
                "acks",
                "enable.idempotence",
                "compression.type",
                "linger.ms",
                "delivery.timeout.ms",
                "max.block.ms",
                "max.request.size",
                "batch.size"));
    m.keySet().removeIf(k -> k.startsWith("compression."));
    m.put("default.api.timeout.ms", (int) timeout());
    return m;
  }

  private long timeout() {
    return Math.clamp(settings.delivery().timeout().toMillis(), 1000, 60_000);
  }

  /** Something that an admin asks of the brokers. */
  @FunctionalInterface
  private interface Question<T> {
    T ask(Admin admin)
        throws InterruptedException, ExecutionException, TimeoutException, IOException;
  }

  private <T> T ask(Question<T> question) throws IOException, InterruptedException {
    try (Admin admin = Admin.create(connection())) {
      return question.ask(admin);
    } catch (ExecutionException e) {
      throw new IOException(KafkaSender.text(e.getCause() == null ? e : e.getCause()), e);
    } catch (KafkaException e) {
      throw new IOException(KafkaSender.text(e), e);
    } catch (TimeoutException e) {
      throw new IOException("no broker answered within " + timeout() + " ms", e);
    }
  }

  private String describe() throws IOException, InterruptedException {
    return ask(
        admin -> {
          DescribeClusterResult r = admin.describeCluster();
          int nodes = r.nodes().get(timeout(), TimeUnit.MILLISECONDS).size();
          return "Kafka, cluster "
              + r.clusterId().get(timeout(), TimeUnit.MILLISECONDS)
              + ", "
              + nodes
              + (nodes == 1 ? " broker" : " brokers");
        });
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    return probe.connect();
  }

  @Override
  public List<String> plan() throws IOException, InterruptedException {
    return remember()
        ? List.of()
        : List.of("topic " + topic + ", by the brokers, where auto.create.topics.enable is true");
  }

  /** Where the topic's partitions end; false when it is not there. */
  private boolean remember() throws IOException, InterruptedException {
    return ask(
        admin -> {
          TopicDescription d;
          try {
            d =
                Objects.requireNonNull(
                    admin
                        .describeTopics(List.of(topic))
                        .allTopicNames()
                        .get(timeout(), TimeUnit.MILLISECONDS)
                        .get(topic));
          } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
              return false;
            }
            throw e;
          }
          Map<TopicPartition, OffsetSpec> all = new HashMap<>();
          for (TopicPartitionInfo p : d.partitions()) {
            all.put(new TopicPartition(topic, p.partition()), OffsetSpec.latest());
          }
          admin
              .listOffsets(all)
              .all()
              .get(timeout(), TimeUnit.MILLISECONDS)
              .forEach((p, o) -> ends.put(p, o.offset()));
          return true;
        });
  }

  private String look(byte[] body) throws IOException {
    Map<String, Object> properties = connection();
    properties.put("enable.auto.commit", false);
    try (KafkaConsumer<byte[], byte[]> c =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      Duration patience = Duration.ofMillis(timeout());
      List<TopicPartition> all =
          c.partitionsFor(topic, patience).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      c.assign(all);
      all.forEach(p -> c.seek(p, ends.getOrDefault(p, 0L)));
      long until = System.nanoTime() + patience.toNanos();
      while (System.nanoTime() < until) {
        for (ConsumerRecord<byte[], byte[]> r : c.poll(Duration.ofMillis(200))) {
          if (Arrays.equals(r.value(), body)) {
            return ", partition " + r.partition() + ", offset " + r.offset() + ", and read it back";
          }
        }
      }
      throw new IOException("the record was acknowledged, but is not found in " + topic);
    } catch (KafkaException e) {
      return ", which who writes may not read: " + KafkaSender.text(e);
    }
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    return probe.write(seconds, value);
  }

  @Override
  public void close() {
    probe.close();
  }
}

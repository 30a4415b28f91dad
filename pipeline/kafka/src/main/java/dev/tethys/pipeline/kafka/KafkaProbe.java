package dev.tethys.pipeline.kafka;

import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.ItemProbe;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Probes a cluster: writes an item to the topic of its signal like the exporter, and looks for the
 * record after the previous end.
 */
final class KafkaProbe implements ExporterProbe {
  private final KafkaExporterSettings settings;
  private final String topic;
  private final ItemProbe probe;
  private final Map<TopicPartition, Long> ends = new HashMap<>();

  KafkaProbe(KafkaExporterSettings settings, Signal signal, String topic, Encoder encoder) {
    this.settings = settings;
    this.topic = topic;
    this.probe =
        new ItemProbe(
            signal,
            this::describe,
            encoder,
            new KafkaSender(settings.properties(), settings.maxRecords()),
            (p, seconds, value) -> topic + findRecord(p.body()));
  }

  /** Returns the connection properties, without those of producers. */
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

  /** Admin request to the brokers. */
  @FunctionalInterface
  private interface TrialRequest<T> {
    T ask(Admin admin)
        throws InterruptedException, ExecutionException, TimeoutException, IOException;
  }

  private <T> T ask(TrialRequest<T> question) throws IOException, InterruptedException {
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
              + (nodes == 1 ? " broker; " : " brokers; ")
              + currentState();
        });
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    return probe.connect();
  }

  /** Describes the topic and records the ends of its partitions. */
  private String currentState() throws IOException, InterruptedException {
    int partitions = remember();
    return switch (partitions) {
      case 0 -> "topic " + topic + " does not exist";
      case 1 -> "topic " + topic + " has 1 partition";
      default -> "topic " + topic + " has " + partitions + " partitions";
    };
  }

  /**
   * Returns the plan: the exporter creates no topics; brokers do, depending on their configuration.
   */
  @Override
  public List<String> plan() throws IOException, InterruptedException {
    return remember() > 0 ? List.of() : List.of("topic " + topic + byBrokers());
  }

  private String byBrokers() throws IOException, InterruptedException {
    return ask(
        admin -> {
          Collection<Node> nodes =
              admin.describeCluster().nodes().get(timeout(), TimeUnit.MILLISECONDS);
          ConfigResource of =
              new ConfigResource(ConfigResource.Type.BROKER, nodes.iterator().next().idString());
          Config config;
          try {
            config =
                Objects.requireNonNull(
                    admin
                        .describeConfigs(List.of(of))
                        .all()
                        .get(timeout(), TimeUnit.MILLISECONDS)
                        .get(of));
          } catch (ExecutionException e) {
            if (e.getCause() instanceof AuthorizationException x) {
              return ", by the brokers if auto.create.topics.enable is true, which this user "
                  + "may not read: "
                  + KafkaSender.text(x);
            }
            throw e;
          }
          String size =
              " --partitions "
                  + value(config, "num.partitions")
                  + " --replication-factor "
                  + value(config, "default.replication.factor");
          return value(config, "auto.create.topics.enable").equals("true")
              ? ", by the brokers at the first record: as" + size
              : ", by hand, since auto.create.topics.enable is false: kafka-topics.sh --create"
                  + " --topic "
                  + topic
                  + size;
        });
  }

  private static String value(Config config, String name) {
    ConfigEntry e = config.get(name);
    return e == null || e.value() == null ? "?" : e.value();
  }

  /** Records the ends of the topic's partitions; returns their number, 0 if there is no topic. */
  private int remember() throws IOException, InterruptedException {
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
              return 0;
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
          return d.partitions().size();
        });
  }

  private String findRecord(byte[] body) throws IOException {
    Map<String, Object> properties = connection();
    properties.put("enable.auto.commit", false);
    try (KafkaConsumer<byte[], byte[]> c =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      Duration timeLimit = Duration.ofMillis(timeout());
      List<TopicPartition> all =
          c.partitionsFor(topic, timeLimit).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      c.assign(all);
      all.forEach(p -> c.seek(p, ends.getOrDefault(p, 0L)));
      long until = System.nanoTime() + timeLimit.toNanos();
      while (System.nanoTime() < until) {
        for (ConsumerRecord<byte[], byte[]> r : c.poll(Duration.ofMillis(200))) {
          if (Arrays.equals(r.value(), body)) {
            return ", partition " + r.partition() + ", offset " + r.offset() + ", and read it back";
          }
        }
      }
      throw new IOException("the record was acknowledged, but is not found in " + topic);
    } catch (KafkaException e) {
      return ", which this user may not read: " + KafkaSender.text(e);
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

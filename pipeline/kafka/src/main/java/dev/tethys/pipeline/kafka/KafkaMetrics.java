package dev.tethys.pipeline.kafka;

import static dev.tethys.pipeline.receiver.scraping.Instrument.gauge;
import static dev.tethys.pipeline.receiver.scraping.Instrument.level;

import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.ResourceAttributes.Attribute;
import java.util.List;

/** Metrics and resource attributes of the {@code kafka_metrics} receiver. */
final class KafkaMetrics {
  static final String BROKERS = "kafka.brokers";
  static final String BROKER_RETENTION = "kafka.broker.log_retention_period";
  static final String PARTITIONS = "kafka.topic.partitions";
  static final String CURRENT_OFFSET = "kafka.partition.current_offset";
  static final String OLDEST_OFFSET = "kafka.partition.oldest_offset";
  static final String REPLICAS = "kafka.partition.replicas";
  static final String IN_SYNC = "kafka.partition.replicas_in_sync";
  static final String REPLICATION = "kafka.topic.replication_factor";
  static final String MIN_IN_SYNC = "kafka.topic.min_insync_replicas";
  static final String TOPIC_RETENTION = "kafka.topic.log_retention_period";
  static final String TOPIC_SIZE = "kafka.topic.log_retention_size";
  static final String MEMBERS = "kafka.consumer_group.members";
  static final String OFFSET = "kafka.consumer_group.offset";
  static final String OFFSET_SUM = "kafka.consumer_group.offset_sum";
  static final String LAG = "kafka.consumer_group.lag";
  static final String LAG_SUM = "kafka.consumer_group.lag_sum";

  static final String ALIAS = "kafka.cluster.alias";
  static final String ID = "kafka.cluster.id";

  private static final String GROUP = "group";
  private static final String TOPIC = "topic";
  private static final String PARTITION = "partition";

  /** Names and descriptions are the Collector's. */
  static final List<Instrument> ALL =
      List.of(
          level(BROKERS, "{brokers}", "Number of brokers in the cluster."),
          whole(BROKER_RETENTION, "s", "log retention time (s) of a broker.", "broker").optional(),
          level(PARTITIONS, "{partitions}", "Number of partitions in topic.", TOPIC),
          whole(CURRENT_OFFSET, "1", "Current offset of partition of topic.", TOPIC, PARTITION),
          whole(OLDEST_OFFSET, "1", "Oldest offset of partition of topic", TOPIC, PARTITION),
          level(
              REPLICAS,
              "{replicas}",
              "Number of replicas for partition of topic",
              TOPIC,
              PARTITION),
          level(
              IN_SYNC,
              "{replicas}",
              "Number of synchronized replicas of partition",
              TOPIC,
              PARTITION),
          whole(REPLICATION, "1", "replication factor of a topic.", TOPIC).optional(),
          whole(MIN_IN_SYNC, "{replicas}", "minimum in-sync replicas of a topic.", TOPIC)
              .optional(),
          whole(TOPIC_RETENTION, "s", "log retention period of a topic (s).", TOPIC).optional(),
          whole(
                  TOPIC_SIZE,
                  "By",
                  "log retention size of a topic in Bytes, The value (-1) indicates infinite size.",
                  TOPIC)
              .optional(),
          level(MEMBERS, "{members}", "Count of members in the consumer group", GROUP),
          whole(
              OFFSET,
              "1",
              "Current offset of the consumer group at partition of topic",
              GROUP,
              TOPIC,
              PARTITION),
          whole(
              OFFSET_SUM,
              "1",
              "Sum of consumer group offset across partitions of topic",
              GROUP,
              TOPIC),
          whole(
              LAG,
              "1",
              "Current approximate lag of consumer group at partition of topic",
              GROUP,
              TOPIC,
              PARTITION),
          whole(
              LAG_SUM,
              "1",
              "Current approximate sum of consumer group lag across all partitions of topic",
              GROUP,
              TOPIC));

  static final List<Attribute> RESOURCE =
      List.of(
          new Attribute(ALIAS, true, "Value of cluster_alias, if set."),
          new Attribute(ID, false, "The id that the cluster has given itself."));

  private KafkaMetrics() {}

  private static Instrument whole(String name, String unit, String doc, String... attributes) {
    return gauge(name, unit, doc, attributes).inWholeNumbers();
  }
}

package dev.tethys.pipeline.kafka;

import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.Recorder;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsResult;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListGroupsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/** One bounded query of a Kafka cluster's state. Used once, by one thread. */
final class ClusterSnapshot {
  private static final long NO_LIMIT = -1;

  private final Admin admin;
  private final KafkaMetricsSettings settings;
  private final PointEmitter out;
  private final Set<String> failed;
  private final long until;

  /**
   * Creates a query.
   *
   * @param failed receives failures, each of which omits only its own data
   */
  ClusterSnapshot(
      Admin admin, KafkaMetricsSettings settings, PointEmitter out, Set<String> failed) {
    this.admin = admin;
    this.settings = settings;
    this.out = out;
    this.failed = failed;
    this.until = System.nanoTime() + settings.pace().timeout().toNanos();
  }

  String clusterId() throws IOException, InterruptedException {
    return get("the cluster's id", admin.describeCluster().clusterId());
  }

  void brokers() throws IOException, InterruptedException {
    Collection<Node> nodes = get("brokers", admin.describeCluster().nodes());
    out.recorder(KafkaMetrics.BROKERS).count(nodes.size());
    if (!out.isEnabled(KafkaMetrics.BROKER_RETENTION)) {
      return;
    }
    List<ConfigResource> all =
        nodes.stream()
            .map(n -> new ConfigResource(ConfigResource.Type.BROKER, n.idString()))
            .toList();
    for (Map.Entry<ConfigResource, KafkaFuture<Config>> e :
        admin.describeConfigs(all).values().entrySet()) {
      String broker = e.getKey().name();
      Config c = find("configuration of broker " + broker, e.getValue());
      Long seconds = c == null ? null : retentionSeconds(c, "broker " + broker);
      if (seconds != null) {
        out.recorder(KafkaMetrics.BROKER_RETENTION).count(seconds, broker);
      }
    }
  }

  /** Returns the retention by the key that the broker applies: the finer unit wins. */
  private @Nullable Long retentionSeconds(Config c, String broker) {
    Long found = seconds(c, "log.retention.ms", TimeUnit.MILLISECONDS, broker);
    if (found == null) {
      found = seconds(c, "log.retention.minutes", TimeUnit.MINUTES, broker);
    }
    return found == null ? seconds(c, "log.retention.hours", TimeUnit.HOURS, broker) : found;
  }

  private @Nullable Long seconds(Config c, String name, TimeUnit unit, String of) {
    Long v = number(c, name, of);
    return v == null ? null : (Long) (v < 0 ? NO_LIMIT : unit.toSeconds(v));
  }

  void topics() throws IOException, InterruptedException {
    List<String> names =
        get("topics", admin.listTopics().names()).stream()
            .filter(n -> settings.topics().matcher(n).find())
            .sorted()
            .toList();
    Map<String, TopicDescription> topics = new TreeMap<>();
    for (Map.Entry<String, KafkaFuture<TopicDescription>> e :
        admin.describeTopics(names).topicNameValues().entrySet()) {
      TopicDescription d = find("topic " + e.getKey(), e.getValue());
      if (d != null) {
        topics.put(e.getKey(), d);
      }
    }
    configurations(topics);
    Map<TopicPartition, OffsetSpec> newest = new HashMap<>();
    Map<TopicPartition, OffsetSpec> oldest = new HashMap<>();
    topics.forEach(
        (name, d) -> {
          out.recorder(KafkaMetrics.PARTITIONS).count(d.partitions().size(), name);
          for (TopicPartitionInfo p : d.partitions()) {
            long number = p.partition();
            out.recorder(KafkaMetrics.REPLICAS).count(p.replicas().size(), name, number);
            out.recorder(KafkaMetrics.IN_SYNC).count(p.isr().size(), name, number);
            TopicPartition tp = new TopicPartition(name, p.partition());
            if (p.leader() == null) {
              failed.add(tp + " has no leader, so its offsets are unknown");
            } else {
              newest.put(tp, OffsetSpec.latest());
              oldest.put(tp, OffsetSpec.earliest());
            }
          }
        });
    // Both are requested before waiting: a hanging leader uses up the entire timeout.
    ListOffsetsResult ends = listOffsets(KafkaMetrics.CURRENT_OFFSET, newest);
    ListOffsetsResult starts = listOffsets(KafkaMetrics.OLDEST_OFFSET, oldest);
    offsets(KafkaMetrics.CURRENT_OFFSET, newest.keySet(), ends);
    offsets(KafkaMetrics.OLDEST_OFFSET, oldest.keySet(), starts);
  }

  private @Nullable ListOffsetsResult listOffsets(
      String metric, Map<TopicPartition, OffsetSpec> of) {
    return out.isEnabled(metric) ? admin.listOffsets(of) : null;
  }

  private void offsets(String metric, Set<TopicPartition> of, @Nullable ListOffsetsResult asked)
      throws InterruptedException {
    if (asked == null) {
      return;
    }
    Recorder to = out.recorder(metric);
    offsets(of, asked).forEach((tp, offset) -> to.count(offset, tp.topic(), (long) tp.partition()));
  }

  private Map<TopicPartition, Long> offsets(Set<TopicPartition> of, ListOffsetsResult asked)
      throws InterruptedException {
    Map<TopicPartition, Long> found = new HashMap<>();
    for (TopicPartition tp : of) {
      ListOffsetsResult.ListOffsetsResultInfo i =
          find("offset of " + tp, asked.partitionResult(tp));
      if (i != null) {
        found.put(tp, i.offset());
      }
    }
    return found;
  }

  /** Adds topic configurations; the replica count of the first partition is used for all. */
  private void configurations(Map<String, TopicDescription> topics) throws InterruptedException {
    Recorder replication = out.recorder(KafkaMetrics.REPLICATION);
    topics.forEach(
        (name, d) -> {
          if (!d.partitions().isEmpty()) {
            replication.count(d.partitions().getFirst().replicas().size(), name);
          }
        });
    if (!out.isEnabled(
        KafkaMetrics.MIN_IN_SYNC, KafkaMetrics.TOPIC_RETENTION, KafkaMetrics.TOPIC_SIZE)) {
      return;
    }
    List<ConfigResource> all =
        topics.keySet().stream()
            .map(n -> new ConfigResource(ConfigResource.Type.TOPIC, n))
            .toList();
    for (Map.Entry<ConfigResource, KafkaFuture<Config>> e :
        admin.describeConfigs(all).values().entrySet()) {
      String topic = e.getKey().name();
      Config c = find("configuration of topic " + topic, e.getValue());
      if (c != null) {
        String of = "topic " + topic;
        configured(KafkaMetrics.MIN_IN_SYNC, number(c, "min.insync.replicas", of), topic);
        configured(
            KafkaMetrics.TOPIC_RETENTION,
            seconds(c, "retention.ms", TimeUnit.MILLISECONDS, of),
            topic);
        configured(KafkaMetrics.TOPIC_SIZE, number(c, "retention.bytes", of), topic);
      }
    }
  }

  private void configured(String metric, @Nullable Long value, String topic) {
    if (value != null && out.isEnabled(metric)) {
      out.recorder(metric).count(value, topic);
    }
  }

  private @Nullable Long number(Config c, String name, String of) {
    ConfigEntry e = c.get(name);
    try {
      return e == null || e.value() == null ? null : Long.valueOf(e.value());
    } catch (NumberFormatException x) {
      failed.add(of + ": " + name + " is not a number: " + e.value());
      return null;
    }
  }

  void consumers() throws IOException, InterruptedException {
    ListGroupsResult listed = admin.listGroups(ListGroupsOptions.forConsumerGroups());
    // Each broker reports its own groups; those of a broker that is down are unknown to the others.
    get("consumer groups", listed.errors())
        .forEach(e -> failed.add("consumer groups: " + KafkaSender.text(e)));
    List<String> groups =
        get("consumer groups", listed.valid()).stream()
            .map(GroupListing::groupId)
            .filter(n -> settings.groups().matcher(n).find())
            .sorted()
            .toList();
    if (groups.isEmpty()) {
      return;
    }
    ListConsumerGroupOffsetsResult offsets =
        admin.listConsumerGroupOffsets(
            groups.stream()
                .collect(Collectors.toMap(g -> g, _ -> new ListConsumerGroupOffsetsSpec())));
    for (Map.Entry<String, KafkaFuture<ConsumerGroupDescription>> e :
        new TreeMap<>(admin.describeConsumerGroups(groups).describedGroups()).entrySet()) {
      ConsumerGroupDescription d = find("consumer group " + e.getKey(), e.getValue());
      if (d != null) {
        out.recorder(KafkaMetrics.MEMBERS).count(d.members().size(), e.getKey());
      }
    }
    Map<String, Map<TopicPartition, Long>> positions = positions(groups, offsets);
    Map<TopicPartition, OffsetSpec> newest = new HashMap<>();
    positions.values().forEach(m -> m.keySet().forEach(tp -> newest.put(tp, OffsetSpec.latest())));
    Map<TopicPartition, Long> ends =
        newest.isEmpty() ? Map.of() : offsets(newest.keySet(), admin.listOffsets(newest));
    positions.forEach((group, m) -> positions(group, m, ends));
  }

  /** Positions of groups in the topics that are read. */
  private Map<String, Map<TopicPartition, Long>> positions(
      List<String> groups, ListConsumerGroupOffsetsResult asked) throws InterruptedException {
    Map<String, Map<TopicPartition, Long>> found = new TreeMap<>();
    for (String g : groups) {
      Map<TopicPartition, OffsetAndMetadata> of =
          find("offsets of consumer group " + g, asked.partitionsToOffsetAndMetadata(g));
      if (of == null) {
        continue;
      }
      Map<TopicPartition, Long> m = new HashMap<>();
      of.forEach(
          (tp, o) -> {
            if (o != null && o.offset() >= 0 && settings.topics().matcher(tp.topic()).find()) {
              m.put(tp, o.offset());
            }
          });
      found.put(g, m);
    }
    return found;
  }

  /**
   * Adds the positions of a group. If the end offset of any partition is unknown, the topic has no
   * total lag, because the sum would be too low.
   */
  private void positions(
      String group, Map<TopicPartition, Long> at, Map<TopicPartition, Long> ends) {
    Map<String, Long> offsets = new TreeMap<>();
    Map<String, Long> lags = new TreeMap<>();
    Set<String> unknown = new HashSet<>();
    at.forEach(
        (tp, offset) -> {
          long partition = tp.partition();
          out.recorder(KafkaMetrics.OFFSET).count(offset, group, tp.topic(), partition);
          offsets.merge(tp.topic(), offset, Long::sum);
          Long end = ends.get(tp);
          if (end == null) {
            unknown.add(tp.topic());
            return;
          }
          long lag = Math.max(0, end - offset);
          out.recorder(KafkaMetrics.LAG).count(lag, group, tp.topic(), partition);
          lags.merge(tp.topic(), lag, Long::sum);
        });
    lags.keySet().removeAll(unknown);
    offsets.forEach((topic, n) -> out.recorder(KafkaMetrics.OFFSET_SUM).count(n, group, topic));
    lags.forEach((topic, n) -> out.recorder(KafkaMetrics.LAG_SUM).count(n, group, topic));
  }

  private <T> T get(String what, KafkaFuture<T> answer) throws IOException, InterruptedException {
    try {
      return answer.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw new IOException(
          what + ": " + KafkaSender.text(e.getCause() == null ? e : e.getCause()), e);
    } catch (TimeoutException e) {
      throw new IOException(
          what + ": no response within " + settings.pace().timeout().toMillis() + " ms", e);
    }
  }

  /** Returns the result, or null if the query failed, which is recorded. */
  private <T> @Nullable T find(String what, KafkaFuture<T> answer) throws InterruptedException {
    try {
      return get(what, answer);
    } catch (IOException e) {
      failed.add(e.getMessage());
      return null;
    }
  }
}

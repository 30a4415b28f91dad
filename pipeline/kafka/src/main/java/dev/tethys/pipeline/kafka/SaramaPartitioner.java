package dev.tethys.pipeline.kafka;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.producer.Partitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.PartitionInfo;
import org.jspecify.annotations.Nullable;

/**
 * Partitioner with the key hash of Sarama and of the Collector's exporter: FNV-1a of 32 bits as a
 * signed number, modulo the partitions, without its sign. Records without a key go to any partition
 * with a leader. Instantiated by the driver.
 */
public final class SaramaPartitioner implements Partitioner {
  @Override
  public int partition(
      String topic,
      @Nullable Object key,
      byte @Nullable [] keyBytes,
      @Nullable Object value,
      byte @Nullable [] valueBytes,
      Cluster cluster) {
    int partitions = cluster.partitionsForTopic(topic).size();
    if (keyBytes != null) {
      return of(keyBytes, partitions);
    }
    List<PartitionInfo> led = cluster.availablePartitionsForTopic(topic);
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return led.isEmpty()
        ? random.nextInt(partitions)
        : led.get(random.nextInt(led.size())).partition();
  }

  static int of(byte[] key, int partitions) {
    int hash = 0x811c9dc5;
    for (byte b : key) {
      hash = (hash ^ (b & 0xff)) * 0x01000193;
    }
    return Math.abs(hash % partitions);
  }

  @Override
  public void close() {}

  @Override
  public void configure(Map<String, ?> configs) {}
}

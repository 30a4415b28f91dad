package dev.tethys.pipeline.kafka;

import dev.tethys.codec.CodecException;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads lines from topics as a group member. The group's position is that of the first record with
 * an undelivered line, so a crash loses nothing.
 *
 * <p>One thread owns the consumer and all progress; another forwards lines, so that a slow
 * destination delays reading but not the heartbeat. Bytes in flight, including delivery, are
 * bounded by {@link #MAX_UNDER_WAY}: beyond that all partitions pause.
 */
final class KafkaLogSource implements LogSource {
  private static final System.Logger LOG = JulLogger.of(KafkaLogSource.class.getName());

  /** Bytes of records that are read and not delivered. */
  static final long MAX_UNDER_WAY = 32 << 20;

  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration POLL_PAUSED = Duration.ofMillis(20);
  private static final Duration COMMIT_EVERY = Duration.ofSeconds(1);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Maximum wait of a rebalance for in-flight records of revoked partitions. */
  private static final Duration REVOKE_PATIENCE = Duration.ofSeconds(5);

  /** Records of one partition while it is assigned to this member. */
  private static final class Partition {
    final PartitionProgress progress;
    volatile boolean gone;

    Partition(long position) {
      progress = new PartitionProgress(position);
    }
  }

  private record PartitionRecord(Partition partition, ConsumerRecord<byte[], byte[]> record) {}

  private record SettledOffset(Partition partition, long offset) {}

  private final KafkaLogs config;
  private final SourceContext context;
  private final Registry.Counter entries;
  private final Registry.Counter errors;
  private final BlockingQueue<PartitionRecord> queue = new LinkedBlockingQueue<>(); // see underWay
  private final ConcurrentLinkedQueue<SettledOffset> settled = new ConcurrentLinkedQueue<>();
  private final Map<TopicPartition, Partition> partitions = new HashMap<>(); // by the loop
  private final Map<TopicPartition, Long> committed = new HashMap<>(); // by the loop
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile Map<String, Long> shown = Map.of();
  private volatile String member = "";
  private final AtomicInteger unsettled = new AtomicInteger(); // records passed on and not settled
  private volatile boolean stopped;
  private volatile boolean closed;
  private @Nullable KafkaConsumer<byte[], byte[]> consumer;
  private @Nullable Thread hander;
  private long underWay; // bytes; by the loop
  private boolean paused; // by the loop
  private long lastCommit; // nanoseconds; by the loop

  KafkaLogSource(KafkaLogs config, SourceContext context) {
    this.config = config;
    this.context = context;
    this.entries = context.metrics().entries(config.kind());
    this.errors = context.metrics().parsingErrors(config.kind());
  }

  @Override
  public void start() throws IOException {
    Map<String, Object> p = new HashMap<>(config.consumer());
    p.put("group.id", config.group());
    p.put("client.id", "tethys-" + context.job());
    KafkaConsumer<byte[], byte[]> c;
    try {
      c = new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    } catch (KafkaException e) {
      throw new IOException(
          "job "
              + context.job()
              + ": "
              + config.kind()
              + ": "
              + (e.getCause() == null ? e : e.getCause()).getMessage(),
          e);
    }
    consumer = c;
    ConsumerRebalanceListener listener = new Rebalance(c);
    if (TopicPatterns.areAny(config.topics())) {
      c.subscribe(TopicPatterns.whole(config.topics()), listener);
    } else {
      c.subscribe(config.topics(), listener);
    }
    hander =
        Thread.ofPlatform()
            .daemon()
            .name("kafka-lines-" + context.job())
            .start(SupervisedLoop.of("kafka", this::forwardRecords));
    Thread.ofPlatform().daemon().name("kafka-" + context.job()).start(() -> loop(c));
  }

  private void loop(KafkaConsumer<byte[], byte[]> c) {
    try {
      while (!closed) {
        try {
          round(c);
        } catch (WakeupException e) {
          LOG.log(Level.DEBUG, "{0}: woken", context.job());
        } catch (KafkaException e) {
          LOG.log(Level.WARNING, "job {0}: {1}: {2}", context.job(), config.kind(), e.getMessage());
          ended.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        }
      }
      settle();
      commit(c, partitions.keySet());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (VirtualMachineError e) {
      // Records that were polled and not passed on would be lost: they are polled again after a
      // restart.
      SupervisedLoop.endProcess("kafka", e);
    } finally {
      try {
        c.close(CloseOptions.timeout(Duration.ofSeconds(5)));
      } catch (KafkaException e) {
        LOG.log(Level.WARNING, "job {0}: closing: {1}", context.job(), e.getMessage());
      }
      ended.countDown();
    }
  }

  private void round(KafkaConsumer<byte[], byte[]> c) {
    settle();
    if (!paused && (stopped || underWay > MAX_UNDER_WAY)) {
      paused = true;
      c.pause(c.assignment());
    } else if (paused && !stopped && underWay <= MAX_UNDER_WAY / 2) {
      paused = false;
      c.resume(c.assignment());
    }
    ConsumerRecords<byte[], byte[]> records = c.poll(paused ? POLL_PAUSED : POLL);
    for (TopicPartition tp : records.partitions()) {
      Partition p = partitions.get(tp);
      if (p == null || stopped) {
        continue; // it went to another member, or is read again by the next
      }
      for (ConsumerRecord<byte[], byte[]> r : records.records(tp)) {
        int bytes = 64 + Math.max(0, r.serializedKeySize()) + Math.max(0, r.serializedValueSize());
        underWay += bytes;
        p.progress.forward(r.offset(), bytes);
        queue.add(new PartitionRecord(p, r));
      }
    }
    if (System.nanoTime() - lastCommit >= COMMIT_EVERY.toNanos()) {
      lastCommit = System.nanoTime();
      Map<TopicPartition, OffsetAndMetadata> due = due(partitions.keySet());
      if (!due.isEmpty()) {
        c.commitAsync(due, this::committed);
      }
    }
  }

  private void committed(
      Map<TopicPartition, OffsetAndMetadata> offsets, @Nullable Exception failure) {
    if (failure == null) {
      offsets.forEach((tp, o) -> committed.put(tp, o.offset()));
    } else {
      LOG.log(Level.DEBUG, "job {0}: commit: {1}", context.job(), failure.getMessage());
    }
  }

  private void settle() {
    for (SettledOffset s = settled.poll(); s != null; s = settled.poll()) {
      if (!s.partition.gone) {
        underWay -= s.partition.progress.done(s.offset);
      }
    }
    Map<String, Long> now = new TreeMap<>();
    partitions.forEach((tp, p) -> now.put(tp.toString(), p.progress.position()));
    shown = now;
  }

  private Map<TopicPartition, OffsetAndMetadata> due(Collection<TopicPartition> of) {
    Map<TopicPartition, OffsetAndMetadata> due = new HashMap<>();
    for (TopicPartition tp : of) {
      Partition p = partitions.get(tp);
      Long before = committed.get(tp);
      if (p != null && (before == null || before != p.progress.position())) {
        due.put(tp, new OffsetAndMetadata(p.progress.position()));
      }
    }
    return due;
  }

  private void commit(KafkaConsumer<byte[], byte[]> c, Collection<TopicPartition> of) {
    Map<TopicPartition, OffsetAndMetadata> due = due(of);
    if (due.isEmpty()) {
      return;
    }
    try {
      OffsetCommitter.store(c, due);
      due.forEach((tp, o) -> committed.put(tp, o.offset()));
    } catch (KafkaException e) {
      LOG.log(
          Level.WARNING,
          "job {0}: positions could not be stored, records will be read again: {1}",
          context.job(),
          e.getMessage());
    }
  }

  private final class Rebalance implements ConsumerRebalanceListener {
    private final KafkaConsumer<byte[], byte[]> c;

    Rebalance(KafkaConsumer<byte[], byte[]> c) {
      this.c = c;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> of) {
      member = c.groupMetadata().memberId();
      of.forEach(tp -> partitions.put(tp, new Partition(c.position(tp))));
      if (paused) {
        c.pause(of);
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> of) {
      long until = System.nanoTime() + REVOKE_PATIENCE.toNanos();
      List<Partition> going =
          of.stream().map(partitions::get).filter(java.util.Objects::nonNull).toList();
      try {
        settle();
        while (going.stream().anyMatch(p -> p.progress.busy()) && System.nanoTime() < until) {
          ended.await(5, TimeUnit.MILLISECONDS);
          settle();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      commit(c, of);
      onPartitionsLost(of);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> of) {
      settle();
      for (TopicPartition tp : of) {
        Partition p = partitions.remove(tp);
        committed.remove(tp);
        if (p != null) {
          p.gone = true;
          underWay -= p.progress.bytesUnderWay();
        }
      }
    }
  }

  private void forwardRecords() {
    try {
      while (true) {
        PartitionRecord h = queue.take();
        if (!h.partition.gone) {
          take(h.partition, h.record);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void take(Partition p, ConsumerRecord<byte[], byte[]> r) throws InterruptedException {
    List<LogEntry> out = new ArrayList<>();
    AtomicInteger remaining = new AtomicInteger(1); // one for the record itself
    LogEntry.Origin origin =
        () -> {
          if (remaining.decrementAndGet() == 0) {
            settled.add(new SettledOffset(p, r.offset()));
            unsettled.decrementAndGet();
          }
        };
    unsettled.incrementAndGet();
    if (r.value() != null) {
      try {
        for (RecordLines.Line l : config.reading().of(r.value())) {
          Labels labels = context.relabeled(labels(r, l.labels()));
          if (labels != null && !labels.isEmpty()) {
            long time =
                l.timestamp() != 0
                    ? l.timestamp()
                    : config.keepTimes() ? r.timestamp() * 1_000_000 : context.now();
            remaining.incrementAndGet();
            out.add(new LogEntry(labels, time, l.text(), origin));
          }
        }
      } catch (CodecException e) {
        errors.inc();
        LOG.log(
            Level.DEBUG,
            "job {0}: offset {1} of {2}-{3} is skipped: {4}",
            context.job(),
            Long.toString(r.offset()),
            r.topic(),
            Integer.toString(r.partition()),
            e.getMessage());
      }
    }
    entries.add(out.size());
    try {
      for (LogEntry e : out) {
        context.accept(e);
      }
      origin.settled();
    } catch (InterruptedException e) {
      unsettled.decrementAndGet(); // it is read again: no caller waits for it here
      throw e;
    }
  }

  private Labels labels(ConsumerRecord<byte[], byte[]> r, Labels more) {
    LabelsBuilder b = config.labels().toBuilder();
    byte[] key = r.key();
    b.set("__meta_kafka_topic", r.topic());
    b.set("__meta_kafka_partition", Integer.toString(r.partition()));
    b.set("__meta_kafka_member_id", member);
    b.set("__meta_kafka_group_id", config.group());
    b.set(
        "__meta_kafka_message_key",
        key == null || key.length == 0 ? "none" : new String(key, StandardCharsets.UTF_8));
    return b.addAll(more).build();
  }

  @Override
  public void stop() {
    stopped = true;
    Thread t = hander;
    if (t != null) {
      hander = null;
      t.interrupt();
      try {
        if (!t.join(Duration.ofSeconds(1))) {
          LOG.log(Level.WARNING, "Thread {0} did not stop in time", t.getName());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public boolean isDelivered() {
    return unsettled.get() == 0;
  }

  @Override
  public void close() {
    stop();
    closed = true;
    KafkaConsumer<byte[], byte[]> c = consumer;
    if (c == null) {
      return;
    }
    consumer = null;
    c.wakeup();
    try {
      if (!ended.await(20, TimeUnit.SECONDS)) {
        LOG.log(Level.WARNING, "job {0}: {1} did not end in time", context.job(), config.kind());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Labels labels() {
    return config.labels();
  }

  @Override
  public Map<String, String> details() {
    return Map.of(
        "topics",
        String.join(", ", config.topics()),
        "group",
        config.group(),
        "positions",
        String.valueOf(shown));
  }
}

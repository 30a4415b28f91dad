package dev.tethys.pipeline.kafka;

import dev.tethys.codec.points.BoundedReasons;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads topics as a member of a consumer group. A record is done when every destination has it, or
 * has it on disk. The group's position never passes an unfinished record, so a crash repeats
 * records in flight and loses nothing. A consumer that loses a partition after a long silence and
 * regains it continues from its previous position.
 *
 * <p>One thread owns the consumer and all progress; a thread per partition decodes and forwards, so
 * that a blocking pipeline delays its partition but not the heartbeat. Bytes in flight are bounded:
 * beyond that, all partitions pause.
 */
final class KafkaReceiver implements Receiver, PartitionReader.Owner {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration POLL_PAUSED = Duration.ofMillis(10);

  /** Maximum wait of a rebalance for in-flight records of revoked partitions. */
  private static final Duration REVOKE_PATIENCE = Duration.ofSeconds(5);

  /** Maximum wait for in-flight records at the end of a receiver that is replaced immediately. */
  private static final Duration REPLACED_PATIENCE = Duration.ofSeconds(1);

  private record Settlement(PartitionReader reader, long offset, Outcome outcome) {}

  /**
   * Partition revoked by the group without notice.
   *
   * @param from the group's position at that time
   */
  private record Lost(PartitionReader reader, long from) {}

  private final KafkaReceiverSettings settings;
  private final Map<Signal, Consumer> outputs;
  private final Context context;
  private final System.Logger log;
  private final Registry.Counter unreadable;
  private final Registry.Vector<Registry.Counter> unreadableItems;
  private final Registry.Counter rejected;
  private final Registry.Counter readAgain;
  private final ConcurrentLinkedQueue<Settlement> settled = new ConcurrentLinkedQueue<>();
  private final Map<TopicPartition, PartitionReader> partitions = new HashMap<>(); // by the loop
  private final Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>(); // by the loop
  private final Map<TopicPartition, Lost> lost = new HashMap<>(); // by the loop
  private final CountDownLatch ended = new CountDownLatch(1);
  private final BoundedReasons reasons = new BoundedReasons();
  private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;
  private @Nullable DeadLetterTopic deadLetters;
  private volatile boolean stopping;
  private volatile Duration timeLimit = Duration.ZERO;
  private final PartitionMerge merge;
  private long underWay; // bytes; by the loop
  private boolean paused; // by the loop
  private boolean waitsForRoom; // some partition is paused; by the loop
  private long lastCommit; // nanoseconds; by the loop

  KafkaReceiver(KafkaReceiverSettings settings, Map<Signal, Consumer> outputs, Context context) {
    this.settings = settings;
    this.outputs = outputs;
    this.context = context;
    this.log = context.logger();
    this.merge = new PartitionMerge(task -> context.clock().execute("kafka " + context.id(), task));
    Registry r = context.metrics();
    String id = context.id().toString();
    unreadable =
        r.counters(
                "tethys_kafka_receiver_unreadable_records_total",
                "Records that were not of the topic's encoding.",
                "receiver")
            .with(id);
    unreadableItems =
        r.counters(
            "tethys_kafka_receiver_unreadable_items_total",
            "Unreadable items of records whose other items were accepted.",
            "receiver",
            "reason");
    rejected =
        r.counters(
                "tethys_kafka_receiver_rejected_records_total",
                "Records that a destination rejected permanently, entirely or in part.",
                "receiver")
            .with(id);
    readAgain =
        r.counters(
                "tethys_kafka_receiver_rewinds_total",
                "Times that reading went back to a record that was not accepted.",
                "receiver")
            .with(id);
  }

  /** A consumer, and the properties that it logs in with. */
  private record Client(KafkaConsumer<byte[], byte[]> consumer, Map<String, Object> properties) {}

  @Override
  public void start() throws IOException {
    Client c = null;
    try {
      c = client();
      if (!settings.deadLetterTopic().isEmpty()) {
        deadLetters =
            new DeadLetterTopic(
                settings.deadLetterTopic(), () -> PerClientLogin.of(settings.producer(), context));
      }
    } catch (KafkaException e) {
      if (c != null) {
        close(c, Duration.ZERO); // a client that did not start is not closed elsewhere
      }
      throw new IOException(
          context.name() + ": " + (e.getCause() == null ? e : e.getCause()).getMessage(), e);
    }
    Client started = c;
    lastCommit = context.clock().nanos();
    context.clock().execute("kafka " + context.id(), () -> loop(started));
  }

  private Client client() {
    Map<String, Object> properties = PerClientLogin.of(settings.consumer(), context);
    KafkaConsumer<byte[], byte[]> c =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer = c;
    subscribe(c);
    if (stopping) {
      c.wakeup();
    }
    return new Client(c, properties);
  }

  private void subscribe(KafkaConsumer<byte[], byte[]> c) {
    List<String> names = new ArrayList<>();
    List<String> patterns = new ArrayList<>();
    for (Signal s : outputs.keySet()) {
      names.addAll(topics(s).names());
      patterns.add(topics(s).pattern().pattern());
    }
    ConsumerRebalanceListener listener = new Rebalance(c);
    if (TopicPatterns.areAny(names)) {
      c.subscribe(Pattern.compile(String.join("|", patterns)), listener);
    } else {
      c.subscribe(names, listener);
    }
  }

  private KafkaReceiverSettings.Topics topics(Signal signal) {
    return java.util.Objects.requireNonNull(settings.topics().get(signal));
  }

  private Signal signal(String topic) {
    Signal matched = null;
    for (Signal s : outputs.keySet()) {
      if (topics(s).mean(topic)) {
        if (topics(s).names().contains(topic)) {
          return s;
        }
        matched = s;
      }
    }
    if (matched == null) {
      throw new IllegalStateException("no signal uses topic " + topic);
    }
    return matched;
  }

  private void loop(Client first) {
    Client c = first;
    try {
      while (c != null && !stopping) {
        try {
          round(c.consumer);
        } catch (WakeupException e) {
          log.log(Level.DEBUG, "{0}: woken", context.name());
        } catch (AuthenticationException e) {
          log.log(Level.WARNING, "{0}: {1}", context.name(), e.getMessage());
          c = replaceClient(c);
        } catch (KafkaException e) {
          log.log(Level.WARNING, "{0}: {1}", context.name(), e.getMessage());
          pause(settings.pauses().ofBrokers());
        }
      }
      if (c != null) {
        finish(c.consumer);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (VirtualMachineError e) {
      // Records that were polled and not passed on would be lost: they are polled again after a
      // restart.
      SupervisedLoop.endProcess("kafka", e);
    } finally {
      partitions.values().forEach(PartitionReader::cancel);
      lost.values().forEach(l -> l.reader.cancel());
      if (deadLetters != null) {
        deadLetters.close();
      }
      if (c != null) {
        close(c, Duration.ofSeconds(5));
      }
      ended.countDown();
    }
  }

  /**
   * Creates a client to replace one whose login was rejected: Kafka's client keeps its credentials
   * until they expire, even if they are rejected.
   *
   * @return null if the receiver ends first
   */
  private @Nullable Client replaceClient(Client refused) throws InterruptedException {
    KafkaTokenLogin.refused(refused.properties);
    new Rebalance(refused.consumer).onPartitionsLost(List.copyOf(partitions.keySet()));
    close(refused, Duration.ZERO);
    while (true) {
      pause(settings.pauses().ofBrokers());
      if (stopping) {
        return null;
      }
      try {
        return client();
      } catch (KafkaException e) {
        log.log(Level.WARNING, "{0}: {1}", context.name(), KafkaSender.text(e));
      }
    }
  }

  private void close(Client c, Duration most) {
    try {
      c.consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(most));
    } catch (KafkaException e) {
      log.log(Level.WARNING, "{0}: closing: {1}", context.name(), e.getMessage());
    }
  }

  private void pause(Duration d) throws InterruptedException {
    long end = context.clock().nanos() + d.toNanos();
    while (!stopping && context.clock().nanos() < end) {
      ended.await(50, TimeUnit.MILLISECONDS);
    }
  }

  private void round(KafkaConsumer<byte[], byte[]> c) throws InterruptedException {
    settle();
    rewind(c);
    throttle();
    pauseOrResume(c);
    ConsumerRecords<byte[], byte[]> records = c.poll(waitsForRoom ? POLL_PAUSED : POLL);
    for (TopicPartition tp : records.partitions()) {
      PartitionReader r = partitions.get(tp);
      if (r == null) {
        continue; // it moved to another member while its records were in flight
      }
      for (ConsumerRecord<byte[], byte[]> record : records.records(tp)) {
        if (r.progress.hasFailed()) {
          break; // read again with the record that failed
        }
        int bytes = size(record);
        underWay += bytes;
        r.progress.forward(record.offset(), bytes);
        r.queue(record);
      }
    }
    if (context.clock().nanos() - lastCommit >= settings.commitEvery().toNanos()) {
      lastCommit = context.clock().nanos();
      Map<TopicPartition, OffsetAndMetadata> due = due(partitions.keySet());
      if (!due.isEmpty()) {
        c.commitAsync(
            due,
            (offsets, e) -> {
              if (e == null) {
                committed.putAll(offsets);
              } else {
                log.log(Level.DEBUG, "{0}: commit: {1}", context.name(), e.getMessage());
              }
            });
      }
    }
  }

  /** Returns the number of bytes by which a record counts as in progress. */
  static int size(ConsumerRecord<byte[], byte[]> r) {
    return 64 + Math.max(0, r.serializedKeySize()) + Math.max(0, r.serializedValueSize());
  }

  private void settle() {
    for (Settlement s = settled.poll(); s != null; s = settled.poll()) {
      if (s.reader.cancelled) {
        continue; // its bytes were given back when the partition went
      }
      PartitionProgress p = s.reader.progress;
      switch (s.outcome) {
        case Outcome.Accepted a -> underWay -= p.done(s.offset);
        case Outcome.Rejected r -> {
          rejected.inc();
          underWay -= p.done(s.offset);
        }
        case Outcome.Unavailable u -> {
          underWay -= p.failed(s.offset);
          underWay -= s.reader.dropQueued();
          s.reader.notBefore(u.retryAfter(), settings, context.clock().nanos());
          log.log(
              Level.WARNING,
              "{0}: offset {1} of {2} was not accepted and will be read again: {3}",
              context.name(),
              Long.toString(s.offset),
              s.reader.partition,
              u.reason());
        }
      }
    }
  }

  private void rewind(KafkaConsumer<byte[], byte[]> c) {
    for (PartitionReader r : partitions.values()) {
      if (!r.progress.hasFailed()) {
        continue;
      }
      r.held = true;
      if (!r.progress.busy() && context.clock().nanos() - r.resumeAt >= 0) {
        long from = r.progress.rewind();
        readAgain.inc();
        c.seek(r.partition, from);
        r.held = false;
      }
    }
  }

  private void throttle() {
    if (!paused && underWay > settings.maxInFlightBytes()) {
      paused = true;
    } else if (paused && underWay <= settings.maxInFlightBytes() / 2) {
      paused = false;
    }
  }

  /**
   * Pauses partitions that must not be read now. A partition that others wait for is read even
   * above the limit, and no partition has more buffered than its share.
   */
  private void pauseOrResume(KafkaConsumer<byte[], byte[]> c) {
    for (PartitionReader late : merge.check(context.clock().nanos())) {
      log.log(
          Level.WARNING,
          "{0}: no records received from {1} although it has some; continuing with other "
              + "partitions",
          context.name(),
          late.partition);
    }
    long share = Math.max(1, settings.maxInFlightBytes() / (2L * Math.max(1, partitions.size())));
    List<TopicPartition> stop = new ArrayList<>();
    List<TopicPartition> go = new ArrayList<>();
    for (PartitionReader r : partitions.values()) {
      OptionalLong lag = c.currentLag(r.partition);
      r.caughtUp = lag.isPresent() && lag.getAsLong() == 0 && !r.progress.hasFailed();
      boolean isMuch = paused || r.isMerged() && r.bytesAtHand() > share;
      boolean pause = r.held || isMuch && !merge.isAwaited(r);
      if (pause != r.paused) {
        r.paused = pause;
        (pause ? stop : go).add(r.partition);
      }
    }
    c.pause(stop);
    c.resume(go);
    waitsForRoom = paused || partitions.values().stream().anyMatch(r -> r.paused && !r.held);
  }

  @Override
  public @Nullable PartitionMerge merge(PartitionReader reader) {
    return settings.inStep() && signal(reader.partition.topic()) == Signal.METRICS ? merge : null;
  }

  private Map<TopicPartition, OffsetAndMetadata> due(Collection<TopicPartition> of) {
    Map<TopicPartition, OffsetAndMetadata> due = new HashMap<>();
    for (TopicPartition tp : of) {
      PartitionReader r = partitions.get(tp);
      OffsetAndMetadata before = committed.get(tp);
      if (r != null && (before == null || before.offset() != r.progress.position())) {
        due.put(tp, new OffsetAndMetadata(r.progress.position()));
      }
    }
    return due;
  }

  /** Waits for records in flight, then stores positions. */
  private void finish(KafkaConsumer<byte[], byte[]> c) throws InterruptedException {
    boolean isReplaced = timeLimit.compareTo(REPLACED_PATIENCE) < 0;
    partitions.values().forEach(r -> underWay -= r.endMerge());
    if (isReplaced) {
      partitions.values().forEach(r -> underWay -= r.dropQueued());
    }
    await(partitions.keySet(), isReplaced ? REPLACED_PATIENCE : timeLimit);
    commit(c, partitions.keySet());
  }

  private void await(Collection<TopicPartition> of, Duration most) throws InterruptedException {
    long end = context.clock().nanos() + most.toNanos();
    while (true) {
      settle();
      boolean busy = false;
      for (TopicPartition tp : of) {
        PartitionReader r = partitions.get(tp);
        busy |= r != null && r.progress.busy();
      }
      if (!busy || context.clock().nanos() - end >= 0) {
        return;
      }
      ended.await(5, TimeUnit.MILLISECONDS);
    }
  }

  private void commit(KafkaConsumer<byte[], byte[]> c, Collection<TopicPartition> of) {
    Map<TopicPartition, OffsetAndMetadata> due = due(of);
    if (due.isEmpty()) {
      return;
    }
    try {
      OffsetCommitter.store(c, due);
      committed.putAll(due);
    } catch (KafkaException e) {
      log.log(
          Level.WARNING,
          "{0}: positions could not be stored, records will be read again: {1}",
          context.name(),
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
      for (TopicPartition tp : of) {
        long position = c.position(tp);
        Lost before = lost.remove(tp);
        if (before != null) {
          settle();
          long own = before.reader.progress.position();
          if (position >= before.from && position < own) {
            position = own; // all before it is done, and the group's position was not set back
            c.seek(tp, own);
          }
          release(before.reader);
        }
        PartitionReader r = reader(tp, position);
        partitions.put(tp, r);
        if (r.isMerged()) {
          merge.add(r, context.clock().nanos());
        }
      }
      if (!of.isEmpty()) {
        log.log(Level.INFO, "{0}: reads {1}", context.name(), of);
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> of) {
      of.stream().map(partitions::get).forEach(r -> stopReading(r));
      try {
        await(of, REVOKE_PATIENCE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      commit(c, of);
      forget(of);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> of) {
      for (TopicPartition tp : of) {
        PartitionReader r = partitions.remove(tp);
        OffsetAndMetadata stored = committed.remove(tp);
        if (r != null) {
          stopReading(r);
          merge.remove(r);
          lost.put(tp, new Lost(r, stored == null ? r.begun : stored.offset()));
        }
      }
    }

    private void stopReading(@Nullable PartitionReader r) {
      if (r != null) {
        underWay -= r.endMerge();
        underWay -= r.dropQueued();
      }
    }

    private void forget(Collection<TopicPartition> of) {
      for (TopicPartition tp : of) {
        PartitionReader r = partitions.remove(tp);
        committed.remove(tp);
        if (r != null) {
          settle();
          release(r);
        }
      }
    }

    private void release(PartitionReader r) {
      r.cancel();
      underWay -= r.progress.bytesUnderWay();
    }
  }

  private PartitionReader reader(TopicPartition partition, long position) {
    Signal signal = signal(partition.topic());
    return new PartitionReader(
        partition,
        position,
        new RecordReader(signal, java.util.Objects.requireNonNull(topics(signal).reading())),
        java.util.Objects.requireNonNull(outputs.get(signal)),
        this);
  }

  @Override
  public void settled(PartitionReader reader, long offset, Outcome outcome) {
    settled.add(new Settlement(reader, offset, outcome));
  }

  @Override
  public void leftOut(PartitionReader reader, int samples) {
    if (samples > 0) {
      ItemAccounting account = context.account(signal(reader.partition.topic()));
      account.take(samples);
      account.drop(RecordReader.NO_PLACE, samples);
    }
  }

  @Override
  public void execute(String name, Runnable task) {
    context.clock().execute(name, task);
  }

  @Override
  public Metadata metadata(ConsumerRecord<byte[], byte[]> record) {
    Map<String, List<String>> m = new HashMap<>();
    for (Header h : record.headers()) {
      if (h.value() != null) {
        m.computeIfAbsent(h.key(), k -> new ArrayList<>())
            .add(new String(h.value(), StandardCharsets.UTF_8));
      }
    }
    return m.isEmpty() ? Metadata.NONE : new Metadata(m);
  }

  @Override
  public Map<String, String> attributes(ConsumerRecord<byte[], byte[]> record) {
    if (settings.headers().isEmpty()) {
      return Map.of();
    }
    Map<String, String> m = new LinkedHashMap<>();
    for (Header h : record.headers()) {
      if (isWanted(h.key())) {
        String value = h.value() == null ? "" : new String(h.value(), StandardCharsets.UTF_8);
        m.putIfAbsent("kafka.header." + h.key(), value); // of several the first, as the Collector
      }
    }
    return m;
  }

  private boolean isWanted(String key) {
    for (String h : settings.headers()) {
      if (h.endsWith("*") ? key.startsWith(h.substring(0, h.length() - 1)) : key.equals(h)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Outcome deadLetterRejected(
      ConsumerRecord<byte[], byte[]> record, Batch taken, RejectedItems refusals) {
    String id = context.id().toString();
    refusals
        .reasons()
        .forEach((reason, n) -> unreadableItems.with(id, reasons.bounded(reason)).add(n));
    String all = RecordReader.describe(refusals);
    String why = refusals.count() + " of " + (taken.items() + refusals.count()) + " items: " + all;
    log.log(
        Level.WARNING,
        "{0}: Record with unreadable items, the others were accepted topic={1} partition={2}"
            + " offset={3} items={4} reason={5}",
        context.name(),
        record.topic(),
        Integer.toString(record.partition()),
        Long.toString(record.offset()),
        Integer.toString(refusals.count()),
        all.lines().findFirst().orElse(""));
    if (deadLetters != null) {
      try {
        deadLetters.write(record, why);
      } catch (IOException e) {
        return new Outcome.Unavailable("dead letter: " + e.getMessage(), Duration.ZERO);
      }
    }
    return new Outcome.Rejected(why, refusals.count());
  }

  @Override
  public Outcome deadLetter(ConsumerRecord<byte[], byte[]> record, boolean readable, String why) {
    if (!readable) {
      unreadable.inc();
    }
    RefusedRecords.log(
        log, context.name(), record, readable, why, deadLetters == null ? "skip" : "dead_letter");
    if (deadLetters != null) {
      try {
        deadLetters.write(record, why);
      } catch (IOException e) {
        return new Outcome.Unavailable("dead letter: " + e.getMessage(), Duration.ZERO);
      }
    }
    return new Outcome.Rejected(why, 1);
  }

  @Override
  public void stop(Duration most) {
    KafkaConsumer<byte[], byte[]> c = consumer;
    if (c == null) {
      return;
    }
    timeLimit = most;
    stopping = true;
    c.wakeup();
    try {
      if (!ended.await(most.plusSeconds(12).toMillis(), TimeUnit.MILLISECONDS)) {
        log.log(Level.WARNING, "{0}: did not end in time", context.name());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package dev.tethys.pipeline.kafka;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the records of one partition and forwards them in order, on its own thread while there
 * are any. All other methods are called by the owner's loop.
 */
final class PartitionReader {
  /** Reads the topics. */
  interface Owner {
    /** Called when a record was processed or not accepted; may run on any thread. */
    void settled(PartitionReader reader, long offset, Outcome outcome);

    /** Samples of a record that is settled were omitted; called by any thread. */
    void leftOut(PartitionReader reader, int samples);

    /** Runs a task that may block, on its own thread. */
    void execute(String name, Runnable task);

    /** Passes records of several partitions on in the order of their time; null for no order. */
    @Nullable PartitionMerge merge(PartitionReader reader);

    /** Headers of a record, which are sent with its batch. */
    Metadata metadata(ConsumerRecord<byte[], byte[]> record);

    /** Resource attributes from a record's headers. */
    Map<String, String> attributes(ConsumerRecord<byte[], byte[]> record);

    /**
     * Counts unreadable items of a record whose other items were accepted, and writes the record to
     * the dead letters; may block. Returns the outcome of the record.
     */
    Outcome deadLetterRejected(
        ConsumerRecord<byte[], byte[]> record, Batch taken, RejectedItems refusals);

    /** Writes a record to the dead letters; may block. Returns the outcome of the record. */
    Outcome deadLetter(ConsumerRecord<byte[], byte[]> record, boolean readable, String why);
  }

  final TopicPartition partition;
  final PartitionProgress progress;
  final long begun; // the offset
  boolean held;
  long resumeAt; // nanoseconds
  volatile boolean cancelled;

  /** Whether the consumer reads nothing from it now; used by the owner's loop. */
  boolean paused;

  /** Whether the broker has no more records than were read; written by the owner's loop. */
  volatile boolean caughtUp;

  /** Bytes of records that were read and not passed on. */
  private final AtomicLong atHand = new AtomicLong();

  private final AtomicInteger undecoded = new AtomicInteger();
  private final @Nullable PartitionMerge merge;
  private Duration nextPause = Duration.ZERO;
  private long pausedAtPosition = -1;
  private final RecordReader decoder;
  private final Consumer output;
  private final Owner owner;
  private final long lane;

  @GuardedBy("itself")
  private final ArrayDeque<ConsumerRecord<byte[], byte[]>> queued = new ArrayDeque<>();

  @GuardedBy("queued")
  private boolean running;

  PartitionReader(
      TopicPartition partition, long position, RecordReader decoder, Consumer output, Owner owner) {
    this.partition = partition;
    this.progress = new PartitionProgress(position);
    this.begun = position;
    this.decoder = decoder;
    this.output = output;
    this.owner = owner;
    this.merge = owner.merge(this);
    // Records that are merged have one order.
    int number = merge == null ? partition.partition() : 0;
    long h = partition.topic().hashCode() * 0x9e3779b97f4a7c15L + number + 1;
    this.lane = h == 0 || merge != null ? 1 : h;
  }

  /** Bytes of records that were read and not passed on. */
  long bytesAtHand() {
    return atHand.get();
  }

  /** Whether no record is in transit from the broker. */
  boolean isReadToEnd() {
    return caughtUp && undecoded.get() == 0;
  }

  /** Delays the return of reading, with growing pauses while there is no progress. */
  void notBefore(Duration asked, KafkaReceiverSettings settings, long nanos) {
    if (pausedAtPosition != progress.position()) {
      nextPause = settings.pauses().first(); // it succeeded since the last time
      pausedAtPosition = progress.position();
    }
    Duration own = settings.pauses().spread(nextPause, ThreadLocalRandom.current().nextDouble());
    Duration d = asked.compareTo(own) > 0 ? asked : own;
    resumeAt = nanos + d.toNanos();
    nextPause = settings.pauses().after(nextPause);
  }

  void queue(ConsumerRecord<byte[], byte[]> record) {
    undecoded.incrementAndGet();
    atHand.addAndGet(KafkaReceiver.size(record));
    synchronized (queued) {
      queued.addLast(record);
      if (running) {
        return;
      }
      running = true;
    }
    owner.execute("kafka " + partition, this::drain);
  }

  /**
   * Drops buffered records that were not forwarded; the next consumer of the partition reads them
   * again.
   */
  long dropQueued() {
    caughtUp = false; // set before others could overtake repeated records
    List<ConsumerRecord<byte[], byte[]>> dropped = takeQueued();
    if (merge != null) {
      dropped.addAll(merge.drop(this));
    }
    long bytes = 0;
    for (ConsumerRecord<byte[], byte[]> r : dropped) {
      atHand.addAndGet(-KafkaReceiver.size(r));
      bytes += progress.failed(r.offset());
    }
    return bytes;
  }

  /** Stops reading: records that are not due yet are read again by the next consumer. */
  long endMerge() {
    if (merge == null) {
      return 0;
    }
    merge.end(this);
    return dropQueued();
  }

  boolean isMerged() {
    return merge != null;
  }

  private List<ConsumerRecord<byte[], byte[]>> takeQueued() {
    synchronized (queued) {
      List<ConsumerRecord<byte[], byte[]>> taken = new ArrayList<>(queued);
      queued.clear();
      undecoded.addAndGet(-taken.size());
      return taken;
    }
  }

  void cancel() {
    cancelled = true;
    takeQueued();
    if (merge != null) {
      merge.remove(this);
    }
  }

  private void drain() {
    while (true) {
      ConsumerRecord<byte[], byte[]> record;
      synchronized (queued) {
        record = queued.pollFirst();
        if (record == null) {
          running = false;
          return;
        }
      }
      try {
        decode(record);
      } finally {
        undecoded.decrementAndGet();
      }
    }
  }

  private void decode(ConsumerRecord<byte[], byte[]> record) {
    long offset = record.offset();
    byte[] value = record.value();
    if (value == null) {
      passed(record);
      owner.settled(this, offset, Outcome.ACCEPTED); // a tombstone has no content
      return;
    }
    RecordReader.Read read;
    try {
      read =
          decoder.read(
              value, record.timestamp(), lane, owner.metadata(record), owner.attributes(record));
    } catch (CodecException e) {
      passed(record);
      owner.settled(this, offset, owner.deadLetter(record, false, String.valueOf(e.getMessage())));
      return;
    }
    if (merge == null) {
      forward(record, read);
      return;
    }
    long millis = SampleTime.millis(read.batch(), record.timestamp());
    if (!merge.offer(this, record, millis, () -> forward(record, read))) {
      passed(record);
      owner.settled(
          this, offset, new Outcome.Unavailable("the partition is no longer read", Duration.ZERO));
    }
  }

  private void passed(ConsumerRecord<byte[], byte[]> record) {
    atHand.addAndGet(-KafkaReceiver.size(record));
  }

  private void forward(ConsumerRecord<byte[], byte[]> record, RecordReader.Read read) {
    passed(record);
    long offset = record.offset();
    Batch batch = read.batch();
    output.consume(
        batch,
        outcome -> {
          if (outcome instanceof Outcome.Rejected r && r.items() >= batch.items()) {
            // Not on the thread that settles, which must not wait for a broker.
            owner.execute(
                "kafka dead letter",
                () -> owner.settled(this, offset, owner.deadLetter(record, true, r.reason())));
          } else if (outcome instanceof Outcome.Unavailable) { // it is read again
            owner.settled(this, offset, outcome);
          } else {
            owner.leftOut(this, read.leftOut());
            if (read.refusals().isEmpty()) {
              owner.settled(this, offset, outcome);
            } else {
              owner.execute(
                  "kafka dead letter",
                  () ->
                      owner.settled(
                          this,
                          offset,
                          Outcome.plus(
                              outcome, owner.deadLetterRejected(record, batch, read.refusals()))));
            }
          }
        });
  }
}

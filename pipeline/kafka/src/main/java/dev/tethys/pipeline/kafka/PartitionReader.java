package dev.tethys.pipeline.kafka;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Decodes the records of one partition and forwards them in order, on its own thread while there
 * are any. All other methods are called by the owner's loop.
 */
final class PartitionReader {
  /** Reader of the topics. */
  interface Owner {
    /** A record is done with, or was not taken; called by any thread. */
    void settled(PartitionReader reader, long offset, Outcome outcome);

    /** Samples of a record that is settled were left out; called by any thread. */
    void leftOut(PartitionReader reader, int samples);

    /** Runs a task that may block, on its own thread. */
    void execute(String name, Runnable task);

    /** A record's headers, which go with its batch. */
    Metadata metadata(ConsumerRecord<byte[], byte[]> record);

    /** What of a record's headers becomes attributes of its resources. */
    Map<String, String> attributes(ConsumerRecord<byte[], byte[]> record);

    /**
     * Counts items of a record that could not be read while its others were taken, and puts the
     * record among the dead letters; may block. What is to be said of the record then.
     */
    Outcome deadLetterRejected(
        ConsumerRecord<byte[], byte[]> record, Batch taken, RejectedItems refusals);

    /** Puts a record among the dead letters; may block. What is to be said of the record then. */
    Outcome deadLetter(ConsumerRecord<byte[], byte[]> record, boolean readable, String why);
  }

  final TopicPartition partition;
  final PartitionProgress progress;
  final long begun; // the offset
  boolean held;
  long resumeAt; // nanoseconds
  volatile boolean cancelled;

  private Duration nextPause = Duration.ZERO;
  private long pausedAtPosition = -1;
  private final RecordReader decoder;
  private final Consumer output;
  private final Owner owner;
  private final long lane;
  private final ArrayDeque<ConsumerRecord<byte[], byte[]>> queued =
      new ArrayDeque<>(); // guarded by itself
  private boolean running; // guarded by queued

  PartitionReader(
      TopicPartition partition, long position, RecordReader decoder, Consumer output, Owner owner) {
    this.partition = partition;
    this.progress = new PartitionProgress(position);
    this.begun = position;
    this.decoder = decoder;
    this.output = output;
    this.owner = owner;
    long h = partition.topic().hashCode() * 0x9e3779b97f4a7c15L + partition.partition() + 1;
    this.lane = h == 0 ? 1 : h;
  }

  /** Reading goes back no sooner than asked, with pauses that grow while nothing gets on. */
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
   * Drops the records that are read and not passed on: the consumer that has the partition then
   * reads them again.
   */
  long dropQueued() {
    List<ConsumerRecord<byte[], byte[]>> dropped;
    synchronized (queued) {
      dropped = List.copyOf(queued);
      queued.clear();
    }
    long bytes = 0;
    for (ConsumerRecord<byte[], byte[]> r : dropped) {
      bytes += progress.failed(r.offset());
    }
    return bytes;
  }

  void cancel() {
    cancelled = true;
    synchronized (queued) {
      queued.clear();
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
      forward(record);
    }
  }

  private void forward(ConsumerRecord<byte[], byte[]> record) {
    long offset = record.offset();
    byte[] value = record.value();
    if (value == null) {
      owner.settled(this, offset, Outcome.ACCEPTED); // a tombstone says nothing
      return;
    }
    RecordReader.Read read;
    try {
      read =
          decoder.read(
              value, record.timestamp(), lane, owner.metadata(record), owner.attributes(record));
    } catch (CodecException e) {
      owner.settled(this, offset, owner.deadLetter(record, false, String.valueOf(e.getMessage())));
      return;
    }
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

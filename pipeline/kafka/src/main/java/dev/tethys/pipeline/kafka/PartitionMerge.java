package dev.tethys.pipeline.kafka;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Forwards decoded records of several partitions in time order. Records of one series may be in any
 * partition, and databases reject samples that are older than stored ones.
 *
 * <p>The next record is taken from the partition with the oldest buffered record; records of a
 * partition keep their order. While a partition has no buffered record and is not read to its end,
 * all wait for it, at most {@link #PATIENCE}. Memory is bounded by the reader, which pauses
 * partitions with many buffered records, never one without.
 */
final class PartitionMerge {
  /** Maximum time that others wait for a partition that has records but delivers none. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private record Item(ConsumerRecord<byte[], byte[]> record, long millis, Runnable delivery) {}

  /** Buffered records of one partition. */
  private static final class Queue {
    final ArrayDeque<Item> items = new ArrayDeque<>();

    /** Items that are older than all after them; the first is the oldest of all. */
    final ArrayDeque<Item> oldest = new ArrayDeque<>();

    long emptySince; // nanoseconds
    boolean isLate; // others no longer wait for it
    boolean ends; // accepts no more records

    void add(Item i) {
      items.addLast(i);
      while (!oldest.isEmpty() && oldest.getLast().millis > i.millis) {
        oldest.removeLast();
      }
      oldest.addLast(i);
    }

    Item take() {
      Item i = items.removeFirst();
      if (oldest.getFirst() == i) {
        oldest.removeFirst();
      }
      return i;
    }
  }

  /** Runs the task that passes records on. */
  interface Runner {
    void execute(Runnable task);
  }

  private final Runner runner;

  @GuardedBy("this")
  private final Map<PartitionReader, Queue> queues = new HashMap<>();

  @GuardedBy("this")
  private boolean running;

  PartitionMerge(Runner runner) {
    this.runner = runner;
  }

  /** Adds a partition to read. */
  synchronized void add(PartitionReader r, long nanos) {
    Queue q = new Queue();
    q.emptySince = nanos;
    queues.put(r, q);
  }

  /** Removes a partition that is no longer read, with its buffered records. */
  synchronized void remove(PartitionReader r) {
    queues.remove(r);
    resume();
  }

  /** Removes and returns the current records of a partition. */
  synchronized List<ConsumerRecord<byte[], byte[]>> drop(PartitionReader r) {
    List<ConsumerRecord<byte[], byte[]>> out = new ArrayList<>();
    Queue q = queues.get(r);
    if (q != null) {
      q.items.forEach(i -> out.add(i.record));
      q.items.clear();
      q.oldest.clear();
    }
    return out;
  }

  /**
   * Accepts and forwards no more records of a partition until it is removed: others would wait in
   * vain for those buffered.
   */
  synchronized void end(PartitionReader r) {
    Queue q = queues.get(r);
    if (q != null) {
      q.ends = true;
    }
  }

  /**
   * Buffers a record of a partition.
   *
   * @param millis time of its samples
   * @param delivery forwards it; may block
   * @return false if the partition has ended
   */
  boolean offer(
      PartitionReader r, ConsumerRecord<byte[], byte[]> record, long millis, Runnable delivery) {
    synchronized (this) {
      Queue q = queues.get(r);
      if (q != null && q.ends) {
        return false;
      }
      if (q != null) {
        q.add(new Item(record, millis, delivery));
        q.isLate = false;
        resume();
        return true;
      }
    }
    delivery.run();
    return true;
  }

  /**
   * Marks partitions that delivered nothing for too long, and continues after one was read to its
   * end.
   *
   * @return partitions for which others no longer wait
   */
  synchronized List<PartitionReader> check(long nanos) {
    List<PartitionReader> late = new ArrayList<>();
    queues.forEach(
        (r, q) -> {
          if (!q.items.isEmpty() || r.isReadToEnd() || r.held) {
            q.emptySince = nanos;
          } else if (!q.isLate && nanos - q.emptySince > PATIENCE.toNanos()) {
            q.isLate = true;
            late.add(r);
          }
        });
    resume();
    return late;
  }

  /** Whether others wait for records of a partition. */
  synchronized boolean isAwaited(PartitionReader r) {
    Queue q = queues.get(r);
    return q != null && q.items.isEmpty() && !r.isReadToEnd();
  }

  @GuardedBy("this")
  private void resume() {
    if (!running && next(false) != null) {
      running = true;
      runner.execute(this::run);
    }
  }

  private void run() {
    while (true) {
      Item i;
      synchronized (this) {
        i = next(true);
        if (i == null) {
          running = false;
          return;
        }
      }
      i.delivery.run();
    }
  }

  @GuardedBy("this")
  private @Nullable Item next(boolean taken) {
    Queue from = null;
    for (Map.Entry<PartitionReader, Queue> e : queues.entrySet()) {
      Queue q = e.getValue();
      if (q.ends) {
        return null; // its buffered records were dropped and are older than those of others
      }
      if (q.items.isEmpty()) {
        if (!q.isLate && !e.getKey().isReadToEnd()) {
          return null;
        }
      } else if (from == null || q.oldest.getFirst().millis < from.oldest.getFirst().millis) {
        from = q;
      }
    }
    return from == null ? null : taken ? from.take() : from.items.getFirst();
  }
}

package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Batch;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts of what passes one place, and the taps on it. Safe for threads.
 *
 * <p>Bytes are those of the encoded batch. A batch that is not encoded yet counts with the size of
 * the last measured batches for each item: to write every one for a counter would double the work
 * of a pipeline.
 */
public final class Traffic {
  /** The first batches without bytes are measured, then one of so many. */
  private static final long MEASURED_OF = 64;

  private static final long FIRST_MEASURED = 8;

  /** The weight of a new measurement. */
  private static final double NEW = 0.25;

  private final AtomicLong unencoded = new AtomicLong();
  private volatile double bytesPerItem; // of batches without bytes; 0 before the first
  private final LongAdder batches = new LongAdder();
  private final LongAdder items = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final List<Tap> taps = new CopyOnWriteArrayList<>();

  /**
   * Counts a batch that passes.
   *
   * @return its bytes
   */
  public long pass(Batch batch) {
    batches.increment();
    items.add(batch.items());
    long size = size(batch);
    bytes.add(size);
    if (!taps.isEmpty()) {
      taps.forEach(t -> t.offer(batch));
    }
    return size;
  }

  private long size(Batch batch) {
    int known = batch.knownSize();
    if (known >= 0) {
      return known;
    }
    long n = unencoded.getAndIncrement();
    if (n >= FIRST_MEASURED && n % MEASURED_OF != 0) {
      return Math.round(bytesPerItem * batch.items());
    }
    int measured = batch.measure();
    if (measured < 0) {
      return batch.size();
    }
    if (batch.items() > 0) {
      double now = (double) measured / batch.items();
      double before = bytesPerItem;
      bytesPerItem = before == 0 ? now : before + NEW * (now - before);
    }
    return measured;
  }

  /**
   * Samples some of the batches, until it is closed.
   *
   * @param perSecond most batches a second
   */
  public Tap tap(double perSecond) {
    Tap t = new Tap(perSecond, taps::remove);
    taps.add(t);
    return t;
  }

  /** Items since the start. */
  public long items() {
    return items.sum();
  }

  /** What passed since the start, as an edge of a graph. */
  public GraphStatus.EdgeStatus status(String id, String from, String to, String pipeline) {
    return new GraphStatus.EdgeStatus(
        id, from, to, pipeline, batches.sum(), items.sum(), bytes.sum());
  }
}

package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Batch;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/**
 * Traffic counts at one point, and its taps. Thread-safe.
 *
 * <p>Bytes are those of the encoded batch. A batch that is not encoded yet counts with a size
 * estimated from some of its own items: encoding everything for a counter on each edge would double
 * the work of a pipeline. The estimate is unbiased and independent of previous batches.
 */
public final class Traffic {
  private final LongAdder batches = new LongAdder();
  private final LongAdder items = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final List<Tap> taps = new CopyOnWriteArrayList<>();

  /** Counts a batch that passes. */
  public void pass(Batch batch) {
    pass(batch, false);
  }

  /**
   * Counts a passing batch.
   *
   * @param exact whether the batch is encoded for its size, which costs nothing if the next
   *     consumer needs its bytes
   * @return its bytes
   */
  long pass(Batch batch, boolean exact) {
    batches.increment();
    items.add(batch.items());
    long size = exact ? batch.exactSize() : batch.estimatedSize();
    bytes.add(size);
    if (!taps.isEmpty()) {
      taps.forEach(t -> t.offer(batch));
    }
    return size;
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

  /** Items since startup. */
  public long items() {
    return items.sum();
  }

  /** Batches since startup. */
  long batches() {
    return batches.sum();
  }

  /** Bytes since startup. */
  long bytes() {
    return bytes.sum();
  }
}

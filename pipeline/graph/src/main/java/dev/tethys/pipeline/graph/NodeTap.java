package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Samples batches before and after a node, at a bounded rate and without blocking the pipeline:
 * samples not fetched in time are dropped and counted.
 *
 * <p>A batch that leaves the node on the thread of a sampled call belongs to that sample. A batch
 * emitted later, such as a merged one, is a sample without an input batch.
 */
public final class NodeTap implements AutoCloseable {
  private static final int ROOM = 16;

  /** Maximum number of batches that may leave a node in one call. */
  private static final int MAX_AFTER = 16;

  /**
   * Batch on its way through the node.
   *
   * @param before null if the output has no sampled call
   * @param after outputs with the id of their edge
   * @param whole whether {@code after} contains all outputs of the call
   */
  public record NodeBatches(@Nullable Batch before, List<Passed> after, boolean whole) {}

  /** Batch that passed an edge. */
  public record Passed(String edge, Batch batch) {}

  /** Call of the node that is in progress. */
  static final class Call {
    private final Batch before;
    private final List<Passed> after = new ArrayList<>(2);
    private boolean whole = true;

    Call(Batch before) {
      this.before = before;
    }
  }

  private final Set<String> into; // edges
  private final BlockingQueue<NodeBatches> seen = new ArrayBlockingQueue<>(ROOM);
  private final ThreadLocal<@Nullable Call> calls = new ThreadLocal<>();
  private final long everyNanos;
  private final AtomicLong nextAt = new AtomicLong(System.nanoTime());
  private final AtomicLong skipped = new AtomicLong();
  private final java.util.function.Consumer<NodeTap> onClose;

  NodeTap(Set<String> into, double perSecond, java.util.function.Consumer<NodeTap> onClose) {
    this.into = Set.copyOf(into);
    this.everyNanos = (long) (1e9 / perSecond);
    this.onClose = onClose;
  }

  private boolean isDue() {
    long now = System.nanoTime();
    long at = nextAt.get();
    return now - at >= 0 && nextAt.compareAndSet(at, now + everyNanos);
  }

  /**
   * Reports a batch about to pass an edge. Returns the call for {@link #end}; null if it is not
   * sampled.
   */
  @Nullable Call begin(String edge, Batch b) {
    if (into.contains(edge)) {
      if (!isDue()) {
        return null;
      }
      b.share(); // read here while the node may edit it
      Call c = new Call(b);
      calls.set(c);
      return c;
    }
    Call c = calls.get();
    if (c != null) {
      if (c.after.size() < MAX_AFTER) {
        b.share();
        c.after.add(new Passed(edge, b));
      } else {
        c.whole = false;
      }
    } else if (isDue()) {
      b.share();
      offer(new NodeBatches(null, List.of(new Passed(edge, b)), true));
    }
    return null;
  }

  void end(Call c) {
    calls.remove();
    offer(new NodeBatches(c.before, List.copyOf(c.after), c.whole));
  }

  private void offer(NodeBatches p) {
    if (!seen.offer(p)) {
      skipped.incrementAndGet();
    }
  }

  /** Returns the next passing batches, or null if none arrive in time. */
  public @Nullable NodeBatches next(long millis) throws InterruptedException {
    return seen.poll(millis, TimeUnit.MILLISECONDS);
  }

  /** Returns the number of samples not fetched in time. */
  public long skipped() {
    return skipped.get();
  }

  @Override
  public void close() {
    onClose.accept(this);
  }
}

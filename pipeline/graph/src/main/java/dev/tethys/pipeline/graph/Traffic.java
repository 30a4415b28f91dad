package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Batch;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/** What passes one place, counted, and looked at by taps. Safe for threads. */
public final class Traffic {
  private final LongAdder batches = new LongAdder();
  private final LongAdder items = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final List<Tap> taps = new CopyOnWriteArrayList<>();

  /** Counts a batch that passes. */
  public void pass(Batch batch) {
    batches.increment();
    items.add(batch.items());
    bytes.add(batch.size());
    if (!taps.isEmpty()) {
      taps.forEach(t -> t.offer(batch));
    }
  }

  /**
   * Looks at some of what passes, until it is closed.
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

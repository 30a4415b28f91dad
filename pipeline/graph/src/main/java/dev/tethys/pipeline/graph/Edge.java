package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/** The way from one node to the next, with what passed on it. Outlives the nodes at its ends. */
final class Edge implements Consumer {
  /**
   * Which edge.
   *
   * @param pipeline by which it goes
   */
  record Key(NodeKey from, String pipeline, NodeKey to) {
    @Override
    public String toString() {
      return from + ".." + pipeline + ".." + to;
    }
  }

  private static final System.Logger LOG = System.getLogger("dev.tethys.pipeline");

  final Key key;
  private final Consumer to;
  final LongAdder batches = new LongAdder();
  final LongAdder items = new LongAdder();
  final LongAdder bytes = new LongAdder();
  private final List<Tap> taps = new CopyOnWriteArrayList<>();

  Edge(Key key, Consumer to) {
    this.key = key;
    this.to = to;
  }

  @Override
  public void consume(Batch batch, Receipt receipt) {
    batches.increment();
    items.add(batch.items());
    bytes.add(batch.size());
    if (!taps.isEmpty()) {
      taps.forEach(t -> t.offer(batch));
    }
    try {
      to.consume(batch, receipt);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, key.to() + " failed in a way that is a fault of Tethys", e);
      receipt.settle(new Outcome.Unavailable(key.to() + " failed: " + e, Duration.ZERO));
    }
  }

  void attach(Tap tap) {
    taps.add(tap);
  }

  void detach(Tap tap) {
    taps.remove(tap);
  }
}

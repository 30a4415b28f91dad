package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;
import java.lang.System.Logger.Level;
import java.time.Duration;

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
  final Traffic traffic = new Traffic();

  Edge(Key key, Consumer to) {
    this.key = key;
    this.to = to;
  }

  @Override
  public void consume(Batch batch, Receipt receipt) {
    traffic.pass(batch);
    try {
      to.consume(batch, receipt);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, key.to() + " failed in a way that is a fault of Tethys", e);
      receipt.settle(new Outcome.Unavailable(key.to() + " failed: " + e, Duration.ZERO));
    }
  }
}

package dev.tethys.pipeline.graph;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** The way from one node to the next, with what passed on it. Outlives the nodes at its ends. */
final class Edge implements Consumer {
  /**
   * Identity of an edge.
   *
   * @param pipeline pipeline that the edge belongs to
   */
  record Key(NodeKey from, String pipeline, NodeKey to) {
    @Override
    public String toString() {
      return from + ".." + pipeline + ".." + to;
    }
  }

  private static final LimitedLog PEER_LOG = new LimitedLog(JulLogger.of("dev.tethys.pipeline"));

  final Key key;
  private final Consumer to;
  final Traffic traffic = new Traffic();
  final Acknowledgements acknowledgements;

  Edge(Key key, Consumer to, Scheduler clock) {
    this.key = key;
    this.to = to;
    this.acknowledgements = new Acknowledgements(clock);
  }

  @Override
  public void consume(Batch batch, AckCallback receipt) {
    traffic.pass(batch);
    AckCallback tracked = acknowledgements.track(receipt);
    try {
      to.consume(batch, tracked);
    } catch (RuntimeException e) {
      PEER_LOG.failure(
          Level.ERROR, "Component failed, which is a fault of Tethys component", key.to(), e);
      tracked.settle(new Outcome.Unavailable(key.to() + " failed: " + e, Duration.ZERO));
    }
  }
}

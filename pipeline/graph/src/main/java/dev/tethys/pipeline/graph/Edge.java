package dev.tethys.pipeline.graph;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.volume.VolumePoint;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Connection from one node to the next, with its traffic counts. Outlives the nodes at its ends.
 */
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

  private final VolumePoint volume;
  private volatile NodeTap @Nullable [] taps; // null for none
  private volatile @Nullable RecordTrail trail; // null for none

  Edge(Key key, Consumer to, Scheduler clock, VolumePoint volume) {
    this.key = key;
    this.to = to;
    this.volume = volume;
    this.acknowledgements = new Acknowledgements(clock);
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    volume.pass(batch, traffic.pass(batch, volume.isExact()));
    RecordTrail following = trail;
    if (following != null) {
      following.pass(this, batch);
    }
    AckCallback tracked = acknowledgements.track(ack);
    NodeTap[] watching = taps;
    try {
      if (watching == null) {
        to.consume(batch, tracked);
      } else {
        tapped(watching, 0, batch, tracked);
      }
    } catch (RuntimeException e) {
      PEER_LOG.failure(
          Level.ERROR, "Component failed, which is a fault of Tethys component", key.to(), e);
      tracked.complete(new Outcome.Unavailable(key.to() + " failed: " + e, Duration.ZERO));
    }
  }

  private void tapped(NodeTap[] watching, int from, Batch batch, AckCallback ack) {
    if (from == watching.length) {
      to.consume(batch, ack);
      return;
    }
    NodeTap tap = watching[from];
    NodeTap.Call call = tap.begin(key.toString(), batch);
    try {
      tapped(watching, from + 1, batch, ack);
    } finally {
      if (call != null) {
        tap.end(call);
      }
    }
  }

  synchronized void add(NodeTap tap) {
    NodeTap[] now = taps;
    NodeTap[] next = now == null ? new NodeTap[1] : Arrays.copyOf(now, now.length + 1);
    next[next.length - 1] = tap;
    taps = next;
  }

  synchronized void remove(NodeTap tap) {
    NodeTap[] now = taps;
    if (now != null) {
      NodeTap[] left = Arrays.stream(now).filter(t -> t != tap).toArray(NodeTap[]::new);
      taps = left.length == 0 ? null : left;
    }
  }

  /** Sets the trail that sees passing batches; returns null if none. */
  void follow(@Nullable RecordTrail by) {
    trail = by;
  }
}

package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentKind;

/**
 * State of a node that makes no progress because another node accepts nothing.
 *
 * @param by id of the node that accepts nothing
 * @param byKind kind of that node, usually {@code exporter}
 * @param byComponent its id in the configuration
 * @param reason reason why that node accepts nothing
 * @param effect consequence for the blocked node
 * @param signal the signal that is blocked at the node
 * @param sinceMillis start time, Unix milliseconds
 */
public record Blockage(
    String by,
    String byKind,
    String byComponent,
    Reason reason,
    Effect effect,
    Signal signal,
    long sinceMillis) {
  /** Reason why a node accepts nothing. */
  public enum Reason {
    /** The queue is full. */
    QUEUE_FULL,
    /** The destination fails, and sources wait for acknowledgement of queued data. */
    NOT_DELIVERED,
    /** Failure of its destination while its queue continues on disk and no source waits. */
    ON_DISK,
    /** The node returns data to its sources. */
    REFUSING
  }

  /** Effect of a blockage on a node. */
  public enum Effect {
    /** The node itself accepts nothing. */
    CAUSE,
    /** The node waits, or its data is returned. */
    WAITING,
    /** The node receives nothing: all upstream nodes wait. */
    STARVED
  }

  /** Creates a cause; {@link #at} derives the blockage of other nodes. */
  static Blockage cause(NodeKey by, Reason reason, Signal signal, long sinceMillis) {
    return new Blockage(
        by.toString(),
        by.kind().word(),
        by.kind() == ComponentKind.PROCESSOR ? by.component() : by.id().toString(),
        reason,
        Effect.CAUSE,
        signal,
        sinceMillis);
  }

  Blockage at(Effect on, Signal of) {
    return new Blockage(by, byKind, byComponent, reason, on, of, sinceMillis);
  }
}

package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentKind;

/**
 * The state of a node that makes no progress because another node takes nothing.
 *
 * @param by id of the node that takes nothing
 * @param byKind kind of that node, {@code exporter} for most
 * @param byComponent its id in the configuration
 * @param reason why that node takes nothing
 * @param effect what it means for the node that has this blockage
 * @param signal the signal that is blocked at the node
 * @param sinceMillis when it began, Unix milliseconds
 */
public record Blockage(
    String by,
    String byKind,
    String byComponent,
    Reason reason,
    Effect effect,
    Signal signal,
    long sinceMillis) {
  /** Why a node takes nothing. */
  public enum Reason {
    /** Its queue has no room. */
    QUEUE_FULL,
    /** Its destination fails, and sources wait for the acknowledgement of what is queued. */
    NOT_DELIVERED,
    /** Failure of its destination while its queue continues on disk and no source waits. */
    ON_DISK,
    /** It returns what it gets to its sources. */
    REFUSING
  }

  /** Effect of a blockage on a node. */
  public enum Effect {
    /** The node is the one that takes nothing. */
    CAUSE,
    /** The node waits, or gets back what it sends. */
    WAITING,
    /** The node gets nothing: all nodes that lead to it wait. */
    STARVED
  }

  /** A cause; {@link #at} makes of it what other nodes have. */
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

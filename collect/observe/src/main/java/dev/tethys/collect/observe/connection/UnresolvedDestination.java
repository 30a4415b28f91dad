package dev.tethys.collect.observe.connection;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Destination of a connection whose peer after address translation is unknown yet. The connection's
 * counts in the meantime are in {@link #counts}.
 */
final class UnresolvedDestination {
  private final UnresolvedDestinations all;
  final Owner owner;
  final Connection connection;
  final Flow flow;
  final int namespace;

  /** Process in the namespace. */
  final int process;

  final Peer counts;

  /** Counts of the destination without translation, when the connection had them before. */
  final @Nullable Peer direct;

  // Guarded by the tracker.
  boolean queued;
  boolean settled;

  /** Flow after address translation, once it is settled. */
  Flow actual;

  final List<Consumer<Peer>> waiting = new ArrayList<>(0);

  /**
   * Response of the kernel; belongs to the querying thread until the tracker takes the object back.
   */
  Flow answer;

  UnresolvedDestination(
      UnresolvedDestinations all,
      Owner owner,
      Connection connection,
      Flow flow,
      int namespace,
      int process) {
    this.all = all;
    this.owner = owner;
    this.connection = connection;
    this.flow = flow;
    this.namespace = namespace;
    this.process = process;
    this.direct = connection.peer();
    this.actual = flow;
    this.answer = flow;
    String text = flow.destination().withPort(flow.destinationPort());
    this.counts = new Peer(owner, text, text, "", this);
  }

  /** Calls a function with the destination once it is known. */
  void whenKnown(Consumer<Peer> then) {
    all.whenKnown(this, then);
  }
}

package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** An entry that was handed out, on its way to the destination. Guarded by the engine's lock. */
final class Job {
  /** Where it is. */
  enum State {
    /** To be sent as soon as a request may go. */
    READY,
    /** Behind another of its lane. */
    PARKED,
    /** Waits to be tried again. */
    DELAYED,
    /** Being sent. */
    FLYING,
    /** Its destination has answered, which is being dealt with. */
    HEARD,
    /** Settled, or given up while it was sent: what comes of that is of no interest. */
    GONE
  }

  final Shelf.Entry entry;
  final Receipt receipt;
  State state = State.READY;
  int attempts;
  long firstAttempt;

  /** What is left to send in its place, once its destination wanted it otherwise. */
  @Nullable ArrayDeque<Parcel> parts;

  int replacements;
  int itemsLeft;
  Outcome outcome = Outcome.ACCEPTED;
  Clockwork.@Nullable Timer timer;
  @Nullable Thread thread;

  Job(Shelf.Entry entry, Receipt receipt) {
    this.entry = entry;
    this.receipt = receipt;
    this.itemsLeft = entry.items;
  }

  /** Whether it is with its destination, or was just now. */
  boolean isBusy() {
    return state == State.FLYING || state == State.HEARD;
  }

  /** Whether its destination has some of it. */
  boolean isStarted() {
    return isBusy() || itemsLeft != entry.items;
  }
}

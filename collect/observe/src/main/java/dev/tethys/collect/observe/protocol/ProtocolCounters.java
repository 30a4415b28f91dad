package dev.tethys.collect.observe.protocol;

import java.util.concurrent.atomic.AtomicLong;

/** Counts of data that could not be measured, shared by the connections of an agent. */
public final class ProtocolCounters {
  /** Most requests open at a time on all connections; some 100 bytes each. */
  static final int MAX_OPEN = 200_000;

  final AtomicLong unrecognised = new AtomicLong();
  final AtomicLong malformed = new AtomicLong();
  final AtomicLong shed = new AtomicLong();
  final AtomicLong lost = new AtomicLong();
  final AtomicLong unanswered = new AtomicLong();
  final AtomicLong faults = new AtomicLong();

  /** Memory of all connections; of the thread that feeds them. */
  final Retention retention = new Retention();

  /** Requests open on all connections; of the thread that feeds them. */
  int open;

  /** Returns the number of connections whose protocol was not recognised. */
  public long unrecognised() {
    return unrecognised.get();
  }

  /** Returns the number of messages that violate the protocol of their connection. */
  public long malformed() {
    return malformed.get();
  }

  /** Requests not measured because too many were open, and connections that forgot for memory. */
  public long shed() {
    return shed.get();
  }

  /**
   * Returns the number of payloads in which messages may have started beyond the captured bytes.
   */
  public long lost() {
    return lost.get();
  }

  /** Requests without a response when their connection ended. */
  public long unanswered() {
    return unanswered.get();
  }

  /** Failures of a parser; its connection is no longer measured. */
  public long faults() {
    return faults.get();
  }
}

package dev.tethys.collect.observe.protocol;

import java.util.concurrent.atomic.AtomicLong;

/** Counts of what could not be measured, shared by the connections of an agent. */
public final class ProtocolCounters {
  final AtomicLong unrecognised = new AtomicLong();
  final AtomicLong malformed = new AtomicLong();
  final AtomicLong shed = new AtomicLong();
  final AtomicLong lost = new AtomicLong();
  final AtomicLong unanswered = new AtomicLong();
  final AtomicLong faults = new AtomicLong();

  /** Connections whose protocol was not recognised. */
  public long unrecognised() {
    return unrecognised.get();
  }

  /** Messages that do not follow the protocol of their connection. */
  public long malformed() {
    return malformed.get();
  }

  /** Requests not measured because too many were open on their connection. */
  public long shed() {
    return shed.get();
  }

  /** Payloads in which messages may have started beyond the captured bytes. */
  public long lost() {
    return lost.get();
  }

  /** Requests without an answer when their connection ended. */
  public long unanswered() {
    return unanswered.get();
  }

  /** Failures of a parser; its connection is not measured any more. */
  public long faults() {
    return faults.get();
  }
}

package dev.tethys.collect.observe.protocol;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Request that waits for its answer. */
final class Pending {
  /** Part that an entry has in the order of answers. */
  enum Kind {
    /** A request with one answer. */
    SINGLE,
    /** One of several requests that end together. */
    STEP,
    /** End of several requests; reported only when it failed. */
    END
  }

  final long start;
  long requestBytes;
  long responseBytes;
  String operation = "";
  String target = "";
  String statement = "";
  String code = "";
  Status status = Status.UNKNOWN;
  @Nullable String traceParent;
  List<String> answers = List.of();

  /** Protocol above HTTP in question; null for none. */
  @Nullable ApiExchange api;

  /** Number of the command, where a parser needs it to match the answer. */
  int command;

  /** Accounted memory in bytes: 0 while it is being read, and once closed. */
  int bytes;

  boolean closed;
  Kind kind = Kind.SINGLE;

  /** True when the request was reported and only its place in the order is left. */
  boolean reported;

  Pending(long start) {
    this.start = start;
  }
}

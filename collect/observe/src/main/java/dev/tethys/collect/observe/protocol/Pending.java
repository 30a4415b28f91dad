package dev.tethys.collect.observe.protocol;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Request waiting for its response. */
public final class Pending {
  /** Role of an entry in the order of responses. */
  public enum Kind {
    /** A request with one response. */
    SINGLE,
    /** One of several requests that end together. */
    STEP,
    /** End of several requests; reported only when it failed. */
    END
  }

  public final long start;
  public long requestBytes;
  public long responseBytes;
  public String operation = "";
  public String target = "";
  public String statement = "";
  public String code = "";
  public Status status = Status.UNKNOWN;
  public @Nullable String traceParent;
  public List<String> answers = List.of();

  /** Protocol above HTTP in question; null if none. */
  @Nullable ApiExchange api;

  /** Number of the command, where a parser needs it to match the response. */
  public int command;

  /** Accounted memory in bytes: 0 while it is being read, and once closed. */
  int bytes;

  boolean closed;
  public Kind kind = Kind.SINGLE;

  /** True if the request was reported and only its place in the order is left. */
  public boolean reported;

  public Pending(long start) {
    this.start = start;
  }
}

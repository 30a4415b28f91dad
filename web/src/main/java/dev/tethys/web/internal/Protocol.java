package dev.tethys.web.internal;

import java.util.Set;

/** Application protocol of a connection. */
public interface Protocol {
  /** Result of the check for this protocol. */
  enum Answer {
    YES,
    NO,

    /** More bytes are needed. */
    NOT_YET
  }

  /** Protocol names for TLS negotiation (ALPN, RFC 7301). */
  Set<String> names();

  /**
   * Whether a connection that starts with the first {@code length} of some bytes uses this
   * protocol.
   */
  Answer detect(byte[] begin, int length);

  /**
   * Serves a connection until it ends.
   *
   * @param begin bytes already read from it
   */
  void serve(AcceptedConnection connection, byte[] begin) throws InterruptedException;

  /** Called when the listener is closed and the grace period has ended. */
  default void close() {}
}

package dev.tethys.web.internal;

import java.util.Set;

/** Application protocol of a connection. */
public interface Protocol {
  /** Result of the check for this protocol. */
  enum Answer {
    YES,
    NO,

    /** More has to come. */
    NOT_YET
  }

  /** What it is called when TLS is negotiated (ALPN, RFC 7301). */
  Set<String> names();

  /** Whether a connection that begins so speaks it: with the first {@code length} of some bytes. */
  Answer detect(byte[] begin, int length);

  /**
   * Serves a connection to its end.
   *
   * @param begin what was read of it before
   */
  void serve(AcceptedConnection connection, byte[] begin) throws InterruptedException;

  /** Nothing is listened to any more, and the time for ending is over. */
  default void close() {}
}

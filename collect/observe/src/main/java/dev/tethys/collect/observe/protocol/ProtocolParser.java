package dev.tethys.collect.observe.protocol;

/**
 * Reader of one protocol on one connection.
 *
 * <p>Each call of {@link #request} and {@link #response} consumes at most one message from the
 * buffer. A message of known length is consumed with {@link StreamBuffer#take} as soon as {@link
 * StreamBuffer#ready} indicates that no more of it will become visible.
 */
public abstract class ProtocolParser {
  /** Result of reading a message. */
  public enum Step {
    /** A message was consumed. */
    NEXT,
    /** The message is incomplete; more bytes are needed. */
    MORE,
    /** The bytes are not a message of this protocol. */
    WRONG,
    /** From here on the connection carries another protocol: TLS, a tunnel, WebSocket. */
    OPAQUE
  }

  protected final Requests requests;

  protected ProtocolParser(Requests requests) {
    this.requests = requests;
  }

  /** Reads a message of the client. Called at least once a payload, also without visible bytes. */
  public abstract Step request(StreamBuffer in, long now);

  /** Reads a message of the server. Called at least once a payload, also without visible bytes. */
  public abstract Step response(StreamBuffer in, long now);

  /** True if a payload starts a new message although the last one is incomplete. */
  public boolean restarts(boolean request, byte[] bytes, int offset, int length) {
    return false;
  }

  /**
   * True if most clients wait for a response before they send again, so that after a loss the
   * responses are in step again with the next request.
   */
  public boolean answersBeforeNextRequest() {
    return false;
  }

  /** True if messages of both directions are counted and have no responses. */
  public final boolean isOneWay() {
    return requests.protocol().oneWay();
  }

  /**
   * True if a payload of the server may contain several responses, so that more of it is captured
   * once one of them started beyond the captured bytes.
   */
  public boolean hasSeveralAnswers() {
    return false;
  }

  /** Called when messages of a direction may have been missed; the next payload starts with one. */
  public void lost(boolean request, long now) {}

  /** True if more than the start of each payload is of use from now on. */
  public boolean wantsLongPayloads() {
    return false;
  }

  /** Size of the state that grows with the traffic of the connection, without open requests. */
  public int retained() {
    return 0;
  }

  /** Drops that state because memory is short. */
  public void forget() {}

  /** Called when the connection was idle or ended: complete responses are reported. */
  public void flushIdle(long now) {}
}

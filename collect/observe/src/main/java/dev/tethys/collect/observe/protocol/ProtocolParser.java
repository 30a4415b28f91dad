package dev.tethys.collect.observe.protocol;

/**
 * Reader of one protocol on one connection.
 *
 * <p>Each call of {@link #request} and {@link #response} consumes at most one message from the
 * buffer. A message of known length is consumed with {@link StreamBuffer#take} as soon as {@link
 * StreamBuffer#ready} indicates that no more of it will become visible.
 */
abstract class ProtocolParser {
  /** Result of reading a message. */
  enum Step {
    /** A message was consumed. */
    NEXT,
    /** The message is incomplete; more bytes are needed. */
    MORE,
    /** The bytes are not a message of this protocol. */
    WRONG,
    /** The connection carries something else from here on: TLS, a tunnel, WebSocket. */
    OPAQUE
  }

  final Requests requests;

  ProtocolParser(Requests requests) {
    this.requests = requests;
  }

  /** Reads a message of the client. Called at least once a payload, also without visible bytes. */
  abstract Step request(StreamBuffer in, long now);

  /** Reads a message of the server. Called at least once a payload, also without visible bytes. */
  abstract Step response(StreamBuffer in, long now);

  /** True when a payload starts a new message although the last one is incomplete. */
  boolean restarts(boolean request, byte[] bytes, int offset, int length) {
    return false;
  }

  /**
   * True when most clients wait for an answer before they send again, so that after a loss the
   * answers are in step again with the next request.
   */
  boolean answersBeforeNextRequest() {
    return false;
  }

  /** True when messages of both directions are counted, and have no answers. */
  final boolean isOneWay() {
    return requests.protocol().oneWay();
  }

  /**
   * True when a payload of the server may hold several answers, so that more of it is captured once
   * one of them started beyond the captured bytes.
   */
  boolean hasSeveralAnswers() {
    return false;
  }

  /** Told when messages of a direction may have been missed; the next payload starts with one. */
  void lost(boolean request, long now) {}

  /** True when more than the start of each payload is of use from now on. */
  boolean wantsLongPayloads() {
    return false;
  }

  /** Size of the state that grows with the traffic of the connection, without open requests. */
  int retained() {
    return 0;
  }

  /** Drops that state: memory is short. */
  void forget() {}

  /** Told when the connection was quiet or ended: answers known to be complete are reported. */
  void flushIdle(long now) {}
}

package dev.tethys.collect.observe.protocol;

import dev.tethys.collect.observe.protocol.ProtocolParser.Step;
import org.jspecify.annotations.Nullable;

/**
 * Payloads of one connection of one process, in; its requests, out.
 *
 * <p>The protocol is guessed from the bytes and guessed again when they contradict it. State is
 * bounded for any bytes. Not safe for use by several threads concurrently.
 */
public final class ProtocolConnection implements Retention.Owner {
  /** Number of payloads without a recognised request after which a connection is ignored. */
  private static final int TRIES = 48;

  /** Malformed messages in a row after which the guess is dropped. */
  private static final int STRIKES = 4;

  /** Number of payloads after a loss whose malformed messages do not count against the guess. */
  private static final int GRACE = 8;

  /** Maximum number of bytes of an unrecognized connection kept for tests with the next ones. */
  private static final int FRAGMENT = 256;

  private final RequestSink sink;
  private final ProtocolCounters counters;
  private final @Nullable Direction requestsGo;
  private final StreamBuffer sent = new StreamBuffer();
  private final StreamBuffer received = new StreamBuffer();
  private @Nullable Protocol protocol;
  private @Nullable ProtocolParser parser;
  private @Nullable Requests requests;
  private Direction requestDirection = Direction.SENT;
  private boolean opaque;
  private boolean tls;
  private boolean pipelined;

  /** Requests and messages that began in the last payload and were passed. */
  private int messages;

  private int tries;
  private int strikes;
  private long reported;
  private int refused;

  /** Payloads of the responses that may still start within a message after a loss. */
  private int answerGrace;

  private int requestGrace;
  private boolean answersOutOfStep;
  private final Retention.Share share = new Retention.Share(this);

  /**
   * @param requestsGo direction of the requests when it is known, SENT for the side that connected;
   *     null to find it from the bytes
   */
  public ProtocolConnection(
      RequestSink sink, ProtocolCounters counters, @Nullable Direction requestsGo) {
    this.sink = sink;
    this.requestsGo = requestsGo;
    this.counters = counters;
  }

  /**
   * Reads a payload. The bytes are read before the call returns and may then be overwritten.
   *
   * @param timestampNanos time of the system call, on any clock that does not go back
   * @param totalBytes bytes that the process wrote or read; more than length when the capture is
   *     shorter
   */
  public void feed(
      Direction direction,
      long timestampNanos,
      byte[] bytes,
      int offset,
      int length,
      long totalBytes) {
    if (opaque || totalBytes <= 0) {
      return;
    }
    try {
      read(direction, timestampNanos, bytes, offset, length, totalBytes);
    } catch (RuntimeException e) {
      // No traffic may stop the agent; the counter shows the fault.
      counters.faults.incrementAndGet();
      stopParsing();
    }
    account();
  }

  private void account() {
    long bytes = sent.retained() + received.retained();
    if (parser != null) {
      bytes += parser.retained();
    }
    if (requests != null) {
      bytes += requests.retained();
    }
    int forgot = counters.retention.update(share, bytes);
    if (forgot > 0) {
      counters.shed.addAndGet(forgot);
    }
  }

  @Override
  public void forget() {
    resynchronise();
    if (parser != null) {
      parser.forget();
    }
  }

  /** Protocol recognised so far; null before the first request. */
  public @Nullable Protocol protocol() {
    return protocol;
  }

  /**
   * False if the bytes cannot be measured (TLS, a tunnel, an unknown protocol): the capture of this
   * connection may be switched off.
   */
  public boolean wantsPayloads() {
    return !opaque;
  }

  /**
   * True if messages arrived in one payload after its captured bytes: more must be captured of the
   * next payloads.
   */
  public boolean isPipelined() {
    return pipelined;
  }

  /** Whether more than the start of payloads is needed for this connection only. */
  public boolean wantsLongPayloads() {
    return parser != null && parser.wantsLongPayloads();
  }

  /** True if requests go in this direction. */
  public boolean isRequest(Direction direction) {
    return direction == requestDirection;
  }

  /** True if the connection was dropped because it is encrypted. */
  public boolean isTls() {
    return tls;
  }

  /**
   * Records a loss of payloads of this connection: the next ones are assumed to start with a
   * message.
   */
  public void resynchronise() {
    sent.clear();
    received.clear();
    if (parser != null) {
      parser.lost(true, 0);
      parser.lost(false, 0);
    }
    if (requests != null) {
      requests.drop();
    }
  }

  /** Reports requests whose response ended unseen; called every few seconds. */
  public void flushIdle(long nowNanos) {
    if (parser != null) {
      parser.flushIdle(nowNanos);
    }
  }

  /** Ends the connection: requests still without a response are counted, not reported. */
  public void close() {
    if (parser != null) {
      parser.flushIdle(Long.MAX_VALUE);
    }
    stopParsing();
    account();
  }

  private void read(
      Direction direction, long now, byte[] bytes, int offset, int length, long total) {
    StreamBuffer in = direction == Direction.SENT ? sent : received;
    ProtocolParser p = parser;
    boolean request = direction == requestDirection;
    if (p != null && in.skipping() && p.restarts(request, bytes, offset, length)) {
      in.stopSkipping();
    }
    if (p != null && answersOutOfStep) {
      if (!request) {
        p.lost(false, now);
        return;
      }
      answersOutOfStep = false;
      (direction == Direction.SENT ? received : sent).clear();
    }
    boolean lost = in.append(bytes, offset, length, total, now);
    if (p == null) {
      p = recognise(direction, in);
      if (p == null) {
        return;
      }
      request = direction == requestDirection;
    }
    if (!opaque) {
      drain(p, request, in, now);
    }
    if (opaque) {
      return;
    }
    // Long responses do not indicate a pipeline; messages without responses do, in both directions.
    if (messages > 0 && in.isCut() && (request || p.isOneWay() || p.hasSeveralAnswers())) {
      pipelined = true;
    }
    if (in.settle() | lost) {
      counters.lost.incrementAndGet();
      lose(request, now);
    } else if (request) {
      requestGrace = Math.max(0, requestGrace - 1);
    } else {
      answerGrace = Math.max(0, answerGrace - 1);
    }
  }

  private void lose(boolean request, long now) {
    ProtocolParser p = parser;
    if (p == null) {
      return;
    }
    p.lost(request, now);
    if (request) {
      requestGrace = GRACE;
    } else {
      answerGrace = GRACE;
      answersOutOfStep = p.answersBeforeNextRequest();
    }
  }

  private void drain(ProtocolParser first, boolean isRequest, StreamBuffer in, long now) {
    ProtocolParser p = first;
    boolean request = isRequest;
    boolean changed = false;
    messages = 0;
    while (true) {
      int before = in.available();
      long opened = p.requests.opened();
      boolean several = !request && p.hasSeveralAnswers();
      Step step = request ? p.request(in, now) : p.response(in, now);
      if (step == Step.NEXT) {
        messages += several || p.requests.opened() > opened ? 1 : 0; // parts of bodies are none
        if (in.available() > 0 && in.available() < before) {
          continue;
        }
      }
      if (step == Step.OPAQUE) {
        p.flushIdle(Long.MAX_VALUE);
        stopParsing();
        return;
      }
      if (step != Step.WRONG) {
        break;
      }
      if ((request ? requestGrace : answerGrace) > 0) {
        in.takePayload();
        lose(request, now);
        break;
      }
      counters.malformed.incrementAndGet();
      Direction direction = in == sent ? Direction.SENT : Direction.RECEIVED;
      ProtocolParser other = changed ? null : changeGuess(direction, in);
      if (other == null) {
        in.takePayload();
        p.lost(request, now);
        break;
      }
      changed = true;
      p = other;
      request = true;
    }
    if (requests != null && requests.completed() != reported) {
      reported = requests.completed();
      strikes = 0;
    }
  }

  /**
   * Tests a payload against the known protocols, both alone and joined with the previous ones: a
   * server reads the length of a message first, and the capture may start in the middle of one.
   */
  private @Nullable ProtocolParser recognise(Direction direction, StreamBuffer in) {
    (in == sent ? received : sent).clear();
    if (in.startsTlsRecord()) {
      tls = true;
      stopParsing();
      return null;
    }
    ProtocolParser found = begins(direction, in);
    int before = in.available() - in.payloadLength();
    if (found == null && before > 0) {
      StreamBuffer alone = in.lastPayload();
      if (begins(direction, alone) != null) {
        in.take(before);
        found = parser;
      }
    }
    if (found != null) {
      return found;
    }
    if (in.truncated() || in.available() > FRAGMENT) {
      in.takePayload();
      if (++tries >= TRIES) {
        counters.unrecognised.incrementAndGet();
        stopParsing();
        return null;
      }
    }
    in.settle();
    return null;
  }

  private @Nullable ProtocolParser begins(Direction direction, StreamBuffer in) {
    if (requestsGo == null || requestsGo == direction) {
      ProtocolFormat asking = Detection.ofRequest(in, refused);
      if (asking != null) {
        return begin(asking, direction, in);
      }
    }
    if (requestsGo != direction) {
      ProtocolFormat answering = Detection.ofAnswer(in);
      if (answering != null && (refused & 1 << answering.protocol().ordinal()) == 0) {
        return begin(answering, direction.opposite(), in);
      }
    }
    return null;
  }

  private ProtocolParser begin(ProtocolFormat found, Direction direction, StreamBuffer in) {
    requestDirection = direction;
    protocol = found.protocol();
    Requests r = new Requests(found.protocol(), direction == Direction.SENT, sink, counters);
    ProtocolParser p = found.parser().apply(r, in);
    requests = r;
    parser = p;
    reported = 0;
    strikes = 0;
    requestGrace = 0;
    answerGrace = 0;
    answersOutOfStep = false;
    return p;
  }

  /** Replaces the guess when the bytes are a request of another protocol, or after some strikes. */
  private @Nullable ProtocolParser changeGuess(Direction direction, StreamBuffer in) {
    ProtocolFormat found =
        requestsGo != null && requestsGo != direction
            ? null
            : Detection.ofRequest(in, refused | 1 << current().ordinal());
    if (found != null && Detection.isDistinct(found.protocol())) {
      dropRequests();
      (in == sent ? received : sent).clear();
      return begin(found, direction, in);
    }
    if (++strikes >= STRIKES) {
      if (reported == 0) {
        refused |= 1 << current().ordinal();
      }
      dropRequests();
      protocol = null;
      parser = null;
      requests = null;
      strikes = 0;
      tries += STRIKES;
    }
    return null;
  }

  private Protocol current() {
    Protocol p = protocol;
    if (p == null) {
      throw new IllegalStateException("no protocol is known");
    }
    return p;
  }

  private void dropRequests() {
    if (requests != null) {
      requests.drop();
    }
  }

  private void stopParsing() {
    dropRequests();
    opaque = true;
    sent.clear();
    received.clear();
    parser = null;
    requests = null;
  }

  /** Bytes of payloads in memory. */
  int retained() {
    return sent.retained() + received.retained();
  }
}

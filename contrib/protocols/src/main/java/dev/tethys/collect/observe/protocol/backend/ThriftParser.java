package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Thrift: calls with their method, in the binary (strict) and the compact protocol, framed, not
 * framed or with THeader. Responses are matched by sequence number, or in order if numbers repeat.
 *
 * <p>The end of a message without a frame is found by its fields; where they are not all visible,
 * it ends with the payload before the next message.
 */
final class ThriftParser extends ProtocolParser {
  private static final int LARGEST = 256 << 20;
  private static final int HEADER_MAGIC = 0x0fff;

  /** Bytes of a frame that are read. */
  private static final int READ = 1024;

  private static final int SMALLEST_FRAME = 5;
  private static final long QUIET = 1_000_000_000L;

  /** Types of exceptions that the protocol itself has, by their number. */
  private static final List<String> EXCEPTIONS =
      List.of(
          "UNKNOWN",
          "UNKNOWN_METHOD",
          "INVALID_MESSAGE_TYPE",
          "WRONG_METHOD_NAME",
          "BAD_SEQUENCE_ID",
          "MISSING_RESULT",
          "INTERNAL_ERROR",
          "PROTOCOL_ERROR",
          "INVALID_TRANSFORM",
          "INVALID_PROTOCOL",
          "UNSUPPORTED_CLIENT_TYPE");

  /** True once two open calls have had the same number. */
  private boolean inOrder;

  /** True while a message without a frame continues in further payloads. */
  private boolean requestGoesOn;

  /** Completed call whose response continues in further payloads. */
  private @Nullable Pending unfinished;

  private long unfinishedTime;

  ThriftParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    if (in.available() < 8) {
      return false;
    }
    int at = 0;
    long end = Long.MAX_VALUE;
    if (!ThriftMessage.isStart(in.u8(0))) {
      if (!isFrame(in)) {
        return false;
      }
      end = 4L + in.i32(0);
      at = 4;
      if (in.u16(4) == HEADER_MAGIC) {
        Header h = Header.read(in);
        if (h == null || h.transformed) {
          return h != null && in.u16(6) == 0;
        }
        at = h.payload;
      }
    }
    ThriftMessage m = ThriftMessage.read(in, at);
    return m != null
        && m != ThriftMessage.INCOMPLETE
        && (m.type() == ThriftMessage.CALL || m.type() == ThriftMessage.ONE_WAY)
        && m.body() < end
        && m.hasFields(in);
  }

  private static boolean isFrame(StreamBuffer in) {
    return in.i32(0) >= SMALLEST_FRAME && in.i32(0) <= LARGEST;
  }

  /**
   * Header of THeader.
   *
   * @param payload index of the message
   * @param transformed true if the message is compressed or otherwise transformed
   */
  private record Header(
      long sequence, int payload, boolean transformed, @Nullable String traceParent) {
    private static final int START = 14;
    private static final int LAST_TRANSFORM = 4;
    private static final int KEY_VALUE = 1;
    private static final int MOST_PAIRS = 64;

    /** Reads a header; returns null if the bytes are not a header or too few are visible. */
    static @Nullable Header read(StreamBuffer in) {
      if (in.available() < START + 2) {
        return null;
      }
      int payload = START + 4 * in.u16(12);
      if (payload > 4 + in.i32(0) || payload <= START) {
        return null;
      }
      ThriftMessage.Varint v = new ThriftMessage.Varint(in, START);
      long protocol = v.next();
      long transforms = v.next();
      if (v.at < 0 || protocol != 0 && protocol != 2 || transforms > LAST_TRANSFORM) {
        return null;
      }
      for (int i = 0; i < transforms; i++) {
        long id = v.next();
        if (id < 1 || id > LAST_TRANSFORM) {
          return null;
        }
      }
      String parent = payload <= in.available() ? traceParent(in, v, payload) : null;
      return new Header(in.i32(8), payload, transforms > 0, parent);
    }

    private static @Nullable String traceParent(StreamBuffer in, ThriftMessage.Varint v, int end) {
      if (v.next() != KEY_VALUE) {
        return null;
      }
      long pairs = Math.min(v.next(), MOST_PAIRS);
      for (int i = 0; i < pairs; i++) {
        String key = text(in, v, end);
        String value = text(in, v, end);
        if (key.equalsIgnoreCase("traceparent") && !value.isEmpty()) {
          return value;
        }
      }
      return null;
    }

    private static String text(StreamBuffer in, ThriftMessage.Varint v, int end) {
      long length = v.next();
      if (v.at < 0 || length > end - v.at) {
        v.at = ThriftMessage.WRONG;
        return "";
      }
      int from = v.at;
      v.at += (int) length;
      return in.text(from, v.at);
    }
  }

  /**
   * Message with its frame.
   *
   * @param message start of the message; null if it is compressed or not visible
   * @param goesOn true if the message has no frame and its end is not visible
   */
  private record Unit(
      @Nullable ThriftMessage message,
      long sequence,
      @Nullable String traceParent,
      long size,
      boolean goesOn) {
    /** Message whose visible part is too short. */
    static final Unit INCOMPLETE = new Unit(null, 0, null, 0, false);

    /** Reads the next message; returns null if the bytes are not a message. */
    static @Nullable Unit read(StreamBuffer in) {
      boolean cut = in.truncated() || in.available() >= StreamBuffer.LIMIT;
      if (ThriftMessage.isStart(in.u8(0))) {
        ThriftMessage m = ThriftMessage.read(in, 0);
        if (m == null || m == ThriftMessage.INCOMPLETE) {
          return m == null || cut ? null : INCOMPLETE;
        }
        int end = m.end(in);
        if (end == ThriftMessage.WRONG) {
          return null;
        }
        if (end == ThriftMessage.MORE) {
          return cut ? new Unit(m, m.sequence(), null, in.available(), true) : INCOMPLETE;
        }
        return new Unit(m, m.sequence(), null, end, false);
      }
      if (in.available() < 6) {
        return cut ? null : INCOMPLETE;
      }
      if (!isFrame(in)) {
        return null;
      }
      long size = 4L + in.i32(0);
      return in.ready(Math.min(size, READ)) ? framed(in, size) : INCOMPLETE;
    }

    private static @Nullable Unit framed(StreamBuffer in, long size) {
      boolean withHeader = in.u16(4) == HEADER_MAGIC;
      Header h = withHeader ? Header.read(in) : null;
      if (withHeader && h == null) {
        return null;
      }
      if (h != null && (h.transformed || h.payload >= in.available())) {
        return new Unit(null, h.sequence, h.traceParent, size, false);
      }
      ThriftMessage m = ThriftMessage.read(in, h == null ? 4 : h.payload);
      if (m == null || m == ThriftMessage.INCOMPLETE || m.body() >= size) {
        return null;
      }
      return h == null
          ? new Unit(m, m.sequence(), null, size, false)
          : new Unit(m, h.sequence, h.traceParent, size, false);
    }

    /** Returns the type of the message; the ordinary one if it is not visible. */
    int type(int ordinary) {
      return message == null ? ordinary : message.type();
    }
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    finish();
    if (requestGoesOn && !isRequest(in)) {
      in.takePayload();
      return Step.MORE;
    }
    requestGoesOn = false;
    Unit u = Unit.read(in);
    if (u == null) {
      return Step.WRONG;
    }
    if (u == Unit.INCOMPLETE) {
      return Step.MORE;
    }
    int type = u.type(ThriftMessage.CALL);
    if (type != ThriftMessage.CALL && type != ThriftMessage.ONE_WAY) {
      return Step.WRONG;
    }
    requests.sentAgain();
    Pending p =
        type == ThriftMessage.ONE_WAY
            ? new Pending(in.startTime())
            : open(u.sequence, in.startTime());
    if (p != null) {
      if (u.message != null) {
        String name = u.message.name();
        int colon = name.indexOf(':');
        p.target = colon < 0 ? "" : name.substring(0, colon);
        p.operation = name.substring(colon + 1);
      }
      p.requestBytes = u.size;
      p.traceParent = u.traceParent;
      if (type == ThriftMessage.ONE_WAY) {
        requests.report(p, now);
      }
    }
    return take(in, u, true);
  }

  private @Nullable Pending open(long sequence, long start) {
    inOrder |= requests.numbered(sequence) != null;
    return inOrder ? requests.open(start) : requests.open(sequence, start);
  }

  private @Nullable Pending close(long sequence) {
    Pending p = requests.close(sequence);
    return p != null || !inOrder ? p : requests.close();
  }

  private Step take(StreamBuffer in, Unit u, boolean request) {
    if (u.goesOn) {
      requestGoesOn = request;
      in.takePayload();
      return Step.MORE;
    }
    in.take(u.size);
    return Step.NEXT;
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    Unit u = Unit.read(in);
    int type = u == null ? 0 : u.type(ThriftMessage.REPLY);
    boolean answer = type == ThriftMessage.REPLY || type == ThriftMessage.EXCEPTION;
    if (unfinished != null) {
      if (!answer || u == Unit.INCOMPLETE) {
        unfinished.responseBytes += in.available();
        unfinishedTime = now;
        in.takePayload();
        return Step.MORE;
      }
      finish();
    }
    if (u == null || u != Unit.INCOMPLETE && !answer) {
      return Step.WRONG;
    }
    if (u == Unit.INCOMPLETE) {
      return Step.MORE;
    }
    Pending p = close(u.sequence);
    if (p != null) {
      outcome(p, u.message, in);
      p.responseBytes = u.size;
      if (u.goesOn) {
        unfinished = p;
        unfinishedTime = now;
      } else {
        requests.report(p, now);
      }
    }
    return take(in, u, false);
  }

  private static void outcome(Pending p, @Nullable ThriftMessage m, StreamBuffer in) {
    if (m == null) {
      return;
    }
    if (m.type() == ThriftMessage.EXCEPTION) {
      int type = m.exceptionType(in);
      p.status = Status.FAILED;
      p.code = type >= 0 && type < EXCEPTIONS.size() ? EXCEPTIONS.get(type) : EXCEPTIONS.getFirst();
      return;
    }
    // Field 0 is the value; others are the exceptions that the method declares.
    int field = m.firstField(in);
    p.status = field == -2 ? Status.UNKNOWN : field <= 0 ? Status.OK : Status.FAILED;
    p.code = field > 0 ? "exception" : "";
  }

  /** Reports the call whose response ended with the last payload. */
  private void finish() {
    Pending p = unfinished;
    if (p != null) {
      unfinished = null;
      requests.report(p, unfinishedTime);
    }
  }

  @Override
  public boolean hasSeveralAnswers() {
    return true;
  }

  @Override
  public void lost(boolean request, long now) {
    if (request) {
      requestGoesOn = false;
    } else {
      finish();
      requests.answerLost(now);
    }
  }

  @Override
  public void flushIdle(long now) {
    if (now == Long.MAX_VALUE || now - unfinishedTime > QUIET) {
      finish();
    }
    requests.quietSince(now);
  }
}

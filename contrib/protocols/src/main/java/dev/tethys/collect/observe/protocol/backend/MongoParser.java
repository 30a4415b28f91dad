package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;

/** MongoDB: OP_MSG, OP_QUERY and OP_COMPRESSED, requests matched to responses by id. */
final class MongoParser extends ProtocolParser {
  private static final int HEADER = 16;
  private static final int OP_REPLY = 1;
  private static final int OP_QUERY = 2004;
  private static final int OP_COMPRESSED = 2012;
  private static final int OP_MSG = 2013;
  private static final int MORE_TO_COME = 2;
  private static final int LARGEST = 48_000_000 + 1024;
  private static final int READ = 4096;

  MongoParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    return in.available() >= HEADER && isHeader(in) && in.i32le(8) == 0 && in.i32le(12) != OP_REPLY;
  }

  private static boolean isHeader(StreamBuffer in) {
    int length = in.i32le(0);
    int code = in.i32le(12);
    return length >= HEADER
        && length <= LARGEST
        && (code == OP_MSG || code == OP_COMPRESSED || code == OP_QUERY || code == OP_REPLY);
  }

  /** Returns the command of a message as JSON with its values. */
  static String query(StreamBuffer in) {
    int document = document(in);
    return document < 0 ? Bson.TRUNCATED : Bson.text(in, document, in.i32le(0), true);
  }

  /** Returns the start of the command's document, or -1 if it is not visible. */
  private static int document(StreamBuffer in) {
    int n = in.available();
    if (in.i32le(12) == OP_QUERY) {
      int nul = in.indexOf(0, HEADER + 4, n);
      return nul < 0 || nul + 9 >= n ? -1 : nul + 9;
    }
    return in.i32le(12) == OP_MSG && n > HEADER + 5 && in.u8(HEADER + 4) == 0 ? HEADER + 5 : -1;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    Step step = check(in);
    if (step != Step.NEXT) {
      return step;
    }
    int length = in.i32le(0);
    if (in.i32le(8) != 0 || in.i32le(12) == OP_REPLY) {
      in.take(length);
      return Step.NEXT;
    }
    boolean answered =
        in.i32le(12) != OP_MSG
            || in.available() < HEADER + 4
            || (in.i32le(HEADER) & MORE_TO_COME) == 0;
    Pending p = answered ? requests.open(in.i32le(4), in.startTime()) : new Pending(in.startTime());
    p.requestBytes = length;
    int document = document(in);
    if (document >= 0) {
      String[] first = Bson.first(in, document);
      if (first != null) {
        p.operation = first[0];
        p.target = first[1];
        p.statement = Bson.text(in, document, length, false);
      }
    }
    if (!answered) {
      requests.report(p, now);
    }
    in.take(length);
    return Step.NEXT;
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    Step step = check(in);
    if (step != Step.NEXT) {
      return step;
    }
    int length = in.i32le(0);
    Pending p = requests.close(in.i32le(8));
    if (p != null) {
      p.responseBytes = length;
      outcome(in, p, length);
      requests.report(p, now);
    }
    in.take(length);
    return Step.NEXT;
  }

  private static void outcome(StreamBuffer in, Pending p, int length) {
    p.status = Status.OK;
    int code = in.i32le(12);
    int document = code == OP_MSG ? document(in) : code == OP_REPLY ? HEADER + 20 : -1;
    if (document < 0 || document >= in.available()) {
      return;
    }
    // A failure is a short document: all of it is visible.
    if (Bson.number(in, document, length, "ok") == 0) {
      p.status = Status.FAILED;
      double number = Bson.number(in, document, length, "code");
      p.code = Double.isNaN(number) ? "" : Long.toString((long) number);
    }
  }

  private static Step check(StreamBuffer in) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < HEADER) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    if (!isHeader(in)) {
      return Step.WRONG;
    }
    return in.ready(Math.min(in.i32le(0), READ)) ? Step.NEXT : Step.MORE;
  }
}

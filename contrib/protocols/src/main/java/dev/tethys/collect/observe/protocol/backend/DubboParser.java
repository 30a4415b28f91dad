package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;

/** Dubbo 2: calls with service and method, matched to responses by id. */
final class DubboParser extends ProtocolParser {
  private static final int HEADER = 16;
  private static final int MAGIC = 0xdabb;
  private static final int REQUEST = 0x80;
  private static final int TWO_WAY = 0x40;
  private static final int EVENT = 0x20;
  private static final int HESSIAN2 = 2;
  private static final int OK = 20;
  private static final int LARGEST = 256 << 20;
  private static final int READ = 512;

  DubboParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    return in.available() >= HEADER && isHeader(in) && (in.u8(2) & REQUEST) != 0;
  }

  private static boolean isHeader(StreamBuffer in) {
    return in.u16(0) == MAGIC && in.i32(12) >= 0 && in.i32(12) <= LARGEST;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    Step step = check(in);
    if (step != Step.NEXT) {
      return step;
    }
    int flags = in.u8(2);
    long size = (long) HEADER + in.i32(12);
    if ((flags & REQUEST) != 0 && (flags & EVENT) == 0) {
      boolean answered = (flags & TWO_WAY) != 0;
      Pending p = answered ? requests.open(in.i64(4), in.startTime()) : new Pending(in.startTime());
      p.requestBytes = size;
      if ((flags & 0x1f) == HESSIAN2) {
        Texts texts = new Texts(in, HEADER);
        texts.next(); // version of Dubbo
        p.target = texts.next();
        texts.next(); // version of the service
        p.operation = texts.next();
      }
      if (!answered) {
        requests.report(p, now);
      }
    }
    in.take(size);
    return Step.NEXT;
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    Step step = check(in);
    if (step != Step.NEXT) {
      return step;
    }
    int flags = in.u8(2);
    long size = (long) HEADER + in.i32(12);
    if ((flags & REQUEST) == 0 && (flags & EVENT) == 0) {
      Pending p = requests.close(in.i64(4));
      if (p != null) {
        int status = in.u8(3);
        p.status = status == OK ? Status.OK : Status.FAILED;
        p.code = status == OK ? "" : Integer.toString(status);
        p.responseBytes = size;
        requests.report(p, now);
      }
    }
    in.take(size);
    return Step.NEXT;
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
    return in.ready(HEADER + Math.min(in.i32(12), READ)) ? Step.NEXT : Step.MORE;
  }

  /** Consecutive short strings in Hessian 2. */
  private static final class Texts {
    private final StreamBuffer in;
    private int at;

    Texts(StreamBuffer in, int at) {
      this.in = in;
      this.at = at;
    }

    String next() {
      if (at < 0 || at >= in.available()) {
        return "";
      }
      int c = in.u8(at);
      int length;
      if (c <= 0x1f) {
        length = c;
        at += 1;
      } else if (c >= 0x30 && c <= 0x33 && at + 1 < in.available()) {
        length = (c - 0x30) << 8 | in.u8(at + 1);
        at += 2;
      } else if (c == 'S' && at + 2 < in.available()) {
        length = in.u16(at + 1);
        at += 3;
      } else {
        at = -1;
        return "";
      }
      String text = in.text(at, at + length);
      at += length;
      return text;
    }
  }
}

package dev.tethys.collect.observe.protocol;

import dev.tethys.codec.text.RequestTarget;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** HTTP/1.0 and 1.1: pipelined requests, chunked bodies, upgrades. */
final class Http1Parser extends ProtocolParser {
  private static final String[] METHODS = {
    "GET", "POST", "HEAD", "PUT", "DELETE", "CONNECT", "OPTIONS", "PATCH", "TRACE"
  };
  private static final int LONGEST_PATH = 1024;

  /** Part of a message that is read next. */
  private enum Part {
    HEAD,
    CHUNK,
    TRAILER,
    /** A body of unknown length; a payload that starts a message ends it. */
    REST
  }

  private Part requestPart = Part.HEAD;
  private Part responsePart = Part.HEAD;
  private @Nullable Pending sending;
  private @Nullable Pending answering;
  private long lastByte;
  private boolean closes;
  private final ElasticsearchApi.Peer peer = new ElasticsearchApi.Peer();
  private boolean longBodies;

  Http1Parser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    int method = methodLength(in);
    if (method < 0 || in.available() < method + 2) {
      return false;
    }
    int c = in.u8(method + 1);
    return c == '/' || c == '*' || c == 'h' || c == 'H' || in.startsWith(0, "CONNECT ");
  }

  /** Length of the method at the start, or -1. */
  private static int methodLength(StreamBuffer in) {
    for (String m : METHODS) {
      if (in.startsWith(0, m) && in.available() > m.length() && in.u8(m.length()) == ' ') {
        return m.length();
      }
    }
    return -1;
  }

  /** Method and path of a request line, the path marked with {@code ...} where it was cut. */
  static String @Nullable [] requestLine(StreamBuffer in, int end) {
    int method = methodLength(in);
    if (method < 0) {
      return null;
    }
    int from = method + 1;
    int to = in.indexOf(' ', from, end);
    String path =
        to < 0
            ? in.text(from, end).stripTrailing() + "..."
            : in.text(from, Math.min(to, from + LONGEST_PATH));
    return new String[] {in.text(0, method), path};
  }

  @Override
  public boolean restarts(boolean request, byte[] bytes, int offset, int length) {
    StreamBuffer in = new StreamBuffer();
    in.append(bytes, offset, length, length, 0);
    return request ? isRequest(in) : isStatusLine(in) && requests.oldest() != null;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    finishPrevious();
    return switch (requestPart) {
      case CHUNK -> {
        Step s = chunk(in, true);
        if (requestPart == Part.HEAD) {
          sending = null;
        }
        yield s;
      }
      case TRAILER -> {
        Step s = trailer(in, true);
        if (requestPart == Part.HEAD) {
          sending = null;
        }
        yield s;
      }
      case REST -> {
        if (isRequest(in)) {
          requestPart = Part.HEAD;
          yield requestHead(in);
        }
        in.takePayload();
        yield Step.MORE;
      }
      case HEAD -> requestHead(in);
    };
  }

  private Step requestHead(StreamBuffer in) {
    if (in.u8(0) == '\r' || in.u8(0) == '\n') {
      in.take(1);
      return Step.NEXT;
    }
    if (!isRequest(in)) {
      return in.available() < 24 && !in.truncated() && isMethodPrefix(in) ? Step.MORE : Step.WRONG;
    }
    int end = headEnd(in);
    boolean cut = end < 0;
    if (cut) {
      if (!in.truncated() && in.available() < StreamBuffer.LIMIT) {
        return Step.MORE;
      }
      end = in.available();
    }
    int line = in.indexOf('\n', 0, end);
    String[] first = requestLine(in, line < 0 ? end : line);
    if (first == null) {
      return Step.WRONG;
    }
    Pending p = requests.open(in.startTime());
    Headers h = Headers.read(in, line < 0 ? end : line + 1, end);
    if (p != null) {
      p.operation = first[0];
      p.target = RequestTarget.masked(first[1]);
      p.traceParent = h.traceParent;
      p.requestBytes = end;
      if (ApiExchange.mayBegin(first[0], first[1], h.amazon)) {
        p.api =
            ApiExchange.begin(
                peer, first[0], first[1], Headers.all(in, line < 0 ? end : line + 1, end));
        longBodies |= p.api != null && p.api.wantsLongBodies();
      }
    }
    if (cut) {
      in.takePayload();
      requestPart = Part.REST;
      return Step.MORE;
    }
    in.take(end);
    if (h.chunked) {
      sending = p;
      requestPart = Part.CHUNK;
    } else if (h.length > 0) {
      in.take(h.length, p == null || p.api == null ? null : p.api.requestBody());
      if (p != null) {
        p.requestBytes += h.length;
      }
    }
    return Step.NEXT;
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    Pending current = answering;
    if (current != null && (responsePart == Part.HEAD || responsePart == Part.REST)) {
      boolean next = in.available() > 0 && !in.skipping() && isStatusLine(in);
      if (!next) {
        lastByte = now;
      }
      if (next || responsePart == Part.HEAD && !in.skipping()) {
        finishPrevious();
      }
    }
    if (in.available() == 0) {
      return Step.MORE;
    }
    return switch (responsePart) {
      case CHUNK -> {
        lastByte = now;
        Step s = chunk(in, false);
        if (responsePart == Part.HEAD) {
          finishPrevious();
        }
        yield s;
      }
      case TRAILER -> {
        lastByte = now;
        Step s = trailer(in, false);
        if (responsePart == Part.HEAD) {
          finishPrevious();
        }
        yield s;
      }
      case REST -> {
        if (isStatusLine(in)) {
          responsePart = Part.HEAD;
          yield responseHead(in, now);
        }
        if (answering != null) {
          answering.responseBytes += closes ? in.available() : 0;
          ApiExchange api = answering.api;
          StreamBuffer.Tap body = api == null ? null : api.answerBody();
          if (api != null && body != null && (closes || api.answersInLines())) {
            in.show(body); // sizes of chunks are lines, too
            if (in.truncated()) {
              body.gap(1);
            }
          }
        }
        in.takePayload();
        yield Step.MORE;
      }
      case HEAD -> responseHead(in, now);
    };
  }

  private Step responseHead(StreamBuffer in, long now) {
    if (!isStatusLine(in)) {
      if (in.available() < 12
          && !in.truncated()
          && "HTTP/1.".startsWith(in.text(0, Math.min(7, in.available())))) {
        return Step.MORE;
      }
      if (requests.oldest() == null) {
        // The body of a response whose head was not seen.
        in.takePayload();
        return Step.MORE;
      }
      return Step.WRONG;
    }
    int end = headEnd(in);
    boolean cut = end < 0;
    if (cut) {
      if (!in.truncated() && in.available() < StreamBuffer.LIMIT) {
        return Step.MORE;
      }
      end = in.available();
    }
    int status = (in.u8(9) - '0') * 100 + (in.u8(10) - '0') * 10 + in.u8(11) - '0';
    int line = in.indexOf('\n', 0, end);
    Headers h = Headers.read(in, line < 0 ? end : line + 1, end);
    if (status < 200 && status != 101) {
      in.take(end);
      return Step.NEXT;
    }
    Pending p = requests.close();
    if (p != null) {
      p.code = Integer.toString(status);
      p.status = status >= 400 ? Status.FAILED : Status.OK;
      p.responseBytes = end;
      if (p.api != null && p.api.isRefuted()) {
        p.api = null;
      }
      if (p.api != null || h.elasticsearch) {
        ApiHead head = Headers.all(in, line < 0 ? end : line + 1, end);
        if (p.api == null) {
          p.api = ApiExchange.ofAnswer(peer, p.operation, p.target, head);
        }
        if (p.api != null) {
          p.api.answered(status, head);
        }
      }
    }
    if (status == 101 || p != null && p.operation.equals("CONNECT") && status < 300) {
      if (p != null) {
        requests.report(p, now);
      }
      in.take(end);
      return status == 101 && h.upgradesToHttp2 ? Step.MORE : Step.OPAQUE;
    }
    answering = p;
    lastByte = now;
    boolean bodiless = status == 204 || status == 304 || p != null && p.operation.equals("HEAD");
    if (bodiless) {
      in.take(end);
      finishPrevious();
    } else if (cut) {
      in.takePayload();
      closes = false;
      responsePart = Part.REST;
    } else if (h.chunked) {
      in.take(end);
      responsePart = Part.CHUNK;
    } else if (h.length >= 0) {
      in.take(end);
      in.take(h.length, p == null || p.api == null ? null : p.api.answerBody());
      if (p != null) {
        p.responseBytes += h.length;
      }
      if (!in.skipping()) {
        finishPrevious();
      }
    } else {
      in.take(end);
      closes = true;
      responsePart = Part.REST;
    }
    return Step.NEXT;
  }

  /** Reports the request whose response was read last. */
  private void finishPrevious() {
    Pending p = answering;
    if (p != null) {
      answering = null;
      requests.report(p, lastByte);
    }
  }

  private Step chunk(StreamBuffer in, boolean request) {
    int eol = in.indexOf('\n', 0, Math.min(in.available(), 256));
    if (eol < 0) {
      if (in.available() < 256 && !in.truncated()) {
        return Step.MORE;
      }
      return rest(in, request);
    }
    long size = hex(in, eol);
    if (size < 0) {
      return rest(in, request);
    }
    if (size == 0) {
      in.take(eol + 1L);
      part(request, Part.TRAILER);
      return Step.NEXT;
    }
    Pending p = request ? sending : answering;
    ApiExchange api = p == null ? null : p.api;
    in.take(eol + 1L);
    in.take(size, api == null ? null : request ? api.requestBody() : api.answerBody());
    in.take(2);
    if (p != null) {
      if (request) {
        p.requestBytes += size;
      } else {
        p.responseBytes += size;
      }
    }
    return Step.NEXT;
  }

  private Step trailer(StreamBuffer in, boolean request) {
    int eol = in.indexOf('\n', 0, in.available());
    if (eol < 0) {
      if (in.available() < StreamBuffer.LIMIT && !in.truncated()) {
        return Step.MORE;
      }
      return rest(in, request);
    }
    boolean empty = eol == 0 || eol == 1 && in.u8(0) == '\r';
    in.take(eol + 1L);
    if (empty) {
      part(request, Part.HEAD);
    }
    return Step.NEXT;
  }

  private Step rest(StreamBuffer in, boolean request) {
    in.takePayload();
    missed(request);
    closes = false;
    part(request, Part.REST);
    return Step.MORE;
  }

  private void part(boolean request, Part part) {
    if (request) {
      requestPart = part;
    } else {
      responsePart = part;
    }
  }

  /** Notifies the reader of a response body that part of it is missing. */
  private void missed(boolean request) {
    Pending p = answering;
    StreamBuffer.Tap body = request || p == null || p.api == null ? null : p.api.answerBody();
    if (body != null) {
      body.gap(1);
    }
  }

  @Override
  public void lost(boolean request, long now) {
    part(request, Part.REST);
    missed(request);
    if (!request) {
      closes = false;
      lastByte = Math.max(lastByte, now);
    }
  }

  @Override
  public void flushIdle(long now) {
    if (now == Long.MAX_VALUE
        || now - lastByte > 1_000_000_000L && responsePart != Part.CHUNK && !closes) {
      finishPrevious();
    }
  }

  /** Index after the empty line that ends the head, or -1. */
  private static int headEnd(StreamBuffer in) {
    int n = in.available();
    for (int i = in.indexOf('\n', 0, n); i >= 0; i = in.indexOf('\n', i + 1, n)) {
      if (i + 1 < n && in.u8(i + 1) == '\n') {
        return i + 2;
      }
      if (i + 2 < n && in.u8(i + 1) == '\r' && in.u8(i + 2) == '\n') {
        return i + 3;
      }
    }
    return -1;
  }

  @Override
  public boolean wantsLongPayloads() {
    return longBodies;
  }

  private static boolean isStatusLine(StreamBuffer in) {
    if (in.available() < 12 || !in.startsWith(0, "HTTP/1.") || in.u8(8) != ' ') {
      return false;
    }
    return in.u8(9) >= '1' && in.u8(9) <= '9' && digit(in.u8(10)) && digit(in.u8(11));
  }

  private static boolean isMethodPrefix(StreamBuffer in) {
    String seen = in.text(0, in.available());
    if (Http2Parser.PREFACE.startsWith(seen)) {
      return true;
    }
    for (String m : METHODS) {
      if ((m + " ").startsWith(seen) || seen.equals(m + " ")) {
        return true;
      }
    }
    return false;
  }

  private static boolean digit(int c) {
    return c >= '0' && c <= '9';
  }

  /** Size in a line of a chunk, or -1. */
  private static long hex(StreamBuffer in, int eol) {
    long size = 0;
    int i = 0;
    for (; i < eol; i++) {
      int v = Character.digit(in.u8(i), 16);
      if (v < 0) {
        break;
      }
      if (i > 14) {
        return -1;
      }
      size = size << 4 | v;
    }
    return i == 0 ? -1 : size;
  }

  /** Headers relevant for the measurement. */
  private static final class Headers {
    long length = -1;
    boolean chunked;
    boolean upgradesToHttp2;

    /** True with a header of Amazon's interfaces. */
    boolean amazon;

    boolean elasticsearch;
    @Nullable String traceParent;

    static Headers read(StreamBuffer in, int from, int end) {
      Headers h = new Headers();
      int i = from;
      while (i < end) {
        int eol = in.indexOf('\n', i, end);
        int to = eol < 0 ? end : eol;
        switch (in.u8(i) | 0x20) {
          case 'c' -> h.readLength(in, i, to);
          case 't' -> h.readT(in, i, to);
          case 'u' -> {
            String v = value(in, i, to, "upgrade");
            h.upgradesToHttp2 |= v != null && v.equalsIgnoreCase("h2c");
          }
          case 'x' -> {
            h.amazon |= in.startsWith(i, "x-amz-") || in.startsWith(i, "X-Amz-");
            h.elasticsearch |= value(in, i, to, "x-elastic-product") != null;
          }
          default -> {
            // Not needed.
          }
        }
        i = to + 1;
      }
      return h;
    }

    /** Parses the headers that identify a protocol on top of HTTP. */
    static ApiHead all(StreamBuffer in, int from, int end) {
      ApiHead h = new ApiHead();
      int i = from;
      while (i < end) {
        int eol = in.indexOf('\n', i, end);
        int to = eol < 0 ? end : eol;
        int colon = in.indexOf(':', i, to);
        if (colon > i && ApiHead.concerns(in.u8(i), colon - i)) {
          h.header(in.text(i, colon), in.text(colon + 1, to).strip());
        }
        i = to + 1;
      }
      return h;
    }

    private void readLength(StreamBuffer in, int from, int to) {
      String v = value(in, from, to, "content-length");
      if (v != null && !v.isEmpty() && v.length() <= 15 && v.chars().allMatch(Http1Parser::digit)) {
        length = Long.parseLong(v);
      }
    }

    private void readT(StreamBuffer in, int from, int to) {
      String coding = value(in, from, to, "transfer-encoding");
      if (coding != null) {
        chunked |= coding.toLowerCase(Locale.ROOT).endsWith("chunked");
        return;
      }
      String parent = value(in, from, to, "traceparent");
      if (parent != null && parent.length() >= 55 && parent.length() <= 128) {
        traceParent = parent;
      }
    }

    private static @Nullable String value(StreamBuffer in, int from, int to, String name) {
      int n = name.length();
      if (to - from <= n || in.u8(from + n) != ':') {
        return null;
      }
      for (int k = 0; k < n; k++) {
        int c = in.u8(from + k);
        if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != name.charAt(k)) {
          return null;
        }
      }
      return in.text(from + n + 1, to).strip();
    }
  }
}

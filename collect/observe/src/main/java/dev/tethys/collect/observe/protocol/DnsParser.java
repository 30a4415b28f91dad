package dev.tethys.collect.observe.protocol;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.model.IpText;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** DNS over UDP: one payload is one datagram; queries are matched to responses by id and type. */
final class DnsParser extends ProtocolParser {
  private static final int HEADER = 12;
  private static final int A = 1;
  private static final int AAAA = 28;
  private static final int MOST_ANSWERS = 32;

  /** Time a query waits for a response, as resolvers do by default. */
  private static final long PATIENCE_NANOS = 5_000_000_000L;

  private static final Map<Integer, String> TYPES =
      Map.ofEntries(
          Map.entry(A, "TypeA"),
          Map.entry(2, "TypeNS"),
          Map.entry(5, "TypeCNAME"),
          Map.entry(6, "TypeSOA"),
          Map.entry(12, "TypePTR"),
          Map.entry(15, "TypeMX"),
          Map.entry(16, "TypeTXT"),
          Map.entry(AAAA, "TypeAAAA"),
          Map.entry(33, "TypeSRV"),
          Map.entry(41, "TypeOPT"),
          Map.entry(65, "TypeHTTPS"),
          Map.entry(255, "TypeALL"));
  private static final String[] CODES = {
    "ok", "format_error", "servfail", "nxdomain", "not_implemented", "refused"
  };

  private static final long NONE = -1; // no number of a question

  private long lastQuestion;

  DnsParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    return in.available() >= HEADER + 5
        && (in.u16(2) & 0xf800) == 0
        && (in.u16(2) & 0x000f) == 0
        && in.u16(4) == 1
        && in.u16(6) == 0
        && in.u16(8) == 0
        && in.u16(10) <= 1
        && question(in) != null;
  }

  private record Question(String name, int type, int end) {}

  private static @Nullable Question question(StreamBuffer in) {
    StringBuilder name = new StringBuilder();
    int at = HEADER;
    while (at < in.available()) {
      int n = in.u8(at++);
      if (n == 0) {
        if (at + 4 > in.available() || in.u16(at + 2) != 1 || in.u16(at) == 0) {
          return null;
        }
        return new Question(name.toString().toLowerCase(Locale.ROOT), in.u16(at), at + 4);
      }
      if (n > 63 || name.length() > 255 || at + n > in.available()) {
        return null;
      }
      for (int i = 0; i < n; i++) {
        int c = in.u8(at + i);
        if (c <= ' ' || c > '~') {
          return null;
        }
      }
      if (!name.isEmpty()) {
        name.append('.');
      }
      name.append(in.text(at, at + n));
      at += n;
    }
    return null;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < HEADER || (in.u16(2) & 0x8000) != 0) {
      return Step.WRONG;
    }
    Question q = question(in);
    if (q == null) {
      return Step.WRONG;
    }
    long id = (long) in.u16(0) << 16 | q.type;
    Pending before = requests.close(id);
    if (before != null) {
      unanswered(before, now); // the query is repeated
    }
    Pending p = requests.open(id, now);
    lastQuestion = now;
    p.operation = TYPES.getOrDefault(q.type, "Type" + q.type);
    p.target = q.name;
    p.requestBytes = in.available();
    in.takePayload();
    return Step.MORE;
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < HEADER || (in.u16(2) & 0x8000) == 0) {
      return Step.WRONG;
    }
    Question q = question(in);
    Pending p = q == null ? null : requests.close((long) in.u16(0) << 16 | q.type);
    if (p != null && q != null) {
      int code = in.u16(2) & 0xf;
      p.code = code < CODES.length ? CODES[code] : "unknown";
      p.status = code == 0 ? Status.OK : Status.FAILED;
      p.answers = addresses(in, q.end);
      p.responseBytes = in.available();
      requests.report(p, now);
    }
    in.takePayload();
    return Step.MORE;
  }

  private void unanswered(Pending p, long now) {
    p.code = ObservedRequest.UNANSWERED;
    p.status = Status.FAILED;
    requests.report(p, now);
  }

  /** Reports queries that waited too long; when the socket closes, all remaining ones. */
  @Override
  public void flushIdle(long now) {
    boolean ended = now == Long.MAX_VALUE;
    for (Pending p = requests.oldestBefore(NONE);
        p != null && (ended || now - p.start > PATIENCE_NANOS);
        p = requests.oldestBefore(NONE)) {
      requests.closeOldestNumbered();
      unanswered(p, ended ? lastQuestion : now);
    }
  }

  private static List<String> addresses(StreamBuffer in, int from) {
    List<String> out = new ArrayList<>();
    int at = from;
    for (int k = Math.min(in.u16(6), MOST_ANSWERS); k > 0; k--) {
      at = afterName(in, at);
      if (at < 0 || at + 10 > in.available()) {
        break;
      }
      int type = in.u16(at);
      int length = in.u16(at + 8);
      at += 10;
      if (at + length > in.available()) {
        break;
      }
      if (type == A && length == 4 || type == AAAA && length == 16) {
        out.add(address(in, at, length));
      }
      at += length;
    }
    return List.copyOf(out);
  }

  private static String address(StreamBuffer in, int at, int length) {
    try {
      return IpText.of(InetAddress.getByAddress(in.copy(at, at + length)));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // the length is right
    }
  }

  private static int afterName(StreamBuffer in, int from) {
    int at = from;
    while (at < in.available()) {
      int n = in.u8(at);
      if (n >= 0xc0) {
        return at + 2;
      }
      at += n + 1;
      if (n == 0) {
        return at;
      }
    }
    return -1;
  }
}

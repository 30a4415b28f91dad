package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.codec.sql.SqlDialect;
import dev.tethys.codec.sql.SqlText;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Native protocol of ClickHouse. Blocks of data carry no length that could be followed without
 * decoding their columns, so the end of a response is the payload that ends with EndOfStream, an
 * exception, or the last payload before the next query.
 */
final class ClickhouseParser extends ProtocolParser {
  private static final int QUERY = 1;
  private static final int EXCEPTION = 2;
  private static final int END_OF_STREAM = 5;
  private static final int LAST_PACKET = 17;
  private static final int LONGEST_SQL = 1024;
  private static final int LONGEST_STRING = 4096;
  private static final String TRUNCATED = "...<TRUNCATED>";

  private long answerBytes;

  ClickhouseParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    return in.available() > 30 && in.u8(0) == QUERY && query(in) != null;
  }

  /**
   * Returns the text of a query packet, empty if the packet ends before it; null for other packets.
   */
  static @Nullable String query(StreamBuffer in) {
    Reader r = new Reader(in, 1);
    r.skipString(); // id
    int kind = r.u8();
    r.skipString(); // user
    r.skipString(); // initial query
    int address = r.at;
    r.skipString();
    String from = r.bad ? "" : in.text(address + 1, r.at);
    r.at += 8; // time
    int side = r.u8();
    if (r.bad || kind > 2 || side != 1 || kind > 0 && from.indexOf(':') < 0) {
      return null;
    }
    r.skipString(); // system user
    r.skipString(); // host
    r.skipString(); // client
    r.varint();
    r.varint();
    r.varint(); // revision; some clients send 0
    r.skipString(); // quota key
    r.varint(); // depth
    r.varint(); // patch
    if (r.u8() == 1) {
      r.at += 24;
      r.skipString();
      r.at += 1;
    }
    r.varint();
    r.varint();
    r.varint();
    for (int i = 0; i < 200; i++) {
      int name = r.at;
      r.skipString();
      if (r.bad || r.at == name + 1) {
        break;
      }
      r.varint();
      r.skipString();
    }
    r.skipString(); // secret
    long stage = r.varint();
    long compression = r.varint();
    long length = r.varint();
    if (r.bad) {
      return in.truncated() || r.at >= in.available() ? "" : null;
    }
    if (stage > 5 || compression > 1 || length < 0) {
      return "";
    }
    return text(in, r.at, length);
  }

  private static String text(StreamBuffer in, int from, long length) {
    int visible = (int) Math.min(Math.min(length, LONGEST_SQL), in.available() - from);
    String text = in.text(from, from + visible).strip();
    if (visible < length && !text.isEmpty()) {
      return text.substring(0, text.length() - 1) + TRUNCATED;
    }
    return text;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.u8(0) == QUERY) {
      String sql = query(in);
      boolean incomplete = sql != null && (sql.isEmpty() || sql.endsWith(TRUNCATED));
      if (incomplete && !in.truncated() && in.available() < LONGEST_STRING) {
        return Step.MORE;
      }
      if (sql != null && (!sql.isEmpty() || in.truncated())) {
        requests.sentAgain();
        open(in, sql);
      }
    }
    // Data of an insert, pings, cancellation: part of the query before.
    Pending p = requests.oldest();
    if (p != null) {
      p.requestBytes += in.available();
    }
    in.takePayload();
    return Step.MORE;
  }

  private void open(StreamBuffer in, String sql) {
    Pending p = requests.open(in.startTime());
    if (p != null) {
      String text =
          sql.endsWith(TRUNCATED) ? sql.substring(0, sql.length() - TRUNCATED.length()) : sql;
      p.statement = SqlText.normalised(text, SqlDialect.CLICKHOUSE);
      p.operation = SqlText.operation(p.statement);
    }
    answerBytes = 0;
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    int n = in.available();
    if (n == 0) {
      return Step.MORE;
    }
    Pending p = requests.oldest();
    answerBytes += n;
    if (p != null) {
      int type = in.u8(0);
      if (p.status == Status.UNKNOWN && type <= LAST_PACKET) {
        p.status = Status.OK;
      }
      if (type == EXCEPTION && n >= 6) {
        p.status = Status.FAILED;
        p.code = Integer.toString(in.i32le(1));
        finish(p, now);
      } else if (!in.truncated() && in.u8(n - 1) == END_OF_STREAM) {
        finish(p, now);
      } else {
        requests.answerLost(now);
      }
    }
    in.takePayload();
    return Step.MORE;
  }

  private void finish(Pending p, long now) {
    requests.close();
    p.responseBytes = answerBytes;
    requests.report(p, now);
    answerBytes = 0;
  }

  @Override
  public void lost(boolean request, long now) {
    if (!request) {
      requests.answerLost(now);
    }
  }

  @Override
  public void flushIdle(long now) {
    requests.quietSince(now);
  }

  private static final class Reader {
    private final StreamBuffer in;
    private int at;
    private boolean bad;

    Reader(StreamBuffer in, int at) {
      this.in = in;
      this.at = at;
    }

    int u8() {
      if (bad || at >= in.available()) {
        bad = true;
        return -1;
      }
      return in.u8(at++);
    }

    long varint() {
      long v = 0;
      for (int shift = 0; shift < 63; shift += 7) {
        int b = u8();
        if (b < 0) {
          return -1;
        }
        v |= (long) (b & 0x7f) << shift;
        if (b < 0x80) {
          return v;
        }
      }
      bad = true;
      return -1;
    }

    void skipString() {
      long n = varint();
      if (n < 0 || n > LONGEST_STRING || at + n > in.available()) {
        bad = true;
      } else {
        at += (int) n;
      }
    }
  }
}

package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.codec.sql.SqlDialect;
import dev.tethys.codec.sql.SqlText;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Tabular Data Stream 7.2 to 7.4 of Microsoft SQL Server: batches and procedure calls, with the
 * text of {@code sp_executesql}, {@code sp_prepare} and {@code sp_prepexec}. An individually
 * encrypted login is skipped.
 */
final class TdsParser extends ProtocolParser {
  private static final int HEADER = 8;
  private static final int BATCH = 1;
  private static final int CALL = 3;
  private static final int RESPONSE = 4;
  private static final int ATTENTION = 6;
  private static final int BULK = 7;
  private static final int FEDERATED_LOGIN = 8;
  private static final int TRANSACTION = 14;
  private static final int LOGIN = 16;
  private static final int SSPI = 17;
  private static final int PRELOGIN = 18;
  private static final int LAST_PACKET = 1;
  private static final int LARGEST = 32_767;

  /** Bytes of a packet that are read: beyond the headers, a statement of usual length. */
  private static final int READ = 4096;

  /** Headers before a statement: their length, and the one of the transaction. */
  private static final int ALL_HEADERS = 22;

  private static final int TRANSACTION_HEADER = 18;
  private static final int NO_NAME = 0xffff;
  private static final int NVARCHAR = 0xe7;
  private static final int INTEGER = 0x26;
  private static final int TOKEN_ERROR = 0xaa;
  private static final int TOKEN_DONE = 0xfd;
  private static final int DONE_BYTES = 13;
  private static final int DONE_ERROR = 2;
  private static final int MOST_RECORDS = 4;
  private static final String[] PROCEDURES = {
    "",
    "sp_cursor",
    "sp_cursoropen",
    "sp_cursorprepare",
    "sp_cursorexecute",
    "sp_cursorprepexec",
    "sp_cursorunprepare",
    "sp_cursorfetch",
    "sp_cursoroption",
    "sp_cursorclose",
    "sp_executesql",
    "sp_prepare",
    "sp_execute",
    "sp_prepexec",
    "sp_prepexecrpc",
    "sp_unprepare"
  };

  /** True within a request of several packets. */
  private boolean continued;

  private boolean answerBegan;
  private String error = "";
  private boolean failed;
  private long answerBytes;
  private int records;

  TdsParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    if (in.available() < HEADER + 6 || !isHeader(in) || in.u8(7) != 0) {
      return false;
    }
    return switch (in.u8(0)) {
      // The first option is the version, 6 bytes behind the options.
      case PRELOGIN -> in.u8(HEADER) == 0 && in.u16(HEADER + 3) == 6 && in.u16(2) <= 1024;
      case BATCH, CALL, TRANSACTION -> hasHeaders(in);
      default -> false;
    };
  }

  private static boolean isHeader(StreamBuffer in) {
    int length = in.u16(2);
    return in.u8(1) <= 0x1f && length >= HEADER && length <= LARGEST;
  }

  private static boolean hasHeaders(StreamBuffer in) {
    return in.available() >= HEADER + ALL_HEADERS
        && in.i32le(HEADER) == ALL_HEADERS
        && in.i32le(HEADER + 4) == TRANSACTION_HEADER
        && in.i32le(HEADER + 8) << 16 == 2 << 16;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    Step step = check(in);
    if (step != Step.NEXT) {
      return step;
    }
    if (in.startsTlsRecord()) {
      return record(in);
    }
    int type = in.u8(0);
    int length = in.u16(2);
    boolean last = (in.u8(1) & LAST_PACKET) != 0;
    switch (type) {
      case BATCH, CALL, TRANSACTION, BULK -> {
        if (!continued) {
          open(in, type, length);
        } else if (requests.oldest() instanceof Pending p) {
          p.requestBytes += length;
        }
        continued = !last;
      }
      case ATTENTION, FEDERATED_LOGIN, LOGIN, SSPI, PRELOGIN -> {}
      default -> {
        return Step.WRONG;
      }
    }
    in.take(length);
    return Step.NEXT;
  }

  /**
   * Skips the records of an encrypted login; if they do not end, the whole connection is encrypted.
   */
  private Step record(StreamBuffer in) {
    if (++records > MOST_RECORDS) {
      return Step.OPAQUE;
    }
    in.take(5L + in.u16(3));
    return Step.NEXT;
  }

  private void open(StreamBuffer in, int type, int length) {
    if (requests.sentAgain()) {
      beginAnswer();
    }
    Pending p = requests.open(in.startTime());
    if (p == null) {
      return;
    }
    p.requestBytes = length;
    int from = HEADER + (hasHeaders(in) ? ALL_HEADERS : 0);
    switch (type) {
      case BATCH -> statement(p, text(in, from, length));
      case CALL -> call(p, in, from, length);
      case TRANSACTION -> p.operation = "TRANSACTION";
      default -> p.operation = "BULK";
    }
  }

  private static void statement(Pending p, String sql) {
    p.statement = SqlText.normalised(sql, SqlDialect.SQL_SERVER);
    p.operation = SqlText.operation(p.statement);
  }

  private static String text(StreamBuffer in, int from, int to) {
    byte[] bytes = in.copy(from, Math.min(to, from + READ));
    return new String(bytes, 0, bytes.length & ~1, StandardCharsets.UTF_16LE);
  }

  private static void call(Pending p, StreamBuffer in, int at, int end) {
    if (in.available() < at + 4) {
      return;
    }
    int n = Short.toUnsignedInt(Short.reverseBytes((short) in.u16(at)));
    int id = n == NO_NAME ? in.u8(at + 2) : 0;
    String name =
        n != NO_NAME
            ? text(in, at + 2, at + 2 + 2 * Math.min(n, 128))
            : id < PROCEDURES.length ? PROCEDURES[id] : "";
    p.operation = name;
    p.target = name;
    int parameters = at + (n == NO_NAME ? 4 : 2 + 2 * n) + 2;
    int skipped =
        switch (name) {
          case "sp_executesql" -> 0;
          case "sp_prepare", "sp_prepexec" -> 2; // the handle and the declarations
          default -> -1;
        };
    String sql = skipped < 0 ? "" : parameter(in, parameters, end, skipped);
    if (!sql.isEmpty()) {
      statement(p, sql);
      p.target = "";
    }
  }

  /**
   * Returns the text of a parameter that follows {@code before} others; empty if it is not visible.
   */
  private static String parameter(StreamBuffer in, int from, int end, int before) {
    int at = from;
    for (int i = 0; i <= before; i++) {
      at += 2 + 2 * (at < in.available() ? in.u8(at) : 0); // name and status
      if (at + 10 > in.available()) {
        return "";
      }
      int type = in.u8(at);
      if (type == INTEGER) {
        at += 3 + in.u8(at + 2);
        continue;
      }
      if (type != NVARCHAR) {
        return "";
      }
      boolean chunks = in.u8(at + 1) == 0xff && in.u8(at + 2) == 0xff;
      at += 8; // type, longest length, collation
      long n;
      if (chunks) {
        if (at + 12 > in.available()) {
          return "";
        }
        n = in.i32le(at + 8) & 0xffff_ffffL;
        at += 12;
      } else {
        n = in.u8(at) | in.u8(at + 1) << 8;
        n = n == NO_NAME ? 0 : n;
        at += 2;
      }
      if (i == before) {
        return text(in, at, (int) Math.min(end, at + n));
      }
      at = (int) Math.min(end, at + n + (chunks ? 4 : 0));
    }
    return "";
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    Step step = check(in);
    if (step != Step.NEXT) {
      return step;
    }
    if (in.startsTlsRecord()) {
      return record(in);
    }
    if (in.u8(0) != RESPONSE && in.u8(0) != PRELOGIN) {
      return Step.WRONG;
    }
    int length = in.u16(2);
    boolean last = (in.u8(1) & LAST_PACKET) != 0;
    if (!answerBegan) {
      answerBegan = true;
      tokens(in, length);
    }
    answerBytes += length;
    if (last) {
      int done = length - DONE_BYTES;
      if (done >= HEADER && in.available() >= length && isDone(in, done)) {
        failed |= (in.u8(done + 1) & DONE_ERROR) != 0;
      }
      end(now);
    }
    in.take(length);
    return Step.NEXT;
  }

  private static boolean isDone(StreamBuffer in, int at) {
    return in.u8(at) >= TOKEN_DONE;
  }

  /** Reads the tokens at the start of a response, up to the first with data. */
  private void tokens(StreamBuffer in, int length) {
    int at = HEADER;
    int end = Math.min(length, in.available());
    while (at + 3 <= end) {
      int token = in.u8(at);
      switch (token) {
        case TOKEN_ERROR -> {
          failed = true;
          if (error.isEmpty() && at + 7 <= end) {
            error = String.valueOf(in.i32le(at + 3));
          }
          at += 3 + (in.u8(at + 1) | in.u8(at + 2) << 8);
        }
        case 0xa9, 0xab, 0xe3 -> at += 3 + (in.u8(at + 1) | in.u8(at + 2) << 8);
        case 0xfd, 0xfe, 0xff -> {
          failed |= (in.u8(at + 1) & DONE_ERROR) != 0;
          at += DONE_BYTES;
        }
        case 0x79 -> at += 5;
        default -> {
          return;
        }
      }
    }
  }

  private void end(long now) {
    Pending p = requests.close();
    if (p != null) {
      p.status = failed ? Status.FAILED : Status.OK;
      p.code = error;
      p.responseBytes = answerBytes;
      requests.report(p, now);
    }
    beginAnswer();
  }

  private void beginAnswer() {
    answerBegan = false;
    answerBytes = 0;
    failed = false;
    error = "";
  }

  private static Step check(StreamBuffer in) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < HEADER) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    if (in.startsTlsRecord()) {
      return Step.NEXT;
    }
    if (!isHeader(in)) {
      return Step.WRONG;
    }
    return in.ready(in.u16(2)) ? Step.NEXT : Step.MORE;
  }

  @Override
  public boolean answersBeforeNextRequest() {
    return true;
  }

  @Override
  public void lost(boolean request, long now) {
    if (request) {
      continued = false;
    } else {
      beginAnswer();
      requests.answerLost(now);
    }
  }

  @Override
  public void flushIdle(long now) {
    requests.quietSince(now);
  }
}

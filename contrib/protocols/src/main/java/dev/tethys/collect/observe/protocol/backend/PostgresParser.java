package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.codec.sql.SqlDialect;
import dev.tethys.codec.sql.SqlDialect.Backslash;
import dev.tethys.codec.sql.SqlText;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import java.util.Locale;

/**
 * PostgreSQL protocol 3: simple queries, prepared statements, several statements before a Sync.
 *
 * <p>The statement of a name is remembered per connection.
 */
final class PostgresParser extends ProtocolParser {
  private static final int LONGEST_SQL = 4096;
  private static final int LONGEST_NAME = 256;
  private static final int LARGEST = 1 << 30;
  private static final String FRONTEND = "QPBECDSHFXdcfp";
  private static final String BACKEND = "RSKZTDCEIANG123nsHtdcVWv";

  private final StatementTexts statements = new StatementTexts();
  private final StatementTexts portals = new StatementTexts();

  /** Text of the statement prepared last in the current batch; empty if there was none. */
  private String prepared = "";

  private static final String SETTING = "standard_conforming_strings";

  private Backslash backslash = Backslash.UNKNOWN;
  private boolean askedForTls;
  private long answerBytes;

  PostgresParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    if (in.available() < 5) {
      return false;
    }
    if (isStartup(in)) {
      return true;
    }
    long length = in.i32(1);
    int end = in.available();
    return switch (in.u8(0)) {
      case 'Q' ->
          length >= 5
              && length < LARGEST
              && (end == length + 1 && !in.truncated()
                  ? in.u8(end - 1) == 0
                  : length + 1 > end || end > length + 1)
              && end > 6
              && startsLikeSql(in, 5);
      case 'P' -> length >= 8 && length < LARGEST && isParse(in);
      case 'B' ->
          length >= 12 && length < 1 << 24 && end > length + 5 && isFrontend(in, (int) length + 1);
      default -> false;
    };
  }

  private static boolean isStartup(StreamBuffer in) {
    if (in.available() < 8 || in.u8(0) != 0) {
      return false;
    }
    int length = in.i32(0);
    int code = in.i32(4);
    if (length == 8) {
      return code == 80877103 || code == 80877104;
    }
    return length > 8 && length < 10_000 && code >>> 16 == 3 && (code & 0xffff) < 16
        || length == 16 && code == 80877102;
  }

  private static boolean startsLikeSql(StreamBuffer in, int at) {
    int c = in.u8(at);
    return Character.isLetter(c)
        || c == '-'
        || c == '/'
        || c == '('
        || c == ' '
        || c == '\n'
        || c == '\t'
        || c == ';';
  }

  private static boolean isParse(StreamBuffer in) {
    int nul = in.indexOf(0, 5, 5 + LONGEST_NAME);
    return nul >= 0
        && nul + 1 < in.available()
        && (startsLikeSql(in, nul + 1) || in.u8(nul + 1) == 0);
  }

  private static boolean isFrontend(StreamBuffer in, int at) {
    return FRONTEND.indexOf(in.u8(at)) >= 0
        && in.available() >= at + 5
        && in.i32(at + 1) >= 4
        && in.i32(at + 1) < LARGEST;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    requests.sentAgain();
    if (in.u8(0) == 0) {
      return startup(in);
    }
    if (FRONTEND.indexOf(in.u8(0)) < 0) {
      return Step.WRONG;
    }
    if (in.available() < 5) {
      return incomplete(in);
    }
    long length = in.i32(1) & 0xffff_ffffL;
    if (length < 4 || length > LARGEST) {
      return Step.WRONG;
    }
    long size = length + 1;
    if (!in.ready(Math.min(size, LONGEST_SQL))) {
      return Step.MORE;
    }
    int end = (int) Math.min(size, in.available());
    switch (in.u8(0)) {
      case 'Q' -> open(in, sql(in, 5, end), size);
      case 'P' -> {
        int nul = in.indexOf(0, 5, end);
        if (nul >= 0) {
          prepared = sql(in, nul + 1, end);
          statements.put(in.text(5, nul), prepared);
        }
      }
      case 'B' -> {
        int portal = in.indexOf(0, 5, end);
        int statement = portal < 0 ? -1 : in.indexOf(0, portal + 1, end);
        if (statement >= 0) {
          String text = statements.get(in.text(portal + 1, statement));
          portals.put(in.text(5, portal), text == null ? "" : text);
        }
      }
      case 'E' -> {
        int nul = in.indexOf(0, 5, end);
        String text = nul < 0 ? null : portals.get(in.text(5, nul));
        open(in, text == null ? "" : text, size);
        prepared = "";
      }
      case 'S' -> {
        Pending p = requests.open(in.startTime());
        if (p != null) {
          p.kind = Pending.Kind.END;
          p.statement = prepared;
          p.operation = SqlText.operation(prepared);
        }
        prepared = "";
      }
      case 'C' -> close(in, end);
      default -> {
        // Describe, Flush, copy data, passwords: part of a request that is already measured.
      }
    }
    in.take(size);
    return Step.NEXT;
  }

  private Step startup(StreamBuffer in) {
    if (in.available() < 8) {
      return incomplete(in);
    }
    if (!isStartup(in)) {
      return Step.WRONG;
    }
    int code = in.i32(4);
    askedForTls = code == 80877103 || code == 80877104;
    in.take(in.i32(0));
    return Step.NEXT;
  }

  private static Step incomplete(StreamBuffer in) {
    if (in.truncated()) {
      in.takePayload();
    }
    return Step.MORE;
  }

  private void open(StreamBuffer in, String sql, long size) {
    Pending p = requests.open(in.startTime());
    if (p != null) {
      p.statement = sql;
      p.operation = SqlText.operation(sql);
      p.requestBytes = size;
      p.kind = in.u8(0) == 'Q' ? Pending.Kind.SINGLE : Pending.Kind.STEP;
    }
  }

  private void close(StreamBuffer in, int end) {
    int nul = in.indexOf(0, 6, end);
    if (nul >= 0) {
      (in.u8(5) == 'S' ? statements : portals).remove(in.text(6, nul));
    }
  }

  private String sql(StreamBuffer in, int from, int end) {
    int nul = in.indexOf(0, from, end);
    int to = nul < 0 ? end : nul;
    String text = in.text(from, Math.min(to, from + LONGEST_SQL));
    // A statement that changes the setting may precede others in the same text.
    boolean changes = text.toLowerCase(Locale.ROOT).contains(SETTING);
    return SqlText.normalised(text, SqlDialect.postgresql(changes ? Backslash.UNKNOWN : backslash));
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    int type = in.u8(0);
    if (askedForTls && in.available() == 1 && (type == 'S' || type == 'N' || type == 'G')) {
      askedForTls = false;
      in.take(1);
      return type == 'N' ? Step.NEXT : Step.OPAQUE;
    }
    if (BACKEND.indexOf(type) < 0) {
      return Step.WRONG;
    }
    if (in.available() < 5) {
      if (in.truncated()) {
        in.takePayload();
        requests.answerLost(now);
      }
      return Step.MORE;
    }
    long length = in.i32(1) & 0xffff_ffffL;
    if (length < 4 || length > LARGEST) {
      return Step.WRONG;
    }
    long size = length + 1;
    if ((type == 'E' || type == 'C' || type == 'S') && !in.ready(Math.min(size, LONGEST_SQL))) {
      return Step.MORE;
    }
    answerBytes += size;
    answer(in, type, (int) Math.min(size, in.available()), now);
    in.take(size);
    return Step.NEXT;
  }

  private void answer(StreamBuffer in, int type, int end, long now) {
    Pending p = requests.oldest();
    switch (type) {
      case 'T', 'D', 'H', 'G', 'W' -> {
        if (p != null) {
          p.status = p.status == Status.FAILED ? Status.FAILED : Status.OK;
        }
      }
      case 'C', 'I', 's' -> {
        if (p == null || p.kind == Pending.Kind.END) {
          return;
        }
        if (p.status != Status.FAILED) {
          p.status = Status.OK;
        }
        if (p.kind == Pending.Kind.STEP && !p.reported) {
          requests.close();
          finish(p, now);
        }
      }
      case 'E' -> {
        // The error of a statement that was only prepared meets the end of its batch.
        if (p != null && (p.kind != Pending.Kind.END || !p.statement.isEmpty())) {
          p.status = Status.FAILED;
          p.code = errorCode(in, end);
          finish(p, now);
        }
      }
      case 'S' -> parameter(in, end);
      case 'Z' -> readyForQuery(now);
      default -> {
        // Parameters, notices, notifications, steps of prepared statements.
      }
    }
  }

  /** Parses a session setting, which the server reports at startup and on changes. */
  private void parameter(StreamBuffer in, int end) {
    int nul = in.indexOf(0, 5, end);
    if (nul >= 0 && in.text(5, nul).equals(SETTING)) {
      int last = in.indexOf(0, nul + 1, end);
      String value = last < 0 ? "" : in.text(nul + 1, last);
      backslash =
          switch (value) {
            case "on" -> Backslash.TEXT;
            case "off" -> Backslash.ESCAPE;
            default -> Backslash.UNKNOWN;
          };
    }
  }

  private void finish(Pending p, long now) {
    p.responseBytes = answerBytes;
    answerBytes = 0;
    requests.report(p, now);
  }

  /** Ends a simple query, or all steps up to a Sync: steps after an error have no response. */
  private void readyForQuery(long now) {
    for (Pending p = requests.close(); p != null; p = requests.close()) {
      if (p.kind == Pending.Kind.SINGLE) {
        finish(p, now);
      }
      if (p.kind != Pending.Kind.STEP) {
        break;
      }
    }
    answerBytes = 0;
  }

  /** Returns the SQLSTATE of an error. */
  private static String errorCode(StreamBuffer in, int end) {
    int i = 5;
    while (i < end && in.u8(i) != 0) {
      int nul = in.indexOf(0, i + 1, end);
      if (nul < 0) {
        break;
      }
      if (in.u8(i) == 'C') {
        return in.text(i + 1, Math.min(nul, i + 6));
      }
      i = nul + 1;
    }
    return "";
  }

  @Override
  public boolean answersBeforeNextRequest() {
    return true;
  }

  @Override
  public void lost(boolean request, long now) {
    if (!request) {
      backslash = Backslash.UNKNOWN; // a change may have been lost
      requests.answerLost(now);
    }
  }

  @Override
  public void flushIdle(long now) {
    requests.quietSince(now);
  }

  @Override
  public int retained() {
    return statements.bytes() + portals.bytes();
  }

  @Override
  public void forget() {
    statements.clear();
    portals.clear();
  }
}

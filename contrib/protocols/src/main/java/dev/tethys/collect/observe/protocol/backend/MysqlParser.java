package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.codec.sql.SqlDialect;
import dev.tethys.codec.sql.SqlDialect.Backslash;
import dev.tethys.codec.sql.SqlDialect.DoubleQuotes;
import dev.tethys.codec.sql.SqlText;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import java.util.Locale;

/** MySQL and MariaDB: text and prepared statements, result sets, several results. */
final class MysqlParser extends ProtocolParser {
  private static final int QUIT = 0x01;
  private static final int INIT_DB = 0x02;
  private static final int QUERY = 0x03;
  private static final int PING = 0x0e;
  private static final int PREPARE = 0x16;
  private static final int EXECUTE = 0x17;
  private static final int LONG_DATA = 0x18;
  private static final int CLOSE = 0x19;
  private static final int FETCH = 0x1c;
  private static final int LAST_COMMAND = 0x1f;
  private static final int CLIENT_SSL = 0x800;
  private static final int MORE_RESULTS = 0x0008;
  private static final int NO_BACKSLASH_ESCAPES = 0x0200;
  private static final int LONGEST_SQL = 4096;

  /** Part of a response that is read next. */
  private enum Part {
    FIRST,
    /** First packet of a result after another one, whose numbers continue. */
    NEXT_RESULT,
    COLUMNS,
    ROWS
  }

  private final StatementTexts statements = new StatementTexts();
  private Part part = Part.FIRST;
  private long columnsLeft;
  private boolean columnsEnded;
  private long answerBytes;
  private Backslash backslash = Backslash.UNKNOWN;

  /** True while the packets of a message larger than 16 MiB continue. */
  private boolean continued;

  MysqlParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    if (in.available() < 5 || in.u8(3) != 0) {
      return false;
    }
    int length = length(in);
    boolean whole = in.available() == length + 4 && !in.truncated();
    return switch (in.u8(4)) {
      case QUERY, PREPARE ->
          length > 3 && (whole || in.available() > 32) && startsLikeSql(in, sqlStart(in));
      case EXECUTE -> whole && length >= 10 && in.u8(9) <= 8 && in.i32le(10) == 1;
      case PING -> whole && length == 1;
      case INIT_DB -> whole && length > 1 && Character.isLetter(in.u8(5));
      default -> false;
    };
  }

  private static boolean startsLikeSql(StreamBuffer in, int at) {
    if (at + 3 > in.available()) {
      return false;
    }
    int c = in.u8(at);
    return Character.isLetter(c) && Character.isLetter(in.u8(at + 1))
        || c == '('
        || c == '/'
        || c == ' '
        || c == '-'
        || c == '\n';
  }

  private static int length(StreamBuffer in) {
    return in.u8(0) | in.u8(1) << 8 | in.u8(2) << 16;
  }

  /**
   * Returns the start of the SQL text: query attributes (MySQL 8.0.23) precede it, none as 0 and 1.
   */
  private static int sqlStart(StreamBuffer in) {
    return in.u8(4) == QUERY && in.available() > 7 && in.u8(5) == 0 && in.u8(6) == 1 ? 7 : 5;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (requests.sentAgain()) {
      part = Part.FIRST;
    }
    if (in.available() < 5) {
      if (in.available() == 4 && length(in) == 0) {
        in.take(4);
        return Step.NEXT;
      }
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    int length = length(in);
    if (!in.ready(4L + Math.min(length, LONGEST_SQL))) {
      return Step.MORE;
    }
    boolean follows = continued;
    continued = length == 0xff_ffff;
    if (in.u8(3) != 0 || follows) {
      // Login, or the contents of a file: SSL is requested in a short login packet.
      boolean tls =
          in.u8(3) == 1 && length == 32 && in.available() >= 8 && (in.i32le(4) & CLIENT_SSL) != 0;
      in.take(4L + length);
      return tls ? Step.OPAQUE : Step.NEXT;
    }
    if (length == 0 || in.u8(4) > LAST_COMMAND) {
      return Step.WRONG;
    }
    command(in, length);
    in.take(4L + length);
    return Step.NEXT;
  }

  private void command(StreamBuffer in, int length) {
    int command = in.u8(4);
    if (command == QUIT || command == LONG_DATA) {
      return;
    }
    int id = in.available() >= 9 ? in.i32le(5) : -1;
    if (command == CLOSE) {
      statements.remove(id);
      return;
    }
    Pending p = requests.open(in.startTime());
    if (p == null) {
      return;
    }
    p.requestBytes = 4L + length;
    switch (command) {
      case QUERY, PREPARE -> {
        int from = sqlStart(in);
        int to = Math.min(4 + length, from + LONGEST_SQL);
        p.statement = sql(in.text(from, to));
        p.operation = command == QUERY ? SqlText.operation(p.statement) : "PREPARE";
      }
      case EXECUTE, FETCH -> {
        String text = statements.get(id);
        p.statement = text == null ? "" : text;
        p.operation = command == FETCH ? "FETCH" : SqlText.operation(p.statement);
      }
      case INIT_DB -> {
        p.operation = "USE";
        p.target = in.text(5, Math.min(4 + length, 5 + 128));
      }
      case PING -> p.operation = "PING";
      default -> p.operation = "COMMAND_" + command;
    }
    if (command == FETCH) {
      p.kind = Pending.Kind.STEP;
    }
  }

  private String sql(String text) {
    // A statement that changes the mode may precede others in the same text.
    boolean changes = text.toLowerCase(Locale.ROOT).contains("sql_mode");
    return SqlText.normalised(
        text, SqlDialect.mysql(changes ? Backslash.UNKNOWN : backslash, DoubleQuotes.UNKNOWN));
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < 5 && !in.truncated()) {
      return Step.MORE;
    }
    if (in.available() < 5) {
      in.takePayload();
      requests.answerLost(now);
      return Step.MORE;
    }
    int length = length(in);
    Pending p = requests.oldest();
    // The first packet of a response has number 1; another one belongs to a response before.
    if (p == null || part == Part.FIRST && in.u8(3) != 1) {
      in.take(4L + length);
      return length == 0 && p == null ? Step.WRONG : Step.NEXT;
    }
    if (!in.ready(4L + Math.min(length, 64))) {
      return Step.MORE;
    }
    answerBytes += 4L + length;
    int type = length == 0 ? -1 : in.u8(4);
    switch (part) {
      case FIRST, NEXT_RESULT -> first(in, p, type, length, now);
      case COLUMNS -> {
        if (--columnsLeft <= 0) {
          part = Part.ROWS;
          columnsEnded = false;
        }
      }
      case ROWS -> row(in, p, type, length, now);
    }
    in.take(4L + length);
    return Step.NEXT;
  }

  private void first(StreamBuffer in, Pending p, int type, int length, long now) {
    if (type == 0xff) {
      failed(in, p, now);
    } else if (p.kind == Pending.Kind.STEP) {
      part = Part.ROWS;
      columnsEnded = true;
      row(in, p, type, length, now);
    } else if (type == 0) {
      if (p.operation.equals("PREPARE") && length >= 12 && in.available() >= 9) {
        statements.put(in.i32le(5), p.statement);
        finish(p, 0, now);
      } else {
        finish(p, okStatus(in, 5), now);
      }
    } else if (type == 0xfe && length < 9) {
      finish(p, 0, now);
    } else if (type != 0xfb && type > 0) {
      long n = type < 0xfb ? type : in.available() >= 7 ? in.u8(5) | in.u8(6) << 8 : 1;
      p.status = Status.OK;
      columnsLeft = n;
      part = Part.COLUMNS;
    }
    // 0xfb requests the contents of a file; the response follows with another number.
  }

  private void row(StreamBuffer in, Pending p, int type, int length, long now) {
    if (type == 0xff) {
      failed(in, p, now);
    } else if (type == 0xfe && length < 0xff_ffff) {
      if (length == 5 && !columnsEnded) {
        // End of the columns, from a server that marks it.
        columnsEnded = true;
        if (in.available() >= 9 && (in.u8(7) & 0x40) != 0) {
          finish(p, 0, now); // a cursor was opened; rows are fetched later
        }
        return;
      }
      int flags =
          length == 5 && in.available() >= 9
              ? in.u8(7) | in.u8(8) << 8
              : length > 5 ? okStatus(in, 5) : 0;
      finish(p, flags, now);
    } else {
      columnsEnded = true;
    }
  }

  /** Status flags of an OK packet: after two numbers of variable length. */
  private static int okStatus(StreamBuffer in, int from) {
    int i = from;
    for (int k = 0; k < 2; k++) {
      if (i >= in.available()) {
        return 0;
      }
      int c = in.u8(i);
      i += c < 0xfb ? 1 : c == 0xfc ? 3 : c == 0xfd ? 4 : 9;
    }
    return i + 1 < in.available() ? in.u8(i) | in.u8(i + 1) << 8 : 0;
  }

  private void failed(StreamBuffer in, Pending p, long now) {
    p.status = Status.FAILED;
    if (in.available() >= 7) {
      p.code = Integer.toString(in.u8(5) | in.u8(6) << 8);
    }
    complete(p, now);
  }

  private void finish(Pending p, int flags, long now) {
    if (flags != 0) {
      backslash = (flags & NO_BACKSLASH_ESCAPES) != 0 ? Backslash.TEXT : Backslash.ESCAPE;
    }
    p.status = Status.OK;
    if ((flags & MORE_RESULTS) != 0) {
      part = Part.NEXT_RESULT;
      return;
    }
    complete(p, now);
  }

  private void complete(Pending p, long now) {
    part = Part.FIRST;
    requests.close();
    p.responseBytes = answerBytes;
    requests.report(p, now);
    answerBytes = 0;
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
      part = Part.FIRST;
      backslash = Backslash.UNKNOWN; // a change may have been lost
      requests.answerLost(now);
    }
  }

  @Override
  public void flushIdle(long now) {
    if (requests.quietSince(now)) {
      part = Part.FIRST;
    }
  }

  @Override
  public int retained() {
    return statements.bytes();
  }

  @Override
  public void forget() {
    statements.clear();
  }
}

package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.codec.sql.SqlDialect;
import dev.tethys.codec.sql.SqlText;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import java.util.HexFormat;

/** CQL native protocol 3 and 4, and 5 before its frames are wrapped; matched by stream. */
final class CassandraParser extends ProtocolParser {
  private static final int HEADER = 9;
  private static final int LARGEST = 256 << 20;
  private static final int ERROR = 0x00;
  private static final int QUERY = 0x07;
  private static final int RESULT = 0x08;
  private static final int PREPARE = 0x09;
  private static final int EXECUTE = 0x0a;
  private static final int EVENT = 0x0c;
  private static final int BATCH = 0x0d;
  private static final int AUTH_SUCCESS = 0x10;
  private static final int PREPARED = 4;
  private static final int LONGEST_CQL = 4096;

  private final StatementTexts statements = new StatementTexts();

  CassandraParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    if (in.available() < HEADER || !isHeader(in, 0)) {
      return false;
    }
    int length = in.i32(5);
    return switch (in.u8(4)) {
      case 0x01 ->
          length > 4
              && in.available() >= HEADER + 15
              && in.text(HEADER + 4, HEADER + 15).equals("CQL_VERSION");
      case 0x05 -> length == 0 && in.available() == HEADER;
      case QUERY, PREPARE ->
          length > 6
              && in.available() > HEADER + 4
              && in.i32(HEADER) > 0
              && in.i32(HEADER) < length
              && Character.isLetter(in.u8(HEADER + 4));
      case EXECUTE -> length > 18 && in.available() > HEADER + 2 && in.u16(HEADER) == 16;
      case BATCH ->
          length > 6 && in.available() > HEADER + 4 && in.u8(HEADER) <= 2 && in.u8(HEADER + 3) <= 1;
      default -> false;
    };
  }

  private static boolean isHeader(StreamBuffer in, int answer) {
    int version = in.u8(0) ^ answer;
    return version >= 3
        && version <= 5
        && in.u8(1) <= 0x1f
        && in.u8(4) <= AUTH_SUCCESS
        && in.i32(5) >= 0
        && in.i32(5) <= LARGEST;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    Step step = check(in, 0);
    if (step != Step.NEXT) {
      return step;
    }
    int code = in.u8(4);
    int length = in.i32(5);
    String operation =
        switch (code) {
          case QUERY -> "QUERY";
          case PREPARE -> "PREPARE";
          case EXECUTE -> "EXECUTE";
          case BATCH -> "BATCH";
          default -> "";
        };
    if (!operation.isEmpty()) {
      Pending p = requests.open(in.u16(2), in.startTime());
      p.operation = operation;
      p.statement = (in.u8(1) & 1) == 0 ? statement(in, code, HEADER + length) : "";
      if ((code == QUERY || code == EXECUTE) && !p.statement.isEmpty()) {
        p.operation = SqlText.operation(p.statement);
      }
      p.code = code == PREPARE ? "P" : "";
      p.requestBytes = (long) HEADER + length;
    }
    in.take((long) HEADER + length);
    return Step.NEXT;
  }

  private String statement(StreamBuffer in, int code, int end) {
    if (in.available() < HEADER + 4) {
      return "";
    }
    if (code == QUERY || code == PREPARE) {
      int n = in.i32(HEADER);
      return n <= 0
          ? ""
          : SqlText.normalised(
              in.text(HEADER + 4, Math.min(end, HEADER + 4 + Math.min(n, LONGEST_CQL))),
              SqlDialect.CASSANDRA);
    }
    if (code == EXECUTE) {
      String text = statements.get(id(in, HEADER));
      return text == null ? "" : text;
    }
    return "";
  }

  private static String id(StreamBuffer in, int at) {
    return in.available() < at + 2
        ? ""
        : HexFormat.of().formatHex(in.copy(at + 2, at + 2 + Math.min(64, in.u16(at))));
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    Step step = check(in, 0x80);
    if (step != Step.NEXT) {
      return step;
    }
    int code = in.u8(4);
    int length = in.i32(5);
    Pending p = code == EVENT ? null : requests.close(in.u16(2));
    if (p != null) {
      boolean plain = (in.u8(1) & 1) == 0 && in.available() >= HEADER + 4;
      boolean prepared = p.code.equals("P");
      p.status = code == ERROR ? Status.FAILED : Status.OK;
      p.code = code == ERROR && plain ? "0x%04x".formatted(in.i32(HEADER)) : "";
      if (prepared && plain && code == RESULT && in.i32(HEADER) == PREPARED) {
        statements.put(id(in, HEADER + 4), p.statement);
      }
      p.responseBytes = (long) HEADER + length;
      requests.report(p, now);
    }
    in.take((long) HEADER + length);
    return Step.NEXT;
  }

  private static Step check(StreamBuffer in, int answer) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < HEADER) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    if (!isHeader(in, answer)) {
      return Step.WRONG;
    }
    return in.ready(HEADER + Math.min(in.i32(5), answer == 0 ? LONGEST_CQL : 64))
        ? Step.NEXT
        : Step.MORE;
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

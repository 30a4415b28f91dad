package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Aerospike: operations with namespace and set, result codes; information and administration.
 * Responses arrive in the order of the requests; responses to batches, scans and queries have
 * several messages, of which the last is marked. Keys, digests, bins and values are not kept.
 */
final class AerospikeParser extends ProtocolParser {
  private static final int VERSION = 2;
  private static final int INFO = 1;
  private static final int ADMIN = 2;
  private static final int MESSAGE = 3;
  private static final int COMPRESSED = 4;

  private static final int HEADER = 8;
  private static final int MESSAGE_HEADER = 22;
  private static final int ADMIN_HEADER = 16;
  private static final long LARGEST = 128 << 20;
  private static final int READ = 512;

  private static final int READS = 0x01;
  private static final int BATCH = 0x08;
  private static final int NO_BINS = 0x20;
  private static final int WRITES = 0x01;
  private static final int DELETES = 0x02;
  private static final int LAST = 0x01;

  private static final int NAMESPACE = 0;
  private static final int SET = 1;
  private static final int DIGEST = 4;
  private static final int INDEX_RANGE = 22;
  private static final int FUNCTION = 31;
  private static final int LAST_FIELD = 63;
  private static final int MOST_FIELDS = 64;
  private static final int MOST_OPERATIONS = 1 << 15;
  private static final int LONGEST_NAMESPACE = 31;
  private static final int LONGEST_SET = 63;
  private static final int LAST_ADMIN_COMMAND = 40;

  /** {@link Pending#command} of a request with several response messages. */
  private static final int SEVERAL = 1;

  /** Result of an administrative query that has no more users or roles. */
  private static final int END_OF_QUERY = 50;

  /** Bytes of the current response whose records were seen. */
  private long answerBytes;

  AerospikeParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    int n = in.available();
    if (n < HEADER + 2 || !isHeader(in)) {
      return false;
    }
    long length = length(in);
    return switch (in.u8(1)) {
      case INFO -> isInfo(in, length);
      case ADMIN ->
          length >= ADMIN_HEADER
              && n >= HEADER + ADMIN_HEADER
              && (in.i32(HEADER) & 0xffff0000) == 0
              && in.u8(HEADER + 2) <= LAST_ADMIN_COMMAND
              && in.u8(HEADER + 3) <= MOST_FIELDS
              && in.i32(HEADER + 4) == 0
              && in.i64(HEADER + 8) == 0;
      case MESSAGE -> isMessage(in, length, true) && hasFields(in);
      default -> false;
    };
  }

  private static boolean isHeader(StreamBuffer in) {
    return in.u8(0) == VERSION
        && in.u8(1) >= INFO
        && in.u8(1) <= COMPRESSED
        && in.u16(2) == 0
        && length(in) <= LARGEST;
  }

  private static long length(StreamBuffer in) {
    return in.i32(4) & 0xffff_ffffL;
  }

  /** True for lines of names that end with the message. */
  private static boolean isInfo(StreamBuffer in, long length) {
    int n = in.available();
    if (length < 2 || n > HEADER + length || n < HEADER + length && !in.truncated()) {
      return false;
    }
    for (int i = HEADER; i < n; i++) {
      int c = in.u8(i);
      if ((c < ' ' || c > '~') && c != '\n' && c != '\t') {
        return false;
      }
    }
    return n < HEADER + length || in.u8(n - 1) == '\n';
  }

  private static boolean isMessage(StreamBuffer in, long length, boolean request) {
    return length >= MESSAGE_HEADER
        && in.available() >= HEADER + MESSAGE_HEADER
        && in.u8(HEADER) == MESSAGE_HEADER
        && (!request || in.u8(HEADER + 5) == 0)
        && in.u16(HEADER + 18) <= MOST_FIELDS
        && in.u16(HEADER + 20) <= MOST_OPERATIONS;
  }

  /** True if the visible fields and operations fill the message. */
  private static boolean hasFields(StreamBuffer in) {
    int fields = in.u16(HEADER + 18);
    if (fields == 0) {
      return false;
    }
    long end = HEADER + length(in);
    long at = HEADER + MESSAGE_HEADER;
    for (int i = 0; i < fields + in.u16(HEADER + 20); i++) {
      if (at + 5 > in.available()) {
        return i > 0 && in.truncated() && at < end;
      }
      long size = in.i32((int) at) & 0xffff_ffffL;
      if (size < 1 || at + 4 + size > end || i < fields && in.u8((int) at + 4) > LAST_FIELD) {
        return false;
      }
      at += 4 + size;
    }
    return at == end;
  }

  private Step check(StreamBuffer in) {
    if (in.available() < HEADER) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    if (!isHeader(in)) {
      return Step.WRONG;
    }
    return in.ready(HEADER + Math.min(length(in), READ)) ? Step.NEXT : Step.MORE;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    Step step = check(in);
    if (step != Step.NEXT) {
      return step;
    }
    int type = in.u8(1);
    if (type == MESSAGE && !isMessage(in, length(in), true)) {
      return Step.WRONG;
    }
    if (requests.sentAgain()) {
      answerBytes = 0;
    }
    long size = HEADER + length(in);
    Pending p = requests.open(in.startTime());
    if (p != null) {
      p.requestBytes = size;
      p.operation = type == INFO ? "info" : type == ADMIN ? "admin" : "";
      if (type == MESSAGE) {
        describe(p, in, (int) Math.min(size, in.available()));
      }
    }
    in.take(size);
    return Step.NEXT;
  }

  private static void describe(Pending p, StreamBuffer in, int end) {
    int info1 = in.u8(HEADER + 1);
    int info2 = in.u8(HEADER + 2);
    String namespace = "";
    String set = "";
    boolean digest = false;
    boolean index = false;
    boolean function = false;
    int at = HEADER + MESSAGE_HEADER;
    for (int i = in.u16(HEADER + 18); i > 0 && at + 5 <= end; i--) {
      int size = in.i32(at);
      if (size < 1 || size > LARGEST) {
        break;
      }
      int type = in.u8(at + 4);
      int stop = (int) Math.min(end, at + 4L + size);
      if (type == NAMESPACE && size <= LONGEST_NAMESPACE + 1) {
        namespace = in.text(at + 5, stop);
      } else if (type == SET && size <= LONGEST_SET + 1) {
        set = in.text(at + 5, stop);
      }
      digest |= type == DIGEST;
      index |= type == INDEX_RANGE;
      function |= type == FUNCTION;
      at = stop;
    }
    boolean batch = (info1 & BATCH) != 0;
    boolean single = digest && !batch;
    p.command = single ? 0 : SEVERAL;
    p.target = set.isEmpty() ? namespace : namespace + "/" + set;
    if (batch) {
      p.operation = "batch";
    } else if (!single) {
      p.operation = index ? "query" : "scan";
    } else if (function) {
      p.operation = "execute";
    } else if ((info2 & DELETES) != 0) {
      p.operation = "delete";
    } else if ((info2 & WRITES) != 0) {
      p.operation = (info1 & READS) != 0 ? "operate" : "put";
    } else {
      p.operation = (info1 & NO_BINS) != 0 ? "exists" : "get";
    }
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    Step step = check(in);
    if (step != Step.NEXT) {
      return step;
    }
    int type = in.u8(1);
    long size = HEADER + length(in);
    boolean several = isSeveral(requests.oldest());
    // All records of a response have to be walked through to find the last one.
    if (several && type == MESSAGE && !in.ready(size)) {
      return Step.MORE;
    }
    if (type == MESSAGE && !isMessage(in, length(in), false)) {
      return Step.WRONG;
    }
    answerBytes += size;
    int result = type == MESSAGE ? in.u8(HEADER + 5) : type == ADMIN ? admin(in) : 0;
    if (!several || type != MESSAGE || result != 0 && result != 2 || isLast(in, size, now)) {
      end(type == COMPRESSED ? -1 : result, now);
    }
    in.take(size);
    return Step.NEXT;
  }

  private static boolean isSeveral(@Nullable Pending p) {
    return p != null && p.command == SEVERAL;
  }

  private static int admin(StreamBuffer in) {
    int result = in.available() > HEADER + 1 ? in.u8(HEADER + 1) : 0;
    return result == END_OF_QUERY ? 0 : result;
  }

  /** True if one of the records is marked as the last one; beyond the capture none is seen. */
  private boolean isLast(StreamBuffer in, long size, long now) {
    long at = HEADER;
    while (at + MESSAGE_HEADER <= Math.min(size, in.available())) {
      int from = (int) at;
      if (in.u8(from) != MESSAGE_HEADER) {
        break;
      }
      if ((in.u8(from + 3) & LAST) != 0) {
        return true;
      }
      at += MESSAGE_HEADER;
      for (int i = in.u16(from + 18) + in.u16(from + 20); i > 0 && at + 4 <= in.available(); i--) {
        at += 4 + (in.i32((int) at) & 0xffff_ffffL);
      }
    }
    if (at < size) {
      requests.answerLost(now);
    }
    return false;
  }

  /**
   * @param result code of the outcome; -1 when it is not visible
   */
  private void end(int result, long now) {
    Pending p = requests.close();
    if (p != null) {
      p.status =
          switch (result) {
            case -1 -> Status.UNKNOWN;
            // Missing and existing records, another generation and a filter are usual.
            case 0, 2, 3, 5, 27 -> Status.OK;
            default -> Status.FAILED;
          };
      p.code = result <= 0 ? "" : Integer.toString(result);
      p.responseBytes = answerBytes;
      requests.report(p, now);
    }
    answerBytes = 0;
  }

  @Override
  public boolean answersBeforeNextRequest() {
    return true;
  }

  @Override
  public boolean hasSeveralAnswers() {
    return true;
  }

  @Override
  public void lost(boolean request, long now) {
    if (!request) {
      requests.answerLost(now);
    }
  }

  @Override
  public void flushIdle(long now) {
    if (requests.quietSince(now)) {
      answerBytes = 0;
    }
  }
}

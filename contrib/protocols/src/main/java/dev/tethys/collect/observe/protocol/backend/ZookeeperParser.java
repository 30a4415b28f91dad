package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** ZooKeeper, requests matched to responses by id. */
final class ZookeeperParser extends ProtocolParser {
  private static final int LARGEST = 64 << 20;
  private static final int LONGEST_PATH = 512;
  private static final String TRUNCATED = "...<TRUNCATED>";
  private static final int MULTI = 14;
  private static final Map<Integer, String> OPERATIONS =
      Map.ofEntries(
          Map.entry(1, "create"),
          Map.entry(2, "delete"),
          Map.entry(3, "exists"),
          Map.entry(4, "getData"),
          Map.entry(5, "setData"),
          Map.entry(6, "getACL"),
          Map.entry(7, "setACL"),
          Map.entry(8, "getChildren"),
          Map.entry(9, "sync"),
          Map.entry(11, "ping"),
          Map.entry(12, "getChildren2"),
          Map.entry(13, "check"),
          Map.entry(MULTI, "multi"),
          Map.entry(15, "create2"),
          Map.entry(16, "reconfig"),
          Map.entry(17, "checkWatches"),
          Map.entry(18, "removeWatches"),
          Map.entry(19, "createContainer"),
          Map.entry(20, "deleteContainer"),
          Map.entry(21, "createTTL"),
          Map.entry(22, "multiRead"),
          Map.entry(100, "auth"),
          Map.entry(101, "setWatches"),
          Map.entry(102, "sasl"),
          Map.entry(103, "getEphemerals"),
          Map.entry(104, "getAllChildrenNumber"),
          Map.entry(105, "setWatches2"),
          Map.entry(106, "addWatch"),
          Map.entry(-11, "closeSession"));

  private boolean sessionAsked;

  ZookeeperParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    if (in.available() < 12) {
      return false;
    }
    int length = in.i32(0);
    if (isSessionRequest(in)) {
      return true;
    }
    boolean whole = in.available() == length + 4 && !in.truncated();
    if (length < 8
        || length > LARGEST
        || !whole && in.available() >= length + 4
        || !OPERATIONS.containsKey(in.i32(8))) {
      return false;
    }
    int xid = in.i32(4);
    if (xid == -2) {
      return in.i32(8) == 11 && length == 8;
    }
    if (xid <= 0 || length < 13) {
      return false;
    }
    // A path starts with a slash; operations without one are too unspecific.
    int path = in.i32(8) == MULTI ? 25 : 16;
    return in.available() > path
        && in.u8(path) == '/'
        && in.i32(path - 4) > 0
        && in.i32(path - 4) < length;
  }

  private static boolean isSessionRequest(StreamBuffer in) {
    int length = in.i32(0);
    return (length == 44 || length == 45)
        && in.i32(4) == 0
        && in.available() >= 32
        && in.i32(28) == 16
        && in.i32(16) > 0;
  }

  /** Returns the name of the operation and its path; null if the operation is unknown. */
  static String @Nullable [] command(StreamBuffer in) {
    int type = in.i32(8);
    String name = OPERATIONS.get(type);
    if (name == null) {
      return null;
    }
    int path = 12;
    if (type == MULTI) {
      if (in.available() < 21) {
        return new String[] {"multi(...)", ""};
      }
      name = "multi(" + OPERATIONS.getOrDefault(in.i32(12), "unknown") + ", ...)";
      path = 21;
    }
    return new String[] {name, hasPath(type) ? path(in, path) : ""};
  }

  private static boolean hasPath(int type) {
    return type > 0 && type < 100 && type != 11 && type != 16
        || type == 103
        || type == 104
        || type == 106;
  }

  private static String path(StreamBuffer in, int at) {
    if (in.available() < at + 4) {
      return "";
    }
    int length = in.i32(at);
    if (length <= 0 || length > LARGEST) {
      return "";
    }
    String text = in.text(at + 4, at + 4 + Math.min(length, LONGEST_PATH));
    return in.available() < at + 4 + length || length > LONGEST_PATH ? text + TRUNCATED : text;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < 12) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    int length = in.i32(0);
    if (length < 8 || length > LARGEST) {
      return Step.WRONG;
    }
    if (!in.ready(4L + Math.min(length, LONGEST_PATH))) {
      return Step.MORE;
    }
    if (in.i32(4) == 0 && isSessionRequest(in)) {
      sessionAsked = true;
      in.take(4L + length);
      return Step.NEXT;
    }
    String[] command = command(in);
    if (command == null) {
      return Step.WRONG;
    }
    // Negative numbers are pings, watches and logins, which are not measured.
    if (in.i32(4) > 0) {
      Pending p = requests.open(in.i32(4), in.startTime());
      p.operation = command[0];
      p.target = command[1];
      p.requestBytes = 4L + length;
    }
    in.take(4L + length);
    return Step.NEXT;
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < 20) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    int length = in.i32(0);
    if (length < 16 || length > LARGEST) {
      return Step.WRONG;
    }
    if (sessionAsked) {
      sessionAsked = false;
      in.take(4L + length);
      return Step.NEXT;
    }
    Pending p = requests.close(in.i32(4));
    int error = in.i32(16);
    if (error > 0 || error < -200) {
      return Step.WRONG;
    }
    if (p != null) {
      p.status = error == 0 ? Status.OK : Status.FAILED;
      p.code = error == 0 ? "" : Integer.toString(error);
      p.responseBytes = 4L + length;
      requests.report(p, now);
    }
    in.take(4L + length);
    return Step.NEXT;
  }
}

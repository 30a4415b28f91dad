package dev.tethys.collect.observe.protocol;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Map;

/**
 * Kafka: requests by API name, matched to responses by correlation id; topic of Produce and Fetch.
 * From versions that name topics by id on (Produce 13, Fetch 13) the id is the target.
 */
final class KafkaParser extends ProtocolParser {
  private static final int PRODUCE = 0;
  private static final int FETCH = 1;
  private static final int API_VERSIONS = 18;
  private static final int LARGEST = 100 << 20;
  private static final int READ = 512;
  private static final int LAST_VERSION = 25;
  private static final Map<Integer, String> APIS =
      Map.ofEntries(
          Map.entry(PRODUCE, "Produce"),
          Map.entry(FETCH, "Fetch"),
          Map.entry(2, "ListOffsets"),
          Map.entry(3, "Metadata"),
          Map.entry(4, "LeaderAndIsr"),
          Map.entry(5, "StopReplica"),
          Map.entry(6, "UpdateMetadata"),
          Map.entry(7, "ControlledShutdown"),
          Map.entry(8, "OffsetCommit"),
          Map.entry(9, "OffsetFetch"),
          Map.entry(10, "FindCoordinator"),
          Map.entry(11, "JoinGroup"),
          Map.entry(12, "Heartbeat"),
          Map.entry(13, "LeaveGroup"),
          Map.entry(14, "SyncGroup"),
          Map.entry(15, "DescribeGroups"),
          Map.entry(16, "ListGroups"),
          Map.entry(17, "SaslHandshake"),
          Map.entry(API_VERSIONS, "ApiVersions"),
          Map.entry(19, "CreateTopics"),
          Map.entry(20, "DeleteTopics"),
          Map.entry(21, "DeleteRecords"),
          Map.entry(22, "InitProducerId"),
          Map.entry(23, "OffsetForLeaderEpoch"),
          Map.entry(24, "AddPartitionsToTxn"),
          Map.entry(25, "AddOffsetsToTxn"),
          Map.entry(26, "EndTxn"),
          Map.entry(27, "WriteTxnMarkers"),
          Map.entry(28, "TxnOffsetCommit"),
          Map.entry(32, "DescribeConfigs"),
          Map.entry(36, "SaslAuthenticate"),
          Map.entry(60, "DescribeCluster"),
          Map.entry(68, "ConsumerGroupHeartbeat"),
          Map.entry(71, "GetTelemetrySubscriptions"),
          Map.entry(72, "PushTelemetry"),
          Map.entry(76, "ShareGroupHeartbeat"),
          Map.entry(78, "ShareFetch"),
          Map.entry(79, "ShareAcknowledge"));

  /** Last supported API key, with space for future ones. */
  private static final int LAST_API = 99;

  KafkaParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    if (in.available() < 14 || !isHeader(in) || !APIS.containsKey(in.u16(4))) {
      return false;
    }
    int client = (short) in.u16(12);
    if (client < -1 || client > 255 || 14 + client > in.i32(0) + 4) {
      return false;
    }
    for (int i = 14; i < Math.min(14 + client, in.available()); i++) {
      if (in.u8(i) < 0x20 || in.u8(i) > 0x7e) {
        return false;
      }
    }
    // Without a client's name only a matching length distinguishes a request from other bytes.
    return client > 0 || in.available() == in.i32(0) + 4;
  }

  private static boolean isHeader(StreamBuffer in) {
    int length = in.i32(0);
    return length >= 10
        && length <= LARGEST
        && in.u16(4) <= LAST_API
        && in.u16(6) <= LAST_VERSION
        && in.i32(8) >= 0;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < 14) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    if (!isHeader(in)) {
      return Step.WRONG;
    }
    int length = in.i32(0);
    if (!in.ready(4L + Math.min(length, READ))) {
      return Step.MORE;
    }
    int api = in.u16(4);
    int version = in.u16(6);
    Body body = new Body(in, 12, Math.min(in.available(), 4 + length));
    body.string(false);
    boolean answered = true;
    String topic = "";
    if (api == PRODUCE) {
      body.flexible = version >= 9;
      body.tags();
      if (version >= 3) {
        body.string(body.flexible);
      }
      answered = body.i16() != 0;
      body.at += 4;
      topic = body.topic(version >= 13);
    } else if (api == FETCH) {
      body.flexible = version >= 12;
      body.tags();
      body.at +=
          (version < 15 ? 4 : 0)
              + 8
              + (version >= 3 ? 4 : 0)
              + (version >= 4 ? 1 : 0)
              + (version >= 7 ? 8 : 0);
      topic = body.topic(version >= 13);
    }
    Pending p = answered ? requests.open(in.i32(8), in.startTime()) : new Pending(in.startTime());
    p.operation = APIS.getOrDefault(api, "Api" + api);
    p.target = topic;
    p.requestBytes = 4L + length;
    p.code = api == FETCH && version >= 7 ? "F" + version : api == API_VERSIONS ? "V" : "";
    if (!answered) {
      p.code = "";
      requests.report(p, now);
    }
    in.take(4L + length);
    return Step.NEXT;
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < 8) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    int length = in.i32(0);
    if (length < 4 || length > LARGEST || in.i32(4) < 0) {
      return Step.WRONG;
    }
    if (!in.ready(4L + Math.min(length, 16))) {
      return Step.MORE;
    }
    Pending p = requests.close(in.i32(4));
    if (p != null) {
      int error = error(in, p, Math.min(in.available(), 4 + length));
      p.status = error == 0 ? Status.OK : Status.FAILED;
      p.code = error == 0 ? "" : Integer.toString(error);
      p.responseBytes = 4L + length;
      requests.report(p, now);
    }
    in.take(4L + length);
    return Step.NEXT;
  }

  /**
   * Error of the entire request, if the response starts with one; an unsupported version does not
   * count as a failure.
   */
  private static int error(StreamBuffer in, Pending p, int end) {
    int at = p.code.equals("V") ? 8 : p.code.startsWith("F") ? 12 : -1;
    if (at == 12 && Integer.parseInt(p.code.substring(1)) >= 12) {
      at = 13;
    }
    int error = at < 0 || at + 2 > end ? 0 : (short) in.u16(at);
    return p.operation.equals("ApiVersions") && error == 35 ? 0 : error;
  }

  /** Visible fields of a request. */
  private static final class Body {
    private final StreamBuffer in;
    private final int end;
    private int at;
    private boolean flexible;

    Body(StreamBuffer in, int at, int end) {
      this.in = in;
      this.at = at;
      this.end = end;
    }

    int i16() {
      if (at + 2 > end) {
        at = end + 1;
        return -1;
      }
      at += 2;
      return (short) in.u16(at - 2);
    }

    private int varint() {
      int v = 0;
      for (int shift = 0; shift < 28 && at < end; shift += 7) {
        int b = in.u8(at++);
        v |= (b & 0x7f) << shift;
        if (b < 0x80) {
          return v;
        }
      }
      at = end + 1;
      return 0;
    }

    /** Tagged fields of a flexible header; nearly always none. */
    void tags() {
      if (flexible) {
        for (int n = varint(); n > 0 && at < end; n--) {
          varint();
          at += varint();
        }
      }
    }

    String string(boolean compact) {
      int n = compact ? varint() - 1 : i16();
      if (n <= 0 || at + n > end || at < 0) {
        at += Math.max(0, Math.min(n, LARGEST));
        return "";
      }
      at += n;
      return in.text(at - n, at);
    }

    /** Name or id of the first topic of an array. */
    String topic(boolean byId) {
      if (at < 0 || at + 4 > end) {
        return "";
      }
      int n = flexible ? varint() - 1 : in.i32(at);
      at += flexible ? 0 : 4;
      if (n <= 0) {
        return "";
      }
      if (!byId) {
        String name = string(flexible);
        return name.length() > 249 ? "" : name;
      }
      if (at + 16 > end) {
        return "";
      }
      byte[] id = ByteBuffer.allocate(16).putLong(in.i64(at)).putLong(in.i64(at + 8)).array();
      return Base64.getUrlEncoder().withoutPadding().encodeToString(id);
    }
  }
}

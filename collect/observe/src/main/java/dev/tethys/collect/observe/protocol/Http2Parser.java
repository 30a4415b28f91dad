package dev.tethys.collect.observe.protocol;

import dev.tethys.codec.text.RequestTarget;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 and gRPC: requests multiplexed on streams, from the start or the middle of a connection.
 */
final class Http2Parser extends ProtocolParser {
  static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final int HEADER = 9;
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PUSH_PROMISE = 5;
  private static final int LAST_TYPE = 16;
  private static final int CONTINUATION = 9;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int PRIORITY = 0x20;
  private static final int LARGEST = 1 << 20;
  private static final int LONGEST_BLOCK = 16_384;

  /** One direction of the connection. */
  private final class Side {
    final boolean fromClient;
    final HpackDecoder hpack = new HpackDecoder();
    @Nullable ByteArrayOutputStream block;
    int blockStream;
    boolean blockEnds;

    Side(boolean fromClient) {
      this.fromClient = fromClient;
    }

    int retained() {
      return hpack.retained() + (block == null ? 0 : block.size());
    }
  }

  private final Side client = new Side(true);
  private final Side server = new Side(false);
  private final ElasticsearchApi.Peer peer = new ElasticsearchApi.Peer();
  private boolean longBodies;

  Http2Parser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    if (in.startsWith(0, PREFACE)) {
      return true;
    }
    // Within a connection: small frames, then HEADERS that begin as those of a request do.
    int at = 0;
    for (int k = 0; k < 8 && at + HEADER < in.available(); k++) {
      int length = length(in, at);
      int type = in.u8(at + 3);
      int stream = in.i32(at + 5);
      if (stream < 0 || !plausible(type, length, stream) || type == DATA && k == 0) {
        return false;
      }
      if (type == HEADERS) {
        return stream % 2 == 1 && startsRequest(in, at, length);
      }
      at += HEADER + length;
    }
    return false;
  }

  private static boolean startsRequest(StreamBuffer in, int frame, int length) {
    int flags = in.u8(frame + 4);
    int at = frame + HEADER + ((flags & PADDED) != 0 ? 1 : 0) + ((flags & PRIORITY) != 0 ? 5 : 0);
    if ((flags & 0xd2) != 0 || at >= in.available() || length < 3) {
      return false;
    }
    int first = in.u8(at);
    // :method, :path or :scheme from the static table, or a path by its name.
    return first >= 0x82 && first <= 0x87 || first == 0x44 || first == 0x04;
  }

  private static boolean plausible(int type, int length, int stream) {
    return switch (type) {
      case DATA, HEADERS, CONTINUATION -> stream > 0 && length <= LARGEST;
      case 2 -> stream > 0 && length == 5;
      case RST_STREAM -> stream > 0 && length == 4;
      case SETTINGS -> stream == 0 && length % 6 == 0 && length <= 240;
      case PUSH_PROMISE -> stream > 0 && length >= 4;
      case 6 -> stream == 0 && length == 8;
      case 7 -> stream == 0 && length >= 8 && length <= LONGEST_BLOCK;
      case 8 -> length == 4;
      default -> type <= LAST_TYPE && length <= LONGEST_BLOCK;
    };
  }

  private static int length(StreamBuffer in, int at) {
    return in.u8(at) << 16 | in.u16(at + 1);
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() > 0 && in.u8(0) == 'P') {
      if (in.available() < PREFACE.length()) {
        return in.truncated() ? Step.WRONG : Step.MORE;
      }
      if (in.startsWith(0, PREFACE)) {
        in.take(PREFACE.length());
        return Step.NEXT;
      }
    }
    return frame(client, in, now);
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    return frame(server, in, now);
  }

  private Step frame(Side side, StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < HEADER) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    int length = length(in, 0);
    int type = in.u8(3);
    int flags = in.u8(4);
    int stream = in.i32(5) & 0x7fff_ffff;
    if (!plausible(type, length, stream)
        || side.block != null && (type != CONTINUATION || stream != side.blockStream)) {
      side.block = null;
      return Step.WRONG;
    }
    boolean block = type == HEADERS || type == CONTINUATION || type == PUSH_PROMISE;
    if (!in.ready(HEADER + (block ? length : type == RST_STREAM ? 4 : 0))) {
      return Step.MORE;
    }
    switch (type) {
      case HEADERS, CONTINUATION, PUSH_PROMISE ->
          headers(side, in, type, flags, stream, length, now);
      case DATA -> {
        Pending p = count(side, stream, length);
        in.take(HEADER);
        in.take(length, (flags & PADDED) != 0 ? null : body(side, p));
        if ((flags & END_STREAM) != 0) {
          ended(side, stream, now);
        }
        return Step.NEXT;
      }
      case RST_STREAM -> reset(stream, now);
      default -> {
        // Settings, windows, pings: nothing of a request.
      }
    }
    in.take((long) HEADER + length);
    return Step.NEXT;
  }

  private static StreamBuffer.@Nullable Tap body(Side side, @Nullable Pending p) {
    ApiExchange api = p == null ? null : p.api;
    return api == null ? null : side.fromClient ? api.requestBody() : api.answerBody();
  }

  private @Nullable Pending count(Side side, int stream, int length) {
    Pending p = requests.numbered(stream);
    if (p != null) {
      if (side.fromClient) {
        p.requestBytes += length;
      } else {
        p.responseBytes += length;
      }
    }
    return p;
  }

  private void headers(
      Side side, StreamBuffer in, int type, int flags, int stream, int length, long now) {
    int from = HEADER;
    int end = HEADER + length;
    if (type != CONTINUATION) {
      if ((flags & PADDED) != 0 && in.available() > from) {
        end -= in.u8(from);
        from++;
      }
      from += (flags & PRIORITY) != 0 && type == HEADERS ? 5 : type == PUSH_PROMISE ? 4 : 0;
      side.blockStream = stream;
      side.blockEnds = type == HEADERS && (flags & END_STREAM) != 0;
    }
    byte[] visible = in.copy(from, end);
    boolean cut = in.available() < end;
    boolean last = (flags & END_HEADERS) != 0;
    ByteArrayOutputStream collected = side.block;
    if (!last && !cut) {
      if (collected == null) {
        collected = new ByteArrayOutputStream();
        side.block = collected;
      }
      if (collected.size() + visible.length <= LONGEST_BLOCK) {
        collected.writeBytes(visible);
        return;
      }
      cut = true;
    }
    side.block = null;
    byte[] whole = visible;
    if (collected != null) {
      collected.writeBytes(visible);
      whole = collected.toByteArray();
    }
    boolean promised = type == PUSH_PROMISE;
    boolean read = block(side, whole, promised ? -1 : stream, in.startTime(), end, now);
    if (cut || !read) {
      // Entries may have been added out of sight.
      side.hpack.forget();
    }
    if (side.blockEnds) {
      ended(side, stream, now);
    }
  }

  private boolean block(Side side, byte[] block, int stream, long start, int size, long now) {
    Fields f = new Fields();
    boolean read = side.hpack.decode(block, 0, block.length, f);
    if (stream < 0) {
      return read;
    }
    if (side.fromClient) {
      if (f.method != null || f.path != null || requests.numbered(stream) == null) {
        open(stream, f, start, size);
      }
      return read;
    }
    Pending p = requests.numbered(stream);
    if (p == null) {
      return read;
    }
    p.responseBytes += size;
    if (f.status != null
        && f.status.length() == 3
        && f.status.charAt(0) != '1'
        && !p.code.startsWith("grpc:")) {
      p.code = f.status;
      p.status = f.status.charAt(0) >= '4' ? Status.FAILED : Status.OK;
      if (p.api == null) {
        p.api = ApiExchange.ofAnswer(peer, p.operation, p.target, f.head);
      }
      if (p.api != null && f.status.chars().allMatch(c -> c >= '0' && c <= '9')) {
        p.api.answered(Integer.parseInt(f.status), f.head);
      }
    }
    if (f.grpcStatus != null && f.grpcStatus.length() <= 3 && !f.grpcStatus.isEmpty()) {
      p.code = "grpc:" + f.grpcStatus;
      p.status = f.grpcStatus.equals("0") ? Status.OK : Status.FAILED;
    }
    return read;
  }

  private void open(int stream, Fields f, long start, int size) {
    Pending p = requests.open(stream, start);
    p.operation = f.method == null ? "" : f.method;
    p.target = f.path == null ? "" : RequestTarget.masked(f.path);
    p.traceParent = f.traceParent;
    p.requestBytes = size;
    if (ApiExchange.mayBegin(p.operation, f.path == null ? "" : f.path, f.head.isAmazon())) {
      p.api = ApiExchange.begin(peer, p.operation, f.path == null ? "" : f.path, f.head);
      longBodies |= p.api != null && p.api.wantsLongBodies();
    }
  }

  private void ended(Side side, int stream, long now) {
    if (!side.fromClient) {
      Pending p = requests.close(stream);
      if (p != null) {
        requests.report(p, now);
      }
    }
  }

  /** An abandoned stream is reported when an outcome was seen. */
  private void reset(int stream, long now) {
    Pending p = requests.close(stream);
    if (p != null && p.status != Status.UNKNOWN) {
      requests.report(p, now);
    }
  }

  @Override
  public void lost(boolean request, long now) {
    Side side = request ? client : server;
    side.block = null;
    side.hpack.forget();
  }

  @Override
  public boolean wantsLongPayloads() {
    return longBodies;
  }

  @Override
  public int retained() {
    return client.retained() + server.retained();
  }

  @Override
  public void forget() {
    lost(true, 0);
    lost(false, 0);
  }

  /** Headers that are measured. */
  private static final class Fields implements HpackDecoder.Headers {
    @Nullable String method;
    @Nullable String path;
    @Nullable String status;
    @Nullable String grpcStatus;
    @Nullable String traceParent;
    final ApiHead head = new ApiHead();

    @Override
    public void header(String name, String value) {
      switch (name) {
        case ":method" -> method = value;
        case ":path" -> path = value;
        case ":status" -> status = value;
        case "grpc-status" -> grpcStatus = value;
        case "traceparent" ->
            traceParent = value.length() >= 55 && value.length() <= 128 ? value : null;
        default -> head.header(name, value);
      }
    }
  }
}

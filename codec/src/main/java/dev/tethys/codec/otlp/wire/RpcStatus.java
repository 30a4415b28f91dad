package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.GoJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * {@code google.rpc.Status}, the failure of a request in gRPC and in OTLP over HTTP. Fields: code
 * 1, message 2, details 3, each an Any (type_url 1, value 2); of those, RetryInfo (retry_delay 1: a
 * Duration of seconds 1 and nanos 2) and ErrorInfo (reason 1, domain 2, metadata 3) are read.
 *
 * @param code gRPC status code
 * @param retryDelay delay before a retry; null if the status has none
 * @param rejected number of items rejected while the others were accepted, sent only by receivers
 *     of Tethys; 0 if unknown
 */
public record RpcStatus(int code, String message, @Nullable Duration retryDelay, int rejected) {
  private static final String ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo";
  private static final String REASON = "ITEMS_REJECTED";
  private static final String DOMAIN = "tethys";
  private static final String REJECTED_ITEMS = "rejected_items";

  private static final String RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

  /** Creates a status without a count of rejected items. */
  public RpcStatus(int code, String message, @Nullable Duration retryDelay) {
    this(code, message, retryDelay, 0);
  }

  /** Protobuf form. */
  public byte[] toProtobuf() {
    ProtoWriter w = new ProtoWriter();
    w.int64Unless0(1, code).stringUnlessEmpty(2, message);
    if (retryDelay != null) {
      int any = w.begin(3);
      w.string(1, RETRY_INFO);
      int info = w.begin(2);
      int delay = w.begin(1);
      w.int64Unless0(1, retryDelay.getSeconds()).int64Unless0(2, retryDelay.toNanosPart());
      w.end(delay).end(info).end(any);
    }
    if (rejected > 0) {
      int any = w.begin(3);
      w.string(1, ERROR_INFO);
      int info = w.begin(2);
      w.string(1, REASON).string(2, DOMAIN);
      int entry = w.begin(3);
      w.string(1, REJECTED_ITEMS).string(2, Integer.toString(rejected));
      w.end(entry).end(info).end(any);
    }
    return w.toByteArray();
  }

  /** JSON form. */
  public byte[] toJson() {
    StringBuilder sb = new StringBuilder("{\"code\":").append(code).append(",\"message\":");
    GoJson.append(sb, message);
    if (retryDelay != null) {
      sb.append(",\"details\":[{\"@type\":\"").append(RETRY_INFO).append("\",\"retryDelay\":\"");
      sb.append(retryDelay.getSeconds());
      if (retryDelay.toNanosPart() != 0) {
        sb.append(String.format(".%09d", retryDelay.toNanosPart()));
      }
      sb.append("s\"}]");
    }
    return sb.append('}').toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads protobuf.
   *
   * @throws CodecException if it is malformed
   */
  public static RpcStatus fromProtobuf(byte[] b) {
    ProtoReader r = new ProtoReader(b);
    int code = 0;
    String message = "";
    Duration delay = null;
    int rejected = 0;
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 -> code = r.readInt();
        case 2 << 3 | ProtoReader.LENGTH ->
            message = new String(r.readBytes(), StandardCharsets.UTF_8);
        case 3 << 3 | ProtoReader.LENGTH -> {
          int outer = r.enter();
          Detail d = detail(r);
          r.leave(outer);
          if (d.type.endsWith("google.rpc.RetryInfo")) {
            Duration text = retryInfo(d.value);
            delay = text == null ? delay : text;
          } else if (d.type.equals(ERROR_INFO)) {
            rejected = Math.max(rejected, rejectedItems(d.value));
          }
        }
        default -> r.skip();
      }
    }
    return new RpcStatus(code, message, delay, rejected);
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Detail(String type, byte[] value) {}

  private static Detail detail(ProtoReader r) {
    String type = "";
    byte[] value = {};
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | ProtoReader.LENGTH ->
            type = new String(r.readBytes(), StandardCharsets.UTF_8);
        case 2 << 3 | ProtoReader.LENGTH -> value = r.readBytes();
        default -> r.skip();
      }
    }
    return new Detail(type, value);
  }

  private static int rejectedItems(byte[] value) {
    ProtoReader info = new ProtoReader(value);
    String domain = "";
    int rejected = 0;
    while (info.next()) {
      switch (info.tag()) {
        case 2 << 3 | ProtoReader.LENGTH -> domain = info.readString();
        case 3 << 3 | ProtoReader.LENGTH -> {
          int outer = info.enter();
          String key = "";
          String text = "";
          while (info.next()) {
            switch (info.tag()) {
              case 1 << 3 | ProtoReader.LENGTH -> key = info.readString();
              case 2 << 3 | ProtoReader.LENGTH -> text = info.readString();
              default -> info.skip();
            }
          }
          info.leave(outer);
          if (key.equals(REJECTED_ITEMS) && text.matches("[0-9]{1,9}")) {
            rejected = Integer.parseInt(text);
          }
        }
        default -> info.skip();
      }
    }
    return domain.equals(DOMAIN) ? rejected : 0;
  }

  private static @Nullable Duration retryInfo(byte[] value) {
    ProtoReader info = new ProtoReader(value);
    while (info.next()) {
      if (info.tag() == (1 << 3 | ProtoReader.LENGTH)) {
        long seconds = 0;
        long nanos = 0;
        int outer = info.enter();
        while (info.next()) {
          switch (info.tag()) {
            case 1 << 3 -> seconds = info.readLong();
            case 2 << 3 -> nanos = info.readLong();
            default -> info.skip();
          }
        }
        info.leave(outer);
        // A delay longer than any client would wait is treated as a day.
        return seconds < 0 || nanos < 0
            ? Duration.ZERO
            : Duration.ofSeconds(Math.min(seconds, 86_400), Math.min(nanos, 999_999_999));
      }
      info.skip();
    }
    return null;
  }
}

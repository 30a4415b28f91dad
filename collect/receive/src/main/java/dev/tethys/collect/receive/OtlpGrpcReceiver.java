package dev.tethys.collect.receive;

import dev.tethys.codec.CodecException;
import dev.tethys.collect.receive.RequestBuffers.Workspace;
import dev.tethys.model.storage.StorageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * OTLP metrics over gRPC: the single unary method {@link #PATH}. gRPC is a POST over HTTP/2 whose
 * body is a frame (compression flag, 4 bytes length, message) and whose outcome is in trailers, so
 * it needs no more than an HTTP/2 server that can send those (gRPC over HTTP/2, protocol
 * description).
 */
public final class OtlpGrpcReceiver implements Receiver {
  public static final String PATH =
      "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

  private static final int OK = 0;
  private static final int INVALID_ARGUMENT = 3;
  private static final int RESOURCE_EXHAUSTED = 8;
  private static final int UNIMPLEMENTED = 12;
  private static final int INTERNAL = 13;
  private static final int UNAVAILABLE = 14;

  /** Longer messages are cut: they travel in a header. */
  private static final int MAX_MESSAGE = 2048;

  private final OtlpReceiver otlp;

  public OtlpGrpcReceiver(OtlpReceiver otlp) {
    this.otlp = otlp;
  }

  @Override
  public void receive(ReceivedRequest request, ReceiverResponse reply) throws IOException {
    String type = request.header("Content-Type");
    if (!request.method().equals("POST") || type == null || !type.startsWith("application/grpc")) {
      reply.error(415, "this address serves gRPC (content type application/grpc)");
      return;
    }
    reply.header("Content-Type", "application/grpc");
    reply.header("grpc-accept-encoding", "identity,gzip");
    int status = OK;
    String problem = "";
    byte[] message = {};
    try {
      message = export(request);
    } catch (RequestRejectedException e) {
      problem = e.text();
      status =
          switch (e.status()) {
            case 413 -> RESOURCE_EXHAUSTED;
            case 503 -> UNAVAILABLE;
            case 501 -> UNIMPLEMENTED;
            case 500 -> INTERNAL;
            default -> INVALID_ARGUMENT;
          };
    } catch (CodecException e) {
      problem = String.valueOf(e.getMessage());
      status = INVALID_ARGUMENT;
    } catch (StorageException e) {
      problem = String.valueOf(e.getMessage());
      status =
          switch (e.reason()) {
            case INVALID -> INVALID_ARGUMENT;
            case LIMIT -> RESOURCE_EXHAUSTED;
            case UNAVAILABLE -> UNAVAILABLE;
            case CORRUPT -> INTERNAL;
          };
    }
    if (status != OK) {
      // gRPC's Trailers-Only form: no body, the outcome is in the headers
      reply.header("grpc-status", Integer.toString(status));
      reply.header("grpc-message", percent(problem));
      reply.send(200);
      return;
    }
    try (OutputStream body = reply.stream(200)) {
      int n = message.length;
      body.write(new byte[] {0, (byte) (n >>> 24), (byte) (n >>> 16), (byte) (n >>> 8), (byte) n});
      body.write(message);
      body.flush(); // an answer that fits a buffer would be sent whole, without trailers
      reply.trailer("grpc-status", Integer.toString(OK));
    }
  }

  private byte[] export(ReceivedRequest request) throws IOException {
    try (Workspace w = otlp.workspaces().open()) {
      int n = w.readBody(request);
      byte[] b = w.raw();
      if (n < 5) {
        throw new CodecException("gRPC: a frame needs 5 bytes, got " + n);
      }
      long length = (b[1] & 0xffL) << 24 | (b[2] & 0xff) << 16 | (b[3] & 0xff) << 8 | b[4] & 0xff;
      if (length != n - 5) {
        throw new CodecException(
            "gRPC: one message of " + length + " bytes expected, the body has " + (n - 5));
      }
      switch (b[0]) {
        case 0 -> {
          return otlp.store(b, 5, n - 5).toProtobuf();
        }
        case 1 -> {
          return compressed(request.header("grpc-encoding"), w, n);
        }
        default -> throw new CodecException("gRPC: compression flag " + b[0]);
      }
    }
  }

  private byte[] compressed(@Nullable String encoding, Workspace w, int n) throws IOException {
    if (encoding == null || !encoding.equals("gzip")) {
      throw new RequestRejectedException(
          501, "grpc-encoding " + encoding + " is not supported; supported are identity and gzip");
    }
    int size = w.gunzip(new ByteArrayInputStream(w.raw(), 5, n - 5));
    return otlp.store(w.decoded(), 0, size).toProtobuf();
  }

  /** Percent-encodes as gRPC requires its message: all but printable ASCII, and percent itself. */
  static String percent(String s) {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < b.length && sb.length() < MAX_MESSAGE; i++) {
      int c = b[i] & 0xff;
      if (c >= ' ' && c <= '~' && c != '%') {
        sb.append((char) c);
      } else {
        sb.append('%')
            .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
            .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
      }
    }
    return sb.toString();
  }
}

package dev.tethys.web;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.compression.TooLargeException;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.GrpcException.Status;
import dev.tethys.web.internal.BodyThreads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * gRPC methods as handlers of ordinary routes: {@code routes.post("/package.Service/Method",
 * Grpc.unary(max, method))}. So all that holds for requests holds for calls: users, limits, slow
 * clients, metrics.
 *
 * <p>Format, from the public description of gRPC over HTTP/2: a message is one byte that marks it
 * as compressed (with the encoding in {@code grpc-encoding}), four bytes of length, most
 * significant first, and that many bytes. The status is in the trailers {@code grpc-status} and
 * {@code grpc-message}.
 */
public final class Grpc {
  private static final LimitedLog PEER_LOG = new LimitedLog(JulLogger.of("dev.tethys.web"));

  /** Compressions accepted for messages, as listed in headers. */
  public static final String ENCODINGS = "identity,gzip,snappy,zstd";

  private static final String CONTENT_TYPE = "application/grpc";

  /** Maximum bytes allocated for an announced length. */
  private static final int TRUSTED_LENGTH = 1 << 18;

  private Grpc() {}

  /** Handler of a unary method: one request message, one response message. */
  @FunctionalInterface
  public interface Method {
    byte[] call(byte[] message, HttpRequest request) throws Exception;
  }

  /**
   * Handler of a method that streams its response messages and returns at the end of the stream. A
   * handler that waits uses {@link HttpRequest#whenClientGone} to notice a closed connection.
   */
  @FunctionalInterface
  public interface StreamMethod {
    void call(byte[] message, HttpRequest request, Messages to) throws Exception;
  }

  /**
   * Handler of a method that receives a stream of request messages and responds with a single
   * message.
   */
  @FunctionalInterface
  public interface UploadMethod {
    byte[] call(MessageSource messages, HttpRequest request) throws Exception;
  }

  /** Messages of a request in their order. */
  public interface MessageSource {
    /** Reads the next message; null at the end. */
    byte @Nullable [] next() throws IOException, GrpcException;
  }

  /** Receiver of response messages; each message is sent immediately. */
  public interface Messages {
    /** Sends one. */
    void send(byte[] message) throws IOException;
  }

  /**
   * Creates a handler for one method.
   *
   * @param maxBytes maximum size of a message after decompression; larger ones are
   *     RESOURCE_EXHAUSTED
   */
  public static HttpHandler unary(int maxBytes, Method method) {
    return (request, response) ->
        answer(
            request,
            response,
            to -> to.write(withMessage(request, maxBytes, m -> method.call(m, request))));
  }

  /**
   * Creates a handler for one method with a streamed response, which occupies the request's thread.
   *
   * @param maxBytes maximum size of a message after decompression; larger ones are
   *     RESOURCE_EXHAUSTED
   */
  public static HttpHandler stream(int maxBytes, StreamMethod method) {
    return (request, response) ->
        answer(
            request,
            response,
            to ->
                Grpc.<@Nullable Void>withMessage(
                    request,
                    maxBytes,
                    m -> {
                      method.call(m, request, to);
                      return null;
                    }));
  }

  /**
   * Creates a handler for one method whose request is a stream, read message by message.
   *
   * @param maxBytes maximum size of a message after decompression; larger ones are
   *     RESOURCE_EXHAUSTED
   * @param maxTotal bytes of all messages
   */
  public static HttpHandler upload(int maxBytes, long maxTotal, UploadMethod method) {
    return (request, response) ->
        answer(
            request,
            response,
            to -> {
              InputStream body = request.body(maxTotal);
              to.write(method.call(() -> next(request, body, maxBytes), request));
            });
  }

  private static byte @Nullable [] next(HttpRequest request, InputStream body, int maxBytes)
      throws IOException, GrpcException {
    byte[] head = body.readNBytes(5);
    if (head.length == 0) {
      return null;
    }
    long length = length(head, maxBytes);
    byte[] message = read(request, body, (int) length);
    return head[0] == 1 ? decompressed(message, request, maxBytes) : message;
  }

  private interface Call {
    void run(Answer to) throws Exception;
  }

  private static void answer(HttpRequest request, HttpResponse response, Call call)
      throws IOException {
    String type = request.header("Content-Type");
    if (type == null || !type.toLowerCase(Locale.ROOT).startsWith(CONTENT_TYPE)) {
      throw new HttpException(415, "this is a gRPC method: content-type must be application/grpc");
    }
    if (!request.protocol().startsWith("HTTP/2")) {
      throw new HttpException(426, "gRPC requires HTTP/2");
    }
    response.header("Content-Type", CONTENT_TYPE).uncompressed();
    Answer answer = new Answer(response);
    try {
      call.run(answer);
    } catch (GrpcException e) {
      answer.fail(e.status(), String.valueOf(e.getMessage()), e.details());
      return;
    } catch (HttpException e) {
      answer.fail(
          e.status() == 413 ? Status.RESOURCE_EXHAUSTED : Status.INTERNAL,
          String.valueOf(e.getMessage()),
          null);
      return;
    } catch (ByteBudget.OverBudgetException e) {
      answer.fail(
          e.isTooLarge() ? Status.RESOURCE_EXHAUSTED : Status.UNAVAILABLE,
          String.valueOf(e.getMessage()),
          null);
      return;
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      PEER_LOG.failure(Level.ERROR, "gRPC call failed", request.path(), e);
      answer.fail(Status.INTERNAL, "internal error", null);
      return;
    }
    answer.end();
  }

  private interface Use<T extends @Nullable Object> {
    T of(byte[] message) throws Exception;
  }

  /** Reads the message of a call and uses it, on another thread if that can take a long time. */
  private static <T extends @Nullable Object> T withMessage(
      HttpRequest request, int maxBytes, Use<T> use) throws Exception {
    InputStream body = request.body(maxBytes + 1024L);
    byte[] head = body.readNBytes(5);
    long length = length(head, maxBytes);
    byte[] message = read(request, body, (int) length);
    if (body.read() >= 0) {
      throw new GrpcException(Status.INTERNAL, "more than one message in a unary call");
    }
    boolean compressed = head[0] == 1;
    return BodyThreads.run(
        request,
        BodyThreads.isLarge(length, compressed),
        () -> use.of(compressed ? decompressed(message, request, maxBytes) : message));
  }

  /** Returns the length of a message by its head. */
  private static long length(byte[] head, int maxBytes) throws GrpcException {
    if (head.length < 5) {
      throw new GrpcException(Status.INTERNAL, "the call has no complete message");
    }
    if (head[0] < 0 || head[0] > 1) {
      throw new GrpcException(Status.INTERNAL, "malformed message");
    }
    long length = ByteBuffer.wrap(head).getInt(1) & 0xffff_ffffL;
    if (length > maxBytes) {
      throw new GrpcException(
          Status.RESOURCE_EXHAUSTED,
          "message of " + length + " bytes is larger than " + maxBytes + " bytes");
    }
    return length;
  }

  /** Reads into an array that is as large as the message from the start, unless that is large. */
  private static byte[] read(HttpRequest request, InputStream body, int length)
      throws IOException, GrpcException {
    byte[] message = new byte[Math.min(length, TRUSTED_LENGTH)];
    int n = 0;
    while (true) {
      n += body.readNBytes(message, n, message.length - n);
      if (n < message.length) {
        throw new GrpcException(Status.INTERNAL, "the call ended within its message");
      }
      if (n == length) {
        return message;
      }
      int more = (int) Math.min(length, 2L * n);
      request.reserve(more - n);
      message = Arrays.copyOf(message, more);
    }
  }

  private static byte[] decompressed(byte[] message, HttpRequest request, int maxBytes)
      throws GrpcException {
    String encoding = request.header("grpc-encoding");
    Compression c = compression(encoding);
    if (c == null) {
      throw new GrpcException(
          Status.UNIMPLEMENTED,
          "grpc-encoding "
              + encoding
              + " is not supported; "
              + ENCODINGS.replace(",", ", ")
              + " are");
    }
    try {
      return c.decompress(message, 0, message.length, maxBytes, request::reserve);
    } catch (TooLargeException e) {
      throw new GrpcException(
          Status.RESOURCE_EXHAUSTED, "message is larger than " + maxBytes + " bytes");
    } catch (CodecException e) {
      throw new GrpcException(Status.INTERNAL, "the message is not valid " + encoding);
    }
  }

  /**
   * Compression for a grpc-encoding; gRPC's snappy is the framed format.
   *
   * @return null if it is not supported
   */
  public static @Nullable Compression compression(@Nullable String encoding) {
    return switch (encoding) {
      case "gzip" -> Compression.GZIP;
      case "snappy" -> Compression.SNAPPY_FRAMED;
      case "zstd" -> Compression.ZSTD;
      case null, default -> null;
    };
  }

  /** Response messages of one call, followed by its status. */
  private static final class Answer implements Messages {
    private final HttpResponse response;
    private @Nullable OutputStream stream;

    Answer(HttpResponse response) {
      this.response = response;
    }

    private OutputStream out() throws IOException {
      OutputStream out = stream;
      if (out == null) {
        out = response.stream();
        stream = out;
      }
      return out;
    }

    private void write(byte[] message) throws IOException {
      out().write(ByteBuffer.allocate(5).put((byte) 0).putInt(message.length).array());
      out().write(message);
    }

    @Override
    public void send(byte[] message) throws IOException {
      write(message);
      out().flush();
    }

    void end() throws IOException {
      response.trailer("grpc-status", "0");
      out().close();
    }

    void fail(Status status, String message, byte @Nullable [] details) throws IOException {
      // Sent as trailers after an empty body: grpc-java and grpc-go do not look for a status in
      // headers that do not end the stream, and the server does not end a stream with headers.
      if (details != null) {
        response.trailer(
            "grpc-status-details-bin",
            Base64.getEncoder().withoutPadding().encodeToString(details));
      }
      if (!response.isCommitted()) {
        response.header("grpc-accept-encoding", ENCODINGS);
      }
      response
          .trailer("grpc-status", Integer.toString(status.code()))
          .trailer("grpc-message", percent(message));
      out().close();
    }
  }

  /** Percent-encodes all characters except printable ASCII. */
  private static String percent(String s) {
    StringBuilder sb = new StringBuilder();
    for (byte b : s.getBytes(StandardCharsets.UTF_8)) {
      if (b >= ' ' && b < 0x7f && b != '%') {
        sb.append((char) b);
      } else {
        sb.append(String.format("%%%02X", b & 0xff));
      }
    }
    return sb.toString();
  }
}

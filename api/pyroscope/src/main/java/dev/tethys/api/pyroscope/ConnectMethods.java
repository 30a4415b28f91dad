package dev.tethys.api.pyroscope;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.model.GoJson;
import dev.tethys.web.Grpc;
import dev.tethys.web.GrpcException;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Methods of a service with one message each way, over Connect with protobuf or JSON and over gRPC
 * at the same path. Source: Connect's protocol of unary calls.
 */
final class ConnectMethods {
  private static final int MAX_BODY = 1 << 20;

  private final Routes routes;
  private final String service;
  private final List<String> prefixes;

  /**
   * @param service its path, with slashes around
   * @param prefixes path prefixes
   */
  ConnectMethods(Routes routes, String service, List<String> prefixes) {
    this.routes = routes;
    this.service = service;
    this.prefixes = prefixes;
  }

  /** Handler for a service method. */
  interface Method {
    Map<String, Object> call(HttpRequest http, Map<String, Object> request) throws IOException;
  }

  /** Call of a method with its response in bytes. */
  interface Call {
    /**
     * Computes the response.
     *
     * @param response response used to set further headers; null over gRPC
     */
    byte[] run(
        HttpRequest http,
        @Nullable HttpResponse response,
        Map<String, Object> request,
        boolean json)
        throws IOException;
  }

  /** Adds a method. */
  void add(String name, MessageSchema in, MessageSchema out, Method method) {
    add(
        name,
        in,
        (http, response, m, json) -> {
          Map<String, Object> message = method.call(http, m);
          return json ? out.toJson(message) : out.toProto(message);
        });
  }

  /** Adds a method that writes its response itself. */
  void add(String name, MessageSchema in, Call call) {
    HttpHandler grpc = Grpc.unary(MAX_BODY, (message, q) -> rpc(message, q, in, call));
    for (String prefix : prefixes) {
      routes.post(
          prefix + service + name,
          (q, r) -> {
            if (mediaType(q).startsWith("application/grpc")) {
              grpc.handle(q, r);
            } else {
              answer(q, r, in, call);
            }
          });
    }
  }

  private static byte[] rpc(byte[] message, HttpRequest request, MessageSchema in, Call call)
      throws GrpcException, IOException {
    try {
      Map<String, Object> m = message.length == 0 ? Map.of() : in.fromProto(message);
      return call.run(request, null, m, false);
    } catch (CodecException e) {
      throw new GrpcException(
          GrpcException.Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
    } catch (HttpException e) {
      throw status(e);
    }
  }

  /** Converts a failed call to a gRPC status. */
  static GrpcException status(HttpException e) {
    GrpcException.Status status =
        switch (e.status()) {
          case 400 -> GrpcException.Status.INVALID_ARGUMENT;
          case 404 -> GrpcException.Status.NOT_FOUND;
          case 409 -> GrpcException.Status.ALREADY_EXISTS;
          case 412 -> GrpcException.Status.FAILED_PRECONDITION;
          case 429 -> GrpcException.Status.RESOURCE_EXHAUSTED;
          case 499 -> GrpcException.Status.CANCELLED;
          case 501 -> GrpcException.Status.UNIMPLEMENTED;
          case 503 -> GrpcException.Status.UNAVAILABLE;
          case 504 -> GrpcException.Status.DEADLINE_EXCEEDED;
          default -> GrpcException.Status.INTERNAL;
        };
    return new GrpcException(status, String.valueOf(e.getMessage()));
  }

  private static String mediaType(HttpRequest request) {
    String header = request.header("Content-Type");
    return header == null ? "" : header.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  private static void answer(
      HttpRequest request, HttpResponse response, MessageSchema in, Call call) throws IOException {
    String type = mediaType(request);
    boolean json = type.equals("application/json");
    if (!json && !type.equals("application/proto")) {
      response.header("Accept-Post", "application/json, application/proto, application/grpc");
      fail(
          response,
          415,
          "Content-Type is '" + type + "'; it must be application/json or application/proto");
      return;
    }
    byte[] answer;
    try {
      byte[] body = body(request);
      Map<String, Object> message =
          body.length == 0 ? Map.of() : json ? in.fromJson(body) : in.fromProto(body);
      answer = call.run(request, response, message, json);
    } catch (CodecException e) {
      fail(response, 400, String.valueOf(e.getMessage()));
      return;
    } catch (HttpException e) {
      fail(response, e.status(), String.valueOf(e.getMessage()));
      return;
    }
    response.send(type, answer);
  }

  private static byte[] body(HttpRequest request) throws IOException {
    byte[] b = request.bodyBytes(MAX_BODY);
    String encoding = request.header("Content-Encoding");
    if (encoding == null || encoding.isEmpty() || encoding.equals("identity")) {
      return b;
    }
    Compression c = Compression.named(encoding);
    if (c == null) {
      throw new CodecException("Content-Encoding is '" + encoding + "'; use gzip or zstd");
    }
    return c.decompress(b, 0, b.length, MAX_BODY, request::reserve);
  }

  /** Sends an error in Connect's format. */
  private static void fail(HttpResponse response, int status, String message) throws IOException {
    String code =
        switch (status) {
          case 400, 415 -> "invalid_argument";
          case 404 -> "not_found";
          case 409 -> "already_exists";
          case 412 -> "failed_precondition";
          case 429 -> "resource_exhausted";
          case 499 -> "canceled";
          case 501 -> "unimplemented";
          case 503 -> "unavailable";
          case 504 -> "deadline_exceeded";
          default -> "internal";
        };
    StringBuilder sb = new StringBuilder("{\"code\":\"").append(code).append("\",\"message\":");
    GoJson.append(sb, message);
    response.header("Content-Type", "application/json");
    response.errorStatus(status).send(sb.append('}').toString());
  }
}

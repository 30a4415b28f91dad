package dev.tethys.api.pyroscope;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.model.GoJson;
import dev.tethys.model.profiles.ProfileStore;
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
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Pyroscope's API for readers: {@code querier.v1.QuerierService} over Connect, protobuf and JSON,
 * over gRPC, and the older {@code /render} and {@code /render-diff}. All below {@code /pyroscope};
 * the service also at the root, where SDKs of Connect expect it. Source:
 * api/querier/v1/querier.proto of grafana/pyroscope; Connect's protocol of calls with one message.
 */
public final class PyroscopeApi {
  private static final String PREFIX = "/pyroscope";
  private static final String SERVICE = "/querier.v1.QuerierService/";
  private static final int MAX_BODY = 1 << 20;

  private final Requests requests;
  private final RenderEndpoints render;

  /**
   * @param opened the store, null until it is open
   * @param now Unix nanoseconds
   */
  public PyroscopeApi(
      Supplier<@Nullable ProfileStore> opened, PyroscopeSettings settings, LongSupplier now) {
    this.requests = new Requests(opened, settings);
    this.render = new RenderEndpoints(requests, now);
  }

  /** Method of the service. */
  private interface Method {
    Map<String, Object> call(ProfileQueries queries, Map<String, Object> request);
  }

  /** Adds the endpoints. */
  public void addTo(Routes routes) {
    method(
        routes,
        "ProfileTypes",
        PyroscopeMessages.RANGE,
        PyroscopeMessages.PROFILE_TYPES,
        Querier::profileTypes);
    method(
        routes,
        "LabelNames",
        PyroscopeMessages.LABEL_NAMES_REQUEST,
        PyroscopeMessages.NAMES,
        Querier::labelNames);
    method(
        routes,
        "LabelValues",
        PyroscopeMessages.LABEL_VALUES_REQUEST,
        PyroscopeMessages.NAMES,
        Querier::labelValues);
    method(
        routes,
        "Series",
        PyroscopeMessages.SERIES_REQUEST,
        PyroscopeMessages.SERIES,
        Querier::series);
    method(
        routes,
        "SelectSeries",
        PyroscopeMessages.SELECT_SERIES_REQUEST,
        PyroscopeMessages.SELECT_SERIES,
        Querier::selectSeries);
    method(
        routes,
        "SelectHeatmap",
        PyroscopeMessages.SELECT_HEATMAP_REQUEST,
        PyroscopeMessages.SELECT_HEATMAP,
        Querier::selectHeatmap);
    method(
        routes,
        "SelectMergeStacktraces",
        PyroscopeMessages.MERGE_STACKTRACES_REQUEST,
        PyroscopeMessages.FLAMES,
        Querier::mergeStacktraces);
    method(
        routes,
        "SelectMergeSpanProfile",
        PyroscopeMessages.MERGE_SPAN_REQUEST,
        PyroscopeMessages.FLAMES,
        Querier::mergeSpans);
    method(routes, "Diff", PyroscopeMessages.DIFF_REQUEST, PyroscopeMessages.DIFF, Querier::diff);
    method(
        routes,
        "GetProfileStats",
        PyroscopeMessages.EMPTY,
        PyroscopeMessages.STATS,
        Querier::stats);
    method(
        routes,
        "AnalyzeQuery",
        PyroscopeMessages.ANALYZE_REQUEST,
        PyroscopeMessages.ANALYZE,
        Querier::analyze);
    endpoint(
        routes,
        "SelectMergeProfile",
        PyroscopeMessages.MERGE_PROFILE_REQUEST,
        (queries, m, json) -> {
          byte[] profile = Querier.mergeProfile(queries, m);
          return json
              ? PyroscopeMessages.PROFILE.toJson(PyroscopeMessages.PROFILE.fromProto(profile))
              : profile;
        });
    render.addTo(routes, PREFIX);
  }

  private void method(
      Routes routes, String name, MessageSchema in, MessageSchema out, Method method) {
    endpoint(
        routes,
        name,
        in,
        (queries, m, json) -> {
          Map<String, Object> message = method.call(queries, m);
          return json ? out.toJson(message) : out.toProto(message);
        });
  }

  /** Adds a method over Connect and, at the same path, over gRPC. */
  private void endpoint(Routes routes, String name, MessageSchema in, Call call) {
    HttpHandler grpc = Grpc.unary(MAX_BODY, (message, q) -> rpc(message, q, in, call));
    for (String prefix : List.of(PREFIX, "")) {
      routes.post(
          prefix + SERVICE + name,
          (q, r) -> {
            if (mediaType(q).startsWith("application/grpc")) {
              grpc.handle(q, r);
            } else {
              answer(q, r, in, call);
            }
          });
    }
  }

  private byte[] rpc(byte[] message, HttpRequest request, MessageSchema in, Call call)
      throws GrpcException {
    try {
      Map<String, Object> m = message.length == 0 ? Map.of() : in.fromProto(message);
      return requests.run(request, queries -> call.run(queries, m, false));
    } catch (CodecException e) {
      throw new GrpcException(
          GrpcException.Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
    } catch (HttpException e) {
      GrpcException.Status status =
          switch (e.status()) {
            case 400 -> GrpcException.Status.INVALID_ARGUMENT;
            case 499 -> GrpcException.Status.CANCELLED;
            case 501 -> GrpcException.Status.UNIMPLEMENTED;
            case 503 -> GrpcException.Status.UNAVAILABLE;
            case 504 -> GrpcException.Status.DEADLINE_EXCEEDED;
            default -> GrpcException.Status.INTERNAL;
          };
      throw new GrpcException(status, String.valueOf(e.getMessage()));
    }
  }

  private static String mediaType(HttpRequest request) {
    String header = request.header("Content-Type");
    return header == null ? "" : header.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  /** Call of a method with its answer in bytes. */
  private interface Call {
    byte[] run(ProfileQueries queries, Map<String, Object> request, boolean json);
  }

  private void answer(HttpRequest request, HttpResponse response, MessageSchema in, Call call)
      throws IOException {
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
      answer = requests.run(request, queries -> call.run(queries, message, json));
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

  /** Error in Connect's form. */
  private static void fail(HttpResponse response, int status, String message) throws IOException {
    String code =
        switch (status) {
          case 400, 415 -> "invalid_argument";
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

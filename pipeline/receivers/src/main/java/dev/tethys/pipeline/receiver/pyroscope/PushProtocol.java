package dev.tethys.pipeline.receiver.pyroscope;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.json.ProtoJson;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.GoJson;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.pprof.PprofFiles;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.Grpc;
import dev.tethys.web.GrpcException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code push.v1.PusherService/Push}: profiles of pprof with labels, over Connect (protobuf and
 * JSON) and, at the same path, over gRPC. Source: api/push/v1/push.proto of grafana/pyroscope;
 * Connect's protocol of calls with one message.
 */
final class PushProtocol {
  private static final String PATH = "/push.v1.PusherService/Push";
  private static final int LENGTH = ProtoReader.LENGTH;

  private final HttpServerEndpoint endpoint;
  private final Consumer to;
  private final HttpHandler grpc;

  PushProtocol(HttpServerEndpoint endpoint, Consumer to) {
    this.endpoint = endpoint;
    this.to = to;
    this.grpc = Grpc.unary(endpoint.maxBodyBytes(), this::call);
  }

  void addTo(String prefix) {
    endpoint.post(prefix + PATH, this::handle);
  }

  private byte[] call(byte[] message, HttpRequest request) throws Exception {
    try (Hold hold = endpoint.admission().open()) {
      hold.take(4L * message.length);
      return GrpcServerEndpoint.empty(
          take(message, new RejectedItems(), endpoint.metadata(request), request));
    } catch (BusyException e) {
      throw GrpcServerEndpoint.unavailable(e.outcome());
    } catch (CodecException e) {
      endpoint.refused(1, String.valueOf(e.getMessage()));
      throw new GrpcException(
          GrpcException.Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
    }
  }

  private void handle(HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException {
    String type = HttpServerEndpoint.mediaType(request);
    if (type.startsWith("application/grpc")) {
      try {
        grpc.handle(request, response);
      } catch (IOException | InterruptedException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IOException(e);
      }
      return;
    }
    boolean json = type.equals("application/json");
    if (!json && !type.equals("application/proto")) {
      response.header("Accept-Post", "application/json, application/proto, application/grpc");
      response.status(415).send();
      return;
    }
    Outcome o;
    try (Hold hold = endpoint.admission().open()) {
      byte[] b = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(4L * b.length);
      RejectedItems refusals = new RejectedItems();
      byte[] message = json ? protobuf(b, refusals) : b;
      o = take(message, refusals, endpoint.metadata(request), request);
    } catch (BusyException e) {
      o = e.outcome();
    } catch (CodecException e) {
      endpoint.refused(1, String.valueOf(e.getMessage()));
      o = new Outcome.Rejected(String.valueOf(e.getMessage()), 0);
    }
    switch (o) {
      case Outcome.Accepted _ ->
          response.send(
              json ? "application/json" : type,
              json ? "{}".getBytes(StandardCharsets.UTF_8) : new byte[0]);
      case Outcome.Rejected r -> fail(response, 400, "invalid_argument", r.reason());
      case Outcome.Unavailable u -> {
        HttpServerEndpoint.retryAfter(response, u);
        fail(response, 503, "unavailable", u.reason());
      }
    }
  }

  private static void fail(HttpResponse r, int status, String code, String message)
      throws IOException {
    StringBuilder sb = new StringBuilder("{\"code\":\"").append(code).append("\",\"message\":");
    GoJson.append(sb, message);
    r.header("Content-Type", "application/json");
    r.status(status).send(sb.append('}').toString());
  }

  /**
   * Delivers the profiles that can be read.
   *
   * @param refusals previous rejections; those rejected here are added
   */
  private Outcome take(
      byte[] message, RejectedItems refusals, Metadata metadata, HttpRequest request)
      throws InterruptedException {
    PprofFiles files = new PprofFiles(endpoint.maxBodyBytes());
    read(message, files, refusals);
    endpoint.refused(refusals);
    Outcome o = Outcome.ACCEPTED;
    if (files.samples() > 0) {
      o = ReceiverAdmission.deliver(files.batch(metadata), to, request);
    }
    return refusals.isEmpty()
        ? o
        : Outcome.plus(
            new Outcome.Rejected(refusals.text(r -> r.item() + ": " + r.why()), refusals.count()),
            o);
  }

  /**
   * Reads a request.
   *
   * @param refusals receives profiles that cannot be read
   */
  private static void read(byte[] message, PprofFiles files, RejectedItems refusals) {
    ProtoReader r = new ProtoReader(message);
    for (int i = 0; r.next(); ) {
      if (r.tag() == (1 << 3 | LENGTH)) {
        int outer = r.enter();
        series(r, "series[" + i++ + "]", files, refusals);
        r.leave(outer);
      } else {
        r.skip();
      }
    }
  }

  /** Labels may follow the profiles that they describe. */
  private static void series(ProtoReader r, String at, PprofFiles files, RejectedItems refusals) {
    int start = r.position();
    Map<String, String> labels = new LinkedHashMap<>();
    while (r.next()) {
      if (r.tag() == (1 << 3 | LENGTH)) {
        label(r, labels);
      } else {
        r.skip();
      }
    }
    String name = labels.getOrDefault("__name__", "");
    Map<String, String> own = name.isEmpty() ? Map.of() : Map.of("__name__", name);
    Map<String, String> resource = AppName.resource("", labels);
    r.position(start);
    for (int i = 0; r.next(); ) {
      if (r.tag() != (2 << 3 | LENGTH)) {
        r.skip();
        continue;
      }
      int outer = r.enter();
      while (r.next()) {
        if (r.tag() == (1 << 3 | LENGTH)) {
          byte[] raw = r.readBytes();
          try {
            files.add(raw, Map.of(), resource, own);
          } catch (CodecException e) {
            String item = at + ".samples[" + i + "]";
            refusals.add(refusals.count() + 1, item, String.valueOf(e.getMessage()));
          }
        } else {
          r.skip();
        }
      }
      r.leave(outer);
      i++;
    }
  }

  private static void label(ProtoReader r, Map<String, String> to) {
    String name = "";
    String value = "";
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> name = r.readString();
        case 2 << 3 | LENGTH -> value = r.readString();
        default -> r.skip();
      }
    }
    r.leave(outer);
    to.put(name, value);
  }

  /**
   * Converts the same message from protobuf's JSON.
   *
   * @param refusals receives profiles that are not valid Base64
   */
  private static byte[] protobuf(byte[] json, RejectedItems refusals) {
    if (!(JsonValues.read(json, 0, json.length) instanceof Attributes request)) {
      throw new CodecException("the request must be a JSON object with series");
    }
    ProtoWriter w = new ProtoWriter(json.length);
    List<Attributes> all = objects(request, "series", "series");
    for (int i = 0; i < all.size(); i++) {
      Attributes s = all.get(i);
      String at = "series[" + i + "].";
      int series = w.begin(1);
      List<Attributes> labels = objects(s, "labels", at + "labels");
      for (int j = 0; j < labels.size(); j++) {
        String of = at + "labels[" + j + "].";
        int label = w.begin(1);
        w.string(1, text(labels.get(j).get("name"), of + "name"));
        w.string(2, text(labels.get(j).get("value"), of + "value"));
        w.end(label);
      }
      List<Attributes> samples = objects(s, "samples", at + "samples");
      for (int j = 0; j < samples.size(); j++) {
        Attributes p = samples.get(j);
        Object raw = p.get("rawProfile") == null ? p.get("raw_profile") : p.get("rawProfile");
        String field = at + "samples[" + j + "].rawProfile";
        byte[] profile;
        try {
          profile = base64(text(raw, field), field);
        } catch (CodecException e) {
          refusals.add(
              refusals.count() + 1, at + "samples[" + j + "]", String.valueOf(e.getMessage()));
          continue;
        }
        int sample = w.begin(2);
        w.bytes(1, profile);
        w.end(sample);
      }
      w.end(series);
    }
    return w.toByteArray();
  }

  private static byte[] base64(String raw, String field) {
    try {
      return raw.indexOf('-') >= 0 || raw.indexOf('_') >= 0
          ? Base64.getUrlDecoder().decode(raw)
          : Base64.getDecoder().decode(raw);
    } catch (IllegalArgumentException e) {
      throw wrong(field, raw, "it must be Base64");
    }
  }

  private static CodecException wrong(String field, @Nullable Object value, String rule) {
    return new CodecException(field + " is " + ProtoJson.shown(value) + "; " + rule);
  }

  private static String text(@Nullable Object v, String field) {
    return switch (v) {
      case null -> "";
      case String s -> s;
      default -> throw wrong(field, v, "it must be a string");
    };
  }

  private static List<Attributes> objects(Attributes in, String key, String field) {
    Object v = in.get(key);
    if (v == null) {
      return List.of();
    }
    if (!(v instanceof ArrayValue list)) {
      throw wrong(field, v, "it must be a list");
    }
    List<Attributes> all = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      if (!(list.get(i) instanceof Attributes one)) {
        throw wrong(field + "[" + i + "]", list.get(i), "it must be an object");
      }
      all.add(one);
    }
    return all;
  }
}

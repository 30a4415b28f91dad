package dev.tethys.api.traces;

import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Traces by id as Tempo answers them, in protobuf or JSON by {@code Accept}. */
final class TempoTraces {
  private static final String PROTOBUF = "application/protobuf";
  private static final String JSON = "application/json";
  private static final long SECOND = 1_000_000_000L;

  /** Value of {@code PartialStatus} for a whole trace is the default. */
  private static final int TRACE = 1;

  private static final int METRICS = 2;

  private final TraceRequests requests;

  TempoTraces(TraceRequests requests) {
    this.requests = requests;
  }

  void addTo(Routes routes, String prefix) {
    routes.get(prefix + "/api/traces/{id}", (q, r) -> answer(q, r, false));
    routes.get(prefix + "/api/v2/traces/{id}", (q, r) -> answer(q, r, true));
  }

  private void answer(HttpRequest request, HttpResponse response, boolean v2) throws IOException {
    TraceStore store = requests.store();
    String tenant = TraceRequests.tenant(request);
    QueryParameters p = new QueryParameters(request.query());
    TraceId id = TraceId.parse(request.pathParam("id"));
    // Tempo's range selects blocks, not spans: spans of the trace outside of it are returned too
    long start = p.time("start", SECOND, 0);
    long end = p.time("end", SECOND, 0);
    if (start > 0 && end > 0 && end <= start) {
      throw QueryParameters.bad("end is " + p.get("end") + "; it must be after start");
    }
    byte[] otlp =
        requests.run(
            request,
            () -> {
              TracesData t = new TraceFinder(store, tenant).trace(id);
              request.reserve(500L * t.itemCount());
              return new OtlpWriter().write(t);
            });
    if (otlp.length == 0) {
      throw new HttpException(404, "trace " + request.pathParam("id") + " not found");
    }
    boolean protobuf = wantsProtobuf(request);
    byte[] body =
        protobuf
            ? v2 ? response(otlp) : otlp
            : OtlpJsonWriter.toJson(OtlpSignal.TRACES, otlp, 0, otlp.length);
    if (!protobuf) {
      body = json(body, v2);
    }
    response.send(protobuf ? PROTOBUF : JSON, body);
  }

  static boolean wantsProtobuf(HttpRequest request) {
    String accept = request.header("Accept");
    return accept != null && accept.toLowerCase(Locale.ROOT).contains(PROTOBUF);
  }

  /** A {@code TraceByIDResponse}. */
  private static byte[] response(byte[] otlp) {
    ProtoWriter w = new ProtoWriter(otlp.length + 32);
    w.bytes(TRACE, otlp);
    int m = w.begin(METRICS);
    w.int64(1, otlp.length).end(m);
    return w.toByteArray();
  }

  /** Version 1 has the former name of the groups; version 2 has the trace in a message. */
  private static byte[] json(byte[] otlp, boolean v2) {
    String text = new String(otlp, StandardCharsets.UTF_8);
    String named = "{\"resourceSpans\":";
    String out =
        v2
            ? "{\"trace\":" + text + ",\"metrics\":{\"inspectedBytes\":\"" + otlp.length + "\"}}"
            : "{\"batches\":" + text.substring(named.length());
    return out.getBytes(StandardCharsets.UTF_8);
  }
}

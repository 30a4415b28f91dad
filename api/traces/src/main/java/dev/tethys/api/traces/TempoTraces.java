package dev.tethys.api.traces;

import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.web.DamageWarning;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** Traces by id as Tempo returns them, in protobuf or JSON depending on {@code Accept}. */
final class TempoTraces {
  private static final String PROTOBUF = "application/protobuf";
  private static final String JSON = "application/json";
  private static final long SECOND = 1_000_000_000L;

  /** Value of {@code PartialStatus} for a whole trace is the default. */
  private static final int TRACE = 1;

  private static final int METRICS = 2;
  private static final int STATUS = 3;
  private static final int PARTIAL = 1;
  private static final int MESSAGE = 4;

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
    Scope scope = RequestScope.of(request);
    QueryParameters p = new QueryParameters(request.query());
    TraceId id = TraceId.parse(request.pathParam("id"));
    // Tempo's range selects blocks, not spans: spans of the trace outside it are returned too
    long start = p.time("start", SECOND, 0);
    long end = p.time("end", SECOND, 0);
    if (start > 0 && end > 0 && end <= start) {
      throw QueryParameters.bad("end is " + p.get("end") + "; it must be after start");
    }
    byte[] otlp =
        requests.run(
            request,
            () -> {
              TracesData t = new TraceFinder(store, scope).trace(id);
              request.reserve(500L * t.itemCount());
              return new OtlpWriter().write(t);
            });
    List<String> damage = requests.damage(request);
    if (otlp.length == 0) {
      String cause = damage.isEmpty() ? "" : "; " + DamageWarning.text(damage);
      throw new HttpException(404, "trace " + request.pathParam("id") + " not found" + cause);
    }
    DamageWarning.addTo(response, damage);
    boolean protobuf = wantsProtobuf(request);
    byte[] body =
        protobuf
            ? v2 ? response(otlp, damage) : otlp
            : OtlpJsonWriter.toJson(OtlpSignal.TRACES, otlp, 0, otlp.length);
    if (!protobuf) {
      body = json(body, v2, damage);
    }
    response.send(protobuf ? PROTOBUF : JSON, body);
  }

  static boolean wantsProtobuf(HttpRequest request) {
    String accept = request.header("Accept");
    return accept != null && accept.toLowerCase(Locale.ROOT).contains(PROTOBUF);
  }

  /** Encodes a {@code TraceByIDResponse}. */
  private static byte[] response(byte[] otlp, List<String> damage) {
    ProtoWriter w = new ProtoWriter(otlp.length + 32);
    w.bytes(TRACE, otlp);
    int m = w.begin(METRICS);
    w.int64(1, otlp.length).end(m);
    if (!damage.isEmpty()) {
      w.int64(STATUS, PARTIAL).string(MESSAGE, String.join("; ", damage));
    }
    return w.toByteArray();
  }

  /**
   * Renders a trace as JSON. Version 1 uses the old name of the groups; version 2 wraps the trace
   * in a message.
   */
  private static byte[] json(byte[] otlp, boolean v2, List<String> damage) {
    String text = new String(otlp, StandardCharsets.UTF_8);
    String named = "{\"resourceSpans\":";
    TextBuffer out = new TextBuffer();
    if (!v2) {
      return out.put("{\"batches\":" + text.substring(named.length())).toByteArray();
    }
    out.put("{\"trace\":").put(text).put(",\"metrics\":{\"inspectedBytes\":\"");
    out.number(otlp.length).put("\"}");
    if (!damage.isEmpty()) {
      out.put(",\"status\":\"PARTIAL\",\"message\":").json(String.join("; ", damage));
    }
    return out.put('}').toByteArray();
  }
}

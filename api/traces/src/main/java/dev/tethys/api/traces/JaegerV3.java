package dev.tethys.api.traces;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpScanner;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.insight.graph.ServiceLinks;
import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.web.DamageWarning;
import dev.tethys.web.Grpc;
import dev.tethys.web.GrpcException;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/** Jaeger's {@code api_v3}: traces as OTLP, over HTTP and gRPC. */
final class JaegerV3 {
  private static final String PREFIX = "/jaeger/api/v3";
  private static final String SERVICE = "/jaeger.api_v3.QueryService/";
  private static final int MAX_MESSAGE = 1 << 20;
  private static final int DEFAULT_LIMIT = 100;
  private static final long SECOND = 1_000_000_000L;
  private static final long DEFAULT_LOOKBACK = 48 * 3600 * SECOND;

  private final TraceRequests requests;
  private final LongSupplier now;

  JaegerV3(TraceRequests requests, LongSupplier now) {
    this.requests = requests;
    this.now = now;
  }

  void addTo(Routes routes) {
    get(routes, "/services", this::services);
    get(routes, "/operations", this::operations);
    get(routes, "/traces", this::search);
    get(routes, "/traces/{id}", this::trace);
    get(routes, "/dependencies", this::dependencies);
    routes.post(
        SERVICE + "GetDependencies",
        Grpc.unary(MAX_MESSAGE, (m, q) -> rpc(q, s -> getDependencies(s, q, m))));
    stream(routes, "GetTrace", this::getTrace);
    stream(routes, "FindTraces", this::findTraces);
    routes.post(
        SERVICE + "GetServices", Grpc.unary(MAX_MESSAGE, (m, q) -> rpc(q, s -> getServices(s, q))));
    routes.post(
        SERVICE + "GetOperations",
        Grpc.unary(MAX_MESSAGE, (m, q) -> rpc(q, s -> getOperations(s, q, m))));
  }

  private interface Endpoint {
    void answer(TraceStore store, Scope scope, HttpRequest request, BoundedText answer);
  }

  private void get(Routes routes, String path, Endpoint endpoint) {
    routes.get(
        PREFIX + path,
        (request, response) -> {
          BoundedText answer = new BoundedText(request);
          try {
            TraceStore store = requests.store();
            Scope scope = RequestScope.of(request);
            try {
              requests.run(
                  request,
                  () -> {
                    endpoint.answer(store, scope, request, answer);
                    return answer;
                  });
            } finally {
              DamageWarning.addTo(response, store.damage(scope));
            }
          } catch (HttpException e) {
            error(response, e);
            return;
          }
          response.send("application/json", answer.text.toByteArray());
        });
  }

  private static void error(HttpResponse response, HttpException e) throws IOException {
    TextBuffer out = new TextBuffer();
    out.put("{\"error\":{\"httpCode\":").number(e.status());
    out.put(",\"message\":").json(String.valueOf(e.getMessage())).put("}}");
    response.errorStatus(e.status()).send("application/json", out.toByteArray());
  }

  private SpanOperations.Range lookback() {
    long end = now.getAsLong() + 3600 * SECOND; // clocks of senders may be ahead
    return new SpanOperations.Range(end - requests.settings().lookback().toNanos(), end);
  }

  private Set<String> services(TraceStore store, Scope scope) {
    return SpanOperations.texts(
        store,
        scope,
        SpanField.SERVICE,
        SpanFilter.ALL,
        lookback(),
        requests.settings().maxValues());
  }

  private void services(TraceStore store, Scope scope, HttpRequest request, BoundedText answer) {
    String separator = "{\"services\":[";
    Set<String> names = services(store, scope);
    for (String s : names) {
      answer.text.put(separator).json(s);
      separator = ",";
    }
    answer.text.put(names.isEmpty() ? "{\"services\":[]}" : "]}");
  }

  private List<SpanOperations.Operation> operations(
      TraceStore store, Scope scope, String service, String kind) {
    if (service.isEmpty()) {
      throw QueryParameters.bad("service is empty; it must be the name of a service");
    }
    List<SpanOperations.Operation> out = new ArrayList<>();
    for (SpanOperations.Operation o :
        SpanOperations.operations(
            store,
            scope,
            TraceFinder.service(service),
            lookback(),
            requests.settings().maxValues())) {
      if (kind.isEmpty() || kind.equals(kind(o.kind()))) {
        out.add(o);
      }
    }
    return out;
  }

  private void dependencies(
      TraceStore store, Scope scope, HttpRequest request, BoundedText answer) {
    QueryParameters p = new QueryParameters(request.query());
    long start = required(p, "startTime", "start_time");
    long end = required(p, "endTime", "end_time");
    TextBuffer out = answer.text.put("{\"dependencies\":[");
    String separator = "";
    for (Map.Entry<ServiceLinks.Link, ServiceLinks.Count> e : links(store, scope, start, end)) {
      out.put(separator).put("{\"parent\":").json(e.getKey().parent());
      separator = ",";
      out.put(",\"child\":").json(e.getKey().child());
      out.put(",\"callCount\":\"").number(e.getValue().calls).put("\"}");
    }
    out.put("]}");
  }

  private static long required(QueryParameters p, String name, String older) {
    String given = p.get(name).isEmpty() && !p.get(older).isEmpty() ? older : name;
    if (p.get(given).isEmpty()) {
      throw QueryParameters.bad("malformed parameter " + name + ": it is required");
    }
    return time(p, given, 0);
  }

  /** Links between different services of the spans that start in a range. */
  private static List<Map.Entry<ServiceLinks.Link, ServiceLinks.Count>> links(
      TraceStore store, Scope scope, long start, long end) {
    if (end <= start) {
      throw QueryParameters.bad(
          "malformed parameter endTime: "
              + text(end)
              + " is not after startTime "
              + text(start)
              + "; it must be");
    }
    List<Map.Entry<ServiceLinks.Link, ServiceLinks.Count>> out =
        new ArrayList<>(ServiceLinks.find(store, scope, start, end).counts().entrySet());
    out.removeIf(e -> e.getKey().parent().equals(e.getKey().child()));
    return out;
  }

  private byte[] getDependencies(TraceStore store, HttpRequest request, byte[] message) {
    long start = Long.MIN_VALUE;
    long end = Long.MIN_VALUE;
    for (ProtoReader r = new ProtoReader(message); r.next(); ) {
      switch (r.field()) {
        case 1 -> start = nanos(r);
        case 2 -> end = nanos(r);
        default -> r.skip();
      }
    }
    if (start == Long.MIN_VALUE || end == Long.MIN_VALUE) {
      throw QueryParameters.bad("start_time and end_time are required");
    }
    ProtoWriter out = new ProtoWriter();
    for (Map.Entry<ServiceLinks.Link, ServiceLinks.Count> e :
        links(store, RequestScope.of(request), start, end)) {
      int m = out.begin(1);
      out.string(1, e.getKey().parent());
      out.string(2, e.getKey().child());
      out.int64(3, e.getValue().calls);
      out.end(m);
    }
    return out.toByteArray();
  }

  private static String kind(int kind) {
    return kind > 0 && kind < JaegerApi.KINDS.size() ? JaegerApi.KINDS.get(kind) : "";
  }

  private void operations(TraceStore store, Scope scope, HttpRequest request, BoundedText answer) {
    QueryParameters p = new QueryParameters(request.query());
    String separator = "";
    answer.text.put("{\"operations\":[");
    for (SpanOperations.Operation o :
        operations(store, scope, p.get("service"), firstNonEmpty(p, "span_kind", "spanKind"))) {
      answer.text.put(separator).put("{\"name\":").json(o.name());
      answer.text.put(",\"spanKind\":").json(kind(o.kind())).put('}');
      separator = ",";
    }
    answer.text.put("]}");
  }

  private static String firstNonEmpty(QueryParameters p, String name, String other) {
    String v = p.get(name);
    return v.isEmpty() ? p.get(other) : v;
  }

  private void search(TraceStore store, Scope scope, HttpRequest request, BoundedText answer) {
    JaegerSearch s = search(request.query());
    TraceFinder finder = new TraceFinder(store, scope);
    List<TraceId> ids = finder.newest(s.filter(), s.from(), s.to(), s.limit());
    if (ids.isEmpty()) {
      throw new HttpException(404, "No traces found");
    }
    TracesData all = new TracesData();
    long spans = 0;
    for (TraceId id : ids) {
      TracesData t = finder.trace(id);
      spans += t.itemCount();
      request.reserve(500L * t.itemCount());
      if (spans > 1_000_000) {
        throw new HttpException(
            422, "answer has more than 1000000 spans; use a smaller limit or time range");
      }
      all.resources().addAll(t.resources());
    }
    result(all, answer);
  }

  private JaegerSearch search(Params params) {
    QueryParameters p = new QueryParameters(params);
    String attributes = p.get("query.attributes");
    long min = time(p, "query.start_time_min", Long.MIN_VALUE);
    long max = time(p, "query.start_time_max", Long.MIN_VALUE);
    return search(
        p.get("query.service_name"),
        p.get("query.operation_name"),
        attributes.isEmpty() ? Map.of() : JaegerSearch.tags("query.attributes", attributes),
        min,
        max,
        p.duration("query.duration_min", 0),
        p.duration("query.duration_max", 0),
        firstNonEmpty(p, "query.search_depth", "query.num_traces"));
  }

  private JaegerSearch search(
      String service,
      String operation,
      Map<String, String> attributes,
      long min,
      long max,
      long minDuration,
      long maxDuration,
      String limit) {
    checkRange(min, max);
    long end = max == Long.MIN_VALUE ? now.getAsLong() : max;
    long start = min == Long.MIN_VALUE ? end - DEFAULT_LOOKBACK : min;
    int most = requests.settings().maxTraces();
    Params limits = limit.isEmpty() ? Params.EMPTY : Params.parse("num_traces=" + limit);
    return new JaegerSearch(
        service,
        operation,
        attributes,
        start,
        end == Long.MAX_VALUE ? end : end + 1,
        minDuration,
        maxDuration,
        new QueryParameters(limits).limit("num_traces", DEFAULT_LIMIT, most));
  }

  private static long time(QueryParameters p, String name, long otherwise) {
    // Grafana sends the plus sign of a zone without escaping it
    String v = p.get(name).replace(' ', '+');
    if (v.isEmpty()) {
      return otherwise;
    }
    try {
      Instant t = OffsetDateTime.parse(v).toInstant();
      return Math.addExact(Math.multiplyExact(t.getEpochSecond(), SECOND), t.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw QueryParameters.bad(
          name + " is '" + v + "'; it must be an RFC 3339 time from 1677 to 2262");
    }
  }

  /** Rejects a range whose start is after its end, if both are set. */
  private static void checkRange(long start, long end) {
    if (end != Long.MIN_VALUE && start > end) {
      throw QueryParameters.bad(
          "malformed time range: start "
              + text(start)
              + " is after the end "
              + text(end)
              + "; it must not be later");
    }
  }

  private static String text(long nanos) {
    return Instant.ofEpochSecond(Math.floorDiv(nanos, SECOND), Math.floorMod(nanos, SECOND))
        .toString();
  }

  private void trace(TraceStore store, Scope scope, HttpRequest request, BoundedText answer) {
    QueryParameters p = new QueryParameters(request.query());
    TraceId id = TraceId.parse(request.pathParam("id"));
    long from = time(p, "start_time", Long.MIN_VALUE);
    long to = time(p, "end_time", Long.MAX_VALUE);
    checkRange(from, to);
    TracesData trace = new TraceFinder(store, scope).trace(id, from, to);
    if (trace.itemCount() == 0) {
      throw new HttpException(404, "No traces found");
    }
    result(trace, answer);
  }

  private static void result(TracesData trace, BoundedText answer) {
    byte[] otlp = new OtlpWriter().write(trace);
    answer.text.put("{\"result\":");
    answer.text.put(OtlpJsonWriter.toJson(OtlpSignal.TRACES, otlp, 0, otlp.length)).put('}');
    answer.check();
  }

  private interface Call<T> {
    T run(TraceStore store) throws CodecException;
  }

  private <T> T rpc(HttpRequest request, Call<T> call) throws GrpcException {
    return GrpcCalls.run(() -> requests.run(request, () -> call.run(requests.store())));
  }

  private interface Traces {
    List<TraceId> find(TraceFinder finder, ProtoReader message);
  }

  private void stream(Routes routes, String method, Traces traces) {
    routes.post(
        SERVICE + method,
        Grpc.stream(
            MAX_MESSAGE,
            (message, request, to) -> {
              Scope scope = GrpcCalls.run(() -> RequestScope.of(request));
              TraceFinder finder = rpc(request, s -> new TraceFinder(s, scope));
              List<TraceId> ids = rpc(request, s -> traces.find(finder, new ProtoReader(message)));
              int sent = 0;
              for (TraceId id : ids) {
                byte[] otlp =
                    rpc(
                        request,
                        s -> {
                          TracesData t = finder.trace(id);
                          request.reserve(500L * t.itemCount());
                          return new OtlpWriter().write(t);
                        });
                for (byte[] part : messages(otlp)) {
                  to.send(part);
                  sent++;
                }
              }
              if (sent == 0 && method.equals("GetTrace")) {
                throw GrpcCalls.notFound("trace not found");
              }
            }));
  }

  /**
   * Encodes a trace in messages small enough for every client: by default, gRPC rejects messages
   * above 4 MiB. Jaeger's own server sends a long trace in several messages too.
   */
  static List<byte[]> messages(byte[] otlp) {
    return otlp.length <= MAX_MESSAGE
        ? otlp.length == 0 ? List.of() : List.of(otlp)
        : OtlpScanner.split(OtlpSignal.TRACES, otlp, Integer.MAX_VALUE, MAX_MESSAGE).stream()
            .map(OtlpScanner.Part::body)
            .toList();
  }

  private List<TraceId> getTrace(TraceFinder finder, ProtoReader r) {
    String id = "";
    while (r.next()) {
      if (r.field() == 1) {
        id = r.readString();
      } else {
        r.skip();
      }
    }
    return List.of(TraceId.parse(id));
  }

  private List<TraceId> findTraces(TraceFinder finder, ProtoReader r) {
    JaegerSearch s = null;
    while (r.next()) {
      if (r.field() == 1) {
        int outer = r.enter();
        s = parameters(r);
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    if (s == null) {
      throw QueryParameters.bad("missing query");
    }
    return finder.newest(s.filter(), s.from(), s.to(), s.limit());
  }

  /** Reads {@code TraceQueryParameters}. */
  private JaegerSearch parameters(ProtoReader r) {
    String service = "";
    String operation = "";
    Map<String, String> attributes = new LinkedHashMap<>();
    long min = Long.MIN_VALUE;
    long max = Long.MIN_VALUE;
    long minDuration = 0;
    long maxDuration = 0;
    long depth = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> service = r.readString();
        case 2 -> operation = r.readString();
        case 3 -> attribute(r, attributes);
        case 4 -> min = nanos(r);
        case 5 -> max = nanos(r);
        case 6 -> minDuration = nanos(r);
        case 7 -> maxDuration = nanos(r);
        case 8 -> depth = r.readLong();
        default -> r.skip();
      }
    }
    return search(
        service,
        operation,
        attributes,
        min,
        max,
        minDuration,
        maxDuration,
        depth <= 0 ? "" : Long.toString(depth));
  }

  private static void attribute(ProtoReader r, Map<String, String> to) {
    int outer = r.enter();
    String key = "";
    String value = "";
    while (r.next()) {
      switch (r.field()) {
        case 1 -> key = r.readString();
        case 2 -> value = r.readString();
        default -> r.skip();
      }
    }
    r.leave(outer);
    to.put(key, value);
  }

  /** Reads a {@code Timestamp} or {@code Duration}. */
  private static long nanos(ProtoReader r) {
    int outer = r.enter();
    long seconds = 0;
    long nanos = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> seconds = r.readLong();
        case 2 -> nanos = r.readLong();
        default -> r.skip();
      }
    }
    r.leave(outer);
    try {
      return Math.addExact(Math.multiplyExact(seconds, SECOND), nanos);
    } catch (ArithmeticException e) {
      throw QueryParameters.bad("time of " + seconds + " s is not between 1677 and 2262");
    }
  }

  private byte[] getServices(TraceStore store, HttpRequest request) {
    ProtoWriter w = new ProtoWriter();
    services(store, RequestScope.of(request)).forEach(s -> w.string(1, s));
    return w.toByteArray();
  }

  private byte[] getOperations(TraceStore store, HttpRequest request, byte[] message) {
    ProtoReader r = new ProtoReader(message);
    String service = "";
    String kind = "";
    while (r.next()) {
      switch (r.field()) {
        case 1 -> service = r.readString();
        case 2 -> kind = r.readString();
        default -> r.skip();
      }
    }
    ProtoWriter w = new ProtoWriter();
    for (SpanOperations.Operation o : operations(store, RequestScope.of(request), service, kind)) {
      int m = w.begin(1);
      w.string(1, o.name()).stringUnlessEmpty(2, kind(o.kind())).end(m);
    }
    return w.toByteArray();
  }
}

package dev.tethys.api.traces;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.web.Grpc;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Params;
import dev.tethys.web.Routes;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Service {@code tempopb.StreamingQuerier}, through which Grafana reads growing results. Each
 * stream has one message with the entire response, which Grafana merges like any other.
 */
final class TempoGrpc {
  private static final String SERVICE = "/tempopb.StreamingQuerier/";
  private static final int MAX_MESSAGE = 1 << 20;

  private static final Map<Integer, String> SEARCH =
      Map.of(4, "limit", 5, "start", 6, "end", 8, "q", 9, "spss");
  private static final Map<Integer, String> TAGS =
      Map.of(1, "scope", 2, "q", 3, "start", 4, "end", 5, "limit");
  private static final Map<Integer, String> VALUES =
      Map.of(1, "tag", 2, "q", 4, "start", 5, "end", 6, "limit");
  private static final Map<Integer, String> RANGE =
      Map.of(1, "q", 2, "start", 3, "end", 4, "step", 16, "exemplars");
  private static final Map<Integer, String> INSTANT = Map.of(1, "q", 2, "start", 3, "end");

  private final TempoQueries queries;

  TempoGrpc(TempoQueries queries) {
    this.queries = queries;
  }

  void addTo(Routes routes) {
    add(routes, "Search", TempoGrpc::search, (q, p) -> TempoProto.search(queries.search(q, p)));
    add(
        routes,
        "SearchTags",
        r -> read(r, TAGS),
        (q, p) -> TempoProto.tags(queries.tags(q, p), false));
    add(
        routes,
        "SearchTagsV2",
        r -> read(r, TAGS),
        (q, p) -> TempoProto.tags(queries.tags(q, p), true));
    add(
        routes,
        "SearchTagValues",
        r -> read(r, VALUES),
        (q, p) -> TempoProto.values(queries.values(q, p, p.get("tag"), false), false));
    add(
        routes,
        "SearchTagValuesV2",
        r -> read(r, VALUES),
        (q, p) -> TempoProto.values(queries.values(q, p, p.get("tag"), true), true));
    add(
        routes,
        "MetricsQueryRange",
        r -> read(r, RANGE),
        (q, p) -> TempoProto.range(queries.range(q, p)));
    add(
        routes,
        "MetricsQueryInstant",
        r -> read(r, INSTANT),
        (q, p) -> TempoProto.instant(queries.instant(q, p)));
  }

  private interface Parameters {
    StringBuilder read(ProtoReader message);
  }

  private interface Endpoint {
    byte[] answer(HttpRequest request, TempoParameters p);
  }

  private void add(Routes routes, String method, Parameters parameters, Endpoint endpoint) {
    routes.post(
        SERVICE + method,
        Grpc.stream(
            MAX_MESSAGE,
            (message, request, to) ->
                to.send(
                    GrpcCalls.run(
                        () -> {
                          String p = parameters.read(new ProtoReader(message)).toString();
                          return endpoint.answer(request, queries.parameters(Params.parse(p)));
                        }))));
  }

  /** Converts message fields to the parameters of the same HTTP request; 0 counts as absent. */
  private static StringBuilder read(ProtoReader r, Map<Integer, String> names) {
    StringBuilder sb = new StringBuilder();
    while (r.next()) {
      field(r, names.get(r.field()), sb);
    }
    return sb;
  }

  private static void field(ProtoReader r, @Nullable String name, StringBuilder sb) {
    if (name == null) {
      r.skip();
    } else if (r.wireType() == ProtoReader.LENGTH) {
      add(sb, name, r.readString());
    } else {
      long n = r.readLong();
      if (n != 0) {
        add(sb, name, n + (name.equals("step") ? "ns" : ""));
      }
    }
  }

  private static StringBuilder search(ProtoReader r) {
    StringBuilder sb = new StringBuilder();
    StringBuilder tags = new StringBuilder();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> tag(r, tags);
        case 2 -> milliseconds(sb, "minDuration", r.readLong());
        case 3 -> milliseconds(sb, "maxDuration", r.readLong());
        default -> field(r, SEARCH.get(r.field()), sb);
      }
    }
    if (!tags.isEmpty()) {
      add(sb, "tags", tags.toString());
    }
    return sb;
  }

  private static void milliseconds(StringBuilder sb, String name, long n) {
    if (n > 0) {
      add(sb, name, n + "ms");
    }
  }

  private static void tag(ProtoReader r, StringBuilder to) {
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
    to.append(key).append("=\"");
    to.append(value.replace("\\", "\\\\").replace("\"", "\\\"")).append("\" ");
  }

  private static void add(StringBuilder sb, String name, String value) {
    sb.append(sb.isEmpty() ? "" : "&").append(name).append('=');
    sb.append(URLEncoder.encode(value, StandardCharsets.UTF_8));
  }
}

package dev.tethys.api.prometheus;

import dev.tethys.insight.graph.query.CallEdge;
import dev.tethys.insight.graph.query.Latency;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.graph.query.Service;
import dev.tethys.insight.graph.query.ServiceMap;
import dev.tethys.insight.graph.query.ServiceNode;
import dev.tethys.insight.graph.query.ServiceQueries;
import dev.tethys.insight.graph.query.Window;
import dev.tethys.model.Labels;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.Value;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code /services} and {@code /services/map}: services, their containers and their calls. */
final class ServiceEndpoints {
  private static final long DEFAULT_RANGE = Duration.ofMinutes(5).toMillis();
  private static final long MAX_RANGE = Duration.ofDays(366).toMillis();

  private final QueryEngine engine;
  private final InstantSource clock;

  ServiceEndpoints(QueryEngine engine, InstantSource clock) {
    this.engine = engine;
    this.clock = clock;
  }

  void register(ApiRoutes routes) {
    routes.getOfServer("/services", this::services).getOfServer("/services/map", this::map);
  }

  private Window window(ApiCall call) {
    Parameters p = call.parameters();
    long end = p.time("end", clock.millis());
    long start = p.time("start", end - DEFAULT_RANGE);
    if (end <= start || end - start > MAX_RANGE || end - start < 0) {
      throw ApiException.invalidParameter(
          end <= start ? "end" : "start",
          end <= start
              ? "end must be after start"
              : "range from start to end is longer than 366 days");
    }
    return new Window(start, end);
  }

  private ServiceQueries queries(ApiCall call) {
    return new ServiceQueries((query, time) -> vector(call, query, time));
  }

  private List<Sample> vector(ApiCall call, String query, long time) {
    QueryOptions options = new QueryOptions(0, 0, false, call.origin());
    try (QueryEngine.Prepared q =
        QueryEndpoints.withApiErrors(() -> engine.instant(query, time, options))) {
      Value v = QueryEndpoints.run(call, q, QueryEngine.Prepared::execute).value();
      List<Sample> out = new ArrayList<>();
      if (v instanceof Value.InstantVector vector) {
        for (Value.Sample s : vector.samples()) {
          Map<String, String> labels = new LinkedHashMap<>();
          for (Labels.Label l : s.labels().toList()) {
            labels.put(l.name(), l.value());
          }
          out.add(new Sample(labels, s.value()));
        }
      }
      return out;
    }
  }

  private void services(ApiCall call) throws IOException {
    List<Service> all = queries(call).services(window(call));
    call.data(
        out -> {
          out.put('[');
          for (int i = 0; i < all.size(); i++) {
            service(out.sep(i == 0), all.get(i));
          }
          out.put(']');
        });
  }

  private static void service(JsonOut out, Service s) throws IOException {
    out.put('{').name("name").string(s.name());
    out.next("takesRequests").raw(String.valueOf(s.entry()));
    out.next("observedOnly").raw(String.valueOf(s.observed()));
    out.next("rate").number(s.rate()).next("failed").number(s.failed());
    latency(out.next("latency"), s.latency());
    out.next("operations").put('[');
    for (int i = 0; i < s.operations().size(); i++) {
      Service.Operation o = s.operations().get(i);
      out.sep(i == 0).put('{').name("name").string(o.name());
      out.next("rate").number(o.rate()).put('}');
    }
    out.put(']').next("containers").put('[');
    for (int i = 0; i < s.containers().size(); i++) {
      Service.Container c = s.containers().get(i);
      out.sep(i == 0).put('{').name("id").string(c.id());
      out.next("machine").string(c.machine());
      out.next("application").string(c.application());
      out.next("image").string(c.image()).put('}');
    }
    out.raw("]}");
  }

  private static void latency(JsonOut out, Latency l) throws IOException {
    out.put('{').name("p50");
    seconds(out, l.p50());
    seconds(out.next("p95"), l.p95());
    seconds(out.next("p99"), l.p99());
    out.put('}');
  }

  private static void seconds(JsonOut out, double v) throws IOException {
    if (Double.isFinite(v)) {
      out.number(v);
    } else {
      out.raw("null");
    }
  }

  private void map(ApiCall call) throws IOException {
    ServiceMap map = queries(call).map(window(call));
    call.data(
        out -> {
          out.put('{').name("nodes").put('[');
          for (int i = 0; i < map.nodes().size(); i++) {
            node(out.sep(i == 0), map.nodes().get(i));
          }
          out.put(']').next("edges").put('[');
          for (int i = 0; i < map.edges().size(); i++) {
            edge(out.sep(i == 0), map.edges().get(i));
          }
          out.raw("]}");
        });
  }

  private static void node(JsonOut out, ServiceNode n) throws IOException {
    out.put('{').name("name").string(n.name()).next("kind").string(n.kind().text());
    out.next("namespace").string(n.namespace());
    if (n.container() != null) {
      out.next("container").string(n.container());
    }
    out.put('}');
  }

  private static void edge(JsonOut out, CallEdge e) throws IOException {
    out.put('{').name("from").string(e.from()).next("to").string(e.to());
    out.next("type").string(e.type()).next("connection").string(e.connection());
    out.next("rate").number(e.rate()).next("failed").number(e.failed());
    latency(out.next("clientLatency"), e.client());
    latency(out.next("serverLatency"), e.server());
    if (!Double.isNaN(e.connections())) {
      out.next("connections").number(e.connections());
      out.next("retransmits").number(e.retransmits());
    }
    out.put('}');
  }
}

package dev.tethys.insight.inspections;

import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Worlds of series that are always there. */
final class RecordedWorlds {
  static final long NOW = 1_800_000_000_000L;

  private final List<Labels> series = new ArrayList<>();

  /** Adds a series: its metric, then its labels. */
  RecordedWorlds add(String metric, String... labels) {
    String[] all = new String[labels.length + 2];
    all[0] = Labels.METRIC_NAME;
    all[1] = metric;
    System.arraycopy(labels, 0, all, 2, labels.length);
    series.add(Labels.of(all));
    return this;
  }

  RecordedWorlds service(String name) {
    return add("traces_spanmetrics_calls_total", "service", name, "span_kind", "SPAN_KIND_SERVER");
  }

  RecordedWorlds call(String client, String server) {
    return add("traces_service_graph_request_total", "client", client, "server", server);
  }

  RecordedWorlds database(String client, String server) {
    return add(
        "traces_service_graph_request_total",
        "client",
        client,
        "server",
        server,
        "connection_type",
        "database");
  }

  RecordedWorlds node(String machine) {
    return add("node_info", "machine_id", machine, "hostname", "host-" + machine);
  }

  /** Container that is a service, on a machine. */
  RecordedWorlds container(String machine, String name) {
    add("container_info", "machine_id", machine, "container_id", "/docker/" + name);
    return add(
        "container_net_tcp_listen_info",
        "machine_id",
        machine,
        "container_id",
        "/docker/" + name,
        "listen_addr",
        "10.0.0.1:80");
  }

  World world() {
    try (EntityModel model =
        new EntityModel(
            RuleSet.defaults(),
            Map.of(
                InsightRule.Source.METRICS,
                (from, to, matchers, limit) ->
                    series.stream()
                        .filter(l -> Matcher.matchAll(matchers, l))
                        .limit(limit)
                        .toList()),
            EntityModel.Limits.DEFAULT,
            null)) {
      model.update(NOW);
      return model.current();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

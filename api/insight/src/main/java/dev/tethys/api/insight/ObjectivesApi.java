package dev.tethys.api.insight;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.config.Durations;
import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.objectives.state.ObjectiveReports;
import dev.tethys.insight.objectives.state.ObjectiveState;
import dev.tethys.insight.objectives.state.ObjectiveStates.Report;
import dev.tethys.model.GoFloat;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * States of objectives at {@code /api/v1/insight/objectives}, in the envelope of Prometheus's API.
 * Objectives belong to the default tenant, so other tenants get 404.
 */
public final class ObjectivesApi {
  private static final String PATH = "/api/v1/insight/objectives";

  /** Bytes of a state in a response and while it is written. */
  private static final long STATE_BYTES = 4_000;

  private final ObjectiveReports reports;
  private final Supplier<@Nullable EntityModel> entities;

  /**
   * @param entities the entities of services; null until they are known
   */
  public ObjectivesApi(ObjectiveReports reports, Supplier<@Nullable EntityModel> entities) {
    this.reports = reports;
    this.entities = entities;
  }

  /** Adds the endpoint; must be called before the endpoints of Prometheus's API are added. */
  public void addTo(Routes routes) {
    routes.get(PATH, InsightAnswer.of(this::write));
  }

  private void write(HttpRequest request, TextBuffer out) {
    InsightAnswer.checkTenant(request, "objectives");
    Report report = reports.read();
    request.reserve(report.states().size() * STATE_BYTES);
    EntityModel model = entities.get();
    write(report, model == null ? World.EMPTY : model.current(), out);
  }

  private static void write(Report report, World world, TextBuffer out) {
    out.put("{\"objectives\":[");
    List<ObjectiveState> all = report.states();
    for (int i = 0; i < all.size(); i++) {
      if (i > 0) {
        out.put(',');
      }
      state(all.get(i), world, out);
    }
    EntityJson.texts(report.problems(), out.put("],\"problems\":"));
    out.put('}');
  }

  private static void state(ObjectiveState s, World world, TextBuffer out) {
    out.put("{\"name\":").json(s.name()).put(",\"service\":").json(s.service());
    out.put(",\"description\":").json(s.description());
    out.put(",\"entity\":");
    Entity e = world.find(s.entity().isEmpty() ? "service:" + s.service() : s.entity());
    if (e == null) {
      out.put("null");
    } else {
      out.put("{\"id\":").json(e.id()).put(",\"kind\":").json(e.kind().text());
      out.put(",\"name\":").json(e.name()).put('}');
    }
    out.put(",\"source\":").json(s.source());
    out.put(",\"target\":").put(GoFloat.f(s.target()));
    out.put(",\"window\":").number(s.window().toSeconds());
    number(s.ratio(), out.put(",\"ratio\":"));
    number(s.budget(), out.put(",\"budget\":"));
    out.put(",\"burn\":[");
    boolean first = true;
    for (ObjectiveState.BurnRate b : s.burn()) {
      if (!first) {
        out.put(',');
      }
      first = false;
      out.put("{\"window\":").json(Durations.format(b.window())).put(",\"rate\":");
      number(b.rate(), out);
      out.put('}');
    }
    out.put("],\"state\":").json(s.status().text());
    out.put(",\"severity\":");
    nullable(s.severity(), out);
    Long since = s.since();
    out.put(",\"since\":");
    nullable(since == null ? "" : Instant.ofEpochMilli(since).toString(), out);
    out.put(",\"query\":").json(s.query());
    EntityJson.texts(s.notes(), out.put(",\"notes\":"));
    out.put('}');
  }

  private static void nullable(String text, TextBuffer out) {
    if (text.isEmpty()) {
      out.put("null");
    } else {
      out.json(text);
    }
  }

  private static void number(double v, TextBuffer out) {
    out.put(Double.isFinite(v) ? GoFloat.f(v) : "null");
  }
}

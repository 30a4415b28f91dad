package dev.tethys.api.insight;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.insight.deployments.ComparedFigure;
import dev.tethys.insight.deployments.ComparedList;
import dev.tethys.insight.deployments.DeploymentComparison;
import dev.tethys.insight.deployments.DeploymentReports;
import dev.tethys.insight.deployments.ServiceDeployment;
import dev.tethys.insight.deployments.TimeWindow;
import dev.tethys.insight.deployments.VersionChange;
import dev.tethys.insight.entities.EntityModel;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Deployments and their comparisons below {@code /api/v1/insight}. Answers have the envelope of
 * {@link InsightApi}.
 */
public final class DeploymentApi {
  private static final String PREFIX = "/api/v1/insight";

  /** Bytes of a deployment in a response and while the response is built. */
  private static final long DEPLOYMENT_BYTES = 2_000;

  private static final long COMPARISON_BYTES = 500_000;

  private final DeploymentReports reports;
  private final Supplier<@Nullable EntityModel> models;

  /**
   * @param models the model; null until it is open
   */
  public DeploymentApi(DeploymentReports reports, Supplier<@Nullable EntityModel> models) {
    this.reports = reports;
    this.models = models;
  }

  /** Adds the endpoints; must be called before the endpoints of Prometheus's API are added. */
  public void addTo(Routes routes) {
    routes.get(PREFIX + "/deployments", InsightAnswer.of(this::list));
    routes.get(PREFIX + "/deployments/{id}", InsightAnswer.of(this::comparison));
  }

  private void list(HttpRequest request, TextBuffer out) {
    EntityModel model = InsightApi.model(request, models.get());
    long now = reports.now();
    long from = time(request, "start", 0);
    long to = time(request, "end", now);
    if (from > to) {
      throw new HttpException(400, "start is after end; exchange them");
    }
    String service = request.query().first("service", "");
    List<ServiceDeployment> all =
        reports.all(model).stream()
            .filter(d -> d.start() <= to && (d.isOpen() || d.end() >= from))
            .filter(
                d -> service.isEmpty() || d.service().equals(service) || d.name().equals(service))
            .toList();
    request.reserve(all.size() * DEPLOYMENT_BYTES);
    EntityJson.time(model.start(), out.put("{\"start\":"));
    EntityJson.list(all, out.put(",\"deployments\":"), DeploymentApi::deployment);
    out.put('}');
  }

  private static long time(HttpRequest request, String name, long otherwise) {
    String text = request.query().first(name, "");
    return text.isEmpty() ? otherwise : InsightApi.millis(name, text);
  }

  private static void deployment(ServiceDeployment d, TextBuffer out) {
    out.put("{\"id\":").json(d.id());
    out.put(",\"service\":{\"id\":").json(d.service()).put(",\"kind\":\"service\",\"name\":");
    out.json(d.name()).put('}');
    InspectionApi.seconds(d.start(), out.put(",\"start\":"));
    out.put(",\"end\":");
    if (d.isOpen()) {
      out.put("null");
    } else {
      InspectionApi.seconds(d.end(), out);
    }
    out.put(",\"status\":").json(d.status().text());
    EntityJson.list(d.changes(), out.put(",\"changes\":"), DeploymentApi::change);
    out.put(",\"instancesBefore\":").number(d.instancesBefore());
    out.put(",\"instancesAfter\":").number(d.instancesAfter()).put('}');
  }

  private static void change(VersionChange c, TextBuffer out) {
    out.put("{\"kind\":").json(c.kind().text()).put(",\"subject\":").json(c.subject());
    EntityJson.texts(c.before(), out.put(",\"before\":"));
    out.put(",\"after\":").json(c.after()).put('}');
  }

  private void comparison(HttpRequest request, TextBuffer out) {
    EntityModel model = InsightApi.model(request, models.get());
    request.reserve(COMPARISON_BYTES);
    String id = request.pathParam("id");
    DeploymentComparison c = reports.compare(model, id);
    if (c == null) {
      throw new HttpException(404, "there is no deployment \"" + id + "\" in the history");
    }
    deployment(c.deployment(), out.put("{\"deployment\":"));
    window(c.before(), out.put(",\"before\":"));
    window(c.after(), out.put(",\"after\":"));
    window(c.dayBefore(), out.put(",\"dayBefore\":"));
    out.put(",\"reason\":").json(c.reason());
    out.put(",\"rule\":").json(DeploymentComparison.RULE);
    EntityJson.list(c.figures(), out.put(",\"figures\":"), DeploymentApi::figure);
    EntityJson.list(c.lists(), out.put(",\"lists\":"), DeploymentApi::items);
    out.put('}');
  }

  private static void window(@Nullable TimeWindow w, TextBuffer out) {
    if (w == null) {
      out.put("null");
      return;
    }
    InspectionApi.seconds(w.from(), out.put("{\"from\":"));
    InspectionApi.seconds(w.to(), out.put(",\"to\":"));
    out.put('}');
  }

  private static void figure(ComparedFigure f, TextBuffer out) {
    out.put("{\"id\":").json(f.id()).put(",\"title\":").json(f.title());
    out.put(",\"category\":").json(f.category()).put(",\"unit\":").json(f.unit());
    InspectionApi.number(f.before(), out.put(",\"before\":"));
    InspectionApi.number(f.after(), out.put(",\"after\":"));
    InspectionApi.number(f.dayBefore(), out.put(",\"dayBefore\":"));
    InspectionApi.number(f.limit(), out.put(",\"limit\":"));
    out.put(",\"judgement\":").json(f.judgement().text());
    out.put(",\"language\":").json(f.language()).put(",\"query\":").json(f.query());
    out.put(",\"note\":").json(f.note()).put('}');
  }

  private static void items(ComparedList l, TextBuffer out) {
    out.put("{\"id\":").json(l.id()).put(",\"title\":").json(l.title());
    out.put(",\"unit\":").json(l.unit()).put(",\"compared\":").number(l.compared());
    out.put(",\"language\":").json(l.language()).put(",\"query\":").json(l.query());
    out.put(",\"note\":").json(l.note());
    EntityJson.list(l.items(), out.put(",\"items\":"), DeploymentApi::item);
    out.put('}');
  }

  private static void item(ComparedList.Item i, TextBuffer out) {
    out.put("{\"name\":").json(i.name());
    InspectionApi.number(i.before(), out.put(",\"before\":"));
    InspectionApi.number(i.after(), out.put(",\"after\":"));
    out.put(",\"judgement\":").json(i.judgement().text()).put('}');
  }
}

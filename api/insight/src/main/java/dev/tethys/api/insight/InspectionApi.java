package dev.tethys.api.insight;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.inspections.InspectionProblem;
import dev.tethys.insight.inspections.InspectionReport;
import dev.tethys.insight.inspections.InspectionReport.Health;
import dev.tethys.insight.inspections.InspectionReport.Status;
import dev.tethys.insight.inspections.InspectionStatus;
import dev.tethys.insight.inspections.definition.Inspection;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Problems, inspections and health of entities below {@code /api/v1/insight}. Answers have the
 * envelope of {@link InsightApi}, and 503 until the first evaluation.
 */
public final class InspectionApi {
  private static final String PREFIX = "/api/v1/insight";

  /** Bytes of a problem or an affected entity in a response and while the response is built. */
  private static final long PROBLEM_BYTES = 8_000;

  private static final long ENTITY_BYTES = 500;

  private final Supplier<@Nullable InspectionReport> reports;
  private final IncidentOfProblem incidents;

  /** Finds the open incident of a problem. */
  public interface IncidentOfProblem {
    /** Id of the incident; null if there is none. */
    @Nullable String find(InspectionProblem problem);
  }

  /**
   * @param reports the last report; null until the first evaluation
   */
  public InspectionApi(Supplier<@Nullable InspectionReport> reports, IncidentOfProblem incidents) {
    this.reports = reports;
    this.incidents = incidents;
  }

  /** Adds the endpoints; must be called before the endpoints of Prometheus's API are added. */
  public void addTo(Routes routes) {
    routes.get(PREFIX + "/problems", InsightAnswer.of(this::problems));
    routes.get(PREFIX + "/inspections", InsightAnswer.of(this::inspections));
    routes.get(PREFIX + "/health", InsightAnswer.of(this::health));
  }

  private InspectionReport report(HttpRequest request) {
    InsightAnswer.checkTenant(request, "entities");
    InspectionReport r = reports.get();
    if (r == null) {
      throw new HttpException(503, "inspections are not evaluated yet; ask again in a minute");
    }
    return r;
  }

  private void problems(HttpRequest request, TextBuffer out) {
    InspectionReport r = report(request);
    long affected = 0;
    for (InspectionProblem p : r.problems()) {
      affected += p.affected().size() + p.instances().size() + p.symptoms().size();
    }
    request.reserve(
        (r.problems().size() + r.unknown().size()) * PROBLEM_BYTES + affected * ENTITY_BYTES);
    seconds(r.evaluated(), out.put("{\"evaluated\":"));
    list(r.problems(), out.put(",\"problems\":"), this::problem);
    list(r.unknown(), out.put(",\"unknown\":"), this::problem);
    list(
        r.statuses().stream().filter(s -> s.error() != null).toList(),
        out.put(",\"failures\":"),
        InspectionApi::failure);
    EntityJson.texts(r.notices(), out.put(",\"notices\":"));
    out.put('}');
  }

  static void failure(InspectionStatus s, TextBuffer out) {
    out.put("{\"inspection\":").json(s.inspection().id());
    out.put(",\"error\":").json(String.valueOf(s.error())).put('}');
  }

  private void problem(InspectionProblem p, TextBuffer out) {
    problem(p, incidents.find(p), out);
  }

  /** Writes a problem; with the id of its incident unless that is null. */
  static void problem(InspectionProblem p, @Nullable String incident, TextBuffer out) {
    Inspection i = p.inspection();
    out.put("{\"id\":").json(p.id()).put(",\"inspection\":").json(i.id());
    out.put(",\"title\":").json(i.title()).put(",\"category\":").json(i.category());
    out.put(",\"severity\":").json(p.severity().text());
    entity(p.entity(), out.put(",\"entity\":"));
    list(p.instances(), out.put(",\"instances\":"), InspectionApi::entity);
    list(p.affected(), out.put(",\"affected\":"), InspectionApi::entity);
    number(p.requests(), out.put(",\"requests\":"));
    seconds(p.since(), out.put(",\"since\":"));
    seconds(p.lastSeen(), out.put(",\"lastSeen\":"));
    number(p.value(), out.put(",\"value\":"));
    number(p.threshold(), out.put(",\"threshold\":"));
    out.put(",\"unit\":").json(i.unit().text()).put(",\"message\":").json(p.message());
    out.put(",\"remedy\":").json(p.remedy()).put(",\"query\":").json(i.query());
    list(p.symptoms(), out.put(",\"symptoms\":"), InspectionApi::symptom);
    if (incident != null) {
      out.put(",\"incident\":").json(incident);
    }
    out.put('}');
  }

  private static void symptom(InspectionProblem p, TextBuffer out) {
    out.put("{\"id\":").json(p.id()).put(",\"inspection\":").json(p.inspection().id());
    out.put(",\"severity\":").json(p.severity().text());
    entity(p.entity(), out.put(",\"entity\":"));
    seconds(p.since(), out.put(",\"since\":"));
    out.put(",\"message\":").json(p.message()).put('}');
  }

  private static void entity(Entity e, TextBuffer out) {
    out.put("{\"id\":").json(e.id()).put(",\"kind\":").json(e.kind().text());
    out.put(",\"name\":").json(e.name()).put('}');
  }

  private void inspections(HttpRequest request, TextBuffer out) {
    InspectionReport r = report(request);
    list(r.statuses(), out.put("{\"inspections\":"), InspectionApi::inspection);
    out.put('}');
  }

  private static void inspection(InspectionStatus s, TextBuffer out) {
    Inspection i = s.inspection();
    out.put("{\"id\":").json(i.id()).put(",\"title\":").json(i.title());
    out.put(",\"category\":").json(i.category()).put(",\"where\":").json(i.where());
    EntityJson.texts(i.kinds().stream().map(k -> k.text()).toList(), out.put(",\"entities\":"));
    out.put(",\"query\":").json(i.query());
    out.put(",\"condition\":").json(i.below() ? "below" : "above");
    number(i.threshold(), out.put(",\"threshold\":"));
    Double critical = i.critical();
    if (critical != null) {
      number(critical, out.put(",\"critical\":"));
    }
    out.put(",\"unit\":").json(i.unit().text()).put(",\"severity\":").json(i.severity().text());
    out.put(",\"for\":").number(i.hold().toSeconds());
    out.put(",\"every\":").number(i.every().toSeconds());
    out.put(",\"baseline\":").number(i.baseline() == null ? 0 : i.baseline().toSeconds());
    out.put(",\"overrides\":").number(s.overrides());
    out.put(",\"message\":").json(i.message().toString());
    out.put(",\"remedy\":").json(i.remedy().toString());
    out.put(",\"checked\":").number(s.checked().size());
    out.put(",\"unmatched\":").number(s.unmatched());
    out.put(",\"findings\":").number(s.problems());
    seconds(s.evaluated(), out.put(",\"evaluated\":"));
    out.put(",\"millis\":").decimal(Math.round(s.millis() * 100) / 100.0);
    if (s.error() != null) {
      out.put(",\"error\":").json(s.error());
    }
    out.put('}');
  }

  private void health(HttpRequest request, TextBuffer out) {
    InspectionReport r = report(request);
    request.reserve(r.world().entities().size() * ENTITY_BYTES);
    list(r.health(), out.put("{\"entities\":"), InspectionApi::health);
    out.put('}');
  }

  private static void health(Health h, TextBuffer out) {
    out.put("{\"id\":").json(h.entity().id());
    out.put(",\"status\":").json(text(h.status()));
    out.put(",\"categories\":{");
    boolean first = true;
    for (Map.Entry<String, Status> c : h.categories().entrySet()) {
      if (!first) {
        out.put(',');
      }
      first = false;
      out.json(c.getKey()).put(':').json(text(c.getValue()));
    }
    out.put("}}");
  }

  private static String text(Status s) {
    return s.name().toLowerCase(Locale.ROOT);
  }

  /** Unix milliseconds as seconds. */
  static void seconds(long millis, TextBuffer out) {
    out.number(millis / 1000);
    if (millis % 1000 != 0) {
      out.put('.').put(String.valueOf(1000 + millis % 1000).substring(1));
    }
  }

  static void number(double v, TextBuffer out) {
    if (Double.isFinite(v)) {
      out.decimal(v);
    } else {
      out.put("null");
    }
  }

  private static <T> void list(List<T> all, TextBuffer out, BiConsumer<T, TextBuffer> each) {
    EntityJson.list(all, out, each);
  }
}

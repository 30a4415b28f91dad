package dev.tethys.api.insight;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.insight.inspections.InspectionProblem;
import dev.tethys.insight.inspections.InspectionReport;
import dev.tethys.insight.inspections.risk.RiskDismissals;
import dev.tethys.insight.inspections.risk.RiskDismissals.Dismissal;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Params;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Risks and their dismissals below {@code /api/v1/insight}. Answers have the envelope of {@link
 * InsightApi}, and 503 until the first evaluation.
 */
public final class RiskApi {
  private static final String PATH = "/api/v1/insight/risks";

  /** Bytes of a risk in a response and while the response is built. */
  private static final long RISK_BYTES = 12_000;

  private final Supplier<@Nullable InspectionReport> reports;
  private final Supplier<@Nullable RiskDismissals> dismissals;
  private final LongSupplier millis;

  /**
   * @param reports the last report; null until the first evaluation
   * @param dismissals null while their file is not open
   * @param millis current time in Unix milliseconds
   */
  public RiskApi(
      Supplier<@Nullable InspectionReport> reports,
      Supplier<@Nullable RiskDismissals> dismissals,
      LongSupplier millis) {
    this.reports = reports;
    this.dismissals = dismissals;
    this.millis = millis;
  }

  /** Adds the endpoints; must be called before the endpoints of Prometheus's API are added. */
  public void addTo(Routes routes) {
    routes.get(PATH, InsightAnswer.of(this::risks));
    routes.post(PATH + "/dismiss", InsightAnswer.of(this::dismiss));
    routes.post(PATH + "/restore", InsightAnswer.of(this::restore));
  }

  private InspectionReport report(HttpRequest request) {
    InsightAnswer.checkTenant(request, "risks");
    InspectionReport r = reports.get();
    if (r == null) {
      throw new HttpException(503, "risks are not evaluated yet; ask again in a minute");
    }
    return r;
  }

  private RiskDismissals stored() {
    RiskDismissals d = dismissals.get();
    if (d == null) {
      throw new HttpException(
          503, "dismissals of risks cannot be read; the log of the server has the reason");
    }
    return d;
  }

  private void risks(HttpRequest request, TextBuffer out) {
    InspectionReport r = report(request);
    request.reserve(r.problems().size() * RISK_BYTES);
    InspectionApi.seconds(r.evaluated(), out.put("{\"evaluated\":"));
    EntityJson.list(r.problems(), out.put(",\"risks\":"), this::risk);
    EntityJson.list(
        r.statuses().stream().filter(s -> s.error() != null).toList(),
        out.put(",\"failures\":"),
        InspectionApi::failure);
    EntityJson.texts(r.notices(), out.put(",\"notices\":"));
    out.put('}');
  }

  private void risk(InspectionProblem p, TextBuffer out) {
    InspectionApi.problem(p, null, out.put("{\"risk\":"));
    out.put(",\"dismissed\":");
    RiskDismissals all = dismissals.get();
    Dismissal d = all == null ? null : all.of(p.id());
    if (d == null) {
      out.put("null");
    } else {
      out.put("{\"reason\":").json(d.reason()).put(",\"person\":").json(d.person());
      InspectionApi.seconds(d.time(), out.put(",\"time\":"));
      out.put('}');
    }
    out.put('}');
  }

  private void dismiss(HttpRequest request, TextBuffer out) {
    InspectionReport r = report(request);
    Params params = params(request);
    String id = params.first("id", "");
    if (r.problems().stream().noneMatch(p -> p.id().equals(id))) {
      throw new HttpException(404, "there is no risk \"" + id + "\" at present");
    }
    String principal = RequestScope.of(request).principal();
    String person = principal.isEmpty() ? params.first("person", "") : principal;
    try {
      stored()
          .dismiss(
              new Dismissal(id, params.first("reason", "").strip(), person, millis.getAsLong()));
    } catch (IllegalArgumentException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new HttpException(503, "the dismissal was not stored: " + e.getMessage());
    }
    out.put("{}");
  }

  private void restore(HttpRequest request, TextBuffer out) {
    InsightAnswer.checkTenant(request, "risks");
    String id = params(request).first("id", "");
    try {
      if (!stored().restore(id, millis.getAsLong())) {
        throw new HttpException(404, "risk \"" + id + "\" is not dismissed");
      }
    } catch (IOException e) {
      throw new HttpException(503, "the change was not stored: " + e.getMessage());
    }
    out.put("{}");
  }

  private static Params params(HttpRequest request) {
    try {
      return request.params();
    } catch (IOException e) {
      throw new HttpException(400, "the form cannot be read: " + e.getMessage());
    }
  }
}

package dev.tethys.api.insight;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.insight.source.SourceStatus;
import dev.tethys.insight.source.TimeGap;
import dev.tethys.model.access.Scope;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * Reports the state of the metric cache's sources: {@code GET /api/v1/insight/source}. Times are
 * Unix seconds. Without sources the list is empty.
 */
public final class SourceApi {
  private final Supplier<List<SourceStatus>> sources;

  /**
   * @param sources states at present
   */
  public SourceApi(Supplier<List<SourceStatus>> sources) {
    this.sources = sources;
  }

  /** Adds the endpoint; must be called before the endpoints of Prometheus's API are added. */
  public void addTo(Routes routes) {
    routes.get("/api/v1/insight/source", this::answer);
  }

  private void answer(HttpRequest request, HttpResponse response) throws IOException {
    Scope scope = RequestScope.of(request);
    TextBuffer out = new TextBuffer();
    if (!scope.isDefaultTenant()) {
      out.put("{\"status\":\"error\",\"errorType\":\"not_found\",\"error\":");
      out.json("tenant " + scope.tenant() + " has no sources; only the default tenant has them");
      response.status(404).send("application/json", out.put('}').take());
      return;
    }
    out.put("{\"status\":\"success\",\"data\":{\"sources\":[");
    String separator = "";
    for (SourceStatus s : sources.get()) {
      source(s, out.put(separator));
      separator = ",";
    }
    response.send("application/json", out.put("]}}").take());
  }

  private static void source(SourceStatus s, TextBuffer out) {
    out.put("{\"name\":").json(s.name()).put(",\"url\":").json(s.url());
    out.put(",\"state\":").json(s.state().text());
    out.put(",\"lastSuccess\":").put(s.lastSuccess() == 0 ? "null" : seconds(s.lastSuccess()));
    out.put(",\"behindSeconds\":").put(s.lag() < 0 ? "null" : seconds(s.lag()));
    out.put(",\"series\":").number(s.series()).put(",\"samples\":").number(s.samples());
    gaps(s.missing(), out.put(",\"missing\":"));
    gaps(s.open(), out.put(",\"open\":"));
    out.put(",\"error\":");
    if (s.error() == null) {
      out.put("null");
    } else {
      out.json(s.error());
    }
    EntityJson.texts(s.problems(), out.put(",\"problems\":"));
    out.put('}');
  }

  private static void gaps(List<TimeGap> all, TextBuffer out) {
    String separator = "[";
    for (TimeGap g : all) {
      out.put(separator).put("{\"from\":").put(seconds(g.from()));
      out.put(",\"to\":").put(seconds(g.to())).put(",\"reason\":").json(g.reason()).put('}');
      separator = ",";
    }
    out.put(all.isEmpty() ? "[]" : "]");
  }

  private static String seconds(long millis) {
    return millis % 1000 == 0
        ? Long.toString(millis / 1000)
        : String.format(Locale.ROOT, "%.3f", millis / 1000.0);
  }
}

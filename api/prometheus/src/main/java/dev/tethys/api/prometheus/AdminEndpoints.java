package dev.tethys.api.prometheus;

import dev.tethys.model.Matcher;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/** Endpoints that modify the entire store; disabled unless a flag enables them. */
final class AdminEndpoints {
  private static final System.Logger LOG = JulLogger.of(AdminEndpoints.class.getName());

  private final MetricStore store;
  private final StoreView view;
  private final ApiSettings settings;

  AdminEndpoints(MetricStore store, StoreView view, ApiSettings settings) {
    this.store = store;
    this.view = view;
    this.settings = settings;
  }

  void register(ApiRoutes routes) {
    routes
        .postOrPutOfServer("/admin/tsdb/delete_series", enabled(this::delete))
        .postOrPutOfServer("/admin/tsdb/clean_tombstones", enabled(this::clean))
        .postOrPutOfServer("/admin/tsdb/snapshot", enabled(this::snapshot));
  }

  private ApiCall.Endpoint enabled(ApiCall.Endpoint endpoint) {
    return settings.admin()
        ? endpoint
        : call -> {
          throw new ApiException(ErrorType.UNAVAILABLE, "admin APIs disabled");
        };
  }

  private void delete(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    if (p.all("match[]").isEmpty()) {
      throw ApiException.badData("no match[] parameter provided");
    }
    long start = p.time("start", Parameters.MIN_TIME);
    long end = p.time("end", Parameters.MAX_TIME);
    List<List<Matcher>> sets = new ArrayList<>();
    for (String s : p.all("match[]")) {
      try {
        sets.add(PromqlParser.parseMetricSelector(s));
      } catch (PromqlParseException e) {
        throw ApiException.invalidParameter("match[]", String.valueOf(e.getMessage()));
      }
    }
    store.delete(start, end, sets);
    LOG.log(
        Level.INFO,
        "Deletion of series accepted user=\"{0}\" match=\"{1}\" start_ms={2} end_ms={3}",
        call.origin().user(),
        String.join("\" match=\"", p.all("match[]")),
        Long.toString(start),
        Long.toString(end));
    call.nothing();
  }

  private void clean(ApiCall call) throws IOException {
    view.cleanTombstones();
    call.nothing();
  }

  private void snapshot(ApiCall call) throws IOException {
    boolean skipHead;
    try {
      skipHead =
          call.parameters()
              .bool(
                  "skip_head",
                  false,
                  "unable to parse boolean: strconv.ParseBool: parsing %s: invalid syntax");
    } catch (ApiException e) {
      throw ApiException.invalidParameter("skip_head", e.reason());
    }
    String name = view.snapshot(!skipHead);
    call.data(out -> out.raw("{\"name\":").string(name).put('}'));
  }
}

package dev.tethys.alert.manager.api;

import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.state.EventLog;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.config.Durations;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/tethys/history}: events of alerts. An Alertmanager inside a server has no history
 * API: there it is a time series.
 */
final class HistoryApi {
  /** Maximum number of entries in a response. */
  static final int MOST = 1_000;

  private static final Duration RANGE = Duration.ofDays(1);

  private final Alertmanager manager;

  HistoryApi(Alertmanager manager) {
    this.manager = manager;
  }

  /**
   * Returns the history of the alert in {@code ?fingerprint=} or of the alerts selected by {@code
   * ?filter=}.
   */
  void list(HttpRequest q, HttpResponse r) throws IOException {
    EventLog log = manager.history();
    if (log == null) {
      throw ApiError.plain(
          404,
          "no history is kept here: inside a server it is the time series tethys_alert_event;"
              + " else see --history.retention");
    }
    String fingerprint = q.query().first("fingerprint");
    Filters filters = Filters.read(q.query(), manager.options().syntax());
    Predicate<LabelSet> alerts =
        l ->
            (fingerprint == null || l.fingerprintText().equals(fingerprint))
                && Filters.selects(filters.labels(), l.map());
    Instant since = manager.clock().instant().minus(range(q.query().first("range")));
    List<EventLog.Entry> found = log.find(alerts, since, MOST);
    AlertmanagerApi.send(
        r,
        g -> {
          g.writeStartArray();
          for (EventLog.Entry e : found) {
            g.writeStartObject();
            g.writeStringProperty("at", ApiJson.time(e.at()));
            g.writeStringProperty("event", e.event());
            g.writeStringProperty("by", e.by());
            g.writeStringProperty("fingerprint", e.labels().fingerprintText());
            ApiJson.labels(g, "labels", e.labels());
            g.writeEndObject();
          }
          g.writeEndArray();
        });
  }

  private static Duration range(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return RANGE;
    }
    try {
      return Durations.parse(text);
    } catch (IllegalArgumentException e) {
      throw ApiError.plain(400, "range: " + e.getMessage());
    }
  }
}

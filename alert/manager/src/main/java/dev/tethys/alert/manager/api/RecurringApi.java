package dev.tethys.alert.manager.api;

import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.schedule.RecurringSilence;
import dev.tethys.alert.manager.schedule.RecurringSilences;
import dev.tethys.alert.manager.state.SharedRecords;
import dev.tethys.alert.manager.state.SilenceException;
import dev.tethys.config.ConfigException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** {@code /api/tethys/recurring-silences}: recurring silences. */
final class RecurringApi {
  /** Time range searched for the next occurrence. */
  private static final Duration AHEAD = Duration.ofDays(40);

  /** Number of occurrences in a preview. */
  private static final int PREVIEW = 5;

  private final Alertmanager manager;

  RecurringApi(Alertmanager manager) {
    this.manager = manager;
  }

  private static void writeSilence(JsonGenerator g, RecurringSilence s, Instant now) {
    g.writeStartObject();
    g.writeStringProperty("id", s.id());
    g.writeArrayPropertyStart("matchers");
    for (LabelMatcher m : s.matchers().all()) {
      ApiJson.matcher(g, m);
    }
    g.writeEndArray();
    g.writeStringProperty("schedule", s.schedule());
    time(g, "until", s.until());
    g.writeStringProperty("createdBy", s.createdBy());
    g.writeStringProperty("comment", s.comment());
    g.writeStringProperty("updatedAt", ApiJson.time(s.updatedAt()));
    RecurringSilence.Occurrence next = s.next(now, now.plus(AHEAD));
    if (next != null) {
      g.writeObjectPropertyStart("next");
      g.writeStringProperty("startsAt", ApiJson.time(next.start()));
      g.writeStringProperty("endsAt", ApiJson.time(next.end()));
      g.writeBooleanProperty("active", !next.start().isAfter(now));
      g.writeEndObject();
    }
    g.writeEndObject();
  }

  private static void time(JsonGenerator g, String name, @Nullable Instant t) {
    if (t != null) {
      g.writeStringProperty(name, ApiJson.time(t));
    }
  }

  void list(HttpRequest q, HttpResponse r) throws IOException {
    List<RecurringSilence> all = manager.recurringSilences().all();
    Instant now = manager.clock().instant();
    AlertmanagerApi.send(
        r,
        g -> {
          g.writeStartArray();
          all.forEach(s -> writeSilence(g, s, now));
          g.writeEndArray();
        });
  }

  void add(HttpRequest q, HttpResponse r) throws IOException {
    PostedJson.Recurring p = PostedJson.recurring(AlertmanagerApi.jsonBody(q), true);
    RecurringSilences all = manager.recurringSilences();
    RecurringSilence s;
    try {
      s =
          p.id().isEmpty()
              ? all.add(p.matchers(), p.schedule(), p.until(), p.createdBy(), p.comment())
              : all.replace(
                  p.id(), p.matchers(), p.schedule(), p.until(), p.createdBy(), p.comment());
    } catch (ConfigException e) {
      throw ApiError.plain(400, String.valueOf(e.getMessage()));
    } catch (SilenceException e) {
      throw ApiError.plain(400, e.problem());
    } catch (SharedRecords.FullException e) {
      throw ApiError.plain(400, "recurring silences: " + e.getMessage());
    } catch (IOException e) {
      throw ApiError.plain(500, "the silence could not be written to disk: " + e.getMessage());
    }
    if (s == null) {
      throw ApiError.plain(404, "unknown recurring silence " + p.id());
    }
    RecurringSilence made = s;
    AlertmanagerApi.send(r, g -> writeSilence(g, made, manager.clock().instant()));
  }

  /** Previews the occurrences of a recurring silence without creating it. */
  void preview(HttpRequest q, HttpResponse r) throws IOException {
    PostedJson.Recurring p = PostedJson.recurring(AlertmanagerApi.jsonBody(q), false);
    List<RecurringSilence.Occurrence> times;
    try {
      times = manager.recurringSilences().preview(p.matchers(), p.schedule(), p.until(), PREVIEW);
    } catch (ConfigException e) {
      throw ApiError.plain(400, String.valueOf(e.getMessage()));
    } catch (SilenceException e) {
      throw ApiError.plain(400, e.problem());
    }
    AlertmanagerApi.send(
        r,
        g -> {
          g.writeStartObject();
          g.writeArrayPropertyStart("times");
          for (RecurringSilence.Occurrence o : times) {
            g.writeStartObject();
            g.writeStringProperty("startsAt", ApiJson.time(o.start()));
            g.writeStringProperty("endsAt", ApiJson.time(o.end()));
            g.writeEndObject();
          }
          g.writeEndArray();
          g.writeEndObject();
        });
  }

  void withdraw(HttpRequest q, HttpResponse r) throws IOException {
    boolean found;
    try {
      found = manager.recurringSilences().withdraw(q.pathParam("id"));
    } catch (IOException e) {
      throw ApiError.plain(500, "the change could not be written to disk: " + e.getMessage());
    }
    r.status(found ? 200 : 404).send();
  }
}

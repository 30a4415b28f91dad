package dev.tethys.api.insight;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.insight.incidents.Incident;
import dev.tethys.insight.incidents.IncidentEntity;
import dev.tethys.insight.incidents.IncidentEvent;
import dev.tethys.insight.incidents.Incidents;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Incidents at {@code /api/v1/insight/incidents}: list, one with its timeline, notes and
 * acknowledgements. Answers have the envelope of {@link InsightApi}. The author of a note is the
 * authenticated user; without authentication the request names one.
 */
public final class IncidentApi {
  private static final String PATH = "/api/v1/insight/incidents";

  /** Bytes of an incident, an entity and an entry in a response and while it is built. */
  private static final long INCIDENT_BYTES = 6_000;

  private static final long ENTITY_BYTES = 500;
  private static final long EVENT_BYTES = 3_000;

  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  private final Supplier<@Nullable Incidents> incidents;
  private final Supplier<String> unavailable;
  private final LongSupplier millis;

  /**
   * @param incidents null until they are open
   * @param unavailable reason why they are not open
   * @param millis current time in Unix milliseconds
   */
  public IncidentApi(
      Supplier<@Nullable Incidents> incidents, Supplier<String> unavailable, LongSupplier millis) {
    this.incidents = incidents;
    this.unavailable = unavailable;
    this.millis = millis;
  }

  /** Adds the endpoints; must be called before the endpoints of Prometheus's API are added. */
  public void addTo(Routes routes) {
    routes.get(PATH, InsightAnswer.of(this::list));
    routes.get(PATH + "/{id}", InsightAnswer.of(this::get));
    routes.post(PATH + "/{id}/notes", InsightAnswer.of(this::addNote));
    routes.post(
        PATH + "/{id}/acknowledge", InsightAnswer.of((q, out) -> acknowledge(q, out, false)));
    routes.delete(
        PATH + "/{id}/acknowledge", InsightAnswer.of((q, out) -> acknowledge(q, out, true)));
  }

  private Incidents incidents(HttpRequest request) {
    InsightAnswer.checkTenant(request, "incidents");
    Incidents i = incidents.get();
    if (i == null) {
      throw new HttpException(503, unavailable.get());
    }
    return i;
  }

  private void list(HttpRequest request, TextBuffer out) {
    Incidents all = incidents(request);
    List<String> states = request.query().all("state");
    for (String s : states) {
      if (!List.of("open", "acknowledged", "ended").contains(s)) {
        throw new HttpException(
            400, "unknown state \"" + s + "\"; allowed: open, acknowledged, ended");
      }
    }
    long start = time(request, "start", Long.MIN_VALUE);
    long end = time(request, "end", Long.MAX_VALUE);
    String entity = request.query().first("entity", "");
    int limit = limit(request.query().first("limit", String.valueOf(DEFAULT_LIMIT)));
    List<Incident> found = new ArrayList<>();
    int matching = 0;
    for (Incident i : all.all()) {
      boolean overlaps = i.start() <= end && (i.end() == 0 || i.end() >= start);
      if (overlaps
          && (states.isEmpty() || states.contains(i.state().text()))
          && (entity.isEmpty() || i.concerns(entity))) {
        matching++;
        if (found.size() < limit) {
          found.add(i);
        }
      }
    }
    long entities = found.stream().mapToLong(i -> i.affected().size() + i.causes().size()).sum();
    request.reserve(found.size() * INCIDENT_BYTES + entities * ENTITY_BYTES);
    EntityJson.list(found, out.put("{\"incidents\":"), (i, to) -> incident(i, false, to));
    out.put(",\"matching\":").number(matching);
    EntityJson.texts(all.notices(), out.put(",\"notices\":"));
    out.put('}');
  }

  private static long time(HttpRequest request, String name, long otherwise) {
    String text = request.query().first(name, "");
    return text.isEmpty() ? otherwise : InsightApi.millis(name, text);
  }

  private static int limit(String text) {
    try {
      int n = Integer.parseInt(text);
      if (n >= 1 && n <= MAX_LIMIT) {
        return n;
      }
    } catch (NumberFormatException e) {
      // answered below
    }
    throw new HttpException(400, "limit \"" + text + "\" is not a number from 1 to " + MAX_LIMIT);
  }

  private void get(HttpRequest request, TextBuffer out) {
    write(incidents(request), request, out);
  }

  private static void write(Incidents all, HttpRequest request, TextBuffer out) {
    String id = request.pathParam("id");
    Incident i = all.get(id);
    if (i == null) {
      throw unknown(id);
    }
    request.reserve(
        INCIDENT_BYTES + i.affected().size() * ENTITY_BYTES + i.events().size() * EVENT_BYTES);
    incident(i, true, out);
  }

  private static HttpException unknown(String id) {
    return new HttpException(
        404, "there is no incident \"" + id + "\"; it may have exceeded the retention");
  }

  private void addNote(HttpRequest request, TextBuffer out) throws IOException {
    Incidents all = incidents(request);
    JsonNode body = JsonBody.read(request);
    String author = author(request, body);
    String text = JsonBody.text(body, "text").strip();
    if (text.isEmpty()) {
      throw new HttpException(
          400, "text is missing; a note has 1 to " + IncidentEvent.MAX_NOTE + " characters");
    }
    if (text.length() > IncidentEvent.MAX_NOTE) {
      throw new HttpException(
          400,
          "text has "
              + text.length()
              + " characters; at most "
              + IncidentEvent.MAX_NOTE
              + " are kept");
    }
    String id = request.pathParam("id");
    changed(() -> all.addNote(id, author, text, millis.getAsLong()) != null, id);
    write(all, request, out);
  }

  private void acknowledge(HttpRequest request, TextBuffer out, boolean withdraw)
      throws IOException {
    Incidents all = incidents(request);
    String author = author(request, JsonBody.read(request));
    String id = request.pathParam("id");
    changed(() -> all.acknowledge(id, author, withdraw, millis.getAsLong()), id);
    write(all, request, out);
  }

  /** Durable change. */
  private interface IncidentChange {
    /** Returns false if the incident does not exist. */
    boolean make() throws IOException;
  }

  private static void changed(IncidentChange c, String id) {
    try {
      if (!c.make()) {
        throw unknown(id);
      }
    } catch (IOException e) {
      throw new HttpException(503, "not written to disk: " + e.getMessage());
    } catch (IllegalStateException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    }
  }

  private static String author(HttpRequest request, JsonNode body) {
    String user = request.user();
    String author = user == null || user.isEmpty() ? JsonBody.text(body, "author").strip() : user;
    if (author.isEmpty() || author.length() > IncidentEvent.MAX_AUTHOR) {
      throw new HttpException(
          400, "author must have 1 to " + IncidentEvent.MAX_AUTHOR + " characters");
    }
    return author;
  }

  private static void incident(Incident i, boolean whole, TextBuffer out) {
    out.put("{\"id\":").json(i.id()).put(",\"state\":").json(i.state().text());
    out.put(",\"severity\":").json(i.critical() ? "critical" : "warning");
    out.put(",\"title\":").json(i.title()).put(",\"message\":").json(i.detail());
    entity(i.entity(), out.put(",\"entity\":"));
    out.put(",\"cause\":").json(i.cause()).put(",\"query\":").json(i.query());
    EntityJson.texts(i.causes(), out.put(",\"causes\":"));
    InspectionApi.seconds(i.start(), out.put(",\"start\":"));
    InspectionApi.seconds(i.lastSeen(), out.put(",\"lastSeen\":"));
    optional(i.end(), out.put(",\"end\":"));
    out.put(",\"acknowledgedBy\":").json(i.acknowledgedBy());
    optional(i.acknowledgedAt(), out.put(",\"acknowledgedAt\":"));
    EntityJson.list(i.affected(), out.put(",\"affected\":"), IncidentApi::entity);
    InspectionApi.number(i.requestRate(), out.put(",\"requestRate\":"));
    InspectionApi.number(i.peakRate(), out.put(",\"peakRate\":"));
    InspectionApi.number(i.requests(), out.put(",\"requests\":"));
    out.put(",\"continuedIn\":").json(i.continuedIn());
    long notes = i.events().stream().filter(e -> e.kind() == IncidentEvent.Kind.NOTE).count();
    out.put(",\"notes\":").number(notes);
    if (whole) {
      EntityJson.list(i.events(), out.put(",\"timeline\":"), IncidentApi::event);
      out.put(",\"omitted\":").number(i.omitted());
    }
    out.put('}');
  }

  private static void event(IncidentEvent e, TextBuffer out) {
    InspectionApi.seconds(e.time(), out.put("{\"time\":"));
    out.put(",\"kind\":").json(e.kind().text()).put(",\"title\":").json(e.title());
    out.put(",\"text\":").json(e.detail()).put(",\"by\":").json(e.by());
    out.put(",\"entity\":").json(e.entity()).put(",\"query\":").json(e.query()).put('}');
  }

  private static void entity(IncidentEntity e, TextBuffer out) {
    out.put("{\"id\":").json(e.id()).put(",\"kind\":").json(e.kind());
    out.put(",\"name\":").json(e.name()).put('}');
  }

  private static void optional(long millis, TextBuffer out) {
    if (millis > 0) {
      InspectionApi.seconds(millis, out);
    } else {
      out.put("null");
    }
  }
}

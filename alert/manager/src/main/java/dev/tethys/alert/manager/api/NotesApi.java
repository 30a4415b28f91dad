package dev.tethys.alert.manager.api;

import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.state.AlertNote;
import dev.tethys.alert.manager.state.AlertNotes;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.SharedRecords;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** {@code /api/tethys/notes}: notes and acknowledgements of alerts. */
final class NotesApi {
  private final Alertmanager manager;

  NotesApi(Alertmanager manager) {
    this.manager = manager;
  }

  static void note(JsonGenerator g, AlertNote n) {
    g.writeStartObject();
    g.writeStringProperty("id", n.id());
    g.writeStringProperty("fingerprint", n.labels().fingerprintText());
    ApiJson.labels(g, "labels", n.labels());
    g.writeStringProperty("author", n.author());
    g.writeStringProperty("text", n.text());
    g.writeStringProperty("at", ApiJson.time(n.at()));
    g.writeBooleanProperty("acknowledges", n.acknowledges());
    Instant until = n.until();
    if (until != null) {
      g.writeStringProperty("until", ApiJson.time(until));
    }
    g.writeEndObject();
  }

  /** Lists all notes, or those on the alert given by {@code ?fingerprint=}. */
  void list(HttpRequest q, HttpResponse r) throws IOException {
    String fingerprint = q.query().first("fingerprint");
    List<AlertNote> notes =
        manager.notes().all().stream()
            .filter(n -> fingerprint == null || n.labels().fingerprintText().equals(fingerprint))
            .toList();
    AlertmanagerApi.send(
        r,
        g -> {
          g.writeStartArray();
          notes.forEach(n -> note(g, n));
          g.writeEndArray();
        });
  }

  void add(HttpRequest q, HttpResponse r) throws IOException {
    PostedJson.Note p = PostedJson.note(AlertmanagerApi.jsonBody(q));
    LabelSet labels =
        p.labels() != null ? LabelSet.of(p.labels()) : TraceApi.named(manager, p.fingerprint());
    if (labels.isEmpty()) {
      throw ApiError.plain(400, "labels: expected at least one");
    }
    if (p.author().isEmpty()) {
      throw ApiError.plain(400, "author is required");
    }
    if (p.text().isEmpty() && !p.acknowledges()) {
      throw ApiError.plain(400, "text is required for a note without an acknowledgement");
    }
    if (p.text().length() + p.author().length() > AlertNotes.MAX_TEXT) {
      throw ApiError.plain(400, "text: at most " + AlertNotes.MAX_TEXT + " characters are kept");
    }
    Instant until = p.until();
    if (until != null && !p.acknowledges()) {
      throw ApiError.plain(400, "until is only valid with an acknowledgement");
    }
    if (until != null && !until.isAfter(manager.clock().instant())) {
      throw ApiError.plain(400, "until is in the past");
    }
    try {
      AlertNote n = manager.note(labels, p.author(), p.text(), p.acknowledges(), until);
      AlertmanagerApi.send(r, g -> note(g, n));
    } catch (SharedRecords.FullException e) {
      throw ApiError.plain(400, "notes: " + e.getMessage());
    } catch (IOException e) {
      throw ApiError.plain(500, "the note could not be written to disk: " + e.getMessage());
    }
  }

  void withdraw(HttpRequest q, HttpResponse r) throws IOException {
    boolean found;
    try {
      found = manager.notes().withdraw(q.pathParam("id"));
    } catch (IOException e) {
      throw ApiError.plain(500, "the change could not be written to disk: " + e.getMessage());
    }
    r.status(found ? 200 : 404).send();
  }
}

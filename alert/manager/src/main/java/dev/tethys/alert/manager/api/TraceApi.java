package dev.tethys.alert.manager.api;

import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.dispatch.AlertDispatcher;
import dev.tethys.alert.manager.dispatch.FlushResult;
import dev.tethys.alert.manager.dispatch.Inhibitor;
import dev.tethys.alert.manager.dispatch.RoutingTrace;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.AlertNote;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.NotificationLog;
import dev.tethys.alert.manager.state.Silence;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** {@code /api/tethys/trace}: why an alert does, or does not, notify. */
final class TraceApi {
  private final Alertmanager manager;

  TraceApi(Alertmanager manager) {
    this.manager = manager;
  }

  /** Returns the labels of the alert that {@code ?fingerprint=} names. */
  static LabelSet named(Alertmanager manager, @Nullable String fingerprint) {
    if (fingerprint == null || fingerprint.isEmpty()) {
      throw ApiError.plain(400, "fingerprint is required: 16 hexadecimal digits of an alert");
    }
    for (Alert a : manager.alerts().all()) {
      if (a.labels().fingerprintText().equals(fingerprint)) {
        return a.labels();
      }
    }
    throw ApiError.plain(
        404, "there is no alert " + fingerprint + " now; its labels can be posted instead");
  }

  void ofAlert(HttpRequest q, HttpResponse r) throws IOException {
    answer(named(manager, q.query().first("fingerprint")), r);
  }

  void ofLabels(HttpRequest q, HttpResponse r) throws IOException {
    answer(LabelSet.of(PostedJson.labels(AlertmanagerApi.jsonBody(q))), r);
  }

  private void answer(LabelSet labels, HttpResponse r) throws IOException {
    RoutingTrace t = manager.trace(labels);
    AlertmanagerApi.send(r, g -> trace(g, t));
  }

  private void trace(JsonGenerator g, RoutingTrace t) {
    g.writeStartObject();
    g.writeStringProperty("at", ApiJson.time(t.at()));
    ApiJson.labels(g, "labels", t.labels());
    g.writeStringProperty("fingerprint", t.labels().fingerprintText());
    Alert a = t.alert();
    if (a != null) {
      g.writeObjectPropertyStart("alert");
      g.writeStringProperty("startsAt", ApiJson.time(a.startsAt()));
      time(g, "endsAt", a.endsAt());
      g.writeStringProperty("updatedAt", ApiJson.time(a.updatedAt()));
      g.writeStringProperty("status", a.isResolvedAt(t.at()) ? "resolved" : "firing");
      ApiJson.labels(g, "annotations", a.annotations());
      g.writeEndObject();
    }
    g.writeArrayPropertyStart("steps");
    t.steps().forEach(s -> RoutingApi.step(g, s));
    g.writeEndArray();
    inhibition(g, t.inhibition());
    AlertNote ack = t.acknowledgement();
    if (ack != null) {
      g.writeName("acknowledgement");
      NotesApi.note(g, ack);
    }
    g.writeArrayPropertyStart("routes");
    t.branches().forEach(b -> branch(g, b));
    g.writeEndArray();
    g.writeEndObject();
  }

  private static void time(JsonGenerator g, String name, @Nullable Instant t) {
    if (t != null) {
      g.writeStringProperty(name, ApiJson.time(t));
    }
  }

  private static void inhibition(JsonGenerator g, Inhibitor.@Nullable Inhibition i) {
    if (i == null) {
      return;
    }
    g.writeObjectPropertyStart("inhibition");
    g.writeStringProperty("rule", i.rule());
    ApiJson.names(g, "equal", i.equal());
    g.writeStringProperty("fingerprint", i.source().labels().fingerprintText());
    ApiJson.labels(g, "labels", i.source().labels());
    g.writeEndObject();
  }

  private void branch(JsonGenerator g, RoutingTrace.Branch b) {
    AlertDispatcher.GroupState group = b.group();
    g.writeStartObject();
    g.writeNumberProperty("id", b.id());
    g.writeStringProperty("where", group.route().where());
    g.writeStringProperty("receiver", group.route().receiver());
    g.writeStringProperty("outcome", b.outcome().text());
    g.writeStringProperty("because", b.because());
    g.writeStringProperty("groupKey", group.key());
    ApiJson.labels(g, "group", group.labels());
    g.writeNumberProperty("alertsInGroup", group.alerts().size());
    time(g, "nextLook", group.next());
    FlushResult last = group.last();
    time(g, "lastLook", last == null ? null : last.at());
    g.writeArrayPropertyStart("timeIntervals");
    for (RoutingTrace.Interval i : b.intervals()) {
      g.writeStartObject();
      g.writeStringProperty("name", i.name());
      g.writeStringProperty("kind", i.active() ? "active" : "mute");
      g.writeBooleanProperty("holds", i.holds());
      g.writeEndObject();
    }
    g.writeEndArray();
    g.writeArrayPropertyStart("silences");
    for (String id : b.silencedBy()) {
      Silence s = manager.silences().get(id);
      if (s != null) {
        ApiJson.silence(g, s, manager.clock().instant());
      }
    }
    g.writeEndArray();
    g.writeArrayPropertyStart("integrations");
    b.notified().forEach(t -> writeNotified(g, t));
    g.writeEndArray();
    g.writeEndObject();
  }

  private static void writeNotified(JsonGenerator g, RoutingTrace.Notified t) {
    g.writeStartObject();
    g.writeStringProperty("integration", t.integration());
    g.writeBooleanProperty("sendResolved", t.sendResolved());
    NotificationLog.Entry last = t.last();
    time(g, "lastSent", last == null ? null : last.at());
    if (last != null) {
      g.writeNumberProperty("lastFiring", last.firing().size());
      g.writeNumberProperty("lastResolved", last.resolved().size());
    }
    g.writeBooleanProperty("toldOfThis", t.knows());
    g.writeStringProperty("reason", t.reason());
    time(g, "repeatDue", t.repeatDue());
    attempt(g, "lastLook", t.attempt());
    attempt(g, "lastFailure", t.failure());
    g.writeEndObject();
  }

  private static void attempt(JsonGenerator g, String name, FlushResult.@Nullable Attempt a) {
    if (a == null) {
      return;
    }
    g.writeObjectPropertyStart(name);
    g.writeStringProperty("at", ApiJson.time(a.at()));
    g.writeStringProperty("result", a.result().text());
    g.writeStringProperty("detail", a.detail());
    g.writeEndObject();
  }
}

package dev.tethys.control.automation;

import dev.tethys.control.mdai.HubEvent;
import dev.tethys.control.text.Texts;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Alert of a message of Alertmanager's webhook, version 4.
 *
 * @param status {@code firing} or {@code resolved}
 * @param changed time of the last change: the start, or the end when it is resolved
 */
public record Alert(
    String status,
    Map<String, String> labels,
    Map<String, String> annotations,
    String changed,
    String fingerprint) {
  private static final int MAX_ALERTS = 10_000;

  /**
   * Represents an event other than an alert as an alert.
   *
   * @param of object whose event it is, so that events of different objects differ
   */
  public static Alert ofEvent(
      String name,
      String of,
      boolean fires,
      Map<String, String> labels,
      Map<String, String> annotations,
      long millis) {
    Map<String, String> all = new TreeMap<>(labels);
    all.put("alertname", name);
    return new Alert(
        fires ? "firing" : "resolved",
        all,
        annotations,
        Instant.ofEpochMilli(millis).toString(),
        fingerprint(name, of));
  }

  /** Returns the fingerprint of an event other than an alert. */
  static String fingerprint(String name, String of) {
    return Texts.sha256(name + "\n" + of).substring(0, 16);
  }

  /** Returns the value of the label {@code alertname}. */
  String name() {
    return labels.getOrDefault("alertname", "");
  }

  /** Returns the time of {@link #changed}. */
  Instant changedAt() {
    return Instant.parse(changed);
  }

  /**
   * Converts the alert to an event in MDAI's format. Its name is the annotation {@code alert_name},
   * as set by MDAI's Prometheus rules, or else the label.
   */
  HubEvent event(String id, String correlationId) {
    ObjectNode payload = JsonMapper.shared().createObjectNode();
    ObjectNode l = payload.putObject("labels");
    labels.forEach(l::put);
    ObjectNode a = payload.putObject("annotations");
    annotations.forEach(a::put);
    payload.put("status", status).put("value", annotations.getOrDefault("current_value", ""));
    String alert = annotations.getOrDefault("alert_name", name());
    return new HubEvent(
        id,
        alert + "." + status,
        changed,
        payload.toString(),
        HubEvent.OF_ALERTS,
        fingerprint,
        correlationId,
        annotations.getOrDefault("hub_name", ""),
        0,
        new HubEvent.Subject(false, alert, status));
  }

  boolean isFiring() {
    return status.equals("firing");
  }

  /**
   * Reads a message. Members that are unknown are omitted: later versions may add some.
   *
   * @throws IllegalArgumentException if it is not a message of the webhook
   */
  public static List<Alert> read(byte[] json) {
    JsonNode n;
    try {
      n = JsonMapper.shared().readTree(json);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("the body is not JSON: " + e.getOriginalMessage(), e);
    }
    JsonNode list = n.path("alerts");
    if (!list.isArray()) {
      throw new IllegalArgumentException(
          "the body is not a message of Alertmanager's webhook: \"alerts\" is not a list");
    }
    if (list.size() > MAX_ALERTS) {
      throw new IllegalArgumentException(
          "the message has " + list.size() + " alerts; at most " + MAX_ALERTS);
    }
    List<Alert> out = new ArrayList<>();
    for (JsonNode a : list) {
      String at = "alerts[" + out.size() + "].";
      String status = a.path("status").asString("");
      if (!status.equals("firing") && !status.equals("resolved")) {
        throw new IllegalArgumentException(
            at + "status is \"" + Texts.shortened(status, 80) + "\", not firing or resolved");
      }
      String fingerprint = a.path("fingerprint").asString("");
      if (fingerprint.isEmpty()) {
        throw new IllegalArgumentException(at + "fingerprint is missing");
      }
      if (EventNames.isEvent(a.path("labels").path("alertname").asString(""))) {
        throw new IllegalArgumentException(
            at + "labels.alertname is the name of an event of the control plane");
      }
      String key = status.equals("firing") ? "startsAt" : "endsAt";
      out.add(
          new Alert(
              status,
              texts(a.path("labels")),
              texts(a.path("annotations")),
              time(at + key, a.path(key).asString("")),
              fingerprint));
    }
    return out;
  }

  private static String time(String at, String text) {
    try {
      return OffsetDateTime.parse(text).toInstant().toString();
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          at + " is \"" + Texts.shortened(text, 80) + "\", not an RFC 3339 time", e);
    }
  }

  private static Map<String, String> texts(JsonNode n) {
    Map<String, String> out = new TreeMap<>();
    n.properties().forEach(e -> out.put(e.getKey(), e.getValue().asString("")));
    return out;
  }
}

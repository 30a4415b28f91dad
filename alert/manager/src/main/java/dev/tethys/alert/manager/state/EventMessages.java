package dev.tethys.alert.manager.state;

import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.recorder.EventFields;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** Alerts, matchers and silences as the messages of recorded events. */
public final class EventMessages {
  /** Go's zero time: the alert has no end. */
  private static final Instant NO_TIME = Instant.parse("0001-01-01T00:00:00Z");

  private EventMessages() {}

  /** Encodes a {@code LabelSet} message. */
  public static Consumer<EventFields> labels(Map<String, String> labels) {
    return f ->
        f.messages(
            1,
            "labels",
            List.copyOf(labels.entrySet()),
            (pair, e) -> {
              pair.text(1, "key", e.getKey());
              pair.text(2, "value", e.getValue());
            });
  }

  /** Encodes an {@code Alert} message with the state at a given time. */
  public static Consumer<EventFields> alert(Alert a, Instant at) {
    return f -> {
      f.unsigned(1, "fingerprint", a.labels().fingerprint());
      f.text(2, "name", a.name());
      f.message(3, "labels", labels(a.labels().map()));
      f.message(4, "annotations", labels(a.annotations().map()));
      f.time(5, "startsAt", a.startsAt());
      f.time(6, "endsAt", Objects.requireNonNullElse(a.endsAt(), NO_TIME));
      f.flag(7, "resolved", a.isResolvedAt(at));
    };
  }

  /** Encodes the fields of {@code Matcher} messages in a list. */
  public static void matchers(EventFields f, int number, String name, LabelMatchers all) {
    f.messages(number, name, all.all(), EventMessages::matcher);
  }

  private static void matcher(EventFields f, LabelMatcher m) {
    switch (m.type()) {
      case EQUAL -> f.symbol(1, "type", 1, "TYPE_EQUAL");
      case REGEX -> f.symbol(1, "type", 2, "TYPE_REGEXP");
      case NOT_EQUAL -> f.symbol(1, "type", 3, "TYPE_NOT_EQUAL");
      case NOT_REGEX -> f.symbol(1, "type", 4, "TYPE_NOT_REGEXP");
    }
    f.text(2, "name", m.name());
    f.text(3, "pattern", m.value());
    f.text(4, "rendered", m.toString());
  }

  /** Encodes a {@code Silence} message. */
  public static Consumer<EventFields> silence(Silence s) {
    return f -> {
      f.text(1, "id", s.id());
      matchers(f, 2, "matchers", s.matchers());
      if (!s.annotations().isEmpty()) {
        f.message(3, "annotations", labels(s.annotations()));
      }
      f.time(4, "startsAt", s.startsAt());
      f.time(5, "endsAt", s.endsAt());
      f.time(6, "updatedAt", s.updatedAt());
      f.text(7, "createdBy", s.createdBy());
      f.text(8, "comment", s.comment());
      f.messages(9, "matcherSets", s.sets(), (set, all) -> matchers(set, 1, "matchers", all));
    };
  }

  /** Encodes a {@code MutedAlert} message. */
  public static Consumer<EventFields> muted(LabelSet labels) {
    return f -> {
      f.message(1, "labels", labels(labels.map()));
      f.unsigned(2, "fingerprint", labels.fingerprint());
    };
  }
}

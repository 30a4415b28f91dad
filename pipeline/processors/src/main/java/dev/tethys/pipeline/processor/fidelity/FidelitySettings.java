package dev.tethys.pipeline.processor.fidelity;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Settings of the {@code fidelity} processor.
 *
 * @param check name; the points of one name are compared
 * @param sent whether items are sampled at this point; otherwise they are compared here
 * @param sample share of items
 * @param correlation attribute that identifies an item; "" for its ids, or its time and body
 * @param timeout time after which an undelivered item counts as missing
 * @param required whether an attribute must have the same value, or must only be present
 */
public record FidelitySettings(
    String check,
    boolean sent,
    double sample,
    String correlation,
    Duration timeout,
    Map<String, Boolean> required,
    Set<String> ignored) {
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final double MIN_SAMPLE = 1e-6;
  private static final int MAX_REQUIRED = 100;

  private static final Section SECTION =
      new Section("fidelity", "Compares a sample of items between two points of pipelines.");
  private static final Key<String> CHECK =
      SECTION.required("check", Type.STRING, "Name; the two points of one name are compared.");
  private static final Key<String> POINT =
      SECTION.required(
          "point",
          Type.oneOf("point", List.of("sent", "delivered")),
          "sent before the processors, or delivered before the exporter.");
  private static final Key<Double> SAMPLE =
      SECTION.key("sample", Type.FLOAT, 0.01, "Share of items; of the point sent.");
  private static final Key<String> CORRELATION =
      SECTION.key(
          "correlation",
          Type.STRING,
          "",
          "Attribute that identifies an item; by default ids of spans, and ids, time and body of"
              + " log records; of the point sent.");
  private static final Key<Duration> TIMEOUT =
      SECTION.key(
          "timeout",
          Type.DURATION,
          Duration.ofSeconds(30),
          "Time after which an item that was not delivered is missing; of the point sent.");
  private static final Key<Map<String, String>> REQUIRED =
      SECTION.key(
          "required",
          Type.map(Type.oneOf("rule", List.of("value", "presence_only"))),
          Map.of(),
          "Attributes that must have the same value (value) or must be present (presence_only); "
              + "set at the point sent.");
  private static final Key<List<String>> IGNORED =
      SECTION.key(
          "ignored_attributes",
          Type.list(Type.STRING),
          List.of(),
          "Attributes that are not compared; of the point sent.");

  static final Type<FidelitySettings> TYPE = SECTION.type(FidelitySettings::read);

  private static FidelitySettings read(YamlObject o) {
    boolean sent = o.get(POINT).equals("sent");
    if (!sent) {
      for (Key<?> k : List.of(SAMPLE, CORRELATION, TIMEOUT, REQUIRED, IGNORED)) {
        if (o.has(k)) {
          throw o.error(k, "is a key of the point sent; write it there");
        }
      }
    }
    if (o.get(CHECK).isEmpty() || o.get(CHECK).length() > 100) {
      throw o.error(CHECK, "must have 1 to 100 characters");
    }
    double sample = o.get(SAMPLE);
    if (!(sample >= MIN_SAMPLE && sample <= 1)) {
      throw o.error(SAMPLE, "must be from 0.000001 to 1, not " + sample);
    }
    Duration timeout = o.get(TIMEOUT);
    if (timeout.compareTo(Duration.ofSeconds(1)) < 0 || timeout.compareTo(LONGEST) > 0) {
      throw o.error(TIMEOUT, "must be from 1s to 1h");
    }
    Map<String, String> required = o.get(REQUIRED);
    if (required.size() > MAX_REQUIRED) {
      throw o.error(REQUIRED, "has " + required.size() + " entries; at most " + MAX_REQUIRED);
    }
    Map<String, Boolean> byValue = new java.util.TreeMap<>();
    required.forEach((k, v) -> byValue.put(k, v.equals("value")));
    return new FidelitySettings(
        o.get(CHECK),
        sent,
        sample,
        o.get(CORRELATION),
        timeout,
        java.util.Collections.unmodifiableMap(byValue),
        Set.copyOf(o.get(IGNORED)));
  }
}

package dev.tethys.pipeline.processor.dedup;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** First of several equal log records, with their count. Not thread-safe. */
final class HeldLogs {
  /** RFC 3339, in seconds, as the Collector writes it. */
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssXXX");

  /** Approximate overhead of a record in addition to its strings. */
  private static final long EACH = 500;

  private record ResourceKey(Attributes attributes) {}

  private record ScopeKey(String name, String version, Attributes attributes) {}

  private static final class Counted {
    final LogRecord record;
    final long firstMillis;
    long lastMillis;
    long count = 1;

    Counted(LogRecord record, long millis) {
      this.record = record;
      firstMillis = millis;
      lastMillis = millis;
    }
  }

  private static final class HeldScope {
    final ScopeGroup<LogRecord> group = new ScopeGroup<>();
    final Map<Attributes, Counted> records = new LinkedHashMap<>();
  }

  private static final class HeldResource {
    final ResourceGroup<LogRecord> group = new ResourceGroup<>();
    final Map<ScopeKey, HeldScope> scopes = new LinkedHashMap<>();
  }

  private final List<FieldPath> included;
  private final Map<ResourceKey, HeldResource> resources = new LinkedHashMap<>();
  private long weight;

  HeldLogs(List<FieldPath> included) {
    this.included = included;
  }

  boolean isEmpty() {
    return resources.isEmpty();
  }

  /** Returns the approximate number of held bytes. */
  long weight() {
    return weight;
  }

  /**
   * Counts a record with an equal held one; returns false if there is none.
   *
   * @param key key returned by {@link #key}
   */
  boolean count(ResourceGroup<LogRecord> r, ScopeGroup<LogRecord> s, Attributes key, long millis) {
    HeldResource resource = resources.get(new ResourceKey(r.resource().attributes()));
    HeldScope scope = resource == null ? null : resource.scopes.get(key(s));
    Counted known = scope == null ? null : scope.records.get(key);
    if (known == null) {
      return false;
    }
    known.count++;
    known.lastMillis = millis;
    return true;
  }

  /** Holds a record without an equal one. */
  void hold(
      ResourceGroup<LogRecord> r,
      ScopeGroup<LogRecord> s,
      LogRecord record,
      Attributes key,
      long millis) {
    HeldResource resource =
        resources.computeIfAbsent(
            new ResourceKey(r.resource().attributes().copy()),
            k -> {
              HeldResource made = new HeldResource();
              made.group.setResource(r.resource().copy());
              made.group.setSchemaUrl(r.schemaUrl());
              weight += EACH + weigh(k.attributes());
              return made;
            });
    HeldScope scope = resource.scopes.get(key(s));
    if (scope == null) {
      scope = new HeldScope();
      scope.group.setScope(s.scope().copy());
      scope.group.setSchemaUrl(s.schemaUrl());
      resource.scopes.put(key(scope.group), scope);
      weight += EACH + weigh(s.scope().attributes());
    }
    scope.records.put(key, new Counted(record, millis));
    weight += weigh(record, key);
  }

  private static ScopeKey key(ScopeGroup<LogRecord> s) {
    return new ScopeKey(s.scope().name(), s.scope().version(), s.scope().attributes());
  }

  /** Key that distinguishes a record: its included fields, or else the entire record. */
  Attributes key(LogRecord record) {
    Attributes key = new Attributes();
    boolean found = false;
    for (int i = 0; i < included.size(); i++) {
      found |= included.get(i).copy(record, Integer.toString(i), key);
    }
    if (!found) {
      key.put("attributes", record.attributes());
      key.put("body", record.body());
      key.put("severity_number", (long) record.severityNumber());
      key.put("severity_text", record.severityText());
    }
    return key.copy();
  }

  /** Approximate size of a record with its key in bytes. */
  static long weigh(LogRecord record, Attributes key) {
    return EACH + weigh(record.attributes()) + weigh(record.body()) + weigh(key);
  }

  private static long weigh(@Nullable Object value) {
    return switch (value) {
      case null -> 0;
      case String s -> 48 + 2L * s.length();
      case byte[] b -> 24 + b.length;
      case Attributes a -> {
        long[] sum = {48};
        a.forEach((k, v) -> sum[0] += 64 + 2L * k.length() + weigh(v));
        yield sum[0];
      }
      case ArrayValue a -> {
        long sum = 48;
        for (int i = 0; i < a.size(); i++) {
          sum += weigh(a.get(i));
        }
        yield sum;
      }
      default -> 24;
    };
  }

  /**
   * Removes all records, each with its count and times.
   *
   * @param counts called with the count of each record
   */
  LogsData take(String countAttribute, ZoneId zone, long nowMillis, LongConsumer counts) {
    LogsData data = new LogsData();
    DateTimeFormatter format = TIME.withZone(zone);
    for (HeldResource r : resources.values()) {
      for (HeldScope s : r.scopes.values()) {
        for (Counted c : s.records.values()) {
          LogRecord l = c.record;
          l.setTimeUnixNano(nowMillis * 1_000_000);
          l.setObservedTimeUnixNano(c.firstMillis * 1_000_000);
          l.attributes().put(countAttribute, c.count);
          l.attributes()
              .put("first_observed_timestamp", format.format(Instant.ofEpochMilli(c.firstMillis)));
          l.attributes()
              .put("last_observed_timestamp", format.format(Instant.ofEpochMilli(c.lastMillis)));
          s.group.items().add(l);
          counts.accept(c.count);
        }
        r.group.scopes().add(s.group);
      }
      data.resources().add(r.group);
    }
    resources.clear();
    weight = 0;
    return data;
  }
}

package dev.tethys.pipeline.operators;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Operators with entries written as JSON on both sides. */
final class Rig implements OperatorReport {
  final List<String> out = new ArrayList<>();
  final List<String> failures = new ArrayList<>();
  final List<String> dropped = new ArrayList<>();
  final AtomicInteger settled = new AtomicInteger();
  final OperatorChain chain;
  int given;

  Rig(String yaml) {
    chain =
        OperatorChain.of(
            configs(yaml),
            e -> {
              out.add(json(e));
              e.settle();
            },
            this);
  }

  static List<OperatorConfig> configs(String yaml) {
    YamlDocument d = YamlDocument.parse("test.yaml", null, yaml);
    List<OperatorConfig> all = OperatorConfig.LIST.read(d.root());
    d.refuseNotBuilt();
    return all;
  }

  /** Adds an entry with the body, attributes and resource of a JSON object. */
  void give(String json) throws InterruptedException {
    Attributes a = (Attributes) JsonValues.read(json);
    LogRecord r = new LogRecord();
    r.setBody(a == null ? null : a.get("body"));
    if (a != null && a.get("attributes") instanceof Attributes x) {
      r.attributes().putAll(x);
    }
    Attributes resource =
        a != null && a.get("resource") instanceof Attributes x ? x : new Attributes();
    given++;
    chain.accept(new Entry(r, resource, settled::incrementAndGet));
  }

  /** An entry of a text. */
  void text(String body) throws InterruptedException {
    given++;
    LogRecord r = new LogRecord();
    r.setBody(body);
    chain.accept(new Entry(r, new Attributes(), settled::incrementAndGet));
  }

  private static String json(Entry e) {
    Attributes a = new Attributes();
    LogRecord r = e.record();
    put(a, "body", r.body());
    put(a, "attributes", r.attributes());
    put(a, "resource", e.resource());
    put(a, "severity", (long) r.severityNumber());
    put(a, "text", r.severityText());
    put(a, "time", r.timeUnixNano());
    put(a, "trace", r.traceIdHigh());
    put(a, "span", r.spanId());
    put(a, "flags", (long) r.flags());
    put(a, "scope", e.scope());
    return JsonValues.write(a);
  }

  private static void put(Attributes to, String key, @org.jspecify.annotations.Nullable Object v) {
    boolean empty =
        v == null || v.equals(0L) || v.equals("") || v instanceof Attributes a && a.isEmpty();
    if (!empty) {
      to.put(key, v);
    }
  }

  @Override
  public void failed(String operator, String reason, boolean quiet) {
    failures.add(operator + (quiet ? " quietly: " : ": ") + reason);
  }

  @Override
  public void dropped(String operator) {
    dropped.add(operator);
  }
}

package dev.tethys.insight.objectives.file;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.insight.objectives.BurnPolicy;
import dev.tethys.insight.objectives.ErrorRatio;
import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.ObjectiveAlert;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads files of Sloth, {@code version: prometheus/v1}. Unknown keys are errors, unlike in Sloth.
 */
final class SlothReader {
  static final String VERSION = "prometheus/v1";

  /** Window of all objectives: the files do not set it. */
  static final Duration WINDOW = Duration.ofDays(30);

  private static final Type<Map<String, String>> TEXTS =
      Type.map(Type.of("string", "", YamlNode::asString));

  private static final Section ALERT = new Section("alert", "Alert of one severity.");
  private static final Key<Boolean> DISABLE =
      ALERT.key("disable", Type.BOOL, false, "Omits the alert.");
  private static final Key<Map<String, String>> ALERT_LABELS =
      ALERT.key("labels", TEXTS, Map.of(), "Labels.");
  private static final Key<Map<String, String>> ALERT_ANNOTATIONS =
      ALERT.key("annotations", TEXTS, Map.of(), "Annotations.");
  private static final Type<YamlObject> ALERT_OBJECT = ALERT.type(o -> o);

  private static final Section ALERTING = new Section("alerting", "Alerts of an objective.");
  private static final Key<String> ALERT_NAME =
      ALERTING.key("name", Type.STRING, "", "Name of the alerts.");
  private static final Key<Map<String, String>> LABELS_OF_ALL =
      ALERTING.key("labels", TEXTS, Map.of(), "Labels of both.");
  private static final Key<Map<String, String>> ANNOTATIONS_OF_ALL =
      ALERTING.key("annotations", TEXTS, Map.of(), "Annotations of both.");
  private static final Key<YamlObject> PAGE =
      ALERTING.optional("page_alert", ALERT_OBJECT, "Critical alert.");
  private static final Key<YamlObject> TICKET =
      ALERTING.optional("ticket_alert", ALERT_OBJECT, "Warning alert.");
  private static final Type<YamlObject> ALERTING_OBJECT = ALERTING.type(o -> o);

  private static final Section EVENTS = new Section("events", "Failed and all events.");
  private static final Key<YamlNode> ERROR_QUERY =
      EVENTS.required("error_query", Type.ANY, "Failed events.");
  private static final Key<YamlNode> TOTAL_QUERY =
      EVENTS.required("total_query", Type.ANY, "All events.");

  private static final Section RAW = new Section("raw", "Computed ratio.");
  private static final Key<YamlNode> RATIO_QUERY =
      RAW.required("error_ratio_query", Type.ANY, "Ratio of failed events, 0 to 1.");

  private static final Section SLI = new Section("sli", "Indicator.");
  private static final Key<YamlObject> SLI_EVENTS =
      SLI.optional("events", EVENTS.type(o -> o), "Failed and all events.");
  private static final Key<YamlObject> SLI_RAW =
      SLI.optional("raw", RAW.type(o -> o), "Computed ratio.");

  static {
    SLI.notBuilt("plugin", "write the query of the plugin as events or raw");
  }

  private static final Section SLO = new Section("slo", "Objective.");
  private static final Key<String> NAME = SLO.required("name", Type.STRING, "Name.");
  private static final Key<String> DESCRIPTION =
      SLO.key("description", Type.STRING, "", "Text for people.");
  private static final Key<Double> OBJECTIVE =
      SLO.required("objective", Type.FLOAT, "Target in percent.");
  private static final Key<Map<String, String>> SLO_LABELS =
      SLO.key("labels", TEXTS, Map.of(), "Labels of its rules.");
  private static final Key<YamlObject> SLO_SLI =
      SLO.required("sli", SLI.type(o -> o), "Indicator.");
  private static final Key<YamlObject> SLO_ALERTING =
      SLO.optional("alerting", ALERTING_OBJECT, "Alerts.");

  static {
    SLO.notBuilt("plugins", "plugins of Sloth are programs in Go");
  }

  private static final Section FILE = new Section("file of Sloth", "Objectives of a service.");

  @SuppressWarnings("unused") // the format was found by it
  private static final Key<String> FILE_VERSION =
      FILE.required("version", Type.STRING, "prometheus/v1.");

  private static final Key<String> SERVICE = FILE.required("service", Type.STRING, "Service.");
  private static final Key<Map<String, String>> LABELS =
      FILE.key("labels", TEXTS, Map.of(), "Labels of all rules.");
  private static final Key<List<YamlObject>> SLOS =
      FILE.required("slos", Type.list(SLO.type(o -> o)), "Objectives.");

  static {
    FILE.notBuilt("slo_plugins", "plugins of Sloth are programs in Go");
  }

  private SlothReader() {}

  static List<Objective> read(YamlNode root, String file) {
    YamlObject o = root.object(FILE);
    String service = ObjectiveText.name(o, SERVICE, o.get(SERVICE));
    Map<String, String> labels = ObjectiveText.labels(o, LABELS, o.get(LABELS));
    List<YamlObject> all = o.get(SLOS);
    if (all.isEmpty()) {
      throw o.error(SLOS, "there is no objective; write at least one");
    }
    List<Objective> out = new ArrayList<>();
    for (YamlObject slo : all) {
      slo.node().attempt(() -> out.add(objective(slo, service, labels, file)));
    }
    return out;
  }

  private static Objective objective(
      YamlObject o, String service, Map<String, String> labels, String file) {
    String name = ObjectiveText.name(o, NAME, o.get(NAME));
    double percent = o.get(OBJECTIVE);
    if (!(percent > 0 && percent <= 100)) {
      throw o.error(OBJECTIVE, "objective is " + percent + "; it must be above 0 and at most 100");
    }
    Map<String, String> all = new LinkedHashMap<>(labels);
    all.putAll(ObjectiveText.labels(o, SLO_LABELS, o.get(SLO_LABELS)));
    return new Objective(
        service + "-" + name,
        name,
        service,
        "",
        o.get(DESCRIPTION),
        o.node().where(),
        file,
        VERSION,
        percent,
        WINDOW,
        BurnPolicy.GOOGLE,
        indicator(o.get(SLO_SLI)),
        all,
        alerts(o, o.find(SLO_ALERTING)));
  }

  private static ErrorRatio indicator(YamlObject o) {
    YamlObject events = o.find(SLI_EVENTS);
    YamlObject raw = o.find(SLI_RAW);
    if (events != null && raw != null) {
      throw o.error("sli has events and raw; write one of them");
    }
    if (raw != null) {
      return new ErrorRatio.Ratio(IndicatorQuery.read(raw.get(RATIO_QUERY)).text());
    }
    if (events == null) {
      throw o.error("sli has no indicator; write events or raw");
    }
    IndicatorQuery failed = IndicatorQuery.read(events.get(ERROR_QUERY));
    IndicatorQuery total = IndicatorQuery.read(events.get(TOTAL_QUERY));
    if (failed.text().equals(total.text())) {
      throw events.error(ERROR_QUERY, "error_query equals total_query, so that all events fail");
    }
    return IndicatorQuery.failed(failed, total, false);
  }

  private static List<ObjectiveAlert> alerts(YamlObject slo, @Nullable YamlObject o) {
    List<ObjectiveAlert> out = new ArrayList<>();
    YamlObject page = o == null ? null : o.find(PAGE);
    YamlObject ticket = o == null ? null : o.find(TICKET);
    String name = o == null ? "" : o.get(ALERT_NAME);
    for (boolean isTicket : new boolean[] {false, true}) {
      YamlObject one = isTicket ? ticket : page;
      if (one != null && one.get(DISABLE)) {
        continue;
      }
      if (o == null || name.isEmpty()) {
        throw (o == null ? slo : o)
            .error(
                "alerting.name is missing; name the alerts, or set page_alert.disable and"
                    + " ticket_alert.disable");
      }
      Map<String, String> labels = new LinkedHashMap<>(o.get(LABELS_OF_ALL));
      Map<String, String> annotations = new LinkedHashMap<>(o.get(ANNOTATIONS_OF_ALL));
      if (one != null) {
        labels.putAll(one.get(ALERT_LABELS));
        annotations.putAll(one.get(ALERT_ANNOTATIONS));
      }
      ObjectiveText.checkLabels(o, labels);
      ObjectiveText.checkAnnotations(o, annotations);
      out.add(new ObjectiveAlert.OnPairs(isTicket, name, labels, annotations));
    }
    return out;
  }
}

package dev.tethys.alert.manager.template;

import dev.tethys.alert.manager.template.TemplateData.AlertData;
import dev.tethys.codec.template.GoList;
import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.GoStruct;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateFunction.Parameter;
import dev.tethys.codec.template.TextLimit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The named types of Alertmanager's template data, with their methods. */
final class TemplateTypes {
  static final Parameter STRINGS =
      new Parameter("[]string", v -> v instanceof GoList l && isStrings(l), true);

  private static final String ALERT_NAME = "alertname";

  private TemplateTypes() {}

  private static boolean isStrings(GoList l) {
    return l.typeName().equals("[]string") || l.typeName().equals("template.Strings");
  }

  /** Creates a KV of labels or annotations. */
  static GoMap kv(Map<String, String> entries) {
    return new GoMap("string", entries, TemplateTypes::kvMethod);
  }

  /** Creates a list of alerts with methods that select firing and resolved ones. */
  static GoList alerts(List<AlertData> all) {
    return new GoList("template.Alerts", all, TemplateTypes::alertsMethod);
  }

  static GoList strings(List<String> all) {
    return new GoList("template.Strings", all, TemplateTypes::stringsMethod);
  }

  private record Pair(String name, String value) implements GoStruct {
    @Override
    public String typeName() {
      return "template.Pair";
    }

    @Override
    public Map<String, ?> fields() {
      Map<String, Object> m = new LinkedHashMap<>();
      m.put("Name", name);
      m.put("Value", value);
      return m;
    }
  }

  private static List<Pair> sortedPairs(GoMap kv) {
    List<Pair> out = new ArrayList<>();
    if (kv.entries().containsKey(ALERT_NAME)) {
      out.add(new Pair(ALERT_NAME, String.valueOf(kv.entries().get(ALERT_NAME))));
    }
    new TreeMap<String, Object>(kv.entries())
        .forEach(
            (k, v) -> {
              if (!k.equals(ALERT_NAME)) {
                out.add(new Pair(k, String.valueOf(v)));
              }
            });
    return out;
  }

  private static List<Pair> pairs(GoList l) {
    return l.items().stream().map(Pair.class::cast).toList();
  }

  private static String text(List<Pair> pairs) {
    return pairs.stream().map(p -> p.name() + "=" + p.value()).collect(Collectors.joining(", "));
  }

  private static GoList names(List<Pair> pairs) {
    return strings(pairs.stream().map(Pair::name).toList());
  }

  private static GoList values(List<Pair> pairs) {
    return strings(pairs.stream().map(Pair::value).toList());
  }

  private static @Nullable TemplateFunction kvMethod(GoMap kv, String name) {
    return switch (name) {
      case "SortedPairs" ->
          TemplateFunction.of(
              a -> new GoList("template.Pairs", sortedPairs(kv), TemplateTypes::pairsMethod));
      case "Names" -> TemplateFunction.of(a -> names(sortedPairs(kv)));
      case "Values" -> TemplateFunction.of(a -> values(sortedPairs(kv)));
      case "String" -> TemplateFunction.of(a -> text(sortedPairs(kv)));
      case "Remove" -> TemplateFunction.of(a -> without(kv, a[0]), STRINGS);
      default -> null;
    };
  }

  private static GoMap without(GoMap kv, @Nullable Object keys) {
    Map<String, String> m = new TreeMap<>();
    kv.entries().forEach((k, v) -> m.put(k, String.valueOf(v)));
    if (keys instanceof GoList l) {
      l.items().forEach(m::remove);
    }
    return kv(m);
  }

  private static @Nullable TemplateFunction pairsMethod(GoList pairs, String name) {
    return switch (name) {
      case "Names" -> TemplateFunction.of(a -> names(pairs(pairs)));
      case "Values" -> TemplateFunction.of(a -> values(pairs(pairs)));
      case "String" -> TemplateFunction.of(a -> text(pairs(pairs)));
      default -> null;
    };
  }

  private static @Nullable TemplateFunction stringsMethod(GoList all, String name) {
    return name.equals("Join")
        ? TemplateFunction.of(a -> join(String.valueOf(a[0]), all), Parameter.STRING)
        : null;
  }

  static String join(String separator, @Nullable Object list) {
    if (!(list instanceof GoList l)) {
      return "";
    }
    StringBuilder sb = new StringBuilder();
    String between = "";
    for (Object item : l.items()) {
      String s = String.valueOf(item);
      TextLimit.check(sb.length() + (long) between.length() + s.length());
      sb.append(between).append(s);
      between = separator;
    }
    return sb.toString();
  }

  private static @Nullable TemplateFunction alertsMethod(GoList alerts, String name) {
    return switch (name) {
      case "Firing" -> TemplateFunction.of(a -> some(alerts, true));
      case "Resolved" -> TemplateFunction.of(a -> some(alerts, false));
      default -> null;
    };
  }

  private static GoList some(GoList alerts, boolean firing) {
    return new GoList(
        "[]template.Alert",
        TemplateData.alertsOf(alerts).stream().filter(a -> a.isFiring() == firing).toList());
  }
}

package dev.tethys.tools.ruletest;

import dev.tethys.model.GoQuote;
import dev.tethys.model.LabelNames;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Alert that fires, or is expected to; values may be empty. */
record FiredAlert(SortedMap<String, String> labels, SortedMap<String, String> annotations) {
  static final FiredAlert NONE = new FiredAlert(new TreeMap<>(), new TreeMap<>());

  /** Sort order of promtool. */
  static final Comparator<FiredAlert> ORDER =
      Comparator.comparing(FiredAlert::labels, FiredAlert::compare)
          .thenComparing(FiredAlert::annotations, FiredAlert::compare);

  private static int compare(SortedMap<String, String> a, SortedMap<String, String> b) {
    Iterator<Map.Entry<String, String>> j = b.entrySet().iterator();
    for (Map.Entry<String, String> x : a.entrySet()) {
      if (!j.hasNext()) {
        return 1;
      }
      Map.Entry<String, String> y = j.next();
      int c = x.getKey().compareTo(y.getKey());
      c = c == 0 ? x.getValue().compareTo(y.getValue()) : c;
      if (c != 0) {
        return c;
      }
    }
    return j.hasNext() ? -1 : 0;
  }

  /** Formats several alerts like promtool. */
  static String text(List<FiredAlert> alerts) {
    if (alerts.isEmpty()) {
      return "[]";
    }
    StringBuilder sb = new StringBuilder("[\n");
    for (int i = 0; i < alerts.size(); i++) {
      sb.append(i == 0 ? "" : ",\n").append(i).append(":\n  Labels:");
      append(sb, alerts.get(i).labels).append("\n  Annotations:");
      append(sb, alerts.get(i).annotations);
    }
    return sb.append("\n]").toString();
  }

  private static StringBuilder append(StringBuilder sb, SortedMap<String, String> labels) {
    sb.append('{');
    String separator = "";
    for (Map.Entry<String, String> e : labels.entrySet()) {
      sb.append(separator);
      separator = ", ";
      if (LabelNames.isLegacyLabelName(e.getKey())) {
        sb.append(e.getKey());
      } else {
        GoQuote.append(sb, e.getKey());
      }
      GoQuote.append(sb.append('='), e.getValue());
    }
    return sb.append('}');
  }

  /** Returns several alerts as JSON values, at least one. */
  static List<Object> json(List<FiredAlert> alerts) {
    List<Object> out = new ArrayList<>();
    for (FiredAlert a : alerts.isEmpty() ? List.of(NONE) : alerts) {
      TreeMap<String, Object> m = new TreeMap<>();
      m.put("Annotations", a.annotations);
      m.put("Labels", a.labels);
      out.add(m);
    }
    return out;
  }
}

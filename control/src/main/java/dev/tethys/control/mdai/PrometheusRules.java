package dev.tethys.control.mdai;

import dev.tethys.control.mdai.Resource.Hub;
import dev.tethys.control.mdai.Resource.PrometheusAlert;
import tools.jackson.databind.json.JsonMapper;

/** Hub alerts as a Prometheus rule file, with the annotations of MDAI's operator. */
public final class PrometheusRules {
  private PrometheusRules() {}

  /** Renders the rule file. */
  public static String of(Hub hub) {
    StringBuilder out = new StringBuilder("groups:\n  - name: ").append(hub.meta().name());
    if (!hub.evaluationInterval().isEmpty()) {
      out.append("\n    interval: ").append(hub.evaluationInterval());
    }
    out.append("\n    rules:").append(hub.alerts().isEmpty() ? " []\n" : "\n");
    for (PrometheusAlert a : hub.alerts()) {
      out.append("      - alert: ").append(a.name());
      out.append("\n        expr: ").append(quoted(a.expression()));
      if (!a.pending().isEmpty()) {
        out.append("\n        for: ").append(a.pending());
      }
      if (!a.keepFiring().isEmpty()) {
        out.append("\n        keep_firing_for: ").append(a.keepFiring());
      }
      out.append("\n        labels: {severity: ").append(a.severity());
      out.append("}\n        annotations:\n          alert_name: ").append(a.name());
      out.append("\n          hub_name: ").append(quoted(hub.meta().name()));
      out.append("\n          current_value: '{{ $value | printf \"%.2f\" }}'");
      out.append("\n          expression: ").append(quoted(escaped(a.expression()))).append('\n');
    }
    return out.toString();
  }

  /** Escapes an expression, so that its braces are not read as a template. */
  private static String escaped(String text) {
    return text.replace("{{", "{{ \"{{\" }}");
  }

  private static String quoted(String text) {
    return JsonMapper.shared().writeValueAsString(text);
  }
}

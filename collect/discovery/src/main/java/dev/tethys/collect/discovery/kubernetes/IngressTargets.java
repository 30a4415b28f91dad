package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Creates a target for each path of each ingress rule. */
final class IngressTargets implements ClusterState.Targets {
  private final ObjectLabels objects;

  IngressTargets(ObjectLabels objects) {
    this.objects = objects;
  }

  @Override
  public TargetGroup group(String source, JsonNode ingress, ClusterState.Lookup others) {
    MetaLabels labels = ObjectLabels.labels();
    labels.put("namespace", ObjectLabels.namespace(ingress));
    JsonNode spec = ingress.path("spec");
    labels.put("ingress_class_name", spec.path("ingressClassName"));
    ObjectLabels.addMeta(labels, ingress, "ingress");
    objects.addNamespace(labels, ingress, others);
    List<Labels> targets = new ArrayList<>();
    for (JsonNode rule : spec.path("rules")) {
      String host = rule.path("host").asString("");
      String scheme = isSecure(spec, host) ? "https" : "http";
      List<String> paths = new ArrayList<>();
      for (JsonNode p : rule.path("http").path("paths")) {
        String path = p.path("path").asString("");
        paths.add(path.isEmpty() ? "/" : path);
      }
      if (!rule.path("http").isObject()) {
        paths.add("/");
      }
      for (String path : paths) {
        MetaLabels t = ObjectLabels.labels().address(host);
        t.put("ingress_scheme", scheme);
        t.put("ingress_host", host);
        t.put("ingress_path", path);
        targets.add(t.build());
      }
    }
    return new TargetGroup(source, targets, labels.build());
  }

  private static boolean isSecure(JsonNode spec, String host) {
    for (JsonNode tls : spec.path("tls")) {
      for (JsonNode pattern : tls.path("hosts")) {
        if (matches(pattern.asString(""), host)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether a host equals the pattern, or does so after a wildcard as the first part. */
  private static boolean matches(String pattern, String host) {
    int dot = host.indexOf('.');
    return pattern.equals(host)
        || (pattern.startsWith("*.")
            && dot >= 0
            && pattern.substring(1).equals(host.substring(dot)));
  }
}

package dev.tethys.insight.inspections.definition;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Identity of an application in Coroot's files: {@code [cluster:]namespace:Kind:name}. */
record ApplicationId(String cluster, String namespace, String kind, String name) {
  private static final String EXTERNAL = "external";

  private static final List<String> KINDS =
      List.of(
          "deployment",
          "statefulset",
          "daemonset",
          "replicaset",
          "job",
          "cronjob",
          "externalservice",
          "databasecluster",
          "staticpods",
          "unknown",
          "dockerswarmservice",
          "nomadjobgroup",
          "rds",
          "elasticachecluster");

  /**
   * Reads the text; null if it has fewer than three parts. A name may contain colons.
   *
   * @param fallback cluster of a text without one
   */
  static @Nullable ApplicationId parse(String text, String fallback) {
    String[] p = text.split(":", -1);
    boolean hasCluster = p.length > 3 && (!isKind(p[1]) || isKind(p[2]));
    int first = hasCluster ? 1 : 0;
    if (p.length < 3) {
      return null;
    }
    String cluster = hasCluster ? p[0] : p[0].equals(EXTERNAL) ? EXTERNAL : fallback;
    String[] name = java.util.Arrays.copyOfRange(p, first + 2, p.length);
    return new ApplicationId(cluster, p[first], p[first + 1], String.join(":", name));
  }

  private static boolean isKind(String s) {
    return KINDS.contains(s.toLowerCase(Locale.ROOT));
  }
}

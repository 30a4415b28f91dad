package dev.tethys.pipeline.processor.kubernetes;

import java.util.Locale;

/** Kinds of Kubernetes objects from which attributes are taken. */
enum KubernetesKind {
  POD("/api/v1", "pods", true, true),
  NAMESPACE("/api/v1", "namespaces", false, true),
  NODE("/api/v1", "nodes", false, true),
  DEPLOYMENT("/apis/apps/v1", "deployments", true, false),
  REPLICASET("/apis/apps/v1", "replicasets", true, false),
  STATEFULSET("/apis/apps/v1", "statefulsets", true, false),
  DAEMONSET("/apis/apps/v1", "daemonsets", true, false),
  JOB("/apis/batch/v1", "jobs", true, false),
  CRONJOB("/apis/batch/v1", "cronjobs", true, false);

  private final String api;
  private final String plural;
  private final boolean namespaced;
  private final boolean hadPlurals;

  KubernetesKind(String api, String plural, boolean namespaced, boolean hadPlurals) {
    this.api = api;
    this.plural = plural;
    this.namespaced = namespaced;
    this.hadPlurals = hadPlurals;
  }

  /** Returns the name used by {@code from} of a rule and in attribute names. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean namespaced() {
    return namespaced;
  }

  /** Whether its labels were {@code labels} in names of attributes before the conventions. */
  boolean hadPlurals() {
    return hadPlurals;
  }

  /** Returns the list path for one namespace, or for all ({@code ""}). */
  String path(String namespace) {
    return api + (namespace.isEmpty() ? "/" : "/namespaces/" + namespace + "/") + plural;
  }
}

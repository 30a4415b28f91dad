package dev.tethys.collect.kubernetes.state;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;

/**
 * Metrics of custom resources: Flux, Argo CD, and backups of operators of databases. Names and
 * labels are those of Coroot's cluster agent.
 */
final class OperatorFamilies {
  private static final String SUSPENDED = "suspended=/spec/suspend";
  private static final String INTERVAL = "interval=/spec/interval";

  private OperatorFamilies() {}

  static List<StateKind> kinds() {
    String source = "source.toolkit.fluxcd.io";
    return List.of(
        repository(source, "gitrepositories", "GitRepository", "fluxcd_git_repository"),
        repository(source, "ocirepositories", "OCIRepository", "fluxcd_oci_repository"),
        repository(source, "helmrepositories", "HelmRepository", "fluxcd_helm_repository"),
        chart(source),
        release(),
        kustomization(),
        resourceSet(),
        application(),
        cnpgCluster(),
        cnpgBackup(),
        cnpgSchedule(),
        perconaCluster(),
        perconaBackup());
  }

  private static KindBuilder custom(String group, String version, String plural, String kind) {
    return KindBuilder.namespaced("/apis/" + group + "/" + version + "/" + plural, "name")
        .common("uid", "/metadata/uid")
        .constant("customresource_group", group)
        .constant("customresource_version", version)
        .constant("customresource_kind", kind)
        .customResource();
  }

  /** Conditions of Flux: 1 if the status is true, 0 if it is false; unknown ones have none. */
  private static KindBuilder status(KindBuilder k, String prefix) {
    return k.gauge(
        prefix + "_status",
        "Conditions of the resource.",
        (o, to) -> {
          for (JsonNode c : o.path("status").path("conditions")) {
            String now = ObjectFields.text(c.path("status"));
            if (now.equals("True") || now.equals("False")) {
              to.add(
                  now.equals("True") ? 1 : 0,
                  ObjectFields.text(c.path("type")),
                  ObjectFields.text(c.path("reason")));
            }
          }
        },
        "type",
        "reason");
  }

  private static StateKind repository(String group, String plural, String kind, String prefix) {
    KindBuilder k = custom(group, "v1", plural, kind);
    k.info(prefix + "_info", "Settings of the source.", SUSPENDED, "url=/spec/url", INTERVAL);
    return status(k, prefix).build();
  }

  private static StateKind chart(String group) {
    String p = "fluxcd_helm_chart";
    KindBuilder k = custom(group, "v1", "helmcharts", "HelmChart");
    k.info(
        p + "_info",
        "Settings of the chart.",
        "chart=/spec/chart",
        "version=/spec/version",
        "source_kind=/spec/sourceRef/kind",
        "source_name=/spec/sourceRef/name",
        "source_namespace=/spec/sourceRef/namespace",
        INTERVAL,
        SUSPENDED);
    return status(k, p).build();
  }

  private static StateKind release() {
    String p = "fluxcd_helm_release";
    KindBuilder k = custom("helm.toolkit.fluxcd.io", "v2", "helmreleases", "HelmRelease");
    k.info(
        p + "_info",
        "Settings of the release.",
        SUSPENDED,
        INTERVAL,
        "target_namespace=/spec/targetNamespace",
        "source_kind=/spec/chart/spec/sourceRef/kind",
        "source_name=/spec/chart/spec/sourceRef/name",
        "source_namespace=/spec/chart/spec/sourceRef/namespace",
        "chart=/spec/chart/spec/chart",
        "version=/spec/chart/spec/version",
        "chart_ref_kind=/spec/chartRef/kind",
        "chart_ref_name=/spec/chartRef/name",
        "chart_ref_namespace=/spec/chartRef/namespace");
    return status(k, p).build();
  }

  private static StateKind kustomization() {
    String p = "fluxcd_kustomization";
    KindBuilder k = custom("kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "Kustomization");
    k.info(
        p + "_info",
        "Settings and revisions of the kustomization.",
        SUSPENDED,
        INTERVAL,
        "path=/spec/path",
        "source_kind=/spec/sourceRef/kind",
        "source_name=/spec/sourceRef/name",
        "source_namespace=/spec/sourceRef/namespace",
        "target_namespace=/spec/targetNamespace",
        "last_applied_revision=/status/lastAppliedRevision",
        "last_attempted_revision=/status/lastAttemptedRevision");
    inventory(k, p);
    k.each(
        p + "_dependency_info",
        "Kustomizations that this one depends on.",
        "/spec/dependsOn",
        "depends_on_name=/name",
        "depends_on_namespace=/namespace");
    return status(k, p).build();
  }

  private static void inventory(KindBuilder k, String prefix) {
    k.each(
        prefix + "_inventory_entry_info",
        "Objects that were applied.",
        "/status/inventory/entries",
        "entry_id=/id");
  }

  private static StateKind resourceSet() {
    String p = "fluxcd_resourceset";
    KindBuilder k = custom("fluxcd.controlplane.io", "v1", "resourcesets", "ResourceSet");
    k.info(
        p + "_info",
        "Revision of the resource set.",
        "last_applied_revision=/status/lastAppliedRevision");
    inventory(k, p);
    k.each(
        p + "_dependency_info",
        "Objects that this one depends on.",
        "/spec/dependsOn",
        "depends_on_kind=/kind",
        "depends_on_name=/name",
        "depends_on_namespace=/namespace");
    return status(k, p).build();
  }

  private static StateKind application() {
    String p = "argocd_application";
    String[] resource = {
      "resource_group=/group",
      "resource_kind=/kind",
      "resource_namespace=/namespace",
      "resource_name=/name"
    };
    KindBuilder k = custom("argoproj.io", "v1alpha1", "applications", "Application");
    k.info(
        p + "_info",
        "Settings and revision of the application.",
        "project=/spec/project",
        "source_type=/status/sourceType",
        "repo=/spec/source/repoURL",
        "path=/spec/source/path",
        "chart=/spec/source/chart",
        "target_revision=/spec/source/targetRevision",
        "dest_server=/spec/destination/server",
        "dest_name=/spec/destination/name",
        "dest_namespace=/spec/destination/namespace",
        "revision=/status/sync/revision");
    k.each(p + "_sync_status", "Sync status.", "/status/sync", "sync_status=/status");
    k.each(p + "_health_status", "Health status.", "/status/health", "health_status=/status");
    k.each(
        p + "_operation_status",
        "Phase of the last operation.",
        "/status/operationState",
        "operation_phase=/phase");
    k.time(
        p + "_operation_finished_timestamp_seconds",
        "End of the last operation.",
        "/status/operationState/finishedAt");
    k.each(
        p + "_resource_status",
        "Resources of the last sync.",
        "/status/operationState/syncResult/resources",
        with(resource, "status=/status"));
    String list = "/status/resources";
    k.each(p + "_resource_info", "Resources.", list, resource);
    k.each(
        p + "_resource_sync_status",
        "Sync status of resources.",
        list,
        with(resource, "sync_status=/status"));
    k.each(
        p + "_resource_health_status",
        "Health status of resources.",
        list,
        with(resource, "health_status=/health/status"));
    return k.build();
  }

  private static String[] with(String[] labels, String one) {
    String[] out = Arrays.copyOf(labels, labels.length + 1);
    out[labels.length] = one;
    return out;
  }

  private static KindBuilder cnpg(String plural, String kind) {
    return custom("postgresql.cnpg.io", "v1", plural, kind).constant("operator", "cnpg");
  }

  private static KindBuilder clusterStatus(KindBuilder k) {
    return k.each(
        "pg_cluster_status",
        "Conditions of the cluster.",
        "/status/conditions",
        "type=/type",
        "status=/status",
        "reason=/reason");
  }

  private static StateKind cnpgCluster() {
    KindBuilder k = cnpg("clusters", "Cluster");
    k.gauge(
        "pg_backup_target_info",
        "Destination of backups.",
        (o, to) -> {
          JsonNode b = o.path("spec").path("backup");
          if (b.isObject()) {
            JsonNode store = b.path("barmanObjectStore");
            to.add(
                1,
                ObjectFields.text(store.path("destinationPath")),
                ObjectFields.text(store.path("endpointURL")),
                ObjectFields.text(b.path("retentionPolicy")),
                "barmanObjectStore",
                "object-storage");
          }
        },
        "path",
        "endpoint",
        "retention_policy",
        "method",
        "type");
    clusterStatus(k);
    byMethod(
        k,
        "pg_backup_last_successful_timestamp_seconds",
        "Time of the last successful backup.",
        "/status/lastSuccessfulBackupByMethod");
    byMethod(
        k,
        "pg_backup_first_recoverability_point_timestamp_seconds",
        "First point in time to which the cluster can be restored.",
        "/status/firstRecoverabilityPointByMethod");
    k.time(
        "pg_backup_last_failed_timestamp_seconds",
        "Time of the last failed backup.",
        "/status/lastFailedBackup");
    return k.build();
  }

  private static void byMethod(KindBuilder k, String name, String help, String pointer) {
    JsonPointer p = JsonPointer.compile(pointer);
    k.gauge(
        name,
        help,
        (o, to) -> {
          for (Map.Entry<String, JsonNode> e : o.at(p).properties()) {
            long t = ObjectFields.seconds(e.getValue());
            if (t >= 0) {
              to.add(t, e.getKey());
            }
          }
        },
        "method");
  }

  private static StateKind cnpgBackup() {
    return backup(
        cnpg("backups", "Backup"),
        "/status/phase",
        "/status/stoppedAt",
        "cluster=/spec/cluster/name",
        "method=/status/method");
  }

  private static StateKind backup(KindBuilder k, String phase, String completed, String... labels) {
    return k.info("pg_backup_info", "Backup.", labels)
        .info("pg_backup_status", "Phase of the backup.", "status=" + phase)
        .time("pg_backup_completed_timestamp_seconds", "End of the backup.", completed)
        .build();
  }

  private static StateKind cnpgSchedule() {
    return cnpg("scheduledbackups", "ScheduledBackup")
        .common("cluster", "/spec/cluster/name")
        .info("pg_backup_schedule_info", "Schedule of backups.", "schedule=/spec/schedule")
        .time(
            "pg_backup_next_scheduled_timestamp_seconds",
            "Time of the next backup.",
            "/status/nextScheduleTime")
        .build();
  }

  private static KindBuilder percona(String plural, String kind) {
    return custom("pgv2.percona.com", "v2", plural, kind).constant("operator", "percona");
  }

  private static StateKind perconaCluster() {
    KindBuilder k = percona("perconapgclusters", "PerconaPGCluster");
    k.gauge(
        "pg_backup_target_info",
        "Destination of backups.",
        (o, to) -> {
          for (JsonNode r : o.path("spec").path("backups").path("pgbackrest").path("repos")) {
            to.add(
                1,
                ObjectFields.text(r.path("name")),
                ObjectFields.text(r.path("s3").path("bucket")),
                ObjectFields.text(r.path("s3").path("endpoint")),
                ObjectFields.text(r.path("gcs").path("bucket")),
                ObjectFields.text(r.path("azure").path("container")),
                ObjectFields.text(r.path("schedules").path("full")),
                "object-storage");
          }
        },
        "method",
        "s3_bucket",
        "s3_endpoint",
        "gcs_bucket",
        "azure_container",
        "schedule",
        "type");
    return clusterStatus(k).build();
  }

  private static StateKind perconaBackup() {
    return backup(
        percona("perconapgbackups", "PerconaPGBackup"),
        "/status/state",
        "/status/completed",
        "cluster=/spec/pgCluster",
        "method=/status/repo/name",
        "kind=/status/backupType",
        "path=/status/destination");
  }
}

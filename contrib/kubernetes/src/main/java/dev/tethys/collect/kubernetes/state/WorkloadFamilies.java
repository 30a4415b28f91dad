package dev.tethys.collect.kubernetes.state;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Metrics of controllers of pods. */
final class WorkloadFamilies {
  private static final String APPS = "/apis/apps/v1/";
  private static final List<String> JOB_FAILURES =
      List.of("BackoffLimitExceeded", "DeadlineExceeded", "Evicted");

  private WorkloadFamilies() {}

  static List<StateKind> kinds() {
    return List.of(
        daemonSets(),
        deployments(),
        replicaSets(),
        statefulSets(),
        cronJobs(),
        jobs(),
        autoscalers());
  }

  private static StateKind daemonSets() {
    String p = "kube_daemonset";
    return KindBuilder.namespaced(APPS + "daemonsets", "daemonset")
        .metadata(p)
        .deletion(p)
        .generation(p)
        .count(
            p + "_status_current_number_scheduled",
            "The number of nodes running at least one daemon pod and are supposed to.",
            "/status/currentNumberScheduled")
        .count(
            p + "_status_desired_number_scheduled",
            "The number of nodes that should be running the daemon pod.",
            "/status/desiredNumberScheduled")
        .count(
            p + "_status_number_available",
            "The number of nodes with running and available daemon pods.",
            "/status/numberAvailable")
        .count(
            p + "_status_number_misscheduled",
            "The number of nodes running a daemon pod but are not supposed to.",
            "/status/numberMisscheduled")
        .count(
            p + "_status_number_ready",
            "The number of nodes with running and ready daemon pods.",
            "/status/numberReady")
        .count(
            p + "_status_number_unavailable",
            "The number of nodes without a running and available daemon pod.",
            "/status/numberUnavailable")
        .count(
            p + "_status_observed_generation",
            "The most recent generation observed by the daemon set controller.",
            "/status/observedGeneration")
        .count(
            p + "_status_updated_number_scheduled",
            "The total number of nodes that are running updated daemon pod.",
            "/status/updatedNumberScheduled")
        .build();
  }

  private static StateKind deployments() {
    String p = "kube_deployment";
    KindBuilder k =
        KindBuilder.namespaced(APPS + "deployments", "deployment")
            .metadata(p)
            .deletion(p)
            .generation(p);
    for (String[] status :
        new String[][] {
          {"", "replicas", ""},
          {"_ready", "readyReplicas", "ready "},
          {"_available", "availableReplicas", "available "},
          {"_unavailable", "unavailableReplicas", "unavailable "},
          {"_updated", "updatedReplicas", "updated "}
        }) {
      k.count(
          p + "_status_replicas" + status[0],
          "The number of " + status[2] + "replicas per deployment.",
          "/status/" + status[1]);
    }
    return k.number(
            p + "_status_terminating_replicas",
            "The number of terminating replicas per deployment.",
            "/status/terminatingReplicas")
        .count(
            p + "_status_observed_generation",
            "The generation observed by the deployment controller.",
            "/status/observedGeneration")
        .gauge(
            p + "_status_condition",
            "The current status conditions of a deployment.",
            (o, to) -> {
              for (JsonNode c : o.path("status").path("conditions")) {
                String type = ObjectFields.text(c.path("type"));
                String reason = ObjectFields.text(c.path("reason"));
                KindBuilder.states(c, s -> new String[] {reason, type, s}, to);
              }
            },
            "reason",
            "condition",
            "status")
        .number(p + "_spec_replicas", "Number of desired pods for a deployment.", "/spec/replicas")
        .flag(
            p + "_spec_paused",
            "Whether the deployment is paused and will not be processed by the deployment"
                + " controller.",
            "/spec/paused")
        .gauge(
            p + "_spec_strategy_rollingupdate_max_unavailable",
            "Maximum number of unavailable replicas during a rolling update of a deployment.",
            (o, to) -> share(o, "maxUnavailable", false, to))
        .gauge(
            p + "_spec_strategy_rollingupdate_max_surge",
            "Maximum number of replicas that can be scheduled above the desired number of replicas"
                + " during a rolling update of a deployment.",
            (o, to) -> share(o, "maxSurge", true, to))
        .gauge(
            p + "_owner",
            "Information about the Deployment's owner.",
            (o, to) -> {
              for (JsonNode owner : o.path("metadata").path("ownerReferences")) {
                to.add(
                    1,
                    ObjectFields.text(owner.path("kind")),
                    ObjectFields.text(owner.path("name")));
              }
            },
            "owner_kind",
            "owner_name")
        .build();
  }

  /** Number of replicas, or a percentage of them. */
  private static void share(JsonNode o, String key, boolean up, SeriesBuffer to) {
    JsonNode n = o.path("spec").path("strategy").path("rollingUpdate").path(key);
    if (n.isNumber()) {
      to.add(n.asDouble());
      return;
    }
    String text = ObjectFields.text(n);
    if (text.matches("\\d{1,9}%")) {
      double of = o.path("spec").path("replicas").asDouble(0);
      double v = Double.parseDouble(text.substring(0, text.length() - 1)) * of / 100;
      to.add(up ? Math.ceil(v) : Math.floor(v));
    }
  }

  private static StateKind replicaSets() {
    String p = "kube_replicaset";
    return KindBuilder.namespaced(APPS + "replicasets", "replicaset")
        .created(p)
        .annotations(p)
        .generation(p)
        .owners(p + "_owner", "Information about the ReplicaSet's owner.")
        .count(p + "_status_replicas", "The number of replicas per ReplicaSet.", "/status/replicas")
        .count(
            p + "_status_fully_labeled_replicas",
            "The number of fully labeled replicas per ReplicaSet.",
            "/status/fullyLabeledReplicas")
        .count(
            p + "_status_ready_replicas",
            "The number of ready replicas per ReplicaSet.",
            "/status/readyReplicas")
        .number(
            p + "_status_terminating_replicas",
            "The number of terminating replicas per ReplicaSet.",
            "/status/terminatingReplicas")
        .count(
            p + "_status_observed_generation",
            "The generation observed by the ReplicaSet controller.",
            "/status/observedGeneration")
        .number(p + "_spec_replicas", "Number of desired pods for a ReplicaSet.", "/spec/replicas")
        .build();
  }

  private static StateKind statefulSets() {
    String p = "kube_statefulset";
    return KindBuilder.namespaced(APPS + "statefulsets", "statefulset")
        .metadata(p)
        .deletion(p)
        .generation(p)
        .count(
            p + "_status_replicas", "The number of replicas per StatefulSet.", "/status/replicas")
        .count(
            p + "_status_replicas_available",
            "The number of available replicas per StatefulSet.",
            "/status/availableReplicas")
        .count(
            p + "_status_replicas_current",
            "The number of current replicas per StatefulSet.",
            "/status/currentReplicas")
        .count(
            p + "_status_replicas_ready",
            "The number of ready replicas per StatefulSet.",
            "/status/readyReplicas")
        .count(
            p + "_status_replicas_updated",
            "The number of updated replicas per StatefulSet.",
            "/status/updatedReplicas")
        .count(
            p + "_status_observed_generation",
            "The generation observed by the StatefulSet controller.",
            "/status/observedGeneration")
        .number(p + "_replicas", "Number of desired pods for a StatefulSet.", "/spec/replicas")
        .number(p + "_ordinals_start", "Start ordinal of the StatefulSet.", "/spec/ordinals/start")
        .each(
            p + "_persistentvolumeclaim_retention_policy",
            "Count of retention policy for StatefulSet template PVCs.",
            "/spec/persistentVolumeClaimRetentionPolicy",
            "when_deleted=/whenDeleted",
            "when_scaled=/whenScaled")
        .info(
            p + "_status_current_revision",
            "Indicates the version of the StatefulSet used to generate Pods in the sequence"
                + " [0,currentReplicas).",
            "revision=/status/currentRevision")
        .info(
            p + "_status_update_revision",
            "Indicates the version of the StatefulSet used to generate Pods in the sequence"
                + " [replicas-updatedReplicas,replicas).",
            "revision=/status/updateRevision")
        .build();
  }

  private static StateKind cronJobs() {
    String p = "kube_cronjob";
    return KindBuilder.namespaced("/apis/batch/v1/cronjobs", "cronjob")
        .metadata(p)
        .resourceVersion(p)
        .info(
            p + "_info",
            "Info about cronjob.",
            "schedule=/spec/schedule",
            "concurrency_policy=/spec/concurrencyPolicy",
            "timezone=/spec/timeZone")
        .gauge(
            p + "_next_schedule_time",
            "Next time the cronjob should be scheduled, after its last time or its creation.",
            WorkloadFamilies::nextTime)
        .gauge(
            p + "_schedule_invalid",
            "Whether the schedule of the cronjob is invalid.",
            (o, to) -> to.add(schedule(o) == null ? 1 : 0))
        .gauge(
            p + "_status_active",
            "Active holds pointers to currently running jobs.",
            (o, to) -> to.add(o.path("status").path("active").size()))
        .time(
            p + "_status_last_schedule_time",
            "LastScheduleTime keeps information of when was the last time the job was successfully"
                + " scheduled.",
            "/status/lastScheduleTime")
        .time(
            p + "_status_last_successful_time",
            "LastSuccessfulTime keeps information of when was the last time the job was completed"
                + " successfully.",
            "/status/lastSuccessfulTime")
        .flag(
            p + "_spec_suspend",
            "Suspend flag tells the controller to suspend subsequent executions.",
            "/spec/suspend")
        .number(
            p + "_spec_starting_deadline_seconds",
            "Deadline in seconds for starting the job if it misses scheduled time for any reason.",
            "/spec/startingDeadlineSeconds")
        .number(
            p + "_spec_successful_job_history_limit",
            "Successful job history limit.",
            "/spec/successfulJobsHistoryLimit")
        .number(
            p + "_spec_failed_job_history_limit",
            "Failed job history limit.",
            "/spec/failedJobsHistoryLimit")
        .build();
  }

  private static @Nullable CronSchedule schedule(JsonNode o) {
    try {
      return new CronSchedule(
          ObjectFields.text(o.path("spec").path("schedule")),
          ObjectFields.text(o.path("spec").path("timeZone")));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static void nextTime(JsonNode o, SeriesBuffer to) {
    CronSchedule schedule = schedule(o);
    long last = ObjectFields.seconds(o.path("status").path("lastScheduleTime"));
    long after =
        last >= 0 ? last : ObjectFields.seconds(o.path("metadata").path("creationTimestamp"));
    if (schedule != null && after >= 0 && !ObjectFields.isTrue(o.path("spec").path("suspend"))) {
      long next = schedule.next(after);
      if (next >= 0) {
        to.add(next);
      }
    }
  }

  private static StateKind jobs() {
    String p = "kube_job";
    KindBuilder k =
        KindBuilder.namespaced("/apis/batch/v1/jobs", "job_name")
            .metadata(p)
            .owners(p + "_owner", "Information about the Job's owner.")
            .info(p + "_info", "Information about job.")
            .number(
                p + "_spec_parallelism",
                "The maximum desired number of pods the job should run at any given time.",
                "/spec/parallelism")
            .number(
                p + "_spec_completions",
                "The desired number of successfully finished pods the job should be run with.",
                "/spec/completions")
            .number(
                p + "_spec_active_deadline_seconds",
                "The duration in seconds relative to the startTime that the job may be active"
                    + " before the system tries to terminate it.",
                "/spec/activeDeadlineSeconds")
            .flag(p + "_status_suspended", "Whether the job is suspended.", "/spec/suspend")
            .count(p + "_status_active", "The number of actively running pods.", "/status/active")
            .number(
                p + "_status_ready",
                "The number of ready pods that belong to this Job.",
                "/status/ready")
            .count(
                p + "_status_succeeded",
                "The number of pods which reached Phase Succeeded.",
                "/status/succeeded")
            .gauge(
                p + "_status_failed",
                "The number of pods which reached Phase Failed and the reason for failure.",
                WorkloadFamilies::failures,
                "reason")
            .time(
                p + "_status_start_time",
                "StartTime represents time when the job was acknowledged by the Job Manager.",
                "/status/startTime")
            .time(
                p + "_status_completion_time",
                "CompletionTime represents time when the job was completed.",
                "/status/completionTime");
    for (String[] end : new String[][] {{"_complete", "Complete"}, {"_failed", "Failed"}}) {
      k.gauge(
          p + end[0],
          "Whether the job has the condition " + end[1] + ".",
          (o, to) -> {
            for (JsonNode c : o.path("status").path("conditions")) {
              if (ObjectFields.text(c.path("type")).equals(end[1])) {
                KindBuilder.states(c, s -> new String[] {s}, to);
              }
            }
          },
          "condition");
    }
    return k.build();
  }

  private static void failures(JsonNode o, SeriesBuffer to) {
    long failed = o.path("status").path("failed").asLong(0);
    if (failed == 0) {
      to.add(0, "");
      return;
    }
    boolean known = false;
    for (JsonNode c : o.path("status").path("conditions")) {
      if (ObjectFields.text(c.path("type")).equals("Failed")) {
        String now = ObjectFields.text(c.path("reason"));
        known |= JOB_FAILURES.contains(now);
        for (String r : JOB_FAILURES) {
          to.add(r.equals(now) ? 1 : 0, r);
        }
      }
    }
    if (!known) {
      to.add(failed, "");
    }
  }

  private static StateKind autoscalers() {
    String p = "kube_horizontalpodautoscaler";
    return KindBuilder.namespaced(
            "/apis/autoscaling/v2/horizontalpodautoscalers", "horizontalpodautoscaler")
        .metadata(p)
        .deletion(p)
        .generation(p)
        .info(
            p + "_info",
            "Information about this autoscaler.",
            "scaletargetref_api_version=/spec/scaleTargetRef/apiVersion",
            "scaletargetref_kind=/spec/scaleTargetRef/kind",
            "scaletargetref_name=/spec/scaleTargetRef/name")
        .number(
            p + "_spec_max_replicas",
            "Upper limit for the number of pods that can be set by the autoscaler.",
            "/spec/maxReplicas")
        .number(
            p + "_spec_min_replicas",
            "Lower limit for the number of pods that can be set by the autoscaler, default 1.",
            "/spec/minReplicas")
        .gauge(
            p + "_spec_target_metric",
            "The metric specifications used by this autoscaler when calculating the desired replica"
                + " count.",
            (o, to) -> targets(o.path("spec").path("metrics"), "target", to),
            "metric_name",
            "metric_target_type",
            "container")
        .gauge(
            p + "_status_target_metric",
            "The current metric status used by this autoscaler when calculating the desired replica"
                + " count.",
            (o, to) -> targets(o.path("status").path("currentMetrics"), "current", to),
            "metric_name",
            "metric_target_type",
            "container")
        .quantity(
            p + "_spec_behavior_scale_down_tolerance",
            "The tolerance on the ratio below which no scale down occurs.",
            "/spec/behavior/scaleDown/tolerance")
        .quantity(
            p + "_spec_behavior_scale_up_tolerance",
            "The tolerance on the ratio below which no scale up occurs.",
            "/spec/behavior/scaleUp/tolerance")
        .count(
            p + "_status_current_replicas",
            "Current number of replicas of pods managed by this autoscaler.",
            "/status/currentReplicas")
        .count(
            p + "_status_desired_replicas",
            "Desired number of replicas of pods managed by this autoscaler.",
            "/status/desiredReplicas")
        .conditions(p + "_status_condition", "The condition of this autoscaler.", "condition")
        .build();
  }

  private static void targets(JsonNode metrics, String key, SeriesBuffer to) {
    for (JsonNode m : metrics) {
      for (String source :
          new String[] {"object", "pods", "resource", "containerResource", "external"}) {
        JsonNode s = m.path(source);
        if (s.isMissingNode()) {
          continue;
        }
        String name = ObjectFields.text(s.path("metric").path("name"));
        String metric = name.isEmpty() ? ObjectFields.text(s.path("name")) : name;
        Map<String, JsonNode> values = new TreeMap<>();
        values.put("value", s.path(key).path("value"));
        values.put("average", s.path(key).path("averageValue"));
        values.put("utilization", s.path(key).path("averageUtilization"));
        values.forEach(
            (type, v) -> {
              var q = ObjectFields.quantity(v);
              if (q != null) {
                to.add(q.doubleValue(), metric, type, ObjectFields.text(s.path("container")));
              }
            });
      }
    }
  }
}

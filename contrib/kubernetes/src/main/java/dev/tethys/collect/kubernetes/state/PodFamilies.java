package dev.tethys.collect.kubernetes.state;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** Metrics of pods and their containers. */
final class PodFamilies {
  private static final String POD = "kube_pod";

  /** Reasons of {@code kube_pod_status_reason}; another one of the pod is {@code Other}. */
  private static final List<String> REASONS =
      List.of(
          "Evicted",
          "NodeAffinity",
          "NodeLost",
          "PreemptionByScheduler",
          "SchedulingGated",
          "Shutdown",
          "TerminationByKubelet",
          "UnexpectedAdmissionError");

  private static final Set<String> DISRUPTIONS =
      Set.of(
          "PreemptionByScheduler",
          "DeletionByTaintManager",
          "EvictionByEvictionAPI",
          "DeletionByPodGC",
          "TerminationByKubelet");

  private PodFamilies() {}

  static StateKind pods() {
    KindBuilder k = KindBuilder.namespaced("/api/v1/pods", "pod").common("uid", "/metadata/uid");
    pod(k);
    placement(k);
    status(k);
    times(k);
    containers(k, POD + "_container", "container", "containers", "containerStatuses");
    containers(k, POD + "_init_container", "init container", "initContainers", INIT);
    volumes(k);
    return k.build();
  }

  private static final String INIT = "initContainerStatuses";

  private static void pod(KindBuilder k) {
    k.gauge(
        POD + "_info",
        "Information about pod.",
        (o, to) -> {
          JsonNode controller = controller(o);
          JsonNode spec = o.path("spec");
          to.add(
              1,
              ObjectFields.text(o.path("status").path("hostIP")),
              ObjectFields.text(o.path("status").path("podIP")),
              ObjectFields.text(spec.path("nodeName")),
              ObjectFields.text(controller.path("kind")),
              ObjectFields.text(controller.path("name")),
              ObjectFields.text(spec.path("priorityClassName")),
              Boolean.toString(ObjectFields.isTrue(spec.path("hostNetwork"))));
        },
        "host_ip",
        "pod_ip",
        "node",
        "created_by_kind",
        "created_by_name",
        "priority_class",
        "host_network");
    k.metadata(POD).deletion(POD);
    k.owners(POD + "_owner", "Information about the Pod's owner.");
    k.gauge(
        POD + "_ips",
        "Pod IP addresses.",
        (o, to) -> {
          for (JsonNode ip : o.path("status").path("podIPs")) {
            String address = ObjectFields.text(ip.path("ip"));
            if (!address.isEmpty()) {
              to.add(1, address, address.contains(":") ? "6" : "4");
            }
          }
        },
        "ip",
        "ip_family");
    k.info(
        POD + "_restart_policy",
        "Describes the restart policy in use by this pod.",
        "type=/spec/restartPolicy");
    k.info(
        POD + "_service_account",
        "The service account for a pod.",
        "service_account=/spec/serviceAccountName");
  }

  private static void placement(KindBuilder k) {
    k.info(POD + "_scheduler", "The scheduler for a pod.", "name=/spec/schedulerName");
    k.each(
        POD + "_runtimeclass_name_info",
        "The runtimeclass associated with the pod.",
        "/spec/runtimeClassName",
        "runtimeclass_name=");
    k.each(
        POD + "_tolerations",
        "Information about the pod tolerations.",
        "/spec/tolerations",
        "key=/key",
        "operator=/operator",
        "value=/value",
        "effect=/effect",
        "toleration_seconds=/tolerationSeconds");
    k.quantity(
        POD + "_overhead_cpu_cores",
        "The pod overhead in regards to cpu cores associated with running a pod.",
        "/spec/overhead/cpu");
    k.quantity(
        POD + "_overhead_memory_bytes",
        "The pod overhead in regards to memory associated with running a pod.",
        "/spec/overhead/memory");
    k.gauge(
        POD + "_resourceclaim_info",
        "Resource claims of the pod.",
        PodFamilies::claims,
        "claim_name",
        "resourceclaim_name",
        "resourceclaim_template_name");
  }

  private static void claims(JsonNode o, SeriesBuffer to) {
    Map<String, String> resolved = new HashMap<>();
    for (JsonNode s : o.path("status").path("resourceClaimStatuses")) {
      resolved.put(
          ObjectFields.text(s.path("name")), ObjectFields.text(s.path("resourceClaimName")));
    }
    for (JsonNode c : o.path("spec").path("resourceClaims")) {
      String name = ObjectFields.text(c.path("name"));
      String claim = ObjectFields.text(c.path("resourceClaimName"));
      String template = ObjectFields.text(c.path("resourceClaimTemplateName"));
      if (!claim.isEmpty() || !template.isEmpty()) {
        to.add(1, name, claim.isEmpty() ? resolved.getOrDefault(name, "") : claim, template);
      }
    }
  }

  private static void status(KindBuilder k) {
    k.oneOf(
        POD + "_status_phase",
        "The pods current phase.",
        "phase",
        "/status/phase",
        "Pending",
        "Succeeded",
        "Failed",
        "Unknown",
        "Running");
    k.oneOf(
        POD + "_status_qos_class",
        "The pods current qosClass.",
        "qos_class",
        "/status/qosClass",
        "BestEffort",
        "Burstable",
        "Guaranteed");
    condition(
        k, POD + "_status_ready", "Describes whether the pod is ready to serve requests.", "Ready");
    condition(
        k,
        POD + "_status_scheduled",
        "Describes the status of the scheduling process for the pod.",
        "PodScheduled");
    k.gauge(
        POD + "_status_unschedulable",
        "Describes the unschedulable status for the pod.",
        (o, to) -> {
          if (!has(o, "PodScheduled", "False").isMissingNode()) {
            to.add(1);
          }
        });
    k.gauge(
        POD + "_status_reason",
        "The pod status reasons.",
        (o, to) -> {
          String own = ObjectFields.text(o.path("status").path("reason"));
          for (String r : REASONS) {
            if (r.equals(own) || hasReason(o, r)) {
              to.add(1, r);
            }
          }
          if (!own.isEmpty() && !REASONS.contains(own)) {
            to.add(1, "Other");
          }
        },
        "reason");
    k.gauge(
        POD + "_status_disruption_reason",
        "The pod disruption condition reason.",
        (o, to) -> {
          for (JsonNode c : o.path("status").path("conditions")) {
            if (ObjectFields.text(c.path("type")).equals("DisruptionTarget")) {
              String reason = ObjectFields.text(c.path("reason"));
              to.add(1, DISRUPTIONS.contains(reason) ? reason : "Other");
            }
          }
        },
        "reason");
  }

  private static boolean hasReason(JsonNode o, String reason) {
    for (JsonNode c : o.path("status").path("conditions")) {
      if (ObjectFields.text(c.path("reason")).equals(reason)) {
        return true;
      }
    }
    for (JsonNode c : o.path("status").path("containerStatuses")) {
      if (ObjectFields.text(c.path("state").path("terminated").path("reason")).equals(reason)) {
        return true;
      }
    }
    return false;
  }

  private static void times(KindBuilder k) {
    k.time(POD + "_start_time", "Start time in unix timestamp for a pod.", "/status/startTime");
    k.gauge(
        POD + "_completion_time",
        "Completion time in unix timestamp for a pod.",
        (o, to) -> {
          long last = -1;
          for (JsonNode c : o.path("status").path("containerStatuses")) {
            JsonNode at = c.path("state").path("terminated").path("finishedAt");
            last = Math.max(last, ObjectFields.seconds(at));
          }
          if (last > 0) {
            to.add(last);
          }
        });
    since(k, POD + "_status_scheduled_time", "scheduled", "PodScheduled", "True");
    since(k, POD + "_status_unscheduled_time", "unscheduled", "PodScheduled", "False");
    since(k, POD + "_status_initialized_time", "initialized", "Initialized", "True");
    since(k, POD + "_status_ready_time", "ready", "Ready", "True");
    since(k, POD + "_status_container_ready_time", "containers ready", "ContainersReady", "True");
  }

  private static void since(KindBuilder k, String name, String what, String type, String status) {
    k.gauge(
        name,
        "Unix timestamp when pod moved into " + what + " status.",
        (o, to) -> {
          long t = ObjectFields.seconds(has(o, type, status).path("lastTransitionTime"));
          if (t >= 0) {
            to.add(t);
          }
        });
  }

  private static JsonNode has(JsonNode o, String type, String status) {
    for (JsonNode c : o.path("status").path("conditions")) {
      if (ObjectFields.text(c.path("type")).equals(type)
          && ObjectFields.text(c.path("status")).equals(status)) {
        return c;
      }
    }
    return MissingNode.getInstance();
  }

  private static void condition(KindBuilder k, String name, String help, String type) {
    k.gauge(
        name,
        help,
        (o, to) -> {
          for (JsonNode c : o.path("status").path("conditions")) {
            if (ObjectFields.text(c.path("type")).equals(type)) {
              KindBuilder.states(c, s -> new String[] {s}, to);
            }
          }
        },
        "condition");
  }

  /** The controller among the owners, if any. */
  private static JsonNode controller(JsonNode o) {
    for (JsonNode owner : o.path("metadata").path("ownerReferences")) {
      if (ObjectFields.isTrue(owner.path("controller"))) {
        return owner;
      }
    }
    return MissingNode.getInstance();
  }

  private static void containers(
      KindBuilder k, String prefix, String what, String spec, String statuses) {
    boolean init = statuses.equals(INIT);
    StateFamily.Extract info =
        (o, to) -> {
          for (JsonNode c : o.path("spec").path(spec)) {
            for (JsonNode s : o.path("status").path(statuses)) {
              if (!ObjectFields.text(s.path("name")).equals(ObjectFields.text(c.path("name")))) {
                continue;
              }
              String name = ObjectFields.text(s.path("name"));
              String imageSpec = ObjectFields.text(c.path("image"));
              String image = ObjectFields.text(s.path("image"));
              String id = ObjectFields.text(s.path("imageID"));
              String container = ObjectFields.text(s.path("containerID"));
              if (init) {
                String policy = ObjectFields.text(c.path("restartPolicy"));
                to.add(1, name, imageSpec, image, id, container, policy);
              } else {
                to.add(1, name, imageSpec, image, id, container);
              }
            }
          }
        };
    String about = "Information about " + (init ? "an " : "a ") + what + " in a pod.";
    if (init) {
      k.gauge(
          prefix + "_info",
          about,
          info,
          "container",
          "image_spec",
          "image",
          "image_id",
          "container_id",
          "restart_policy");
    } else {
      k.gauge(
          prefix + "_info",
          about,
          info,
          "container",
          "image_spec",
          "image",
          "image_id",
          "container_id");
    }
    requested(k, prefix + "_resource_requests", "requested resources", spec, "requests");
    requested(k, prefix + "_resource_limits", "limits of resources", spec, "limits");
    containerStates(k, prefix, what, statuses);
  }

  private static void requested(KindBuilder k, String name, String what, String spec, String key) {
    k.gauge(
        name,
        "The number of " + what + " by a container.",
        (o, to) -> {
          String node = ObjectFields.text(o.path("spec").path("nodeName"));
          for (JsonNode c : o.path("spec").path(spec)) {
            KindBuilder.resources(
                c.path("resources").path(key), to, ObjectFields.text(c.path("name")), node);
          }
        },
        "container",
        "node",
        "resource",
        "unit");
  }

  private static void containerStates(KindBuilder k, String prefix, String what, String statuses) {
    k.counter(
        prefix + "_status_restarts_total",
        "The number of " + what + " restarts per container.",
        (o, to) -> statuses(o, statuses, to, s -> s.path("restartCount").asLong(0)),
        "container");
    k.gauge(
        prefix + "_status_ready",
        "Describes whether the " + what + "s readiness check succeeded.",
        (o, to) -> statuses(o, statuses, to, s -> ObjectFields.isTrue(s.path("ready")) ? 1 : 0),
        "container");
    for (String state : List.of("waiting", "running", "terminated")) {
      k.gauge(
          prefix + "_status_" + state,
          "Describes whether the " + what + " is currently in " + state + " state.",
          (o, to) -> statuses(o, statuses, to, s -> s.path("state").has(state) ? 1 : 0),
          "container");
      if (!state.equals("running")) {
        reason(k, prefix + "_status_" + state + "_reason", what, statuses, "state", state);
      }
    }
    reason(k, prefix + "_status_last_terminated_reason", what, statuses, "lastState", "terminated");
    k.gauge(
        prefix + "_status_last_terminated_exitcode",
        "Describes the exit code for the last " + what + " in terminated state.",
        (o, to) ->
            statuses(
                o,
                statuses,
                to,
                s -> {
                  JsonNode last = s.path("lastState").path("terminated");
                  return last.isMissingNode() ? -1 : last.path("exitCode").asLong(0);
                }),
        "container");
    k.gauge(
        prefix + "_status_last_terminated_timestamp",
        "Last terminated time for a pod " + what + " in unix timestamp.",
        (o, to) ->
            statuses(
                o,
                statuses,
                to,
                s ->
                    ObjectFields.seconds(
                        s.path("lastState").path("terminated").path("finishedAt"))),
        "container");
    k.gauge(
        prefix + "_state_started",
        "Start time in unix timestamp for a pod " + what + ".",
        (o, to) ->
            statuses(
                o,
                statuses,
                to,
                s ->
                    Math.max(
                        ObjectFields.seconds(s.path("state").path("running").path("startedAt")),
                        ObjectFields.seconds(
                            s.path("state").path("terminated").path("startedAt")))),
        "container");
  }

  /** A series for each status of a container whose value is not negative. */
  private static void statuses(
      JsonNode o, String statuses, SeriesBuffer to, ToLongFunction<JsonNode> value) {
    for (JsonNode s : o.path("status").path(statuses)) {
      long v = value.applyAsLong(s);
      if (v >= 0) {
        to.add(v, ObjectFields.text(s.path("name")));
      }
    }
  }

  private static void reason(
      KindBuilder k, String name, String what, String statuses, String when, String state) {
    k.gauge(
        name,
        "Describes the reason the " + what + " is or was in " + state + " state.",
        (o, to) -> {
          for (JsonNode s : o.path("status").path(statuses)) {
            JsonNode now = s.path(when).path(state);
            if (!now.isMissingNode()) {
              to.add(1, ObjectFields.text(s.path("name")), ObjectFields.text(now.path("reason")));
            }
          }
        },
        "container",
        "reason");
  }

  private static void volumes(KindBuilder k) {
    String prefix = POD + "_spec_volumes_persistentvolumeclaims_";
    k.gauge(
        prefix + "info",
        "Information about persistentvolumeclaim and ephemeral volumes in a pod.",
        (o, to) -> claims(o, to, false),
        "volume",
        "persistentvolumeclaim",
        "ephemeral");
    k.gauge(
        prefix + "readonly",
        "Describes whether a persistentvolumeclaim is mounted read only.",
        (o, to) -> claims(o, to, true),
        "volume",
        "persistentvolumeclaim",
        "ephemeral");
  }

  private static void claims(JsonNode o, SeriesBuffer to, boolean readOnly) {
    for (JsonNode v : o.path("spec").path("volumes")) {
      String name = ObjectFields.text(v.path("name"));
      JsonNode claim = v.path("persistentVolumeClaim");
      if (!claim.isMissingNode()) {
        boolean one = !readOnly || ObjectFields.isTrue(claim.path("readOnly"));
        to.add(one ? 1 : 0, name, ObjectFields.text(claim.path("claimName")), "false");
      } else if (v.has("ephemeral")) {
        String pod = ObjectFields.text(o.path("metadata").path("name"));
        to.add(readOnly ? 0 : 1, name, pod + "-" + name, "true");
      }
    }
  }
}

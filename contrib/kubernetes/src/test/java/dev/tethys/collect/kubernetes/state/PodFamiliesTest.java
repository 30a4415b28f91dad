package dev.tethys.collect.kubernetes.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class PodFamiliesTest {
  private static final String POD =
      """
      {"metadata":{"name":"web-1","namespace":"shop","uid":"u1",
        "creationTimestamp":"2026-01-02T03:04:05Z",
        "labels":{"app":"web","app.kubernetes.io/name":"web \\"x\\""},
        "annotations":{"coroot.com/application-category":"front","other":"no"},
        "ownerReferences":[{"kind":"ReplicaSet","name":"web","controller":true}]},
       "spec":{"nodeName":"n1","restartPolicy":"Always","priorityClassName":"high",
        "containers":[{"name":"a","image":"web:1","resources":{
          "requests":{"cpu":"250m","memory":"64Mi","nvidia.com/gpu":"2","odd":"1"},
          "limits":{"ephemeral-storage":"1Gi"}}}],
        "initContainers":[{"name":"i","image":"init:1","restartPolicy":"Always"}],
        "tolerations":[{"key":"k","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],
        "volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"c1","readOnly":true}},
          {"name":"tmp","ephemeral":{}}]},
       "status":{"phase":"Running","qosClass":"Burstable","hostIP":"10.0.0.1","podIP":"10.1.0.2",
        "podIPs":[{"ip":"10.1.0.2"},{"ip":"fd00::2"}],"startTime":"2026-01-02T03:04:06Z",
        "conditions":[{"type":"Ready","status":"False","lastTransitionTime":"2026-01-02T03:05:00Z"},
          {"type":"PodScheduled","status":"True","lastTransitionTime":"2026-01-02T03:04:06Z"}],
        "containerStatuses":[{"name":"a","ready":false,"restartCount":3,"image":"docker.io/web:1",
          "imageID":"sha","containerID":"containerd://1",
          "state":{"waiting":{"reason":"CrashLoopBackOff"}},
          "lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled",
            "finishedAt":"2026-01-02T03:05:01Z"}}}],
        "initContainerStatuses":[{"name":"i","ready":true,"restartCount":0,"image":"init:1",
          "imageID":"s2","containerID":"containerd://2",
          "state":{"terminated":{"exitCode":0,"reason":"Completed",
            "startedAt":"2026-01-02T03:04:07Z","finishedAt":"2026-01-02T03:04:08Z"}}}]}}
      """;

  private static final String ID = "namespace=\"shop\",pod=\"web-1\",uid=\"u1\"";

  private final List<String> lines = StateText.of("pods", POD);

  @Test
  void describesThePod() {
    assertThat(lines)
        .contains(
            "kube_pod_info{created_by_kind=\"ReplicaSet\",created_by_name=\"web\",host_ip=\"10.0.0.1\","
                + "host_network=\"false\",namespace=\"shop\",node=\"n1\",pod=\"web-1\","
                + "pod_ip=\"10.1.0.2\",priority_class=\"high\",uid=\"u1\"} 1",
            "kube_pod_created{" + ID + "} 1.767323045e+09",
            "kube_pod_labels{label_app=\"web\",label_app_kubernetes_io_name=\"web \\\"x\\\"\","
                + ID
                + "} 1",
            "kube_pod_annotations{annotation_coroot_com_application_category=\"front\","
                + ID
                + "} 1",
            "kube_pod_owner{namespace=\"shop\",owner_is_controller=\"true\",owner_kind=\"ReplicaSet\","
                + "owner_name=\"web\",pod=\"web-1\",uid=\"u1\"} 1",
            "kube_pod_ips{ip=\"fd00::2\",ip_family=\"6\"," + ID + "} 1",
            "kube_pod_start_time{" + ID + "} 1.767323046e+09",
            "kube_pod_status_phase{namespace=\"shop\",phase=\"Running\",pod=\"web-1\",uid=\"u1\"} 1",
            "kube_pod_status_phase{namespace=\"shop\",phase=\"Failed\",pod=\"web-1\",uid=\"u1\"} 0",
            "kube_pod_status_ready{condition=\"true\"," + ID + "} 0",
            "kube_pod_status_ready{condition=\"false\"," + ID + "} 1",
            "kube_pod_status_scheduled_time{" + ID + "} 1.767323046e+09")
        .noneMatch(l -> l.startsWith("kube_pod_status_ready_time"));
  }

  @Test
  void describesItsContainers() {
    String in = "container=\"a\"," + ID;
    assertThat(lines)
        .contains(
            "kube_pod_container_info{container=\"a\",container_id=\"containerd://1\","
                + "image=\"docker.io/web:1\",image_id=\"sha\",image_spec=\"web:1\","
                + ID
                + "} 1",
            "kube_pod_container_resource_requests{container=\"a\",namespace=\"shop\",node=\"n1\","
                + "pod=\"web-1\",resource=\"cpu\",uid=\"u1\",unit=\"core\"} 0.25",
            "kube_pod_container_resource_requests{container=\"a\",namespace=\"shop\",node=\"n1\","
                + "pod=\"web-1\",resource=\"memory\",uid=\"u1\",unit=\"byte\"} 6.7108864e+07",
            "kube_pod_container_resource_requests{container=\"a\",namespace=\"shop\",node=\"n1\","
                + "pod=\"web-1\",resource=\"nvidia_com_gpu\",uid=\"u1\",unit=\"integer\"} 2",
            "kube_pod_container_resource_limits{container=\"a\",namespace=\"shop\",node=\"n1\","
                + "pod=\"web-1\",resource=\"ephemeral_storage\",uid=\"u1\",unit=\"byte\"}"
                + " 1.073741824e+09",
            "kube_pod_container_status_restarts_total{" + in + "} 3",
            "kube_pod_container_status_ready{" + in + "} 0",
            "kube_pod_container_status_waiting{" + in + "} 1",
            "kube_pod_container_status_running{" + in + "} 0",
            "kube_pod_container_status_waiting_reason{container=\"a\",namespace=\"shop\","
                + "pod=\"web-1\",reason=\"CrashLoopBackOff\",uid=\"u1\"} 1",
            "kube_pod_container_status_last_terminated_reason{container=\"a\",namespace=\"shop\","
                + "pod=\"web-1\",reason=\"OOMKilled\",uid=\"u1\"} 1",
            "kube_pod_container_status_last_terminated_exitcode{" + in + "} 137",
            "kube_pod_container_status_last_terminated_timestamp{" + in + "} 1.767323101e+09",
            "kube_pod_init_container_status_terminated_reason{container=\"i\",namespace=\"shop\","
                + "pod=\"web-1\",reason=\"Completed\",uid=\"u1\"} 1",
            "kube_pod_init_container_state_started{container=\"i\"," + ID + "} 1.767323047e+09",
            "kube_pod_init_container_info{container=\"i\",container_id=\"containerd://2\","
                + "image=\"init:1\",image_id=\"s2\",image_spec=\"init:1\",namespace=\"shop\","
                + "pod=\"web-1\",restart_policy=\"Always\",uid=\"u1\"} 1")
        .noneMatch(l -> l.contains("\"odd\""));
  }

  @Test
  void describesVolumesAndTolerations() {
    assertThat(lines)
        .contains(
            "kube_pod_spec_volumes_persistentvolumeclaims_readonly{ephemeral=\"false\","
                + "namespace=\"shop\",persistentvolumeclaim=\"c1\",pod=\"web-1\",uid=\"u1\","
                + "volume=\"data\"} 1",
            "kube_pod_spec_volumes_persistentvolumeclaims_info{ephemeral=\"true\","
                + "namespace=\"shop\",persistentvolumeclaim=\"web-1-tmp\",pod=\"web-1\",uid=\"u1\","
                + "volume=\"tmp\"} 1",
            "kube_pod_tolerations{effect=\"NoExecute\",key=\"k\",namespace=\"shop\","
                + "operator=\"Exists\",pod=\"web-1\",toleration_seconds=\"300\",uid=\"u1\"} 1");
  }

  @Test
  void tellsEvictionsAndUnschedulablePods() {
    assertThat(
            StateText.of(
                "pods",
                """
                {"metadata":{"name":"p","namespace":"n","uid":"u"},
                 "status":{"phase":"Failed","reason":"Evicted","conditions":[
                  {"type":"PodScheduled","status":"False"},
                  {"type":"DisruptionTarget","status":"True","reason":"New"}]}}
                """))
        .contains(
            "kube_pod_status_reason{namespace=\"n\",pod=\"p\",reason=\"Evicted\",uid=\"u\"} 1",
            "kube_pod_status_unschedulable{namespace=\"n\",pod=\"p\",uid=\"u\"} 1",
            "kube_pod_status_disruption_reason{namespace=\"n\",pod=\"p\",reason=\"Other\",uid=\"u\"}"
                + " 1",
            "kube_pod_owner{namespace=\"n\",pod=\"p\",uid=\"u\"} 1");
  }

  @Test
  void readsObjectsWithFieldsOfOtherTypes() {
    assertThat(
            StateText.of(
                "pods",
                """
                {"metadata":{"name":["x"],"namespace":{},"labels":"no","creationTimestamp":7,
                  "ownerReferences":"none"},
                 "spec":{"containers":{"a":1},"volumes":5,"tolerations":[null,1,"x"]},
                 "status":{"conditions":[[]],"containerStatuses":[{"restartCount":"many"}],
                  "startTime":"yesterday","podIPs":[{"ip":null}]}}
                """))
        .isNotEmpty()
        .noneMatch(l -> l.startsWith("kube_pod_start_time"));
  }

  @Test
  void cutsLongValuesAndDropsSeriesBeyondTheLimit() {
    StringBuilder many = new StringBuilder();
    String longText = "é".repeat(SeriesBuffer.MAX_VALUE);
    for (int i = 0; i < 200; i++) {
      many.append(i == 0 ? "" : ",").append("{\"key\":\"" + i + longText + "\"}");
    }
    SeriesBuffer buffer = new SeriesBuffer();
    StateObject o =
        StateText.kind("pods")
            .read(
                JsonMapper.shared().readTree("{\"spec\":{\"tolerations\":[" + many + "]}}"),
                buffer);
    assertThat(o.series().length).isLessThanOrEqualTo(SeriesBuffer.MAX_BYTES);
    assertThat(buffer.dropped()).isPositive();
  }
}

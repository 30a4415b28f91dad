package dev.tethys.collect.kubernetes.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Series of kinds other than pods. */
class WorkloadStateTest {
  @Test
  void describesDeployments() {
    String id = "{deployment=\"web\",namespace=\"shop\"}";
    assertThat(
            StateText.of(
                "deployments",
                """
                {"metadata":{"name":"web","namespace":"shop","generation":7},
                 "spec":{"replicas":10,"paused":true,"strategy":{"rollingUpdate":{
                   "maxSurge":"25%","maxUnavailable":"25%"}}},
                 "status":{"replicas":10,"readyReplicas":9,"observedGeneration":6,
                  "conditions":[{"type":"Available","status":"True","reason":"MinimumReplicas"}]}}
                """))
        .contains(
            "kube_deployment_metadata_generation" + id + " 7",
            "kube_deployment_status_replicas_ready" + id + " 9",
            "kube_deployment_status_replicas_unavailable" + id + " 0",
            "kube_deployment_spec_replicas" + id + " 10",
            "kube_deployment_spec_paused" + id + " 1",
            "kube_deployment_spec_strategy_rollingupdate_max_surge" + id + " 3",
            "kube_deployment_spec_strategy_rollingupdate_max_unavailable" + id + " 2",
            "kube_deployment_status_observed_generation" + id + " 6",
            "kube_deployment_status_condition{condition=\"Available\",deployment=\"web\","
                + "namespace=\"shop\",reason=\"MinimumReplicas\",status=\"true\"} 1");
  }

  @Test
  void describesFailedJobs() {
    assertThat(
            StateText.of(
                "jobs",
                """
                {"metadata":{"name":"j","namespace":"n","ownerReferences":[
                  {"kind":"CronJob","name":"c","controller":true}]},
                 "status":{"failed":4,"conditions":[
                  {"type":"Failed","status":"True","reason":"BackoffLimitExceeded"}]}}
                """))
        .contains(
            "kube_job_status_failed{job_name=\"j\",namespace=\"n\",reason=\"BackoffLimitExceeded\"} 1",
            "kube_job_status_failed{job_name=\"j\",namespace=\"n\",reason=\"Evicted\"} 0",
            "kube_job_failed{condition=\"true\",job_name=\"j\",namespace=\"n\"} 1",
            "kube_job_owner{job_name=\"j\",namespace=\"n\",owner_is_controller=\"true\","
                + "owner_kind=\"CronJob\",owner_name=\"c\"} 1");
  }

  @Test
  void describesAutoscalers() {
    assertThat(
            StateText.of(
                "horizontalpodautoscalers",
                """
                {"metadata":{"name":"h","namespace":"n"},
                 "spec":{"minReplicas":2,"maxReplicas":5,"scaleTargetRef":{"kind":"Deployment",
                   "name":"web","apiVersion":"apps/v1"},
                  "metrics":[{"type":"Resource","resource":{"name":"cpu",
                   "target":{"type":"Utilization","averageUtilization":80}}}]},
                 "status":{"currentReplicas":3,"desiredReplicas":4,"currentMetrics":[
                  {"type":"Resource","resource":{"name":"cpu","current":{"averageValue":"250m",
                   "averageUtilization":60}}}]}}
                """))
        .contains(
            "kube_horizontalpodautoscaler_spec_target_metric{horizontalpodautoscaler=\"h\","
                + "metric_name=\"cpu\",metric_target_type=\"utilization\",namespace=\"n\"} 80",
            "kube_horizontalpodautoscaler_status_target_metric{horizontalpodautoscaler=\"h\","
                + "metric_name=\"cpu\",metric_target_type=\"average\",namespace=\"n\"} 0.25",
            "kube_horizontalpodautoscaler_info{horizontalpodautoscaler=\"h\",namespace=\"n\","
                + "scaletargetref_api_version=\"apps/v1\",scaletargetref_kind=\"Deployment\","
                + "scaletargetref_name=\"web\"} 1",
            "kube_horizontalpodautoscaler_status_desired_replicas{horizontalpodautoscaler=\"h\","
                + "namespace=\"n\"} 4");
  }

  @Test
  void describesNodes() {
    assertThat(
            StateText.of(
                "nodes",
                """
                {"metadata":{"name":"n1","labels":{"node-role.kubernetes.io/control-plane":""}},
                 "spec":{"podCIDR":"10.1.0.0/24","providerID":"aws:///i-1","taints":[
                   {"key":"k","effect":"NoSchedule"}],"unschedulable":true},
                 "status":{"capacity":{"cpu":"4","memory":"8Gi","pods":"110","hugepages-2Mi":"0"},
                  "nodeInfo":{"kernelVersion":"6.1","kubeletVersion":"v1.31.0"},
                  "addresses":[{"type":"InternalIP","address":"10.0.0.1"}],
                  "conditions":[{"type":"Ready","status":"Unknown"}]}}
                """))
        .contains(
            "kube_node_role{node=\"n1\",role=\"control-plane\"} 1",
            "kube_node_spec_taint{effect=\"NoSchedule\",key=\"k\",node=\"n1\"} 1",
            "kube_node_spec_unschedulable{node=\"n1\"} 1",
            "kube_node_status_capacity{node=\"n1\",resource=\"pods\",unit=\"integer\"} 110",
            "kube_node_status_capacity{node=\"n1\",resource=\"hugepages_2Mi\",unit=\"byte\"} 0",
            "kube_node_status_condition{condition=\"Ready\",node=\"n1\",status=\"unknown\"} 1",
            "kube_node_info{internal_ip=\"10.0.0.1\",kernel_version=\"6.1\","
                + "kubelet_version=\"v1.31.0\",kubeproxy_version=\"deprecated\",node=\"n1\","
                + "pod_cidr=\"10.1.0.0/24\",provider_id=\"aws:///i-1\"} 1");
  }

  @Test
  void describesVolumesAndQuotas() {
    assertThat(
            StateText.of(
                "persistentvolumeclaims",
                """
                {"metadata":{"name":"c","namespace":"n","labels":{"a":"b"}},
                 "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"fast",
                  "volumeName":"v","resources":{"requests":{"storage":"1Gi"}}},
                 "status":{"phase":"Bound"}}
                """))
        .contains(
            "kube_persistentvolumeclaim_access_mode{access_mode=\"ReadWriteOnce\",namespace=\"n\","
                + "persistentvolumeclaim=\"c\"} 1",
            "kube_persistentvolumeclaim_labels{label_a=\"b\",namespace=\"n\","
                + "persistentvolumeclaim=\"c\"} 1",
            "kube_persistentvolumeclaim_resource_requests_storage_bytes{namespace=\"n\","
                + "persistentvolumeclaim=\"c\"} 1.073741824e+09",
            "kube_persistentvolumeclaim_status_phase{namespace=\"n\",persistentvolumeclaim=\"c\","
                + "phase=\"Bound\"} 1");
    assertThat(
            StateText.of(
                "resourcequotas",
                """
                {"metadata":{"name":"q","namespace":"n"},"status":{
                 "hard":{"requests.cpu":"2"},"used":{"requests.cpu":"500m"}}}
                """))
        .contains(
            "kube_resourcequota{namespace=\"n\",resource=\"requests.cpu\",resourcequota=\"q\","
                + "type=\"hard\"} 2",
            "kube_resourcequota{namespace=\"n\",resource=\"requests.cpu\",resourcequota=\"q\","
                + "type=\"used\"} 0.5");
  }

  @Test
  void describesApplicationsOfArgoAndSourcesOfFlux() {
    assertThat(
            StateText.of(
                "applications",
                """
                {"metadata":{"name":"a","namespace":"argocd","uid":"u"},
                 "spec":{"project":"p","source":{"repoURL":"https://g"}},
                 "status":{"sync":{"status":"OutOfSync","revision":"r"},"health":{"status":"Degraded"},
                  "operationState":{"phase":"Failed","finishedAt":"2026-01-01T00:00:00Z"},
                  "resources":[{"kind":"Service","name":"s","namespace":"n","status":"Synced"}]}}
                """))
        .anySatisfy(l -> assertThat(l).contains("argocd_application_sync_status", "OutOfSync"))
        .anySatisfy(l -> assertThat(l).contains("argocd_application_health_status", "Degraded"))
        .anySatisfy(
            l ->
                assertThat(l)
                    .contains("argocd_application_operation_finished_timestamp_seconds")
                    .endsWith(" 1.7672256e+09"))
        .anySatisfy(
            l ->
                assertThat(l)
                    .contains(
                        "argocd_application_resource_sync_status", "resource_kind=\"Service\""));
    assertThat(
            StateText.of(
                "gitrepositories",
                """
                {"metadata":{"name":"g","namespace":"flux","uid":"u"},
                 "spec":{"url":"https://g","interval":"1m","suspend":true},
                 "status":{"conditions":[{"type":"Ready","status":"False","reason":"GitFailed"},
                  {"type":"Stalled","status":"Unknown","reason":"x"}]}}
                """))
        .anySatisfy(
            l ->
                assertThat(l)
                    .startsWith("fluxcd_git_repository_info{")
                    .contains("suspended=\"true\"", "url=\"https://g\"", "interval=\"1m\""))
        .anySatisfy(
            l ->
                assertThat(l)
                    .startsWith("fluxcd_git_repository_status{")
                    .contains("type=\"Ready\"", "reason=\"GitFailed\"")
                    .endsWith(" 0"))
        .noneMatch(l -> l.contains("Stalled"));
  }
}

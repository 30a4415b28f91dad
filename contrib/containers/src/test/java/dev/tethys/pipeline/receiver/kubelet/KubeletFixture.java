package dev.tethys.pipeline.receiver.kubelet;

/** Responses of a kubelet, in the form of its summary API, and of an API. */
final class KubeletFixture {
  static final String SUMMARY =
      """
      {"node": {"nodeName": "node-1", "startTime": "2024-05-01T08:00:00Z",
        "cpu": {"time": "2024-05-02T08:00:00Z", "usageNanoCores": 1, "usageCoreNanoSeconds": 5000000000000},
        "memory": {"time": "2024-05-02T08:00:00Z", "availableBytes": 4000, "usageBytes": 3000, "workingSetBytes": 2500,
          "rssBytes": 1000, "pageFaults": 77, "majorPageFaults": 7},
        "network": {"time": "2024-05-02T08:00:00Z", "name": "eth0", "rxBytes": 10, "rxErrors": 1, "txBytes": 20, "txErrors": 2,
          "interfaces": [{"name": "eth0", "rxBytes": 10, "rxErrors": 1, "txBytes": 20, "txErrors": 2},
            {"name": "eth1", "rxBytes": 30, "rxErrors": 3, "txBytes": 40, "txErrors": 4}]},
        "fs": {"availableBytes": 600, "capacityBytes": 1000, "usedBytes": 400, "inodesFree": 60, "inodes": 100, "inodesUsed": 40},
        "runtime": {"imageFs": {"availableBytes": 600, "capacityBytes": 1000, "usedBytes": 300}},
        "rlimit": {"time": "2024-05-02T08:00:00Z", "maxpid": 32768, "curproc": 812},
        "systemContainers": [{"name": "kubelet", "startTime": "2024-05-01T08:00:10Z",
          "cpu": {"time": "2024-05-02T08:00:00Z", "usageCoreNanoSeconds": 250000000000},
          "memory": {"usageBytes": 900, "workingSetBytes": 800}}]},
       "pods": [{"podRef": {"name": "web-0", "namespace": "shop", "uid": "u-1"}, "startTime": "2024-05-01T09:00:00Z",
        "containers": [{"name": "web", "startTime": "2024-05-01T09:00:05Z",
          "cpu": {"time": "2024-05-02T08:00:00Z", "usageCoreNanoSeconds": 100000000000},
          "memory": {"availableBytes": 18446744073709547520, "usageBytes": 2000, "workingSetBytes": 1500, "rssBytes": 500,
            "pageFaults": 11, "majorPageFaults": 1},
          "rootfs": {"availableBytes": 600, "capacityBytes": 1000, "usedBytes": 50, "inodesUsed": 3},
          "logs": {"availableBytes": 600, "capacityBytes": 1000, "usedBytes": 5}}],
        "cpu": {"time": "2024-05-02T08:00:00Z", "usageCoreNanoSeconds": 120000000000},
        "memory": {"availableBytes": 5, "usageBytes": 2200, "workingSetBytes": 1600, "rssBytes": 550, "pageFaults": 12,
          "majorPageFaults": 2},
        "network": {"name": "eth0", "rxBytes": 100, "rxErrors": 0, "txBytes": 200, "txErrors": 0,
          "interfaces": [{"name": "eth0", "rxBytes": 100, "rxErrors": 0, "txBytes": 200, "txErrors": 0}]},
        "volume": [{"name": "data", "availableBytes": 70, "capacityBytes": 100, "usedBytes": 30, "inodes": 9, "inodesFree": 6,
            "inodesUsed": 3, "pvcRef": {"name": "data-web-0", "namespace": "shop"}},
          {"name": "conf", "availableBytes": 7, "capacityBytes": 10, "usedBytes": 3, "inodes": 8, "inodesFree": 5, "inodesUsed": 3}],
        "ephemeral-storage": {"availableBytes": 600, "capacityBytes": 1000, "usedBytes": 55}}]}
      """;

  /** The summary ten seconds later; the container was restarted in between. */
  static String later() {
    return SUMMARY
        .replace("2024-05-02T08:00:00Z", "2024-05-02T08:00:10Z")
        .replace(
            "\"usageCoreNanoSeconds\": 5000000000000", "\"usageCoreNanoSeconds\": 5020000000000")
        .replace("\"usageCoreNanoSeconds\": 250000000000", "\"usageCoreNanoSeconds\": 251000000000")
        .replace("\"usageCoreNanoSeconds\": 100000000000", "\"usageCoreNanoSeconds\": 105000000000")
        .replace(
            "\"usageCoreNanoSeconds\": 120000000000", "\"usageCoreNanoSeconds\": 126000000000");
  }

  static final String PODS =
      """
      {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [
       {"metadata": {"name": "web-0", "namespace": "shop", "uid": "u-1"},
        "spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}},
            {"name": "conf", "configMap": {"name": "c"}}],
          "containers": [{"name": "web", "resources": {"requests": {"cpu": "250m", "memory": "1Ki"},
            "limits": {"cpu": "2", "memory": "4k"}}}]},
        "status": {"containerStatuses": [{"name": "web", "containerID": "containerd://c0ffee"}]}}]}
      """;

  static final String CLAIM = "/api/v1/namespaces/shop/persistentvolumeclaims/data-web-0";
  static final String VOLUME = "/api/v1/persistentvolumes/pv-7";

  private KubeletFixture() {}
}

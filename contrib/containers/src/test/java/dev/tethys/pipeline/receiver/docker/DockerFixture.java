package dev.tethys.pipeline.receiver.docker;

/** Responses of a Docker daemon, as its documentation has them. */
public final class DockerFixture {
  public static final String LIST =
      """
      [{"Id": "aa11", "Names": ["/web"], "Image": "shop/web:2", "State": "running"},
       {"Id": "bb22", "Names": ["/db"], "Image": "postgres:17", "State": "running"}]
      """;

  public static final String WEB =
      """
      {"Id": "aa11", "Name": "/web", "Image": "sha256:0102", "RestartCount": 2,
       "State": {"Status": "running", "Running": true, "Paused": false, "StartedAt": "2024-05-01T09:00:00.5Z"},
       "Config": {"Hostname": "web-1", "Image": "shop/web:2", "Cmd": ["serve", "--fast"], "Env": ["TEAM=shop", "URL=a=b", "NONE"],
         "Labels": {"com.shop.tier": "front", "x": ""}},
       "HostConfig": {"CpuShares": 512, "NanoCpus": 1500000000, "CpusetCpus": "", "CpuQuota": 0, "CpuPeriod": 0}}
      """;

  public static final String DB =
      WEB.replace("aa11", "bb22")
          .replace("/web\"", "/db\"")
          .replace("shop/web:2", "postgres:17")
          .replace(
              "\"NanoCpus\": 1500000000, \"CpusetCpus\": \"\"",
              "\"NanoCpus\": 0, \"CpusetCpus\": \"0-2,5\"");

  /** Of version 1 of control groups. */
  public static final String STATS_1 =
      """
      {"read": "2024-05-02T08:00:01Z", "preread": "2024-05-02T08:00:00Z",
       "pids_stats": {"current": 7, "limit": 100},
       "blkio_stats": {
         "io_service_bytes_recursive": [{"major": 8, "minor": 0, "op": "Read", "value": 4096}, {"major": 8, "minor": 0, "op": "Write", "value": 512}],
         "io_serviced_recursive": [{"major": 8, "minor": 0, "op": "Read", "value": 3}],
         "io_queue_recursive": [{"major": 8, "minor": 0, "op": "Read", "value": 1}],
         "io_service_time_recursive": [{"major": 8, "minor": 0, "op": "Read", "value": 99}],
         "io_wait_time_recursive": [{"major": 8, "minor": 0, "op": "Read", "value": 98}],
         "io_merged_recursive": [{"major": 8, "minor": 0, "op": "Read", "value": 4}],
         "io_time_recursive": [{"major": 8, "minor": 0, "op": "", "value": 5}],
         "sectors_recursive": [{"major": 8, "minor": 0, "op": "", "value": 6}]},
       "cpu_stats": {"cpu_usage": {"total_usage": 300000000, "percpu_usage": [200000000, 100000000],
           "usage_in_kernelmode": 100000000, "usage_in_usermode": 200000000},
         "system_cpu_usage": 4000000000, "online_cpus": 2,
         "throttling_data": {"periods": 10, "throttled_periods": 4, "throttled_time": 5000}},
       "precpu_stats": {"cpu_usage": {"total_usage": 100000000}, "system_cpu_usage": 2000000000, "online_cpus": 2},
       "memory_stats": {"usage": 1000, "max_usage": 2000, "failcnt": 3, "limit": 4000,
         "stats": {"active_anon": 1, "active_file": 2, "cache": 3, "dirty": 4, "hierarchical_memory_limit": 5,
           "hierarchical_memsw_limit": 6, "inactive_anon": 7, "inactive_file": 8, "mapped_file": 9, "pgfault": 10,
           "pgmajfault": 11, "pgpgin": 12, "pgpgout": 13, "rss": 14, "rss_huge": 15, "total_active_anon": 16,
           "total_active_file": 17, "total_cache": 18, "total_dirty": 19, "total_inactive_anon": 20, "total_inactive_file": 200,
           "total_mapped_file": 22, "total_pgfault": 23, "total_pgmajfault": 24, "total_pgpgin": 25, "total_pgpgout": 26,
           "total_rss": 27, "total_rss_huge": 28, "total_unevictable": 29, "total_writeback": 30, "unevictable": 31,
           "writeback": 32}},
       "name": "/web", "id": "aa11",
       "networks": {"eth0": {"rx_bytes": 50, "rx_packets": 5, "rx_errors": 1, "rx_dropped": 2, "tx_bytes": 60, "tx_packets": 6,
         "tx_errors": 3, "tx_dropped": 4}}}
      """;

  /** Of version 2. */
  public static final String STATS_2 =
      """
      {"read": "2024-05-02T08:00:01Z", "preread": "2024-05-02T08:00:00Z",
       "pids_stats": {"current": 3, "limit": 18446744073709551615},
       "blkio_stats": {"io_service_bytes_recursive": [{"major": 259, "minor": 1, "op": "read", "value": 10}],
         "io_serviced_recursive": null, "io_queue_recursive": null, "io_service_time_recursive": null,
         "io_wait_time_recursive": null, "io_merged_recursive": null, "io_time_recursive": null, "sectors_recursive": null},
       "cpu_stats": {"cpu_usage": {"total_usage": 100, "usage_in_kernelmode": 40, "usage_in_usermode": 60},
         "system_cpu_usage": 1000, "online_cpus": 4, "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0}},
       "precpu_stats": {"cpu_usage": {"total_usage": 0}, "throttling_data": {}},
       "memory_stats": {"usage": 900, "limit": 1000, "stats": {"anon": 300, "file": 400, "inactive_file": 100, "pgfault": 7}},
       "networks": {"eth0": {"rx_bytes": 1, "tx_bytes": 2}}}
      """;

  private DockerFixture() {}
}

package dev.tethys.collect.database.memcached;

import java.util.ArrayList;
import java.util.List;

/**
 * Mapping of memcached's statistics to metrics. Names, types and labels are those of
 * memcached_exporter; the statistics are described in memcached's {@code doc/protocol.txt}.
 */
final class MemcachedMetrics {
  /**
   * A metric.
   *
   * @param counter or a gauge
   * @param needs a statistic without which it is not shown
   */
  record Row(boolean counter, String key, String name, String help, String needs) {}

  private static final String GENERAL =
      """
      c uptime uptime_seconds Seconds for which the server has been running.
      g time time_seconds The server's clock, in Unix seconds.
      g bytes current_bytes Bytes that items take.
      g limit_maxbytes limit_bytes Bytes that the server may use for items.
      g curr_items current_items Items stored now.
      c total_items items_total Items stored since the start.
      c bytes_read read_bytes_total Bytes that the server read from the network.
      c bytes_written written_bytes_total Bytes that the server sent to the network.
      g curr_connections current_connections Open connections.
      c total_connections connections_total Connections opened since the start.
      c rejected_connections connections_rejected_total Connections refused at the limit -c.
      c conn_yields connections_yielded_total Times that a connection gave way at the limit -R.
      c listen_disabled_num connections_listener_disabled_total Times that the limit of connections stopped the listener.
      c evictions items_evicted_total Valid items removed to make room.
      c reclaimed items_reclaimed_total Times that an item took the memory of one that had expired.
      c store_too_large item_too_large_total Times that an item was too large to be stored.
      c store_no_memory item_no_memory_total Times that there was no memory for an item.
      c lru_crawler_starts lru_crawler_starts_total Starts of the LRU crawler.
      c direct_reclaims direct_reclaims_total Times that a worker had to reclaim or evict items itself.
      c crawler_items_checked lru_crawler_items_checked_total Items that the LRU crawler looked at.
      c crawler_reclaimed lru_crawler_reclaimed_total Items that the LRU crawler freed.
      c moves_to_cold lru_crawler_moves_to_cold_total Items moved from HOT or WARM to COLD.
      c moves_to_warm lru_crawler_moves_to_warm_total Items moved from COLD to WARM.
      c moves_within_lru lru_crawler_moves_within_lru_total Items moved within HOT or WARM.
      g total_malloced malloced_bytes Bytes allocated for pages of slabs.
      g accepting_conns accepting_connections Whether the server takes new connections.
      """;

  private static final String EXTSTORE =
      """
      c extstore_compact_lost extstore_compact_lost_total Items lost in a compaction because they were locked.
      c extstore_compact_rescues extstore_compact_rescued_total Items that a compaction moved to another page.
      c extstore_compact_skipped extstore_compact_skipped_total Items that a compaction dropped as not used.
      c extstore_page_allocs extstore_pages_allocated_total Pages allocated.
      c extstore_page_evictions extstore_pages_evicted_total Pages evicted.
      c extstore_page_reclaims extstore_pages_reclaimed_total Empty pages freed.
      g extstore_pages_free extstore_pages_free Pages without items.
      g extstore_pages_used extstore_pages_used Pages with items.
      c extstore_objects_evicted extstore_objects_evicted_total Items evicted from external storage.
      c extstore_objects_read extstore_objects_read_total Items read from external storage.
      c extstore_objects_written extstore_objects_written_total Items written to external storage.
      g extstore_objects_used extstore_objects_used Items in external storage.
      c extstore_bytes_evicted extstore_bytes_evicted_total Bytes evicted from external storage.
      c extstore_bytes_written extstore_bytes_written_total Bytes written to external storage.
      c extstore_bytes_read extstore_bytes_read_total Bytes read from external storage.
      c extstore_bytes_used extstore_bytes_used Bytes that items take in external storage.
      g extstore_bytes_fragmented extstore_bytes_fragmented Bytes of pages that no item uses.
      g extstore_limit_maxbytes extstore_bytes_limit Bytes of external storage.
      g extstore_io_queue extstore_io_queue_depth Items that wait for input or output.
      """;

  private static final String PROXY =
      """
      c proxy_conn_requests proxy_conn_requests_total Requests of connections to the proxy.
      c proxy_conn_errors proxy_conn_errors_total Errors of connections to backends.
      c proxy_conn_oom proxy_conn_oom_total Times that there was no memory for a connection.
      g proxy_req_active proxy_req_active Requests that the proxy has under way.
      c proxy_config_reloads proxy_config_reloads_total Reloads of the proxy's configuration.
      c proxy_config_reload_fails proxy_config_reload_fails_total Reloads of the configuration that failed.
      c proxy_config_cron_runs proxy_config_cron_runs_total Runs of the configuration's jobs.
      c proxy_config_cron_fails proxy_config_cron_fails_total Runs of the configuration's jobs that failed.
      g proxy_backend_total proxy_backend_total Backends.
      c proxy_backend_marked_bad proxy_backend_marked_bad_total Times that a backend was marked as bad.
      g proxy_backend_failed proxy_backend_failed Backends that have failed.
      c proxy_request_failed_depth proxy_request_failed_depth_total Requests refused because a backend's queue was full.
      c round_robin_fallback round_robin_fallback_total Connections given to a thread by turns for want of a better one.
      c unexpected_napi_ids unexpected_napi_ids_total NAPI ids that were not expected.
      """;

  private static final String ITEMS =
      """
      g number slab_current_items Items in the slab class.
      g age slab_items_age_seconds Age of the oldest item of the slab class.
      c crawler_reclaimed slab_items_crawler_reclaimed_total Items that the LRU crawler freed.
      c evicted slab_items_evicted_total Items evicted before they expired.
      c evicted_nonzero slab_items_evicted_nonzero_total Items with a time of expiry that were evicted before it.
      c evicted_time slab_items_evicted_time_seconds Seconds since the last use of the item that was evicted last.
      c evicted_unfetched slab_items_evicted_unfetched_total Items evicted that were never fetched.
      c expired_unfetched slab_items_expired_unfetched_total Items expired that were never fetched.
      c outofmemory slab_items_outofmemory_total Times that the slab class had no memory for an item.
      c reclaimed slab_items_reclaimed_total Items stored in the memory of one that had expired.
      c tailrepairs slab_items_tailrepairs_total Times that an item with too many references was freed.
      c mem_requested slab_mem_requested_bytes Bytes that the items of the slab class take.
      c moves_to_cold slab_items_moves_to_cold Items moved from HOT or WARM to COLD.
      c moves_to_warm slab_items_moves_to_warm Items moved from COLD to WARM.
      c moves_within_lru slab_items_moves_within_lru Items moved within HOT or WARM.
      g number_hot slab_hot_items Items in the HOT LRU.
      g number_warm slab_warm_items Items in the WARM LRU.
      g number_cold slab_cold_items Items in the COLD LRU.
      g number_temp slab_temporary_items Items in the TEMPORARY LRU.
      g age_hot slab_hot_age_seconds Age of the oldest item of the HOT LRU.
      g age_warm slab_warm_age_seconds Age of the oldest item of the WARM LRU.
      """;

  private static final String SLABS =
      """
      g chunk_size slab_chunk_size_bytes Bytes of a chunk of the slab class.
      g chunks_per_page slab_chunks_per_page Chunks of a page of the slab class.
      g total_pages slab_current_pages Pages of the slab class.
      g total_chunks slab_current_chunks Chunks of the slab class.
      g used_chunks slab_chunks_used Chunks that hold items.
      g free_chunks slab_chunks_free Chunks that are free.
      g free_chunks_end slab_chunks_free_end Chunks that are free at the end of the last page.
      g mem_requested slab_mem_requested_bytes Bytes that the items of the slab class take.
      """;

  /** Shown where the LRU crawler is on. */
  private static final String CRAWLER =
      """
      g lru_crawler lru_crawler_enabled Whether the LRU crawler is on.
      g lru_crawler_sleep lru_crawler_sleep Microseconds that the LRU crawler sleeps between two items.
      g lru_crawler_tocrawl lru_crawler_to_crawl Most items that it looks at in a slab class at a time.
      g lru_maintainer_thread lru_crawler_maintainer_thread Whether a thread maintains a segmented LRU.
      g hot_lru_pct lru_crawler_hot_percent Percent of memory reserved for HOT.
      g warm_lru_pct lru_crawler_warm_percent Percent of memory reserved for WARM.
      g hot_max_factor lru_crawler_hot_max_factor Share of COLD's age from which an item leaves HOT.
      g warm_max_factor lru_crawler_warm_max_factor Share of COLD's age from which an item leaves WARM.
      """;

  static final List<Row> SERVER = all(rows(GENERAL, ""), rows(EXTSTORE, "extstore_limit_maxbytes"));
  static final List<Row> PROXIED = rows(PROXY, "proxy_backend_total");
  static final List<Row> PER_ITEMS = rows(ITEMS, "");
  static final List<Row> PER_SLAB = rows(SLABS, "");
  static final List<Row> LRU_SETTINGS = rows(CRAWLER, "");

  private MemcachedMetrics() {}

  private static List<Row> rows(String table, String needs) {
    return table
        .lines()
        .map(l -> l.split(" ", 4))
        .map(f -> new Row(f[0].equals("c"), f[1], f[2], f[3], needs))
        .toList();
  }

  private static List<Row> all(List<Row> a, List<Row> b) {
    List<Row> out = new ArrayList<>(a);
    out.addAll(b);
    return List.copyOf(out);
  }
}

package dev.tethys.collect.database.redis;

import com.google.re2j.Pattern;
import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import java.io.IOException;
import java.util.Map;

/** Metrics of indexes from FT.INFO of the search module. */
final class SearchMetrics {
  /** Field, metric without prefix, and factor. */
  private static final String TABLE =
      """
      num_docs num_docs 1
      max_doc_id max_doc_id 1
      num_terms num_terms 1
      num_records num_records 1
      inverted_sz_mb inverted_size_bytes 1048576
      total_inverted_index_blocks total_inverted_index_blocks 1
      vector_index_sz_mb vector_index_size_bytes 1048576
      offset_vectors_sz_mb offset_vectors_size_bytes 1048576
      doc_table_size_mb doc_table_size_bytes 1048576
      sortable_values_size_mb sortable_values_size_bytes 1048576
      key_table_size_mb key_table_size_bytes 1048576
      tag_overhead_sz_mb tag_overhead_size_bytes 1048576
      text_overhead_sz_mb text_overhead_size_bytes 1048576
      total_index_memory_sz_mb total_index_memory_size_bytes 1048576
      geoshapes_sz_mb geoshapes_size_bytes 1048576
      records_per_doc_avg avg_per_doc_records 1
      bytes_per_record_avg avg_per_record_bytes 1
      offsets_per_term_avg avg_per_term_offsets 1
      offset_bits_per_record_avg avg_per_record_offset_bits 1
      indexing indexing 1
      percent_indexed percent_indexed 1
      hash_indexing_failures hash_indexing_failures 1
      number_of_uses number_of_uses_total 1
      cleaning cleaning 1
      """;

  private SearchMetrics() {}

  static void add(MetricSet out, RedisCommands server, Pattern which) throws IOException {
    for (String index : server.command("FT._LIST").texts()) {
      if (!which.matcher(index).find()) {
        continue;
      }
      Map<String, RedisReply> info = server.command("FT.INFO", index).pairs();
      RedisReply named = info.get("index_name");
      String name = named == null ? index : String.valueOf(named.text());
      TABLE
          .lines()
          .map(l -> l.split(" "))
          .forEach(
              f -> {
                RedisReply r = info.get(f[0]);
                Double v = r == null ? null : GoNumbers.parse(r.text());
                double value = v == null ? 0 : v * Integer.parseInt(f[2]);
                String metric = "search_index_" + f[1];
                String help = "Field " + f[0] + " of FT.INFO.";
                if (metric.endsWith("_total")) {
                  out.counter(metric, help, value, "index_name", name);
                } else {
                  out.gauge(metric, help, value, "index_name", name);
                }
              });
    }
  }
}

package dev.tethys.api.pyroscope;

import static dev.tethys.api.pyroscope.MessageSchema.Kind.BOOL;
import static dev.tethys.api.pyroscope.MessageSchema.Kind.BYTES;
import static dev.tethys.api.pyroscope.MessageSchema.Kind.DOUBLE;
import static dev.tethys.api.pyroscope.MessageSchema.Kind.INTEGER;
import static dev.tethys.api.pyroscope.MessageSchema.Kind.INTEGER32;
import static dev.tethys.api.pyroscope.MessageSchema.Kind.TEXT;

/**
 * Messages of Pyroscope's {@code querier.v1} and {@code types.v1}, and {@code google.v1.Profile}.
 */
final class PyroscopeMessages {
  static final MessageSchema EMPTY = new MessageSchema();

  private static final MessageSchema LABEL =
      new MessageSchema().one(1, "name", TEXT).one(2, "value", TEXT);
  private static final MessageSchema LABELS = new MessageSchema().many(1, "labels", LABEL);
  private static final MessageSchema EXEMPLAR =
      new MessageSchema()
          .one(1, "timestamp", INTEGER)
          .one(2, "profile_id", TEXT)
          .one(3, "span_id", TEXT)
          .one(4, "value", INTEGER)
          .many(5, "labels", LABEL);
  private static final MessageSchema POINT =
      new MessageSchema()
          .one(1, "value", DOUBLE)
          .one(2, "timestamp", INTEGER)
          .many(4, "exemplars", EXEMPLAR);

  static final MessageSchema RANGE =
      new MessageSchema().one(1, "start", INTEGER).one(2, "end", INTEGER);
  static final MessageSchema PROFILE_TYPES =
      new MessageSchema()
          .many(
              1,
              "profile_types",
              new MessageSchema()
                  .one(1, "ID", TEXT)
                  .one(2, "name", TEXT)
                  .one(4, "sample_type", TEXT)
                  .one(5, "sample_unit", TEXT)
                  .one(6, "period_type", TEXT)
                  .one(7, "period_unit", TEXT));

  static final MessageSchema LABEL_NAMES_REQUEST =
      new MessageSchema().many(1, "matchers", TEXT).one(2, "start", INTEGER).one(3, "end", INTEGER);
  static final MessageSchema LABEL_VALUES_REQUEST =
      new MessageSchema()
          .one(1, "name", TEXT)
          .many(2, "matchers", TEXT)
          .one(3, "start", INTEGER)
          .one(4, "end", INTEGER);
  static final MessageSchema NAMES = new MessageSchema().many(1, "names", TEXT);

  static final MessageSchema SERIES_REQUEST =
      new MessageSchema()
          .many(1, "matchers", TEXT)
          .many(2, "label_names", TEXT)
          .one(3, "start", INTEGER)
          .one(4, "end", INTEGER);
  static final MessageSchema SERIES = new MessageSchema().many(2, "labels_set", LABELS);

  private static final MessageSchema SELECTOR =
      new MessageSchema()
          .many(1, "call_site", new MessageSchema().one(1, "name", TEXT))
          .one(
              2,
              "go_pgo",
              new MessageSchema()
                  .one(1, "keep_locations", INTEGER)
                  .one(2, "aggregate_callees", BOOL));
  private static final String[] FORMATS = {
    "PROFILE_FORMAT_UNSPECIFIED",
    "PROFILE_FORMAT_FLAMEGRAPH",
    "PROFILE_FORMAT_TREE",
    "PROFILE_FORMAT_DOT",
    "PROFILE_FORMAT_PPROF"
  };
  private static final String[] EXEMPLAR_TYPES = {
    "EXEMPLAR_TYPE_UNSPECIFIED",
    "EXEMPLAR_TYPE_NONE",
    "EXEMPLAR_TYPE_INDIVIDUAL",
    "EXEMPLAR_TYPE_SPAN"
  };
  private static final MessageSchema ASYNC =
      new MessageSchema()
          .one(1, "request_id", TEXT)
          .one(2, "type", "ASYNC_QUERY_TYPE_DISABLED", "ASYNC_QUERY_TYPE_FORCE");

  static final MessageSchema MERGE_STACKTRACES_REQUEST =
      selection(3)
          .one(5, "max_nodes", INTEGER)
          .one(6, "format", FORMATS)
          .one(7, "stack_trace_selector", SELECTOR)
          .many(8, "profile_id_selector", TEXT)
          .one(9, "async", ASYNC)
          .many(10, "trace_id_selector", TEXT)
          .many(11, "span_selector", TEXT);
  static final MessageSchema MERGE_SPAN_REQUEST =
      selection(4)
          .many(3, "span_selector", TEXT)
          .one(6, "max_nodes", INTEGER)
          .one(7, "format", FORMATS);
  static final MessageSchema MERGE_PROFILE_REQUEST =
      selection(3)
          .one(5, "max_nodes", INTEGER)
          .one(6, "stack_trace_selector", SELECTOR)
          .many(7, "profile_id_selector", TEXT);
  static final MessageSchema SELECT_SERIES_REQUEST =
      selection(3)
          .many(5, "group_by", TEXT)
          .one(6, "step", DOUBLE)
          .one(
              7,
              "aggregation",
              "TIME_SERIES_AGGREGATION_TYPE_SUM",
              "TIME_SERIES_AGGREGATION_TYPE_AVERAGE")
          .one(8, "stack_trace_selector", SELECTOR)
          .one(9, "limit", INTEGER)
          .one(10, "exemplar_type", EXEMPLAR_TYPES);
  static final MessageSchema SELECT_SERIES =
      new MessageSchema()
          .many(1, "series", new MessageSchema().many(1, "labels", LABEL).many(2, "points", POINT));

  static final MessageSchema SELECT_HEATMAP_REQUEST =
      selection(3)
          .one(5, "step", DOUBLE)
          .many(6, "group_by", TEXT)
          .one(
              7,
              "query_type",
              "HEATMAP_QUERY_TYPE_UNSPECIFIED",
              "HEATMAP_QUERY_TYPE_INDIVIDUAL",
              "HEATMAP_QUERY_TYPE_SPAN")
          .one(8, "exemplar_type", EXEMPLAR_TYPES)
          .one(9, "limit", INTEGER);
  static final MessageSchema SELECT_HEATMAP =
      new MessageSchema()
          .many(
              1,
              "series",
              new MessageSchema()
                  .many(1, "labels", LABEL)
                  .many(
                      2,
                      "slots",
                      new MessageSchema()
                          .one(1, "timestamp", INTEGER)
                          .many(2, "y_min", DOUBLE)
                          .many(3, "counts", INTEGER32)
                          .many(4, "exemplars", EXEMPLAR)));

  private static final MessageSchema LEVEL = new MessageSchema().many(1, "values", INTEGER);
  private static final MessageSchema VALUE_TYPE =
      new MessageSchema().one(1, "type", INTEGER).one(2, "unit", INTEGER);
  static final MessageSchema PROFILE =
      new MessageSchema()
          .many(1, "sample_type", VALUE_TYPE)
          .many(
              2,
              "sample",
              new MessageSchema()
                  .many(1, "location_id", INTEGER)
                  .many(2, "value", INTEGER)
                  .many(
                      3,
                      "label",
                      new MessageSchema()
                          .one(1, "key", INTEGER)
                          .one(2, "str", INTEGER)
                          .one(3, "num", INTEGER)
                          .one(4, "num_unit", INTEGER)))
          .many(
              3,
              "mapping",
              new MessageSchema()
                  .one(1, "id", INTEGER)
                  .one(2, "memory_start", INTEGER)
                  .one(3, "memory_limit", INTEGER)
                  .one(4, "file_offset", INTEGER)
                  .one(5, "filename", INTEGER)
                  .one(6, "build_id", INTEGER)
                  .one(7, "has_functions", BOOL)
                  .one(8, "has_filenames", BOOL)
                  .one(9, "has_line_numbers", BOOL)
                  .one(10, "has_inline_frames", BOOL))
          .many(
              4,
              "location",
              new MessageSchema()
                  .one(1, "id", INTEGER)
                  .one(2, "mapping_id", INTEGER)
                  .one(3, "address", INTEGER)
                  .many(
                      4,
                      "line",
                      new MessageSchema()
                          .one(1, "function_id", INTEGER)
                          .one(2, "line", INTEGER)
                          .one(3, "column", INTEGER))
                  .one(5, "is_folded", BOOL))
          .many(
              5,
              "function",
              new MessageSchema()
                  .one(1, "id", INTEGER)
                  .one(2, "name", INTEGER)
                  .one(3, "system_name", INTEGER)
                  .one(4, "filename", INTEGER)
                  .one(5, "start_line", INTEGER))
          .many(6, "string_table", TEXT)
          .one(7, "drop_frames", INTEGER)
          .one(8, "keep_frames", INTEGER)
          .one(9, "time_nanos", INTEGER)
          .one(10, "duration_nanos", INTEGER)
          .one(11, "period_type", VALUE_TYPE)
          .one(12, "period", INTEGER)
          .many(13, "comment", INTEGER)
          .one(14, "default_sample_type", INTEGER);

  private static final MessageSchema FLAME_GRAPH = flames();
  static final MessageSchema FLAMES =
      new MessageSchema()
          .one(1, "flamegraph", FLAME_GRAPH)
          .one(2, "tree", BYTES)
          .one(3, "dot", TEXT)
          .one(
              4,
              "async",
              new MessageSchema()
                  .one(1, "request_id", TEXT)
                  .one(
                      2,
                      "status",
                      "ASYNC_QUERY_STATUS_UNKNOWN",
                      "ASYNC_QUERY_STATUS_IN_PROGRESS",
                      "ASYNC_QUERY_STATUS_SUCCESS",
                      "ASYNC_QUERY_STATUS_FAILURE")
                  .one(3, "error_message", TEXT))
          .one(5, "pprof", new MessageSchema().one(1, "profile", PROFILE));
  static final MessageSchema DIFF_REQUEST =
      new MessageSchema()
          .one(1, "left", MERGE_STACKTRACES_REQUEST)
          .one(2, "right", MERGE_STACKTRACES_REQUEST);
  static final MessageSchema DIFF =
      new MessageSchema()
          .one(
              1, "flamegraph", flames().one(5, "leftTicks", INTEGER).one(6, "rightTicks", INTEGER));

  static final MessageSchema STATS =
      new MessageSchema()
          .one(1, "data_ingested", BOOL)
          .one(2, "oldest_profile_time", INTEGER)
          .one(3, "newest_profile_time", INTEGER);
  static final MessageSchema SETTING =
      new MessageSchema().one(1, "name", TEXT).one(2, "value", TEXT).one(3, "modifiedAt", INTEGER);
  static final MessageSchema SETTINGS = new MessageSchema().many(1, "settings", SETTING);
  static final MessageSchema ONE_SETTING = new MessageSchema().one(1, "setting", SETTING);
  static final MessageSchema SETTING_NAME = new MessageSchema().one(1, "name", TEXT);
  static final MessageSchema ANALYZE_REQUEST =
      new MessageSchema().one(2, "start", INTEGER).one(3, "end", INTEGER).one(4, "query", TEXT);
  static final MessageSchema ANALYZE =
      new MessageSchema()
          .many(
              1,
              "query_scopes",
              new MessageSchema()
                  .one(1, "component_type", TEXT)
                  .one(2, "component_count", INTEGER)
                  .one(3, "block_count", INTEGER)
                  .one(4, "series_count", INTEGER)
                  .one(5, "profile_count", INTEGER)
                  .one(6, "sample_count", INTEGER))
          .one(
              2,
              "query_impact",
              new MessageSchema()
                  .one(2, "total_bytes_in_time_range", INTEGER)
                  .one(3, "total_queried_series", INTEGER)
                  .one(4, "deduplication_needed", BOOL));

  private PyroscopeMessages() {}

  private static MessageSchema selection(int start) {
    return new MessageSchema()
        .one(1, "profile_typeID", TEXT)
        .one(2, "label_selector", TEXT)
        .one(start, "start", INTEGER)
        .one(start + 1, "end", INTEGER);
  }

  private static MessageSchema flames() {
    return new MessageSchema()
        .many(1, "names", TEXT)
        .many(2, "levels", LEVEL)
        .one(3, "total", INTEGER)
        .one(4, "max_self", INTEGER);
  }
}

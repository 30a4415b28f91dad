package dev.tethys.collect.observe.protocol.backend;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Commands of memcached's binary protocol and of Couchbase, by their number.
 *
 * @param name name in the text protocol if it has the command
 * @param key part that the key has
 * @param fewestExtras least bytes of extras; {@link #ANY} when the command is not recognised by its
 *     form
 * @param mostExtras maximum number of bytes of extras
 * @param value true if a value may follow
 * @param quiet true if a usual outcome gets no response
 */
record MemcachedCommand(
    String name, Key key, int fewestExtras, int mostExtras, boolean value, boolean quiet) {

  /** Presence of a key in a command. */
  enum Key {
    NONE,
    /** Key of a document, preceded by the number of its collection if collections are enabled. */
    DOCUMENT,
    /** Name of another entity: a bucket, a mechanism, a client. */
    OTHER
  }

  static final int QUIT = 0x07;
  static final int STAT = 0x10;
  static final int QUIT_QUIETLY = 0x17;
  static final int HELLO = 0x1f;
  static final int SASL_LIST = 0x20;
  static final int SASL_STEP = 0x22;
  static final int BUFFER_ACKNOWLEDGEMENT = 0x5d;
  static final int SELECT_BUCKET = 0x89;
  static final int COLLECTION_ID = 0xbb;
  static final int CONTINUE_SCAN = 0xdb;

  private static final int ANY = -1;
  private static final @Nullable MemcachedCommand[] ALL = new MemcachedCommand[256];

  static {
    document(0x00, "get", 0, 0, false);
    document(0x01, "set", 8, 8, true);
    document(0x02, "add", 8, 8, true);
    document(0x03, "replace", 8, 8, true);
    document(0x04, "delete", 0, 0, false);
    document(0x05, "incr", 20, 20, false);
    document(0x06, "decr", 20, 20, false);
    other(QUIT, "quit", Key.NONE, 0, 0, false);
    other(0x08, "flush_all", Key.NONE, 0, 4, false);
    quiet(0x09, "get", 0, 0, false);
    other(0x0a, "noop", Key.NONE, 0, 0, false);
    other(0x0b, "version", Key.NONE, 0, 0, false);
    document(0x0c, "get", 0, 0, false);
    quiet(0x0d, "get", 0, 0, false);
    document(0x0e, "append", 0, 0, true);
    document(0x0f, "prepend", 0, 0, true);
    other(STAT, "stats", Key.OTHER, 0, 0, true);
    quiet(0x11, "set", 8, 8, true);
    quiet(0x12, "add", 8, 8, true);
    quiet(0x13, "replace", 8, 8, true);
    quiet(0x14, "delete", 0, 0, false);
    quiet(0x15, "incr", 20, 20, false);
    quiet(0x16, "decr", 20, 20, false);
    other(QUIT_QUIETLY, "quit", Key.NONE, 0, 0, false);
    ALL[0x18] = new MemcachedCommand("flush_all", Key.NONE, 0, 4, false, true);
    quiet(0x19, "append", 0, 0, true);
    quiet(0x1a, "prepend", 0, 0, true);
    other(0x1b, "verbosity", Key.NONE, 4, 4, false);
    document(0x1c, "touch", 4, 4, false);
    document(0x1d, "gat", 4, 4, false);
    quiet(0x1e, "gat", 4, 4, false);
    other(HELLO, "hello", Key.OTHER, 0, 0, true);
    other(SASL_LIST, "sasl_list_mechs", Key.NONE, 0, 0, false);
    other(0x21, "sasl_auth", Key.OTHER, 0, 0, true);
    other(SASL_STEP, "sasl_step", Key.OTHER, 0, 0, true);
    document(0x49, "get_ex", 0, 0, false);
    document(0x4a, "get_ex_replica", 0, 0, false);
    other(0x50, "dcp_open", Key.OTHER, 8, 8, true);
    other(0x53, "dcp_stream_req", Key.NONE, 48, 48, true);
    other(0x5e, "dcp_control", Key.OTHER, 0, 0, true);
    document(0x83, "get_replica", 0, 0, false);
    other(SELECT_BUCKET, "select_bucket", Key.OTHER, 0, 0, false);
    other(0x91, "observe_seqno", Key.NONE, 0, 0, true);
    other(0x92, "observe", Key.NONE, 0, 0, true);
    document(0x93, "evict_key", 0, 0, false);
    document(0x94, "get_locked", 0, 4, false);
    document(0x95, "unlock_key", 0, 0, false);
    document(0xa0, "get_meta", 0, 1, false);
    document(0xa2, "set_with_meta", 24, 30, true);
    document(0xa4, "add_with_meta", 24, 30, true);
    document(0xa8, "del_with_meta", 24, 30, true);
    quiet(0xa1, "get_meta", 0, 1, false);
    quiet(0xa3, "set_with_meta", 24, 30, true);
    quiet(0xa5, "add_with_meta", 24, 30, true);
    quiet(0xa9, "del_with_meta", 24, 30, true);
    other(0xb5, "get_cluster_config", Key.NONE, 0, 16, false);
    other(0xb6, "get_random_key", Key.NONE, 0, 5, false);
    document(0xb8, "get_keys", 0, 4, true);
    other(0xba, "collections_get_manifest", Key.NONE, 0, 0, false);
    other(COLLECTION_ID, "collections_get_id", Key.OTHER, 0, 0, true);
    other(0xbc, "collections_get_scope_id", Key.OTHER, 0, 0, true);
    String[] paths = {
      "get",
      "exists",
      "dict_add",
      "dict_upsert",
      "delete",
      "replace",
      "array_push_last",
      "array_push_first",
      "array_insert",
      "array_add_unique",
      "counter"
    };
    for (int i = 0; i < paths.length; i++) {
      document(0xc5 + i, "subdoc_" + paths[i], 3, 8, true);
    }
    document(0xd0, "subdoc_multi_lookup", 0, 1, true);
    document(0xd1, "subdoc_multi_mutation", 0, 5, true);
    document(0xd2, "subdoc_get_count", 3, 4, true);
    other(0xda, "range_scan_create", Key.NONE, 0, 0, true);
    other(CONTINUE_SCAN, "range_scan_continue", Key.NONE, 28, 29, false);
    other(0xdc, "range_scan_cancel", Key.NONE, 16, 16, false);
    other(0xfe, "get_error_map", Key.NONE, 0, 0, true);
  }

  private static void document(int code, String name, int fewest, int most, boolean value) {
    ALL[code] = new MemcachedCommand(name, Key.DOCUMENT, fewest, most, value, false);
  }

  private static void quiet(int code, String name, int fewest, int most, boolean value) {
    ALL[code] = new MemcachedCommand(name, Key.DOCUMENT, fewest, most, value, true);
  }

  private static void other(int code, String name, Key key, int few, int most, boolean value) {
    ALL[code] = new MemcachedCommand(name, key, few, most, value, false);
  }

  /** Returns the command with this number; the name of an unknown command contains the number. */
  static MemcachedCommand of(int code) {
    MemcachedCommand c = ALL[code];
    return c != null
        ? c
        : new MemcachedCommand(
            "0x" + Integer.toHexString(code).toLowerCase(Locale.ROOT),
            Key.OTHER,
            ANY,
            0,
            true,
            false);
  }

  /** True if a request of this form is one of the command. */
  boolean fits(int keyLength, int extras, long valueLength) {
    return fewestExtras != ANY
        && extras >= fewestExtras
        && extras <= mostExtras
        && (value || valueLength == 0)
        && (key == Key.NONE ? keyLength == 0 : key != Key.DOCUMENT || keyLength > 0);
  }
}

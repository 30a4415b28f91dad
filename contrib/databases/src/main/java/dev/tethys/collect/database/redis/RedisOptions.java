package dev.tethys.collect.database.redis;

import com.google.re2j.Pattern;
import java.util.List;
import java.util.Map;

/**
 * Options for reading a server, beyond the default metrics.
 *
 * @param namespace prefix of all names
 * @param configCommand name of the command CONFIG, {@code -} to not use it
 * @param setName whether the connection gets the name of the exporter
 * @param ping whether a PING is timed
 * @param cluster whether keys are searched in the server's whole cluster
 * @param tile38 whether the server is a Tile38
 * @param roleLabel whether all metrics have the server's role as a label
 * @param scripts Lua scripts whose results are shown, by file name
 * @param readOnlyScripts whether they are run by EVAL_RO
 */
record RedisOptions(
    String namespace,
    String configCommand,
    boolean setName,
    boolean ping,
    boolean cluster,
    boolean tile38,
    boolean roleLabel,
    Map<String, String> scripts,
    boolean readOnlyScripts,
    PageContent shown,
    Keys keys) {

  /**
   * Sections included in the page.
   *
   * @param config all settings
   * @param redact whether settings with passwords are omitted
   * @param indexes indexes of the search module to show
   * @param emptyDatabases whether databases without keys are shown
   */
  record PageContent(
      boolean config,
      boolean redact,
      boolean modules,
      boolean searchIndexes,
      Pattern indexes,
      boolean sentinelPeers,
      boolean clients,
      boolean clientPorts,
      boolean latency,
      boolean system,
      boolean rdbSize,
      boolean emptyDatabases) {}

  /**
   * Keys to inspect.
   *
   * @param checked patterns of keys
   * @param single keys
   * @param streams patterns of streams
   * @param singleStreams streams
   * @param counted patterns whose keys are counted
   * @param batch number of keys per step of SCAN
   * @param groups Lua patterns that group keys
   * @param maxGroups maximum number of groups of a database
   * @param values whether the values of keys are shown
   * @param consumers whether consumers of streams are shown
   * @param notOnMaster whether masters are skipped
   */
  record Keys(
      List<DatabaseKey> checked,
      List<DatabaseKey> single,
      List<DatabaseKey> streams,
      List<DatabaseKey> singleStreams,
      List<DatabaseKey> counted,
      long batch,
      List<String> groups,
      int maxGroups,
      boolean values,
      boolean consumers,
      boolean notOnMaster) {}

  RedisOptions withKeys(Keys k) {
    return new RedisOptions(
        namespace,
        configCommand,
        setName,
        ping,
        cluster,
        tile38,
        roleLabel,
        scripts,
        readOnlyScripts,
        shown,
        k);
  }
}

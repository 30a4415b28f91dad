package dev.tethys.collect.database.redis;

import com.google.re2j.Pattern;
import java.util.List;
import java.util.Map;

/**
 * What is asked of a server beside what is always asked.
 *
 * @param namespace the first word of all names
 * @param configCommand what the command CONFIG is called, {@code -} to leave it alone
 * @param setName whether the connection is given the name of the exporter
 * @param ping whether a PING is timed
 * @param cluster whether keys are looked for in the server's whole cluster
 * @param tile38 whether the server is a Tile38
 * @param roleLabel whether all metrics tell the server's role
 * @param scripts Lua scripts whose answers are shown, by file name
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
    Shown shown,
    Keys keys) {

  /**
   * Parts of what a server tells.
   *
   * @param config all settings
   * @param redact whether those that hold passwords are left out
   * @param indexes which indexes of the search module, where those are shown
   * @param emptyDatabases whether databases without keys are shown
   */
  record Shown(
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
   * Keys that are looked at.
   *
   * @param checked patterns of keys
   * @param single keys
   * @param streams patterns of streams
   * @param singleStreams streams
   * @param counted patterns whose keys are counted
   * @param batch how many keys SCAN looks at in one step
   * @param groups Lua patterns that group keys
   * @param maxGroups most groups shown of a database
   * @param values whether the values of keys are shown
   * @param consumers whether consumers of streams are shown
   * @param notOnMaster whether masters are spared
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

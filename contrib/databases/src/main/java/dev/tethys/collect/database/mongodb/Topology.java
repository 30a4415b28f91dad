package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.Document.ObjectId;
import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import dev.tethys.collect.database.mongodb.wire.MongoException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Position of a server in its topology, as labels. Labels without permission are omitted. */
final class Topology {
  private static final String CLUSTER_ROLE = "cl_role";
  private static final String CLUSTER_ID = "cl_id";
  private static final String REPLICA_SET = "rs_nm";
  private static final String REPLICA_STATE = "rs_state";

  private final MongoConnection connection;

  private Topology(MongoConnection connection) {
    this.connection = connection;
  }

  /** Returns the labels of a server. */
  static Map<String, String> labels(MongoConnection c) throws IOException {
    Topology t = new Topology(c);
    Map<String, String> labels = new LinkedHashMap<>();
    Document options = t.command("getCmdLineOpts").document("parsed", "sharding");
    if (options != null) {
      boolean router = options.fields().containsKey("configDB");
      labels.put(CLUSTER_ROLE, router ? "mongos" : options.text("clusterRole"));
    }
    Document config = t.command("replSetGetConfig");
    labels.put(REPLICA_SET, config.text("config", "_id"));
    labels.put(CLUSTER_ID, t.clusterId(config));
    Double state = t.command("replSetGetStatus").number("myState");
    labels.put(REPLICA_STATE, state == null ? "" : String.valueOf(state.longValue()));
    labels.values().removeIf(String::isEmpty);
    return labels;
  }

  /** Runs a command and returns its response, empty if the server rejects it. */
  private Document command(String name) throws IOException {
    try {
      return connection.command("admin", Document.of(name, 1));
    } catch (MongoException e) {
      return Document.of();
    }
  }

  /** Returns the ID of a router's or shard's cluster, otherwise of the replica set. */
  private String clusterId(Document config) throws IOException {
    String id = find("config", "version", Document.of());
    if (id.isEmpty()) {
      id = find("admin", "system.version", Document.of("_id", "shardIdentity"));
    }
    return id.isEmpty() && config.at("config", "settings", "replicaSetId") instanceof ObjectId o
        ? o.hex()
        : id;
  }

  private String find(String database, String collection, Document filter) throws IOException {
    try {
      List<Document> found =
          connection.cursor(
              database,
              Document.of("find", collection, "filter", filter, "limit", 1, "singleBatch", true));
      return !found.isEmpty() && found.getFirst().at("clusterId") instanceof ObjectId o
          ? o.hex()
          : "";
    } catch (MongoException e) {
      return "";
    }
  }
}

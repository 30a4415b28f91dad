package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoTopology;

/** Server role. */
enum ServerRole {
  /** Data-bearing {@code mongod}. */
  MEMBER("mongod"),
  /** Voting-only member; it has neither data nor users. */
  ARBITER("arbiter"),
  /** {@code mongos} in front of shards. */
  ROUTER("mongos");

  private final String text;

  ServerRole(String text) {
    this.text = text;
  }

  /** Returns the label value. */
  String text() {
    return text;
  }

  /** Derives the role from the server's {@code hello} response. */
  static ServerRole of(Document hello) {
    return hello.isTrue("arbiterOnly") ? ARBITER : MongoTopology.isRouter(hello) ? ROUTER : MEMBER;
  }
}

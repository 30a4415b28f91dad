package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoTopology;

/** Role of a server. */
enum ServerRole {
  /** A {@code mongod} with data. */
  MEMBER("mongod"),
  /** One that votes alone; it has neither data nor users. */
  ARBITER("arbiter"),
  /** A {@code mongos} in front of shards. */
  ROUTER("mongos");

  private final String text;

  ServerRole(String text) {
    this.text = text;
  }

  /** As labels have it. */
  String text() {
    return text;
  }

  /** By what a server says of itself. */
  static ServerRole of(Document hello) {
    return hello.isTrue("arbiterOnly") ? ARBITER : MongoTopology.isRouter(hello) ? ROUTER : MEMBER;
  }
}

package dev.tethys.collect.database.mongodb;

import static org.assertj.core.api.Assertions.assertThat;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import dev.tethys.collect.database.Settings;
import dev.tethys.collect.database.SideBySide;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import dev.tethys.collect.database.mongodb.wire.MongoTopology;
import dev.tethys.collect.database.mongodb.wire.MongoUri;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.testkit.Exposition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server by others, which has databases, collections and cursors in MongoDB's protocol. */
@Timeout(60)
final class MongoJavaServerTest {
  private static final MongoServer SERVER = new MongoServer(new MemoryBackend());
  private static String address = "";

  @BeforeAll
  static void start() throws Exception {
    // It writes what it does not have with a stack trace.
    Logger.getLogger("de.bwaldvogel").setLevel(Level.OFF);
    address = "127.0.0.1:" + SERVER.bind().getPort();
    try (MongoConnection c = connect()) {
      List<Document> rows = new ArrayList<>();
      for (int i = 0; i < 250; i++) {
        rows.add(Document.of("_id", i, "even", i % 2 == 0));
      }
      c.command("shop", Document.of("insert", "orders", "documents", rows));
      c.command("shop", Document.of("insert", "orders.old", "documents", rows.subList(0, 5)));
      c.command("other", Document.of("insert", "things", "documents", rows.subList(0, 1)));
    }
  }

  @AfterAll
  static void stop() {
    SERVER.shutdownNow();
  }

  private static MongoConnection connect() throws Exception {
    return MongoTopology.connect(
        MongoUri.parse("mongodb://" + address),
        true,
        Duration.ofSeconds(5),
        Deadline.in(Duration.ofSeconds(20)),
        _ -> null);
  }

  @Test
  void readsCursorsToTheEnd() throws Exception {
    try (MongoConnection c = connect()) {
      List<Document> all = c.cursor("shop", Document.of("find", "orders", "batchSize", 7));
      assertThat(all).hasSize(250);
      assertThat(all.get(249).at("_id")).isEqualTo(249);
      List<Document> even =
          c.aggregate(
              "shop",
              "orders",
              Document.of("$match", Document.of("even", true)),
              Document.of("$group", Document.of("_id", 1, "n", Document.of("$sum", 1))));
      assertThat(even).hasSize(1);
      assertThat(even.getFirst().number("n")).isEqualTo(125);
    }
  }

  @Test
  void databasesAreShown() throws Exception {
    try (Exporter ours =
        Settings.open(
            new MongodbExporterKind(),
            "mongodb.uri=mongodb://" + address,
            "collector.dbstats=true",
            "collector.topmetrics=true",
            "collector.replicasetstatus=true",
            "compatible-mode=true")) {
      Exposition e = SideBySide.of(Settings.metrics(ours));
      assertThat(e.samples("mongodb_up")).containsEntry("cluster_role=\"mongod\"", 1.0);
      assertThat(e.samples("mongodb_dbstats_objects"))
          .containsEntry("database=\"shop\"", 255.0)
          .containsEntry("database=\"other\"", 1.0);
      assertThat(e.samples("mongodb_mongod_db_objects_total"))
          .containsEntry("database=\"shop\"", 255.0);
    }
  }
}

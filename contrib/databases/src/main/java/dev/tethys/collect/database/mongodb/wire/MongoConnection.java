package dev.tethys.collect.database.mongodb.wire;

import dev.tethys.collect.database.mongodb.wire.MongoUri.Login;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.database.wire.ServerConnection;
import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A connection in MongoDB's protocol of messages
 * (https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/): one response per command.
 * Not thread-safe.
 */
public final class MongoConnection implements AutoCloseable {
  private static final int HEADER = 16;
  private static final int OP_MSG = 2013;
  private static final int CHECKSUM = 1;
  private static final int MORE_TO_COME = 2;

  /** Bits that change how a message is read, of which these two are known. */
  private static final int REQUIRED = 0xffff;

  private static final int MAX_MESSAGE = 48_000_000;
  private static final int MAX_ROWS = 200_000;
  private static final int BATCH = 1000;
  private static final String CURSOR = "cursor";

  private final MongoHost host;
  private final ServerConnection connection;
  private Document hello = Document.of();
  private @Nullable Document readPreference;
  private int requests;

  private MongoConnection(MongoHost host, ServerConnection connection) {
    this.host = host;
    this.connection = connection;
  }

  /**
   * Connects and greets, without a login.
   *
   * @param timeLimit connect timeout
   */
  static MongoConnection open(MongoUri uri, MongoHost host, Duration timeLimit, Deadline deadline)
      throws IOException {
    TlsConfig tls = uri.tls();
    ServerConnection s =
        host.unix() != null
            ? ServerConnection.unix(host.unix(), deadline)
            : ServerConnection.tcp(
                host.name(), host.port(), null, deadline.atMost(timeLimit), deadline);
    MongoConnection c = new MongoConnection(host, s);
    try {
      if (tls != null && host.unix() == null) {
        if (uri.allowsAnyName()) {
          s.secureAnyName(tls, host.name());
        } else {
          s.secure(tls, host.name());
        }
      }
      c.hello = c.command("admin", greeting(uri));
      if (uri.isLoadBalanced() && c.hello.at("serviceId") == null) {
        throw new IOException("the server does not take part in load balancing (loadBalanced)");
      }
      return c;
    } catch (IOException | RuntimeException e) {
      s.close();
      throw e;
    }
  }

  /** Uses the old name of the command, which all versions support, except behind load balancers. */
  private static Document greeting(MongoUri uri) {
    Document greeting =
        Document.of(
            uri.isLoadBalanced() ? "hello" : "isMaster",
            1,
            "client",
            Document.of(
                "application",
                Document.of("name", uri.appName()),
                "driver",
                Document.of("name", "tethys", "version", "1"),
                "os",
                Document.of("type", System.getProperty("os.name"))));
    if (uri.isLoadBalanced()) {
      greeting = greeting.with(Document.of("loadBalanced", true));
    }
    Login login = uri.login();
    return login == null || login.user().isEmpty()
        ? greeting
        : greeting.with(Document.of("saslSupportedMechs", uri.source() + "." + login.user()));
  }

  /** Ends a scrape; the connection stays open for the next one. */
  public boolean park() {
    return connection.park();
  }

  /**
   * Reuses an idle connection and sends {@code hello} again.
   *
   * @throws IOException if the connection was closed meanwhile
   */
  void wake(MongoUri uri, Deadline deadline) throws IOException {
    connection.wake(deadline);
    hello = command("admin", greeting(uri));
  }

  /** Returns the server's response to {@code hello}. */
  public Document hello() {
    return hello;
  }

  /** Returns the address of the server. */
  public MongoHost host() {
    return host;
  }

  boolean isSecured() {
    return connection.isSecured();
  }

  /** Sets the read preference of later commands. */
  void prefer(
      MongoUri.ReadPreference preference,
      List<Map<String, String>> tagSets,
      @Nullable Duration maxStaleness) {
    Document mode = Document.of("mode", preference.text());
    if (maxStaleness != null) {
      mode = mode.with(Document.of("maxStalenessSeconds", (int) maxStaleness.toSeconds()));
    }
    List<Document> tags = new ArrayList<>();
    for (Map<String, String> set : tagSets) {
      Document one = Document.of();
      for (Map.Entry<String, String> tag : set.entrySet()) {
        one = one.with(Document.of(tag.getKey(), tag.getValue()));
      }
      tags.add(one);
    }
    readPreference = tags.isEmpty() ? mode : mode.with(Document.of("tags", tags));
  }

  /**
   * Runs a command.
   *
   * @param command document whose first field is the name of the command
   * @throws MongoException if the server rejects it
   */
  public Document command(String database, Document command) throws IOException {
    Document all = command.with(Document.of("$db", database));
    Document preference = readPreference;
    Document answer =
        exchange(preference == null ? all : all.with(Document.of("$readPreference", preference)));
    if (!answer.isTrue("ok")) {
      Double code = answer.number("code");
      throw new MongoException(
          command.first(),
          code == null ? 0 : code.intValue(),
          answer.text("codeName"),
          answer.text("errmsg"));
    }
    return answer;
  }

  /** Runs an aggregation and returns all documents. */
  public List<Document> aggregate(String database, String collection, Document... stages)
      throws IOException {
    return cursor(
        database,
        Document.of("aggregate", collection, "pipeline", List.of(stages), CURSOR, Document.of()));
  }

  /** Runs a command with a cursor and returns all documents. */
  public List<Document> cursor(String database, Document command) throws IOException {
    Document answer = command(database, command);
    List<Document> out = new ArrayList<>(answer.documents(CURSOR, "firstBatch"));
    String namespace = answer.text(CURSOR, "ns");
    String collection = namespace.substring(namespace.indexOf('.') + 1);
    while (answer.at(CURSOR, "id") instanceof Long id && id != 0) {
      answer =
          command(
              database, Document.of("getMore", id, "collection", collection, "batchSize", BATCH));
      out.addAll(answer.documents(CURSOR, "nextBatch"));
      if (out.size() > MAX_ROWS) {
        throw new IOException(
            command.first() + " of " + namespace + " gives more than " + MAX_ROWS + " documents");
      }
    }
    return out;
  }

  private Document exchange(Document command) throws IOException {
    byte[] body = Bson.write(command);
    int request = ++requests;
    int length = HEADER + 5 + body.length;
    connection.write(
        ByteBuffer.allocate(length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(length)
            .putInt(request)
            .putInt(0)
            .putInt(OP_MSG)
            .putInt(0)
            .put((byte) 0)
            .put(body)
            .array());
    connection.flush();
    ByteBuffer header = ByteBuffer.wrap(connection.read(HEADER + 4)).order(ByteOrder.LITTLE_ENDIAN);
    int size = header.getInt();
    header.getInt();
    int answered = header.getInt();
    int code = header.getInt();
    int flags = header.getInt();
    if (code != OP_MSG) {
      throw new IOException("not an answer in MongoDB's protocol: it has the code " + code);
    }
    if (size < HEADER + 4 || size > MAX_MESSAGE) {
      throw new IOException("a response declares " + size + " bytes");
    }
    if (answered != request || (flags & MORE_TO_COME) != 0) {
      throw new IOException("a response does not belong to the request");
    }
    if ((flags & REQUIRED & ~(CHECKSUM | MORE_TO_COME)) != 0) {
      throw new IOException("a response with unknown flags " + flags);
    }
    ByteBuffer in = ByteBuffer.wrap(connection.read(size - HEADER - 4));
    in.order(ByteOrder.LITTLE_ENDIAN);
    in.limit(in.limit() - ((flags & CHECKSUM) == 0 ? 0 : Math.min(4, in.limit())));
    return body(in);
  }

  private static Document body(ByteBuffer in) throws IOException {
    Document body = null;
    while (in.hasRemaining()) {
      int kind = in.get();
      if (kind == 0) {
        body = Bson.read(in);
      } else if (kind == 1 && in.remaining() >= 4) { // documents next to the body
        int size = in.getInt();
        if (size < 4 || size - 4 > in.remaining()) {
          throw new IOException("a section declares " + size + " bytes");
        }
        in.position(in.position() + size - 4);
      } else {
        throw new IOException("a response with a section of kind " + kind);
      }
    }
    if (body == null) {
      throw new IOException("a response without a body");
    }
    return body;
  }

  @Override
  public void close() {
    connection.close();
  }
}

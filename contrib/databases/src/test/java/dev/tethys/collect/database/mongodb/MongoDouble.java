package dev.tethys.collect.database.mongodb;

import dev.tethys.testkit.TestCertificates;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.security.sasl.SaslServer;
import org.bson.BsonBinary;
import org.bson.BsonBinaryReader;
import org.bson.BsonBinaryWriter;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A server that gives fixed answers, in documents that the codec of MongoDB's driver writes and
 * reads. A response is found by the command, by it and its first argument or database, or by these
 * and what stands first in a pipeline; what has none is refused as MongoDB refuses it.
 */
final class MongoDouble implements AutoCloseable {
  private static final int NOT_AUTHORISED = 13;
  private static final String AWS_HOST = "sts.us-west-2.amazonaws.com";
  private static final Set<String> FOR_ALL = Set.of("ping", "buildInfo");

  /** Who may log in, and by what. */
  record User(String name, String password, String mechanism) {}

  private final ServerSocket socket;
  private final BsonDocument answers;
  private final Thread thread;
  private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
  final List<BsonDocument> commands = new CopyOnWriteArrayList<>();
  private volatile @Nullable User user;
  private volatile boolean split;
  private final AtomicInteger accepted = new AtomicInteger();

  /** Checks tickets of Kerberos, for each login; its callers are configured by the test. */
  volatile @Nullable Callable<SaslServer> tickets;

  private MongoDouble(ServerSocket socket, BsonDocument answers) {
    this.socket = socket;
    this.answers = answers;
    this.thread = Thread.ofVirtual().start(this::accept);
  }

  /** With answers of a resource, in which HOST is its own address. */
  static MongoDouble start(String resource) throws IOException {
    return over(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), resource);
  }

  /** Over TLS; clients must show a certificate of the same authority. */
  static MongoDouble secured(String resource, TestCertificates certificates)
      throws IOException, GeneralSecurityException {
    SSLServerSocket s =
        (SSLServerSocket)
            certificates
                .context("server")
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    s.setNeedClientAuth(true);
    return over(s, resource);
  }

  private static MongoDouble over(ServerSocket s, String resource) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(MongoDouble.class.getResourceAsStream(resource), resource)) {
      BsonDocument answers =
          BsonDocument.parse(
              new String(in.readAllBytes(), StandardCharsets.UTF_8)
                  .replace("HOST", "127.0.0.1:" + s.getLocalPort()));
      BsonDocument status = answers.getDocument("replSetGetStatus", null);
      if (status != null) {
        answers
            .getDocument("getDiagnosticData")
            .getDocument("data")
            .put("replSetGetStatus", status);
      }
      return new MongoDouble(s, answers);
    }
  }

  int port() {
    return socket.getLocalPort();
  }

  String address() {
    return "127.0.0.1:" + port();
  }

  /** Lets one user in, and shows nothing to others. */
  MongoDouble only(User u) {
    user = u;
    return this;
  }

  /** Diagnostic data in parts, as since MongoDB 8. */
  MongoDouble inParts() {
    split = true;
    return this;
  }

  /** Another answer. */
  MongoDouble answer(String command, String json) {
    answers.put(command, BsonDocument.parse(json.replace("HOST", address())));
    return this;
  }

  /** How many connections there were. */
  int connections() {
    return accepted.get();
  }

  /** Closes all connections, and continues listening. */
  void hangUp() throws IOException {
    for (Closeable c : open) {
      c.close();
    }
  }

  /** The commands of a name that came. */
  List<BsonDocument> commands(String name) {
    return commands.stream().filter(c -> c.getFirstKey().equals(name)).toList();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket s = socket.accept();
        accepted.incrementAndGet();
        open.add(s);
        Thread.ofVirtual().start(() -> serve(s));
      } catch (IOException e) {
        return;
      }
    }
  }

  /** One connection: who it is, and how far the login has come. */
  private static final class Session {
    boolean known;
    String first = "";
    String challenge = "";
    String certificate = "";
    byte[] nonce = {};
    @Nullable SaslServer tickets;
  }

  private void serve(Socket s) {
    Session session = new Session();
    try (s) {
      if (s instanceof SSLSocket tls) {
        tls.startHandshake();
        X509Certificate c = (X509Certificate) tls.getSession().getPeerCertificates()[0];
        session.certificate = c.getSubjectX500Principal().getName();
      }
      DataInputStream in = new DataInputStream(s.getInputStream());
      OutputStream out = s.getOutputStream();
      while (true) {
        ByteBuffer header = little(in.readNBytes(16));
        if (header.remaining() < 16) {
          return;
        }
        byte[] message = in.readNBytes(header.getInt(0) - 16);
        if (header.getInt(12) != 2013 || message[4] != 0) {
          throw new IOException("no message of one section");
        }
        BsonDocument command =
            new BsonDocumentCodec()
                .decode(
                    new BsonBinaryReader(ByteBuffer.wrap(message, 5, message.length - 5).slice()),
                    DecoderContext.builder().build());
        commands.add(command);
        send(out, header.getInt(4), answer(session, command));
      }
    } catch (EOFException e) {
      // the client has gone
    } catch (IOException | GeneralSecurityException e) {
      commands.add(new BsonDocument("failed", new BsonString(String.valueOf(e))));
    } finally {
      open.remove(s);
    }
  }

  private static ByteBuffer little(byte[] b) {
    return ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void send(OutputStream out, int request, BsonDocument answer) throws IOException {
    try (BasicOutputBuffer b = new BasicOutputBuffer()) {
      new BsonDocumentCodec()
          .encode(new BsonBinaryWriter(b), answer, EncoderContext.builder().build());
      byte[] body = b.toByteArray();
      ByteBuffer m = little(new byte[21 + body.length]);
      m.putInt(21 + body.length).putInt(1).putInt(request).putInt(2013).putInt(0).put((byte) 0);
      out.write(m.put(body).array());
      out.flush();
    }
  }

  private BsonDocument answer(Session session, BsonDocument command)
      throws GeneralSecurityException {
    String name = command.getFirstKey();
    User u = user;
    return switch (name) {
      case "isMaster" -> hello(u);
      case "saslStart" -> start(session, Objects.requireNonNull(u), command);
      case "saslContinue" ->
          switch (Objects.requireNonNull(u).mechanism) {
            case "MONGODB-AWS" -> signature(session, u, document(command));
            case "GSSAPI" -> ticket(session, command);
            default -> proof(session, u, command);
          };
      case "authenticate" -> {
        session.known = session.certificate.equals("CN=client");
        yield session.known
            ? new BsonDocument("ok", new BsonInt32(1))
            : refusal(18, "AuthenticationFailed");
      }
      default ->
          u == null || session.known || FOR_ALL.contains(name)
              ? found(command)
              : refusal(NOT_AUTHORISED, "Unauthorized");
    };
  }

  private BsonDocument hello(@Nullable User u) {
    BsonDocument hello = answers.getDocument("isMaster").clone();
    return u == null
        ? hello
        : hello.append(
            "saslSupportedMechs", new org.bson.BsonArray(List.of(new BsonString(u.mechanism))));
  }

  private BsonDocument found(BsonDocument command) {
    String name = command.getFirstKey();
    String of =
        command.get(name) instanceof BsonString s
            ? s.getValue()
            : command.getString("$db").getValue();
    String stage = "";
    if (command.containsKey("pipeline")) {
      BsonDocument first = command.getArray("pipeline").get(0).asDocument();
      stage = first.getFirstKey();
      if (stage.equals("$match")) {
        BsonDocument match = first.getDocument(stage);
        stage = match.isEmpty() ? "{}" : match.getFirstKey();
      }
    }
    for (String key : List.of(name + " " + of + " " + stage, name + " " + of, name)) {
      BsonDocument d = answers.getDocument(key, null);
      if (d != null) {
        return split && name.equals("getDiagnosticData") ? parts(d) : d;
      }
    }
    return refusal(59, "CommandNotFound");
  }

  private static BsonDocument parts(BsonDocument whole) {
    BsonDocument common = new BsonDocument();
    BsonDocument shard = new BsonDocument();
    whole
        .getDocument("data")
        .forEach((k, v) -> (k.startsWith("local") ? shard : common).append(k, v));
    return new BsonDocument("ok", new BsonInt32(1))
        .append("data", new BsonDocument("common", common).append("shard", shard));
  }

  private static BsonDocument refusal(int code, String name) {
    return new BsonDocument("ok", new BsonInt32(0))
        .append("code", new BsonInt32(code))
        .append("codeName", new BsonString(name))
        .append("errmsg", new BsonString("refused by the double"));
  }

  private static BsonDocument step(String payload, boolean done) {
    return step(payload.getBytes(StandardCharsets.UTF_8), done);
  }

  private static BsonDocument step(byte[] payload, boolean done) {
    return new BsonDocument("ok", new BsonInt32(1))
        .append("conversationId", new BsonInt32(7))
        .append("done", org.bson.BsonBoolean.valueOf(done))
        .append("payload", new BsonBinary(payload));
  }

  private static String payload(BsonDocument command) {
    return new String(command.getBinary("payload").getData(), StandardCharsets.UTF_8);
  }

  private BsonDocument ticket(Session session, BsonDocument command) {
    try {
      SaslServer s = session.tickets;
      if (s == null) {
        s = Objects.requireNonNull(tickets).call();
        session.tickets = s;
      }
      byte[] said = s.evaluateResponse(command.getBinary("payload").getData());
      session.known = s.isComplete();
      return step(said == null ? new byte[0] : said, session.known);
    } catch (Exception e) {
      return refusal(18, "AuthenticationFailed");
    }
  }

  /** Asks in the client's place, as AWS would read it: Signature Version 4, by hand. */
  private static BsonDocument signature(Session session, User u, BsonDocument said)
      throws GeneralSecurityException {
    String date = said.getString("d").getValue();
    String token = said.containsKey("t") ? said.getString("t").getValue() : "";
    String headers =
        "content-length:43\ncontent-type:application/x-www-form-urlencoded\nhost:"
            + AWS_HOST
            + "\nx-amz-date:"
            + date
            + (token.isEmpty() ? "" : "\nx-amz-security-token:" + token)
            + "\nx-mongodb-gs2-cb-flag:n\nx-mongodb-server-nonce:"
            + Base64.getEncoder().encodeToString(session.nonce)
            + "\n";
    String names = headers.replaceAll(":[^\n]*\n", ";").replaceAll(";$", "");
    String body = sha256("Action=GetCallerIdentity&Version=2011-06-15");
    String request = "POST\n/\n\n" + headers + "\n" + names + "\n" + body;
    String scope = date.substring(0, 8) + "/us-west-2/sts/aws4_request";
    byte[] key = ("AWS4" + u.password).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/")) {
      key = mac("SHA256", key, part);
    }
    String signature =
        HexFormat.of()
            .formatHex(
                mac(
                    "SHA256",
                    key,
                    "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + sha256(request)));
    session.known =
        said.getString("a")
            .getValue()
            .equals(
                "AWS4-HMAC-SHA256 Credential="
                    + u.name
                    + "/"
                    + scope
                    + ", SignedHeaders="
                    + names
                    + ", Signature="
                    + signature);
    return session.known ? step("", true) : refusal(18, "AuthenticationFailed");
  }

  private static String sha256(String s) throws GeneralSecurityException {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(s.getBytes(StandardCharsets.UTF_8)));
  }

  private static BsonDocument document(BsonDocument command) {
    return new BsonDocumentCodec()
        .decode(
            new BsonBinaryReader(ByteBuffer.wrap(command.getBinary("payload").getData())),
            DecoderContext.builder().build());
  }

  private static byte[] bytes(BsonDocument d) {
    try (BasicOutputBuffer b = new BasicOutputBuffer()) {
      new BsonDocumentCodec().encode(new BsonBinaryWriter(b), d, EncoderContext.builder().build());
      return b.toByteArray();
    }
  }

  private BsonDocument start(Session session, User u, BsonDocument command) {
    String mechanism = command.getString("mechanism").getValue();
    if (!mechanism.equals(u.mechanism)) {
      return refusal(334, "MechanismUnavailable");
    }
    switch (mechanism) {
      case "MONGODB-OIDC" -> {
        session.known = document(command).getString("jwt").getValue().equals(u.password);
        return session.known ? step("", true) : refusal(18, "AuthenticationFailed");
      }
      case "MONGODB-AWS" -> {
        byte[] own = document(command).getBinary("r").getData();
        session.nonce = Arrays.copyOf(own, 64);
        Arrays.fill(session.nonce, 32, 64, (byte) 7);
        return step(
            bytes(
                new BsonDocument("s", new BsonBinary(session.nonce))
                    .append("h", new BsonString(AWS_HOST))),
            false);
      }
      case "GSSAPI" -> {
        return ticket(session, command);
      }
      default -> {
        // texts, below
      }
    }
    String first = payload(command);
    if (mechanism.equals("PLAIN")) {
      session.known = first.equals("\0" + u.name + "\0" + u.password);
      return session.known ? step("", true) : refusal(18, "AuthenticationFailed");
    }
    session.first = first.substring(3); // without "n,,"
    String nonce = session.first.substring(session.first.indexOf(",r=") + 3);
    session.challenge = "r=" + nonce + "more,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    return step(session.challenge, false);
  }

  private static BsonDocument proof(Session session, User u, BsonDocument command)
      throws GeneralSecurityException {
    String last = payload(command);
    if (last.isEmpty()) {
      return step("", true);
    }
    String hash = u.mechanism.substring("SCRAM-".length()).replace("-", "");
    String secret =
        hash.equals("SHA1")
            ? HexFormat.of()
                .formatHex(
                    MessageDigest.getInstance("MD5")
                        .digest((u.name + ":mongo:" + u.password).getBytes(StandardCharsets.UTF_8)))
            : u.password;
    byte[] salted =
        SecretKeyFactory.getInstance("PBKDF2WithHmac" + hash)
            .generateSecret(
                new PBEKeySpec(
                    secret.toCharArray(),
                    Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ=="),
                    4096,
                    hash.equals("SHA1") ? 160 : 256))
            .getEncoded();
    Map<String, byte[]> keys = new LinkedHashMap<>();
    for (String k : List.of("Client Key", "Server Key")) {
      keys.put(k, mac(hash, salted, k));
    }
    String signed =
        session.first + "," + session.challenge + "," + last.substring(0, last.indexOf(",p="));
    byte[] client = Objects.requireNonNull(keys.get("Client Key"));
    byte[] stored =
        MessageDigest.getInstance(hash.equals("SHA1") ? "SHA-1" : "SHA-256").digest(client);
    byte[] signature = mac(hash, stored, signed);
    byte[] proof = Base64.getDecoder().decode(last.substring(last.indexOf(",p=") + 3));
    for (int i = 0; i < proof.length; i++) {
      proof[i] ^= signature[i];
    }
    session.known = MessageDigest.isEqual(proof, client);
    byte[] server = mac(hash, Objects.requireNonNull(keys.get("Server Key")), signed);
    boolean skips = hash.equals("SHA256"); // an old server ends with an empty step
    return session.known
        ? step("v=" + Base64.getEncoder().encodeToString(server), skips)
        : refusal(18, "AuthenticationFailed");
  }

  private static byte[] mac(String hash, byte[] key, String text) throws GeneralSecurityException {
    Mac m = Mac.getInstance("Hmac" + hash);
    m.init(new SecretKeySpec(key, "Hmac" + hash));
    return m.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    socket.close();
    for (Closeable c : open) {
      c.close();
    }
    thread.interrupt();
  }
}

package dev.tethys.collect.database.mongodb.wire;

import dev.tethys.collect.database.mongodb.wire.Document.Binary;
import dev.tethys.collect.database.mongodb.wire.MongoUri.Login;
import dev.tethys.collect.database.mongodb.wire.MongoUri.Mechanism;
import dev.tethys.web.scram.Scram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Authenticates a connection as configured by its connection string. */
final class MongoLogin {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int MOST_STEPS = 8;

  private MongoLogin() {}

  /**
   * Logs in; a string without a login leaves the connection unchanged.
   *
   * @param environment variables of the process
   * @throws IOException if the server rejects it; the message holds no password
   */
  static void run(MongoConnection c, MongoUri uri, Function<String, @Nullable String> environment)
      throws IOException {
    Mechanism mechanism = uri.mechanism();
    Login login = uri.login();
    if (mechanism == Mechanism.X509) {
      certificate(c, uri, login == null ? "" : login.user());
    } else if (mechanism == Mechanism.AWS) {
      AwsLogin.run(c, uri);
    } else if (mechanism == Mechanism.OIDC) {
      MongoTokenLogin.run(c, uri, environment);
    } else if (login != null && !login.user().isEmpty()) {
      switch (mechanism) {
        case PLAIN -> plain(c, uri, login);
        case GSSAPI -> GssapiLogin.run(c, uri);
        case SCRAM_SHA_1, SCRAM_SHA_256 -> scram(c, uri, login, mechanism.text());
        default -> scram(c, uri, login, best(c.hello().texts("saslSupportedMechs")));
      }
    }
  }

  private static String best(List<String> offered) {
    return offered.contains(Scram.SHA_256) ? Scram.SHA_256 : Scram.SHA_1;
  }

  private static void certificate(MongoConnection c, MongoUri uri, String user) throws IOException {
    Document command = Document.of("authenticate", 1, "mechanism", Mechanism.X509.text());
    c.command(uri.source(), user.isEmpty() ? command : command.with(Document.of("user", user)));
  }

  private static void plain(MongoConnection c, MongoUri uri, Login login) throws IOException {
    if (!c.isSecured()) {
      throw new IOException("PLAIN sends the password unencrypted; it requires tls=true");
    }
    String text = "\0" + login.user() + "\0" + login.password().value();
    Document answer =
        c.command(
            uri.source(), start(Mechanism.PLAIN.text(), text.getBytes(StandardCharsets.UTF_8)));
    if (!answer.isTrue("done")) {
      throw new IOException("the server did not complete the login by PLAIN");
    }
  }

  static Document start(String mechanism, byte[] payload) {
    return Document.of(
        "saslStart",
        1,
        "mechanism",
        mechanism,
        "payload",
        new Binary(0, payload),
        "options",
        Document.of("skipEmptyExchange", true));
  }

  private static String text(Document answer) throws IOException {
    return new String(payload(answer), StandardCharsets.UTF_8);
  }

  static byte[] payload(Document answer) throws IOException {
    if (answer.at("payload") instanceof Binary b) {
      return b.bytes();
    }
    throw new IOException("a response to a login without a payload");
  }

  /** Returns the password for MongoDB's SCRAM-SHA-1: the MD5 hash stored by older versions. */
  private static byte[] hashed(String user, String password) throws IOException {
    try {
      byte[] both = (user + ":mongo:" + password).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("MD5").digest(both))
          .getBytes(StandardCharsets.UTF_8);
    } catch (GeneralSecurityException e) {
      throw new IOException("this JDK does not support MD5", e);
    }
  }

  private static void scram(MongoConnection c, MongoUri uri, Login login, String mechanism)
      throws IOException {
    byte[] random = new byte[24];
    RANDOM.nextBytes(random);
    String nonce = Base64.getEncoder().encodeToString(random);
    String password = login.password().value();
    Scram scram =
        mechanism.equals(Scram.SHA_1)
            ? new Scram(mechanism, login.user(), hashed(login.user(), password), nonce)
            : Scram.of(mechanism, login.user(), password, nonce);
    Document answer =
        c.command(uri.source(), start(mechanism, scram.first().getBytes(StandardCharsets.UTF_8)));
    Object conversation = answer.at("conversationId");
    answer = next(c, uri, conversation, scram.proof(text(answer)).getBytes(StandardCharsets.UTF_8));
    scram.verify(text(answer));
    for (int i = 0; !answer.isTrue("done"); i++) { // servers before 4.4 require an empty step
      if (i == MOST_STEPS) {
        throw new IOException("the server did not complete the login");
      }
      answer = next(c, uri, conversation, new byte[0]);
    }
  }

  static Document next(
      MongoConnection c, MongoUri uri, @Nullable Object conversation, byte[] payload)
      throws IOException {
    return c.command(
        uri.source(),
        Document.of(
            "saslContinue", 1, "conversationId", conversation, "payload", new Binary(0, payload)));
  }
}

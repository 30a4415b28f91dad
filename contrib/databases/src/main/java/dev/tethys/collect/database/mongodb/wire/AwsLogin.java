package dev.tethys.collect.database.mongodb.wire;

import dev.tethys.collect.database.mongodb.wire.Document.Binary;
import dev.tethys.collect.database.mongodb.wire.MongoUri.Login;
import dev.tethys.collect.database.mongodb.wire.MongoUri.Mechanism;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Secret;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsIdentity;
import dev.tethys.web.cloud.AwsSigner;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A login by MONGODB-AWS: a signed GetCallerIdentity request that the server sends to AWS on behalf
 * of the client (https://github.com/mongodb/specifications/blob/master/source/auth/auth.md).
 */
final class AwsLogin {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int NONCE = 32;
  private static final int MAX_HOST = 255;
  private static final String USUAL_REGION = "us-east-1";
  private static final String BODY = "Action=GetCallerIdentity&Version=2011-06-15";

  private AwsLogin() {}

  /** Credentials of the environment, a profile, a role or the host; created on demand. */
  private static final class Usual {
    private static final HttpClientFactory CLIENTS = new HttpClientFactory("tethys");
    static final AwsCredentials CREDENTIALS =
        new AwsCredentials(
            new AwsCredentials.Settings("", "", Secret.NONE, "", "", "", false),
            new CredentialDependencies(
                call -> CLIENTS.client(HttpClientConfig.DEFAULT).send(call),
                InstantSource.system(),
                System::getenv));
  }

  private static AwsIdentity identity(MongoUri uri) throws IOException, InterruptedException {
    Login login = uri.login();
    return login == null || login.user().isEmpty()
        ? Usual.CREDENTIALS.identity()
        : new AwsIdentity(
            login.user(),
            login.password().value(),
            uri.property(MechanismProperties.SESSION_TOKEN),
            Instant.MAX);
  }

  static void run(MongoConnection c, MongoUri uri) throws IOException {
    byte[] nonce = new byte[NONCE];
    RANDOM.nextBytes(nonce);
    Document first = Document.of("r", new Binary(0, nonce), "p", (int) 'n');
    Document answer =
        c.command(uri.source(), MongoLogin.start(Mechanism.AWS.text(), Bson.write(first)));
    Document reply =
        Bson.read(ByteBuffer.wrap(MongoLogin.payload(answer)).order(ByteOrder.LITTLE_ENDIAN));
    byte[] both = reply.at("s") instanceof Binary b ? b.bytes() : new byte[0];
    if (both.length != 2 * NONCE || !Arrays.equals(both, 0, NONCE, nonce, 0, NONCE)) {
      throw new IOException("the server's nonce does not continue ours");
    }
    String host = reply.text("h");
    Document proof;
    try {
      proof = proof(identity(uri), host, both, Instant.now());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    try {
      answer = MongoLogin.next(c, uri, answer.at("conversationId"), Bson.write(proof));
    } catch (MongoException e) {
      if (uri.login() == null) {
        Usual.CREDENTIALS.refused();
      }
      throw e;
    }
    if (!answer.isTrue("done")) {
      throw new IOException("the server did not complete the login by MONGODB-AWS");
    }
  }

  /** Signs the request for the AWS host that the server queries. */
  static Document proof(AwsIdentity identity, String host, byte[] nonce, Instant now)
      throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/x-www-form-urlencoded");
    headers.put("Content-Length", Integer.toString(BODY.length()));
    headers.put("X-MongoDB-Server-Nonce", Base64.getEncoder().encodeToString(nonce));
    headers.put("X-MongoDB-GS2-CB-Flag", "n");
    String region = region(host);
    ClientRequest signed =
        AwsSigner.sign(
            new ClientRequest(
                "POST",
                URI.create("https://" + host + "/"),
                headers,
                BODY.getBytes(StandardCharsets.US_ASCII),
                Duration.ofSeconds(1), // it is not sent
                null),
            identity,
            region,
            "sts",
            now,
            false);
    Document proof =
        Document.of(
            "a",
            Objects.requireNonNull(signed.headers().get("Authorization")),
            "d",
            Objects.requireNonNull(signed.headers().get("X-Amz-Date")));
    return identity.sessionToken().isEmpty()
        ? proof
        : proof.with(Document.of("t", identity.sessionToken()));
  }

  /** Returns the second label of a host name, or the default region. */
  static String region(String host) throws IOException {
    if (host.isEmpty()
        || host.length() > MAX_HOST
        || !host.matches("[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*")) {
      throw new IOException("the server did not name an AWS host: " + host);
    }
    String[] parts = host.split("\\.");
    return host.equals("sts.amazonaws.com") || parts.length == 1 ? USUAL_REGION : parts[1];
  }
}

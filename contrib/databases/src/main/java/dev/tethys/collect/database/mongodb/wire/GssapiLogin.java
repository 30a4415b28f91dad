package dev.tethys.collect.database.mongodb.wire;

import dev.tethys.collect.database.mongodb.wire.MongoUri.Login;
import dev.tethys.collect.database.mongodb.wire.MongoUri.Mechanism;
import dev.tethys.web.kerberos.KerberosIdentity;
import dev.tethys.web.kerberos.KerberosLogin;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;

/**
 * A login by GSSAPI (RFC 4752): a Kerberos ticket, obtained with the password of the string or from
 * the cache that {@code kinit} fills.
 */
final class GssapiLogin {
  private static final int MOST_STEPS = 8;
  private static final String USUAL_SERVICE = "mongodb";

  private GssapiLogin() {}

  static void run(MongoConnection c, MongoUri uri) throws IOException {
    Login login = Objects.requireNonNull(uri.login());
    String reply = uri.property(MechanismProperties.SERVICE);
    String service = reply.isEmpty() ? USUAL_SERVICE : reply;
    String host = uri.property(MechanismProperties.HOST);
    String realm = uri.property(MechanismProperties.REALM);
    String server =
        CanonicalName.of(
            host.isEmpty() ? c.host().name() : host, uri.property(MechanismProperties.CANONICAL));
    KerberosLogin tickets =
        new KerberosLogin(
            new KerberosIdentity(login.user(), null, login.password(), service, null),
            InstantSource.system());
    try {
      tickets.as(
          () -> {
            converse(c, uri, service, realm.isEmpty() ? server : server + "@" + realm);
            return true;
          });
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("Kerberos: " + e.getMessage(), e);
    }
  }

  private static void converse(MongoConnection c, MongoUri uri, String service, String server)
      throws IOException {
    SaslClient client =
        Sasl.createSaslClient(
            new String[] {Mechanism.GSSAPI.text()},
            null,
            service,
            server,
            Map.of(),
            callbacks -> {});
    if (client == null) {
      throw new IOException("this JDK does not support GSSAPI");
    }
    try {
      byte[] first =
          client.hasInitialResponse() ? client.evaluateChallenge(new byte[0]) : new byte[0];
      Document answer = c.command(uri.source(), MongoLogin.start(Mechanism.GSSAPI.text(), first));
      for (int i = 0; !answer.isTrue("done"); i++) {
        if (i == MOST_STEPS) {
          throw new IOException("the server did not complete the login");
        }
        byte[] reply = client.evaluateChallenge(MongoLogin.payload(answer));
        answer =
            MongoLogin.next(
                c, uri, answer.at("conversationId"), reply == null ? new byte[0] : reply);
      }
      if (!client.isComplete()) {
        throw new IOException("the server did not authenticate itself with its ticket");
      }
    } finally {
      client.dispose();
    }
  }
}

package dev.tethys.collect.database.mongodb.wire;

import dev.tethys.collect.database.mongodb.wire.MongoUri.Mechanism;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Login by MONGODB-OIDC for machines. The token comes from a file, read for each login, or from the
 * machine's metadata service
 * (https://github.com/mongodb/specifications/blob/master/source/auth/auth.md).
 */
final class MongoTokenLogin {
  private static final String MOUNTED = "/var/run/secrets/kubernetes.io/serviceaccount/token";

  private MongoTokenLogin() {}

  static void run(MongoConnection c, MongoUri uri, Function<String, @Nullable String> environment)
      throws IOException {
    if (!c.isSecured()) {
      throw new IOException("MONGODB-OIDC sends the token unencrypted; it requires tls=true");
    }
    String where = uri.property(MechanismProperties.ENVIRONMENT);
    String token =
        switch (where) {
          case "azure", "gcp" -> MachineToken.ask(uri, where, environment);
          default -> Files.readString(file(where, environment)).strip();
        };
    Document answer =
        c.command(
            uri.source(),
            MongoLogin.start(Mechanism.OIDC.text(), Bson.write(Document.of("jwt", token))));
    if (!answer.isTrue("done")) {
      throw new IOException("the server did not complete the login by MONGODB-OIDC");
    }
  }

  /** Returns the path of the token file, searched in the same order as in drivers. */
  private static Path file(String where, Function<String, @Nullable String> environment)
      throws IOException {
    List<String> variables =
        where.equals("test")
            ? List.of("OIDC_TOKEN_FILE")
            : List.of("AZURE_FEDERATED_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE");
    for (String v : variables) {
      String file = environment.apply(v);
      if (file != null && !file.isEmpty()) {
        return Path.of(file);
      }
    }
    if (where.equals("test")) {
      throw new IOException("the variable OIDC_TOKEN_FILE names no file");
    }
    return Path.of(MOUNTED);
  }
}

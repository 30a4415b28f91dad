package dev.tethys.pipeline.extension;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.web.Htpasswd;
import dev.tethys.web.client.BasicCredentials;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code basicauth}: user and password for exporter requests, or for authentication by receivers.
 */
public final class BasicAuth implements ExtensionFactory<BasicAuth.Settings> {
  /** The settings: of a client, or of a server. */
  public sealed interface Settings {}

  /** Client credentials. */
  public record Client(String username, String usernameFile, Secret password, String passwordFile)
      implements Settings {}

  /**
   * Accepted users in htpasswd format.
   *
   * @param file "" for none
   */
  public record Users(String file, Secret inline) implements Settings {}

  private static final Section CLIENT = new Section("client_auth", "Credentials of clients.");
  private static final Key<String> USERNAME = CLIENT.key("username", Type.STRING, "", "User name.");
  private static final Key<String> USERNAME_FILE =
      CLIENT.key(
          "username_file",
          Type.PATH,
          "",
          "File with the user name; takes precedence over username.");
  private static final Key<Secret> PASSWORD =
      CLIENT.key("password", Type.SECRET, Secret.NONE, "Password of the user.");
  private static final Key<String> PASSWORD_FILE =
      CLIENT.key(
          "password_file",
          Type.PATH,
          "",
          "File with the password; takes precedence over password.");
  private static final Section SECTION =
      new Section("basicauth", "Basic authentication with user name and password.");
  private static final Key<Client> CLIENT_AUTH =
      SECTION.optional(
          "client_auth", CLIENT.type(BasicAuth::client), "Credentials that exporters send.");

  private static final Section HTPASSWD =
      new Section("htpasswd", "Users that may authenticate to receivers.");
  private static final Key<String> FILE =
      HTPASSWD.key("file", Type.PATH, "", "File of user:hash lines, read at the start.");
  private static final Key<Secret> INLINE =
      HTPASSWD.key(
          "inline",
          Type.SECRET,
          Secret.NONE,
          "Lines user:hash; they take precedence over those of file.");
  private static final Key<Users> HTPASSWD_KEY =
      SECTION.optional(
          "htpasswd", HTPASSWD.type(BasicAuth::users), "Users that may authenticate to receivers.");

  static {
    CLIENT.notBuilt("aws_secrets_manager", "Credentials from AWS Secrets Manager.");
  }

  @Override
  public String type() {
    return "basicauth";
  }

  @Override
  public String about() {
    return "User and password for exporter requests, or for authentication by receivers.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(BasicAuth::read);
  }

  private static Settings read(YamlObject o) {
    Client client = o.find(CLIENT_AUTH);
    Users users = o.find(HTPASSWD_KEY);
    if (client != null && users != null) {
      throw o.error("only one of htpasswd and client_auth can be specified");
    }
    if (client == null && users == null) {
      throw o.error("basicauth requires either client_auth or htpasswd");
    }
    return client != null ? client : java.util.Objects.requireNonNull(users);
  }

  private static Users users(YamlObject o) {
    Users u = new Users(o.get(FILE), o.get(INLINE));
    if (u.file.isEmpty() && u.inline.isEmpty()) {
      throw o.error("htpasswd requires either file or inline");
    }
    if (!u.inline.isEmpty()) {
      try {
        Htpasswd.parse(u.inline.value());
      } catch (IllegalArgumentException e) {
        throw o.error(INLINE, "inline: " + e.getMessage());
      }
    }
    return u;
  }

  private static Client client(YamlObject o) {
    Client s =
        new Client(o.get(USERNAME), o.get(USERNAME_FILE), o.get(PASSWORD), o.get(PASSWORD_FILE));
    if (s.username.isEmpty() && s.usernameFile.isEmpty()) {
      throw o.error("client_auth requires either username or username_file");
    }
    return s;
  }

  @Override
  public Extension create(Settings settings, Context context) {
    return switch (settings) {
      case Client c -> new PasswordClient(c);
      case Users u -> new Guarding(u);
    };
  }

  private record PasswordClient(Client settings) implements Extension, ClientAuth {
    @Override
    public Map<String, String> headers() throws IOException {
      return Map.of(
          "Authorization",
          BasicCredentials.header(
              SecretFile.valueOr(settings.username, settings.usernameFile),
              SecretFile.valueOr(settings.password.value(), settings.passwordFile)));
    }
  }

  private static final class Guarding implements Extension, ServerAuth {
    private final Users settings;
    private volatile @Nullable Htpasswd users;

    Guarding(Users settings) {
      this.settings = settings;
    }

    @Override
    public void start() throws IOException {
      String text = SecretFile.valueOr("", settings.file) + "\n" + settings.inline.value();
      try {
        users = Htpasswd.parse(text);
      } catch (IllegalArgumentException e) {
        throw new IOException("htpasswd: " + settings.file + ": " + e.getMessage(), e);
      }
    }

    @Override
    public boolean accepts(Function<String, List<String>> headers) {
      Htpasswd u = users;
      return u != null && u.accepts(headers.apply("Authorization"));
    }

    @Override
    public Map<String, String> attributes(Function<String, List<String>> headers) {
      return Map.of("username", Htpasswd.user(headers.apply("Authorization")));
    }
  }
}

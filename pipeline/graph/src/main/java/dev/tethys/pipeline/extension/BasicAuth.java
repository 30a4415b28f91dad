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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/** {@code basicauth}: user and password for the requests of exporters. */
public final class BasicAuth implements ExtensionFactory<BasicAuth.Settings> {
  /** The settings. */
  public record Settings(
      String username, String usernameFile, Secret password, String passwordFile) {}

  private static final Section CLIENT = new Section("client_auth", "Who asks.");
  private static final Key<String> USERNAME = CLIENT.key("username", Type.STRING, "", "The user.");
  private static final Key<String> USERNAME_FILE =
      CLIENT.key("username_file", Type.PATH, "", "File that holds the user.");
  private static final Key<Secret> PASSWORD =
      CLIENT.key("password", Type.SECRET, Secret.NONE, "The password.");
  private static final Key<String> PASSWORD_FILE =
      CLIENT.key("password_file", Type.PATH, "", "File that holds the password.");
  private static final Section SECTION = new Section("basicauth", "User and password.");
  private static final Key<Settings> CLIENT_AUTH =
      SECTION.optional("client_auth", CLIENT.type(BasicAuth::client), "For exporters.");

  static {
    SECTION.notBuilt("htpasswd", "For receivers.");
  }

  @Override
  public String type() {
    return "basicauth";
  }

  @Override
  public String about() {
    return "User and password for the requests of exporters.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(BasicAuth::read);
  }

  private static Settings read(YamlObject o) {
    Settings s = o.find(CLIENT_AUTH);
    if (s == null) {
      if (!o.node().entries().isEmpty()) {
        return new Settings("", "", Secret.NONE, ""); // refused as not built
      }
      throw o.error(CLIENT_AUTH, "basicauth wants client_auth");
    }
    return s;
  }

  private static Settings client(YamlObject o) {
    Settings s =
        new Settings(o.get(USERNAME), o.get(USERNAME_FILE), o.get(PASSWORD), o.get(PASSWORD_FILE));
    if (s.username.isEmpty() == s.usernameFile.isEmpty()) {
      throw o.error("client_auth wants username or username_file, and not both");
    }
    if (!s.password.isEmpty() && !s.passwordFile.isEmpty()) {
      throw o.error("at most one of password & password_file may be written");
    }
    return s;
  }

  @Override
  public Extension create(Settings settings, Context context) {
    return new Running(settings);
  }

  private record Running(Settings settings) implements Extension, ClientAuth {
    @Override
    public Map<String, String> headers() throws IOException {
      String both =
          SecretFile.valueOr(settings.username, settings.usernameFile)
              + ":"
              + SecretFile.valueOr(settings.password.value(), settings.passwordFile);
      return Map.of(
          "Authorization",
          "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8)));
    }
  }
}

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
import java.util.List;
import java.util.Map;

/** {@code bearertokenauth}: a token for the requests of exporters. */
public final class BearerTokenAuth implements ExtensionFactory<BearerTokenAuth.Settings> {
  /** The settings. */
  public record Settings(String scheme, Secret token, String filename, String header) {}

  private static final Section SECTION = new Section("bearertokenauth", "A token.");
  private static final Key<String> SCHEME =
      SECTION.key("scheme", Type.STRING, "Bearer", "What stands before the token.");
  private static final Key<Secret> TOKEN =
      SECTION.key("token", Type.SECRET, Secret.NONE, "The token.");
  private static final Key<List<Secret>> TOKENS =
      SECTION.key("tokens", Type.list(Type.SECRET), List.of(), "Tokens, of which one is sent.");
  private static final Key<String> FILENAME =
      SECTION.key("filename", Type.PATH, "", "File that holds the token; read for each request.");
  private static final Key<String> HEADER =
      SECTION.key("header", Type.STRING, "Authorization", "Header in which it stands.");

  @Override
  public String type() {
    return "bearertokenauth";
  }

  @Override
  public String about() {
    return "A token for the requests of exporters.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(BearerTokenAuth::read);
  }

  private static Settings read(YamlObject o) {
    Secret token = o.get(TOKEN);
    List<Secret> tokens = o.get(TOKENS);
    String file = o.get(FILENAME);
    int ways = (token.isEmpty() ? 0 : 1) + (tokens.isEmpty() ? 0 : 1) + (file.isEmpty() ? 0 : 1);
    if (ways != 1) {
      throw o.error("bearertokenauth wants one of token, tokens & filename");
    }
    return new Settings(
        o.get(SCHEME), tokens.isEmpty() ? token : tokens.getFirst(), file, o.get(HEADER));
  }

  @Override
  public Extension create(Settings settings, Context context) {
    return new Running(settings);
  }

  private record Running(Settings settings) implements Extension, ClientAuth {
    @Override
    public Map<String, String> headers() throws IOException {
      String t = SecretFile.valueOr(settings.token.value(), settings.filename);
      return Map.of(settings.header, settings.scheme.isEmpty() ? t : settings.scheme + " " + t);
    }
  }
}

package dev.tethys.pipeline.extension;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.ServerAuth;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** {@code bearertokenauth}: a token for exporter requests, or tokens accepted by receivers. */
public final class BearerTokenAuth implements ExtensionFactory<BearerTokenAuth.Settings> {
  /** The settings. */
  public record Settings(String scheme, List<Secret> tokens, String filename, String header) {}

  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.extension");

  private static final Section SECTION =
      new Section("bearertokenauth", "Authentication with a bearer token.");
  private static final Key<String> SCHEME =
      SECTION.key("scheme", Type.STRING, "Bearer", "Scheme that precedes the token.");
  private static final Key<Secret> TOKEN =
      SECTION.key("token", Type.SECRET, Secret.NONE, "Bearer token.");
  private static final Key<List<Secret>> TOKENS =
      SECTION.key(
          "tokens",
          Type.list(Type.SECRET),
          List.of(),
          "Bearer tokens; the first is sent, and all are accepted.");
  private static final Key<String> FILENAME =
      SECTION.key(
          "filename", Type.PATH, "", "File with one token per line; read for each request.");
  private static final Key<String> HEADER =
      SECTION.key("header", Type.STRING, "Authorization", "Header that carries the token.");

  @Override
  public String type() {
    return "bearertokenauth";
  }

  @Override
  public String about() {
    return "A token for the requests of exporters, or those with which receivers take requests.";
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
      throw o.error("bearertokenauth requires one of token, tokens and filename");
    }
    return new Settings(
        o.get(SCHEME),
        !tokens.isEmpty() ? tokens : token.isEmpty() ? List.of() : List.of(token),
        file,
        o.get(HEADER));
  }

  @Override
  public Extension create(Settings settings, Context context) {
    return new Running(settings);
  }

  private record Running(Settings settings) implements Extension, ClientAuth, ServerAuth {
    private List<String> values() throws IOException {
      List<String> tokens =
          settings.filename.isEmpty()
              ? settings.tokens.stream().map(Secret::value).toList()
              : SecretFile.valueOr("", settings.filename)
                  .lines()
                  .map(String::strip)
                  .filter(t -> !t.isEmpty())
                  .toList();
      return settings.scheme.isEmpty()
          ? tokens
          : tokens.stream().map(t -> settings.scheme + " " + t).toList();
    }

    @Override
    public Map<String, String> headers() throws IOException {
      List<String> values = values();
      if (values.isEmpty()) {
        throw new IOException(settings.filename + " holds no token");
      }
      return Map.of(settings.header, values.getFirst());
    }

    @Override
    public boolean accepts(Function<String, List<String>> headers) {
      List<String> presented = headers.apply(settings.header);
      if (presented.isEmpty()) {
        return false;
      }
      byte[] given = presented.getFirst().getBytes(StandardCharsets.UTF_8);
      boolean right = false;
      try {
        for (String v : values()) {
          right |= MessageDigest.isEqual(v.getBytes(StandardCharsets.UTF_8), given);
        }
      } catch (IOException e) {
        LOG.log(
            Level.ERROR,
            "Bearer tokens not readable, all requests are rejected: {0}",
            IoFailures.describe(e));
      }
      return right;
    }
  }
}
